//! Looking at runs and stopping them.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_shows_how_long_it_took_and_what_it_did(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    world
        .sql(
            "update scheduled_job_runs
                set status = 'completed', started_at = '2026-11-20T12:30:01Z',
                    completed_at = '2026-11-20T12:30:03.5Z', warnings = '{one was gone}',
                    metadata = '{\"videos_downloaded\": 5, \"note\": \"x\"}',
                    progress_done = 5, progress_total = 6, progress_unit = 'assets'",
        )
        .await?;

    let answer = world.get(&format!("/api/runs/{run}")).await?;

    assert_eq!(answer.text("/status"), "completed");
    assert_eq!(answer.at("/duration_ms"), 2_500);
    assert_eq!(answer.at("/counts"), &json!({ "videos_downloaded": 5 }));
    assert_eq!(answer.at("/warnings"), &json!(["one was gone"]));
    assert_eq!(
        answer.at("/progress"),
        &json!({ "done": 5, "total": 6, "unit": "assets" })
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_at_work_shows_how_long_it_has_been(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    start(&world).await?;
    world.pass(TimeDelta::seconds(90));

    let answer = world.get(&format!("/api/runs/{run}")).await?;

    assert_eq!(answer.at("/duration_ms"), 90_000);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_failed_run_names_its_error_and_its_retry(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (failed, retry) = (world.given_run().await?, world.given_run().await?);
    world
        .sql(&format!(
            "update scheduled_job_runs
                set status = 'failed', started_at = created_at, completed_at = created_at,
                    error_kind = 'lost', error_message = 'the worker vanished',
                    retry_run_id = '{retry}'
              where id = '{failed}'"
        ))
        .await?;

    let answer = world.get(&format!("/api/runs/{failed}")).await?;

    assert_eq!(
        answer.at("/error"),
        &json!({ "kind": "lost", "message": "the worker vanished" })
    );
    assert_eq!(answer.text("/retry_url"), format!("/api/runs/{retry}"));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn lists_are_newest_first_and_filtered(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(world.given_run().await?);
        world.pass(TimeDelta::seconds(1));
    }
    runs.reverse();
    let one = world.get(&format!("/api/runs/{}", runs[1])).await?;
    let listed = async |query: String| {
        let answer = world.get(&format!("/api/runs?{query}")).await?;
        let ids = answer.at("/runs").as_array().cloned().unwrap_or_default();
        let ids = ids
            .iter()
            .filter_map(|run| run["id"].as_str()?.parse().ok());
        anyhow::Ok(ids.collect::<Vec<Uuid>>())
    };

    assert_eq!(listed(String::new()).await?, runs);
    assert_eq!(listed("limit=2".to_owned()).await?, runs[..2]);
    assert_eq!(
        listed(format!("job_id={}", one.text("/job_id"))).await?,
        runs[1..2]
    );
    assert_eq!(
        listed(format!("brand_id={}", one.text("/brand_id"))).await?,
        runs[1..2]
    );
    assert_eq!(listed("status=pending".to_owned()).await?, runs);
    assert!(listed("status=failed".to_owned()).await?.is_empty());
    assert!(
        listed(format!("brand_id={}", Uuid::new_v4()))
            .await?
            .is_empty()
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_log_is_read_on_from_where_one_was(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    let path = format!("/api/runs/{run}/logs");
    world
        .sql(&format!(
            "insert into run_logs (run_id, segment, at, level, message)
             select '{run}', 1, '2026-11-20T12:30:00Z', 'info', 'line ' || n
               from generate_series(1, 3) n"
        ))
        .await?;

    let first = world.get(&format!("{path}?limit=2")).await?;
    let rest = world
        .get(&format!("{path}?after={}", first.at("/next_after")))
        .await?;
    let end = world
        .get(&format!("{path}?after={}", rest.at("/next_after")))
        .await?;

    assert_eq!(first.text("/lines/1/message"), "line 2");
    assert_eq!(rest.at("/lines").as_array().map(Vec::len), Some(1));
    assert_eq!(rest.text("/lines/0/message"), "line 3");
    assert_eq!(end.at("/lines"), &json!([]));
    assert_eq!(end.at("/next_after"), rest.at("/next_after"));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_does_not_exist_is_not_found(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let id = Uuid::new_v4();

    for path in [
        format!("runs/{id}"),
        format!("runs/{id}/logs"),
        format!("jobs/{id}"),
    ] {
        let answer = world.get(&format!("/api/{path}")).await?;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.assert_problem();
    }
    let answer = world.press(&format!("/api/runs/{id}/cancel")).await?;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pending_run_is_cancelled_at_once_and_ends_its_one_time_job(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    let path = format!("/api/runs/{run}/cancel");

    let answer = world.press(&path).await?;
    let again = world.press(&path).await?;

    assert_eq!(
        (answer.status, again.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(answer.text("/status"), "cancelled");
    let job = world
        .get(&format!("/api/jobs/{}", answer.text("/job_id")))
        .await?;
    assert_eq!(
        job.text("/status"),
        "completed",
        "a job with nothing left to run must not linger"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_at_work_is_asked_to_stop(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    start(&world).await?;

    let answer = world.press(&format!("/api/runs/{run}/cancel")).await?;

    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!(
        answer.text("/status"),
        "running",
        "only the worker may end it"
    );
    assert_eq!(answer.text("/cancel_requested_at"), crate::world::NOW);
    let by = answer.text("/cancel_requested_by");
    assert!(by.starts_with("token "), "{by}");
    let job = world
        .get(&format!("/api/jobs/{}", answer.text("/job_id")))
        .await?;
    assert_eq!(job.text("/status"), "active");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ended_run_cannot_be_stopped(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    world
        .sql(
            "update scheduled_job_runs
                set status = 'completed', started_at = created_at, completed_at = created_at",
        )
        .await?;

    let answer = world.press(&format!("/api/runs/{run}/cancel")).await?;

    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text("/detail").contains("completed"));
    assert_eq!(
        world
            .count("scheduled_job_runs where cancel_requested_at is null")
            .await?,
        1
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn cancelling_a_run_leaves_a_recurring_job_alone(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let run = world
        .press(&format!("/api/jobs/{job}/run"))
        .await?
        .uuid("/run_id")?;

    world.press(&format!("/api/runs/{run}/cancel")).await?;

    let job = world.get(&format!("/api/jobs/{job}")).await?;
    assert_eq!(job.text("/status"), "active");
    assert_eq!(job.text("/next_run_at"), "2026-11-21T06:00:00Z");
    Ok(())
}

async fn start(world: &World) -> anyhow::Result<()> {
    world
        .sql(
            "update scheduled_job_runs
                set status = 'running', started_at = created_at,
                    lease_token = gen_random_uuid(), lease_expires_at = now() + interval '1 hour'",
        )
        .await
}
