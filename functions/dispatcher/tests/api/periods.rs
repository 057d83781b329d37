//! From when to when jobs fire, pauses that end by themselves, and fire times left out.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::world::{World, daily, with};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_fires_first_when_its_period_starts(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let period = json!({ "starts_at": "2026-12-01T06:00:00Z", "ends_at": "2026-12-24T00:00:00Z" });
    let body = with(daily(world.given_brand().await?), &period);

    let job = world.post("/api/jobs", &body).await?;
    let later = json!({ "starts_at": "2026-12-01T06:01:00Z" });
    let later = world.patch(&job.text("/url"), &later).await?;
    let open = world
        .patch(&job.text("/url"), &json!({ "starts_at": null }))
        .await?;

    assert_eq!(job.status, StatusCode::CREATED, "{job:?}");
    assert_eq!(
        job.text("/next_run_at"),
        "2026-12-01T06:00:00Z",
        "the start belongs to it"
    );
    assert_eq!(job.text("/ends_at"), "2026-12-24T00:00:00Z");
    assert_eq!(later.text("/next_run_at"), "2026-12-02T06:00:00Z");
    assert_eq!(open.text("/next_run_at"), "2026-11-21T06:00:00Z");
    assert_eq!(open.at("/starts_at"), &Value::Null);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_period_without_a_fire_time_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);

    for (edit, field) in [
        (json!({ "ends_at": "2026-11-21T05:59:00Z" }), "ends_at"),
        (json!({ "ends_at": "2026-11-19T00:00:00Z" }), "ends_at"),
        (
            json!({ "starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z" }),
            "ends_at",
        ),
        (json!({ "starts_at": "tomorrow" }), "starts_at"),
    ] {
        let answer = world.patch(&path, &edit).await?;
        assert_eq!(answer.fields(), [field], "{edit}");
    }
    let once = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?,
        "scheduled_at": "2026-11-21T06:00:00Z", "ends_at": "2026-12-01T00:00:00Z",
    });
    assert_eq!(world.post("/api/jobs", &once).await?.fields(), ["ends_at"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_can_say_when_it_ends(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);

    let past = json!({ "until": "2026-11-20T12:30:00Z" });
    let past = world.post(&format!("{path}/pause"), &past).await?;
    let until = json!({ "until": "2026-11-22T00:00:00Z" });
    let paused = world.post(&format!("{path}/pause"), &until).await?;

    assert_eq!(past.fields(), ["until"]);
    assert_eq!(paused.text("/paused_until"), "2026-11-22T00:00:00Z");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn resuming_after_the_end_of_a_pause_loses_no_tick_that_came_after_it(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let until = json!({ "until": "2026-11-22T00:00:00Z" });
    world
        .post(&format!("/api/jobs/{job}/pause"), &until)
        .await?;
    world.clock.set("2026-11-22T06:00:30Z".parse()?);

    let resumed = world.press(&format!("/api/jobs/{job}/resume")).await?;

    assert_eq!(resumed.text("/status"), "active");
    assert_eq!(
        resumed.text("/next_run_at"),
        "2026-11-22T06:00:00Z",
        "still to be run"
    );
    assert_eq!(world.ticks(job).await?, ["11-21 06:00 skipped paused"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn skipping_the_next_fire_time_leaves_out_that_one_only(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let path = format!("/api/jobs/{job}/skip-next");
    let next = json!({ "next_run_at": "2026-11-21T06:00:00Z" });

    let skipped = world.post(&path, &next).await?;
    let again = world.post(&path, &next).await?;

    for answer in [skipped, again] {
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.text("/next_run_at"), "2026-11-22T06:00:00Z");
        assert_eq!(answer.at("/revision"), 2, "the second changes nothing");
    }
    assert_eq!(world.ticks(job).await?, ["11-21 06:00 skipped requested"]);
    assert_eq!(world.schedules_changed(), [job]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_fire_time_that_is_not_next_cannot_be_skipped(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let other = json!({ "next_run_at": "2026-11-22T06:00:00Z" });

    let answer = world
        .post(&format!("/api/jobs/{job}/skip-next"), &other)
        .await?;

    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(
        answer.text("/detail").contains("2026-11-21T06:00"),
        "{answer:?}"
    );
    assert!(world.ticks(job).await?.is_empty());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_skipped_fire_time_stays_skipped_when_the_job_is_paused_and_resumed(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let path = format!("/api/jobs/{job}");
    world.press(&format!("{path}/skip-next")).await?;

    world.press(&format!("{path}/pause")).await?;
    let resumed = world.press(&format!("{path}/resume")).await?;

    assert_eq!(resumed.text("/next_run_at"), "2026-11-22T06:00:00Z");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_whose_last_fire_time_is_skipped_has_ended(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = with(
        daily(world.given_brand().await?),
        &json!({ "ends_at": "2026-11-21T06:00:00Z" }),
    );
    let url = world.post("/api/jobs", &body).await?.text("/url");

    let ended = world.press(&format!("{url}/skip-next")).await?;
    world.pass(TimeDelta::days(1));
    let again = world.press(&format!("{url}/skip-next")).await?;

    assert_eq!(ended.text("/status"), "completed");
    assert_eq!(again.status, StatusCode::CONFLICT);
    Ok(())
}
