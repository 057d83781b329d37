//! Failed runs without a next attempt: seen, acknowledged, retried, one by one and in bulk.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World};

/// A run-now that failed for good.
async fn given_dead_letter(world: &World) -> anyhow::Result<Uuid> {
    let run = world.given_run().await?;
    world
        .sql(&format!(
            "update scheduled_job_runs
                set status = 'failed', started_at = now(), completed_at = now(), cursor = '7',
                    error_kind = 'permanent', error_message = 'the token was revoked'
              where id = '{run}'"
        ))
        .await?;
    Ok(run)
}

fn ids(answer: &Answer) -> Vec<String> {
    let runs = answer.at("/runs").as_array().cloned().unwrap_or_default();
    let id = |run: &Value| run.get("id")?.as_str().map(str::to_owned);
    runs.iter().filter_map(id).collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_failed_run_is_a_dead_letter_until_somebody_acknowledges_it(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = given_dead_letter(&world).await?;
    world.given_run().await?;
    let listed = ids(&world.get("/api/dead-letters").await?);

    let path = format!("/api/runs/{run}/acknowledge");
    let unread = world.post(&path, &json!({ "note": "known" })).await?;
    assert_eq!(unread.fields(), ["note"], "nothing that is said is lost");
    let noted = world.press(&path).await?;
    world.pass(chrono::TimeDelta::hours(1));
    let again = world.press(&path).await?;

    assert_eq!(listed, [run.to_string()]);
    assert_eq!(noted.text("/acknowledged_at"), "2026-11-20T12:30:00Z");
    let by = noted.text("/acknowledged_by");
    assert!(by.starts_with("token "), "{by}");
    assert_eq!(
        again.text("/acknowledged_at"),
        "2026-11-20T12:30:00Z",
        "the first note stays"
    );
    assert!(ids(&world.get("/api/dead-letters").await?).is_empty());
    let undo = format!("/api/runs/{run}/unacknowledge");
    assert_eq!(
        world.press(&undo).await?.at("/acknowledged_at"),
        &Value::Null
    );
    assert_eq!(world.press(&undo).await?.status, StatusCode::OK, "again");
    assert_eq!(ids(&world.get("/api/dead-letters").await?), listed);
    let undo = format!("/api/runs/{}/unacknowledge", world.given_run().await?);
    assert_eq!(world.press(&undo).await?.status, StatusCode::CONFLICT);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn dead_letters_are_found_by_what_they_are(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = given_dead_letter(&world).await?;
    let shown = world.get(&format!("/api/runs/{run}")).await?;
    let (job, brand) = (shown.text("/job_id"), shown.text("/brand_id"));
    given_dead_letter(&world).await?;
    world
        .sql(&format!(
            "update scheduled_job_runs set error_kind = 'lost' where id <> '{run}'"
        ))
        .await?;

    for filter in [
        format!("job_id={job}"),
        format!("brand_id={brand}"),
        "error_kind=permanent".to_owned(),
        format!("job_type=asset_download&brand_id={brand}"),
    ] {
        let found = world.get(&format!("/api/dead-letters?{filter}")).await?;
        assert_eq!(ids(&found), [run.to_string()], "{filter}");
    }
    let unknown = world.get("/api/dead-letters?error=lost").await?;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn dead_letters_are_grouped_by_their_cause(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut runs = vec![];
    for (message, minute) in [("waited 5 s", 10), ("no brand", 11), ("waited 61 s", 12)] {
        let run = given_dead_letter(&world).await?;
        let set = format!(
            "update scheduled_job_runs
                set error_message = '{message}', completed_at = '2026-11-20T12:{minute}:00Z'
              where id = '{run}'"
        );
        world.sql(&set).await?;
        runs.push(run);
    }

    let all = world.get("/api/dead-letters?group=fingerprint").await?;
    let one = world
        .get("/api/dead-letters?group=fingerprint&limit=1")
        .await?;
    let unknown = world.get("/api/dead-letters?group=colour").await?;

    assert_eq!(all.at("/groups/0/pattern"), "waited <n> s");
    assert_eq!(all.at("/groups/0/count"), 2);
    assert_eq!(all.text("/groups/0/first_seen"), "2026-11-20T12:10:00Z");
    assert_eq!(all.text("/groups/0/last_seen"), "2026-11-20T12:12:00Z");
    assert_eq!(all.text("/groups/0/last_run_id"), runs[2].to_string());
    let brands = all.at("/groups/0/brand_ids").as_array().map(Vec::len);
    assert_eq!(brands, Some(2));
    assert_eq!(all.at("/groups/1/count"), 1);
    assert_eq!(all.at("/is_complete"), true);
    assert_eq!(one.at("/groups/1"), &Value::Null);
    assert_eq!(one.at("/is_complete"), false);
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_is_a_new_attempt_and_asking_twice_answers_the_same(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = given_dead_letter(&world).await?;
    let path = format!("/api/runs/{run}/retry");

    let first = world.press(&path).await?;
    let second = world.press(&path).await?;

    assert_eq!(
        (first.status, second.status),
        (StatusCode::ACCEPTED, StatusCode::ACCEPTED)
    );
    assert_eq!(first.text("/run_id"), second.text("/run_id"));
    let next = world.get(&first.text("/url")).await?;
    assert_eq!(next.at("/attempt_number"), 2);
    assert_eq!(next.at("/parameters"), &json!({ "max_videos": 5 }));
    assert_eq!(
        world.count("scheduled_job_runs where cursor = '7'").await?,
        2,
        "it goes on"
    );
    let failed = world.get(&format!("/api/runs/{run}")).await?;
    assert_eq!(failed.text("/status"), "failed", "history is not rewritten");
    assert_eq!(failed.text("/retry_run_id"), first.text("/run_id"));
    assert_eq!(world.runs_requested(), [first.uuid("/run_id")?]);
    assert!(ids(&world.get("/api/dead-letters").await?).is_empty());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_retries_at_the_same_moment_make_one_attempt(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/runs/{}/retry", given_dead_letter(&world).await?);

    let (first, second) = tokio::join!(world.press(&path), world.press(&path));

    assert_eq!(first?.text("/run_id"), second?.text("/run_id"));
    assert_eq!(world.count("scheduled_job_runs").await?, 2);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_may_change_parameters_and_then_begins_anew(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/runs/{}/retry", given_dead_letter(&world).await?);

    let unknown = json!({ "parameters": { "max_vids": 1 } });
    let unknown = world.post(&path, &unknown).await?;
    let patch = json!({ "parameters": { "max_images": 1, "max_videos": null } });
    let patched = world.post(&path, &patch).await?;

    assert_eq!(unknown.fields(), ["parameters.max_vids"]);
    let next = world.get(&patched.text("/url")).await?;
    assert_eq!(next.at("/parameters"), &json!({ "max_images": 1 }));
    assert_eq!(
        world
            .count("scheduled_job_runs where cursor is not null")
            .await?,
        1
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_has_not_failed_cannot_be_retried_or_acknowledged(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let pending = world.given_run().await?;
    let retried = given_dead_letter(&world).await?;
    world.press(&format!("/api/runs/{retried}/retry")).await?;
    let archived = given_dead_letter(&world).await?;
    let job = world
        .get(&format!("/api/runs/{archived}"))
        .await?
        .text("/job_url");
    world.press(&format!("{job}/archive")).await?;

    for path in [
        format!("/api/runs/{pending}/retry"),
        format!("/api/runs/{pending}/acknowledge"),
        format!("/api/runs/{retried}/acknowledge"),
        format!("/api/runs/{archived}/retry"),
    ] {
        let answer = world.press(&path).await?;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path} {answer:?}");
        answer.assert_problem();
    }
    let missing = format!("/api/runs/{}/retry", Uuid::new_v4());
    assert_eq!(world.press(&missing).await?.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn dead_letters_are_retried_in_bulk_by_rows_that_survive(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    for _ in 0..3 {
        given_dead_letter(&world).await?;
    }

    let body = json!({ "error_kind": "permanent", "rate_per_minute": 2, "stop_after_failures": 1 });
    let batch = world.post("/api/dead-letters/retry", &body).await?;
    let shown = world.get(batch.header("location")).await?;

    assert_eq!(batch.status, StatusCode::ACCEPTED, "{batch:?}");
    assert_eq!(shown.body, batch.body);
    assert_eq!(shown.text("/status"), "active");
    for (member, count) in [
        ("/runs", 3),
        ("/released", 0),
        ("/waiting", 0),
        ("/failed", 0),
    ] {
        assert_eq!(shown.at(member), count, "{member}");
    }
    assert!(
        world.runs_requested().is_empty(),
        "the reconciler releases them"
    );

    let url = batch.text("/url");
    let cancelled = world.press(&format!("{url}/cancel")).await?;
    assert_eq!(cancelled.text("/status"), "cancelled");
    assert!(cancelled.text("/cancelled_by").starts_with("token "));
    assert_eq!(
        world.press(&format!("{url}/cancel")).await?.text("/status"),
        "cancelled"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_bulk_retry_says_which_runs_it_means(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let dead = given_dead_letter(&world).await?;
    let pending = world.given_run().await?;

    for (body, field) in [
        (json!({}), "run_ids"),
        (json!({ "run_ids": [] }), "run_ids"),
        (
            json!({ "run_ids": [dead], "error_kind": "lost" }),
            "run_ids",
        ),
        (json!({ "run_ids": [dead, pending] }), "run_ids"),
        (json!({ "run_ids": [dead, dead] }), "run_ids"),
        (
            json!({ "run_ids": [dead], "rate_per_minute": 0 }),
            "rate_per_minute",
        ),
        (
            json!({ "run_ids": [dead], "stop_after_failures": 0 }),
            "stop_after_failures",
        ),
    ] {
        let answer = world.post("/api/dead-letters/retry", &body).await?;
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let none = json!({ "error_kind": "panic" });
    let none = world.post("/api/dead-letters/retry", &none).await?;
    assert_eq!(none.status, StatusCode::CONFLICT);
    assert_eq!(
        world.count("retry_batches").await?,
        0,
        "nothing is left behind"
    );
    Ok(())
}
