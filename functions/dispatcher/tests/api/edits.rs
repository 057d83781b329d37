//! Editing jobs.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World, daily, with};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_changes_what_it_names_and_nothing_else(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let before = world.get(&path).await?;

    let edit = json!({ "name": "Media", "parameters": { "max_videos": 1 }, "max_runs": 9 });
    let after = world.patch(&path, &edit).await?;

    assert_eq!(after.status, StatusCode::OK, "{after:?}");
    let expected = with(before.body, &edit);
    let expected = with(
        expected,
        &json!({ "revision": 2, "updated_at": after.at("/updated_at") }),
    );
    assert_eq!(after.body, expected);
    let unlimited = world.patch(&path, &json!({ "max_runs": null })).await?;
    assert_eq!(unlimited.at("/max_runs"), &Value::Null);
    assert_eq!(unlimited.at("/revision"), 3);
    assert_eq!(world.schedules_changed().len(), 2);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_new_schedule_counts_from_now_and_supersedes_what_was_due(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world.pass(TimeDelta::days(2));

    let edit = json!({ "cron_expression": "0 12 * * *" });
    let after = world.patch(&format!("/api/jobs/{job}"), &edit).await?;

    assert_eq!(
        after.text("/next_run_at"),
        "2026-11-23T12:00:00Z",
        "not 12:00 of today, which is past"
    );
    assert_eq!(
        world.ticks(job).await?,
        [
            "11-21 06:00 skipped superseded",
            "11-22 06:00 skipped superseded"
        ],
        "every fire time of the old schedule has a verdict, and the new one none in the past"
    );
    assert!(world.runs_requested().is_empty(), "nothing may fire");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_that_waits_its_turn_is_superseded_but_a_retry_is_not(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world
        .sql(&format!(
            "insert into scheduled_job_runs
                    (scheduled_job_id, job_revision, origin, scheduled_for, attempt_number,
                     parameters, status, reason, run_after)
             values ('{job}', 1, 'tick', '2026-11-20T06:00:00Z', 1, '{{}}', 'pending', 'capped', now()),
                    ('{job}', 1, 'tick', '2026-11-19T06:00:00Z', 2, '{{}}', 'pending', null, now())"
        ))
        .await?;

    world
        .patch(
            &format!("/api/jobs/{job}"),
            &json!({ "timezone": "Asia/Tokyo" }),
        )
        .await?;

    assert_eq!(
        world.ticks(job).await?,
        ["11-19 06:00 pending", "11-20 06:00 skipped superseded"]
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_that_leaves_the_schedule_leaves_what_is_due(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world.pass(TimeDelta::days(1));

    let edit = json!({ "name": "Media", "cron_expression": "0 6 * * *", "timezone": "UTC" });
    let after = world.patch(&format!("/api/jobs/{job}"), &edit).await?;

    assert_eq!(
        after.text("/next_run_at"),
        "2026-11-21T06:00:00Z",
        "its tick is still to be run"
    );
    assert!(world.ticks(job).await?.is_empty());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_of_what_was_read_long_ago_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    world
        .patch(&path, &json!({ "name": "Mine", "revision": 1 }))
        .await?;

    let answer = world
        .patch(&path, &json!({ "name": "Yours", "revision": 1 }))
        .await?;

    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text("/detail").contains("revision 2"), "{answer:?}");
    assert_eq!(world.get(&path).await?.text("/name"), "Mine");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_edits_of_the_same_revision_cannot_both_win(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let (mine, yours) = (
        json!({ "name": "A", "revision": 1 }),
        json!({ "name": "B", "revision": 1 }),
    );

    let (mine, yours) = tokio::join!(world.patch(&path, &mine), world.patch(&path, &yours));

    let mut statuses = [mine?.status.as_u16(), yours?.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    Ok(())
}

/// M-35, M-44.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_a_job_is_cannot_be_edited(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);

    for (edit, field) in [
        (json!({ "job_type": "asset_download" }), "job_type"),
        (json!({ "brand_id": Uuid::new_v4() }), "brand_id"),
        (json!({ "schedule_type": "one_time" }), "schedule_type"),
        (
            json!({ "scheduled_at": "2027-01-01T00:00:00Z" }),
            "scheduled_at",
        ),
        (json!({ "cron_expression": "* * *" }), "cron_expression"),
        (json!({ "timezone": "UTC+1" }), "timezone"),
        (json!({ "status": "paused" }), "status"),
        (
            json!({ "parameters": { "max_vids": 1 } }),
            "parameters.max_vids",
        ),
        (json!({ "parameters": "{}" }), "parameters"),
        (json!({ "overlap_policy": "wait" }), "overlap_policy"),
    ] {
        let answer = world.patch(&path, &edit).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{edit}");
        assert_eq!(answer.fields(), [field], "{edit}");
    }
    assert_eq!(world.get(&path).await?.at("/revision"), 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_cannot_make_two_jobs_the_same(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let first = world.post("/api/jobs", &daily(brand)).await?;
    let second = with(daily(brand), &json!({ "parameters": { "max_videos": 0 } }));
    let second = world.post("/api/jobs", &second).await?;

    let answer = world
        .patch(&second.text("/url"), &json!({ "parameters": {} }))
        .await?;

    assert_eq!(answer.status, StatusCode::CONFLICT, "{answer:?}");
    assert!(answer.text("/detail").contains(&first.text("/url")));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_can_be_moved_until_its_time_has_come(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?,
        "scheduled_at": "2026-12-01T00:00:00Z",
    });
    let job = world.post("/api/jobs", &body).await?;
    let later = json!({ "scheduled_at": "2026-12-02T00:00:00Z" });

    let moved = world.patch(&job.text("/url"), &later).await?;
    world
        .sql("update scheduled_jobs set next_run_at = null")
        .await?;
    let later = json!({ "scheduled_at": "2026-12-03T00:00:00Z" });
    let fired = world.patch(&job.text("/url"), &later).await?;

    assert_eq!(moved.text("/next_run_at"), "2026-12-02T00:00:00Z");
    assert_eq!(fired.fields(), ["scheduled_at"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn whoever_names_the_tag_of_an_older_job_changes_nothing(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let seen = world.get(&path).await?;
    let tag = seen.header("etag").to_owned();
    assert_eq!(tag, "\"1\"");

    let first = if_match(&world, Method::PATCH, &path, &tag, r#"{"name": "Mine"}"#).await?;
    assert_eq!(
        (first.status, first.header("etag")),
        (StatusCode::OK, "\"2\"")
    );

    let edit = r#"{"name": "Theirs"}"#;
    for (method, path, body) in [
        (Method::PATCH, path.clone(), edit),
        (Method::POST, format!("{path}/pause"), "{}"),
        (Method::POST, format!("{path}/resume"), "{}"),
        (Method::POST, format!("{path}/archive"), "{}"),
    ] {
        let late = if_match(&world, method, &path, &tag, body).await?;
        late.assert_problem();
        assert_eq!(late.status, StatusCode::PRECONDITION_FAILED, "{path}");
    }
    assert_eq!(world.get(&path).await?.text("/name"), "Mine");
    assert_eq!(world.get(&path).await?.text("/status"), "active");
    for tag in ["1", "\"1", "{}", "\"1\" \"2\""] {
        let refused = if_match(&world, Method::PATCH, &path, tag, edit).await?;
        assert_eq!(refused.fields(), ["If-Match"], "{tag}");
    }
    for tag in ["\"1\", \"2\"", "*"] {
        let paused = if_match(&world, Method::POST, &format!("{path}/pause"), tag, "{}").await?;
        assert_eq!(paused.status, StatusCode::OK, "{tag}");
    }
    Ok(())
}

async fn if_match(
    world: &World,
    method: Method,
    path: &str,
    tag: &str,
    body: &'static str,
) -> anyhow::Result<Answer> {
    let request = World::request(method, path)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, tag)
        .body(Body::from(body))?;
    world.send(request).await
}
