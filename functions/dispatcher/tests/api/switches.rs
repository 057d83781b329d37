//! Pause, resume, archive.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_paused_job_keeps_its_time_and_says_why(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;

    let paused = json!({ "reason": "the account is being moved" });
    let paused = world
        .post(&format!("/api/jobs/{job}/pause"), &paused)
        .await?;

    assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    assert_eq!(paused.text("/status"), "paused");
    assert_eq!(paused.text("/pause_reason"), "the account is being moved");
    assert_eq!(paused.text("/next_run_at"), "2026-11-21T06:00:00Z");
    assert_eq!(world.schedules_changed(), [job]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_resumed_job_fires_next_in_the_future_and_accounts_for_its_pause(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world.press(&format!("/api/jobs/{job}/pause")).await?;
    world.pass(TimeDelta::days(3));

    let resumed = world.press(&format!("/api/jobs/{job}/resume")).await?;

    assert_eq!(resumed.text("/status"), "active");
    assert_eq!(resumed.at("/pause_reason"), &Value::Null);
    assert_eq!(resumed.text("/next_run_at"), "2026-11-24T06:00:00Z");
    assert_eq!(
        world.ticks(job).await?,
        [
            "11-21 06:00 skipped paused",
            "11-22 06:00 skipped paused",
            "11-23 06:00 skipped paused"
        ]
    );
    assert!(world.runs_requested().is_empty(), "nothing may fire");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_paused_for_a_year_is_resumed_in_bounded_time(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world
        .patch(
            &format!("/api/jobs/{job}"),
            &json!({ "cron_expression": "* * * * *" }),
        )
        .await?;
    world.press(&format!("/api/jobs/{job}/pause")).await?;
    world.pass(TimeDelta::days(365));

    let resumed = world.press(&format!("/api/jobs/{job}/resume")).await?;

    assert_eq!(resumed.text("/next_run_at"), "2027-11-20T12:31:00Z");
    assert_eq!(world.count("scheduled_job_runs").await?, 5_000);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn resuming_an_active_job_changes_nothing(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world.pass(TimeDelta::days(1));

    let resumed = world.press(&format!("/api/jobs/{job}/resume")).await?;

    assert_eq!(resumed.status, StatusCode::OK);
    assert_eq!(
        resumed.text("/next_run_at"),
        "2026-11-21T06:00:00Z",
        "its tick is still to be run"
    );
    assert!(world.ticks(job).await?.is_empty());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_whose_time_fell_into_its_pause_asks_for_a_new_one(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?,
        "scheduled_at": "2026-11-21T06:00:00Z",
    });
    let url = world.post("/api/jobs", &body).await?.text("/url");
    world.press(&format!("{url}/pause")).await?;
    world.pass(TimeDelta::days(1));

    let refused = world.press(&format!("{url}/resume")).await?;
    world
        .patch(&url, &json!({ "scheduled_at": "2026-11-22T06:00:00Z" }))
        .await?;
    let resumed = world.press(&format!("{url}/resume")).await?;

    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(
        refused.text("/detail").contains("scheduled_at"),
        "{refused:?}"
    );
    assert_eq!(resumed.text("/status"), "active");
    assert_eq!(resumed.text("/next_run_at"), "2026-11-22T06:00:00Z");
    let job: Uuid = resumed.uuid("/id")?;
    assert_eq!(world.ticks(job).await?, ["11-21 06:00 skipped superseded"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_now_has_no_schedule_to_pause(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    let job = world
        .get(&format!("/api/runs/{run}"))
        .await?
        .text("/job_url");

    let answer = world.press(&format!("{job}/pause")).await?;

    assert_eq!(answer.status, StatusCode::CONFLICT);
    answer.assert_problem();
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_archived_job_fires_no_more_and_its_waiting_runs_are_cancelled(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let run = world
        .press(&format!("/api/jobs/{job}/run"))
        .await?
        .text("/url");
    world.pass(TimeDelta::days(1));

    let archived = world.press(&format!("/api/jobs/{job}/archive")).await?;
    let again = world.press(&format!("/api/jobs/{job}/archive")).await?;

    assert_eq!(
        (archived.status, again.status),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(archived.text("/status"), "archived");
    assert_eq!(archived.at("/next_run_at"), &Value::Null);
    assert_eq!(world.get(&run).await?.text("/status"), "cancelled");
    assert_eq!(world.ticks(job).await?, ["11-21 06:00 skipped superseded"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ended_job_cannot_be_changed(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let path = format!("/api/jobs/{job}");
    world.press(&format!("{path}/archive")).await?;

    for answer in [
        world.patch(&path, &json!({ "name": "Back" })).await?,
        world.press(&format!("{path}/pause")).await?,
        world.press(&format!("{path}/resume")).await?,
    ] {
        assert_eq!(answer.status, StatusCode::CONFLICT, "{answer:?}");
        answer.assert_problem();
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_whose_stored_schedule_cannot_be_read_is_shown_and_can_be_mended(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    world
        .sql("update scheduled_jobs set cron_expression = '0,18 boom', status = 'paused'")
        .await?;

    let shown = world.get(&path).await?;
    let refused = world.press(&format!("{path}/resume")).await?;
    let mended = world
        .patch(&path, &json!({ "cron_expression": "0 6,18 * * *" }))
        .await?;
    let resumed = world.press(&format!("{path}/resume")).await?;

    assert_eq!(
        (shown.status, shown.at("/sentence")),
        (StatusCode::OK, &Value::Null)
    );
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(mended.status, StatusCode::OK, "{mended:?}");
    assert_eq!(resumed.text("/next_run_at"), "2026-11-20T18:00:00Z");
    Ok(())
}
