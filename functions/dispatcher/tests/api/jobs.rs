//! Creating and editing jobs.

use axum::http::{StatusCode, header};
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{World, daily};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_recurring_job_has_its_next_time_from_the_start(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut body = daily(world.given_brand().await?);
    body["timezone"] = json!("America/Los_Angeles");

    let job = world.post("/api/jobs", &body).await?;

    assert_eq!(job.status, StatusCode::CREATED, "{job:?}");
    assert_eq!(
        job.header(header::LOCATION),
        format!("/api/jobs/{}", job.text("/id"))
    );
    assert_eq!(job.text("/next_run_at"), "2026-11-20T14:00:00Z");
    assert_eq!(job.text("/next_run_at_local"), "2026-11-20T06:00:00-08:00");
    assert!(job.text("/sentence").contains("06:00"), "{job:?}");
    assert_eq!(job.at("/parameters"), &json!({}));
    assert_eq!(job.text("/trigger_source"), "scheduled");
    assert_eq!(world.schedules_changed(), [job.uuid("/id")?]);
    assert_eq!(world.get(&job.text("/url")).await?.body, job.body);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_given_is_what_the_table_would_say(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let ours = world.post("/api/jobs", &daily(brand)).await?;
    let columns = [
        "timezone",
        "dst_gap_policy",
        "dst_repeat_policy",
        "overlap_policy",
        "misfire_policy",
        "misfire_limit",
        "misfire_window_seconds",
        "max_retries",
        "max_runs",
        "status",
    ];
    let plain: Value = sqlx::query_scalar(
        "insert into scheduled_jobs
                (organization_id, brand_id, job_type, name, parameters, schedule_type,
                 cron_expression, next_run_at)
         select organization_id, id, 'asset_download', 'n', '{\"max_images\": 1}', 'recurring',
                '0 6 * * *', now()
           from brands
         returning to_jsonb(scheduled_jobs)",
    )
    .fetch_one(&world.pool)
    .await?;

    for column in columns {
        assert_eq!(ours.at(&format!("/{column}")), &plain[column], "{column}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_fires_at_its_moment(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?, "name": "Before the sale",
        "scheduled_at": "2026-11-27T00:00:30-05:00", "timezone": "America/New_York",
    });

    let job = world.post("/api/jobs", &body).await?;

    assert_eq!(job.status, StatusCode::CREATED, "{job:?}");
    assert_eq!(job.text("/schedule_type"), "one_time");
    assert_eq!(
        job.text("/next_run_at"),
        "2026-11-27T05:01:00Z",
        "the next whole minute"
    );
    assert_eq!(
        job.text("/sentence"),
        "Once, on 2026-11-27 at 00:01, America/New_York"
    );
    assert_eq!(job.at("/max_runs"), 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_same_work_cannot_be_scheduled_twice(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = daily(world.given_brand().await?);
    let first = world.post("/api/jobs", &body).await?;

    let second = world.post("/api/jobs", &body).await?;

    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(
        second.text("/detail").contains(&first.text("/url")),
        "{second:?}"
    );
    second.assert_problem();
    assert_eq!(world.count("scheduled_jobs").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_problem_of_a_job_is_named_at_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?,
        "name": " ", "parameters": { "max_images": -1 }, "cron_expression": "0 25 * * *",
        "misfire_limit": 0, "max_retries": 21, "max_runs": 0, "misfire_window_seconds": 59,
    });

    let answer = world.post("/api/jobs", &body).await?;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "cron_expression",
            "max_retries",
            "max_runs",
            "misfire_limit",
            "misfire_window_seconds",
            "name",
            "parameters.max_images",
        ]
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_schedule_that_cannot_fire_is_refused_with_its_place(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;

    for (changes, field, position) in [
        (
            json!({ "cron_expression": "0 6 * * mox" }),
            "cron_expression",
            json!(8),
        ),
        (
            json!({ "cron_expression": "@reboot" }),
            "cron_expression",
            json!(0),
        ),
        (
            json!({ "cron_expression": "0 0 30 2 *" }),
            "cron_expression",
            Value::Null,
        ),
        (
            json!({ "cron_expression": "" }),
            "cron_expression",
            json!(0),
        ),
        (
            json!({ "timezone": "Mars/Olympus" }),
            "timezone",
            Value::Null,
        ),
        (
            json!({ "cron_expression": null }),
            "cron_expression",
            Value::Null,
        ),
        (
            json!({ "scheduled_at": "2027-01-01T00:00:00Z" }),
            "scheduled_at",
            Value::Null,
        ),
        (
            json!({ "schedule_type": "one_time" }),
            "schedule_type",
            Value::Null,
        ),
        (json!({ "revision": 1 }), "revision", Value::Null),
        (json!({ "job_type": null }), "job_type", Value::Null),
    ] {
        let answer = world
            .post("/api/jobs", &with(daily(brand), &changes))
            .await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes}");
        assert_eq!(answer.fields(), [field], "{changes}");
        assert_eq!(answer.at("/errors/0/position"), &position, "{answer:?}");
    }
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_moment_must_be_one_and_in_the_future(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;

    for moment in [
        "2026-11-20T12:29:00Z",
        "2026-11-20T12:30:00Z",
        "tomorrow",
        "2026-11-27",
        "2026-11-27T05:00:00",
        "9999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "+262142-12-31T23:59:59Z",
        "",
    ] {
        let body = json!({
            "job_type": "asset_download", "brand_id": brand, "scheduled_at": moment,
        });
        let answer = world.post("/api/jobs", &body).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{moment}");
        assert_eq!(answer.fields(), ["scheduled_at"], "{moment}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_unknown_brand_of_a_job_is_named(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    let unknown = world.post("/api/jobs", &daily(Uuid::new_v4())).await?;
    let missing = with(daily(Uuid::new_v4()), &json!({ "brand_id": null }));
    let missing = world.post("/api/jobs", &missing).await?;

    assert_eq!(unknown.fields(), ["brand_id"]);
    assert_eq!(missing.fields(), ["brand_id"]);
    assert!(world.bus.sent().is_empty());
    Ok(())
}

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
async fn lists_leave_out_archived_jobs_unless_asked(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (kept, gone) = (
        world.given_daily_job().await?,
        world.given_daily_job().await?,
    );
    world.press(&format!("/api/jobs/{gone}/archive")).await?;
    let listed = async |query: &str| {
        let answer = world.get(&format!("/api/jobs{query}")).await?;
        let jobs = answer.at("/jobs").as_array().cloned().unwrap_or_default();
        let ids = jobs
            .iter()
            .filter_map(|job| job["id"].as_str()?.parse().ok());
        anyhow::Ok(ids.collect::<Vec<Uuid>>())
    };

    assert_eq!(listed("").await?, [kept]);
    assert_eq!(listed("?status=archived").await?, [gone]);
    assert_eq!(
        listed("?job_type=asset_download&schedule_type=recurring").await?,
        [kept]
    );
    assert!(listed("?schedule_type=one_time").await?.is_empty());
    assert!(
        listed(&format!("?brand_id={}", Uuid::new_v4()))
            .await?
            .is_empty()
    );
    Ok(())
}

/// An object with some of its members replaced.
fn with(mut object: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        if let Some(object) = object.as_object_mut() {
            object.insert(name.clone(), value.clone());
        }
    }
    object
}
