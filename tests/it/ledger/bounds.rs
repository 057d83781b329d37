//! What has an end: segments, delays, the time of an invocation; and waits that others ask for.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use shared::{
    domain::{AssetDownloadParams, JobError, JobId, Outcome, Report},
    runtime::{self, Event, Run},
};
use sqlx::PgPool;

use crate::world::{World, at};

const SIX: &str = "2026-11-20T06:00:00Z";

/// A pending run of a daily job that has come so far.
async fn given_run(world: &World, set: &str) -> (JobId, Event) {
    let job = world.daily_job().await;
    let run_id = world.run_now(job).await;
    sqlx::query(&format!(
        "update scheduled_job_runs set {set} where id = $1"
    ))
    .bind(run_id.0)
    .execute(&world.pool)
    .await
    .unwrap();
    (job, Event::Run { run_id })
}

async fn go_on(_: &Run<AssetDownloadParams>) -> Result<Outcome, JobError> {
    let cursor = json!({ "page": 2 });
    Ok(Outcome::Continue { cursor })
}

async fn snooze(_: &Run<AssetDownloadParams>) -> Result<Outcome, JobError> {
    let delay = Duration::from_secs(3_600);
    Err(JobError::Snooze { by: "Meta", delay })
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_is_never_done_ends_after_a_thousand_segments(pool: PgPool) {
    let world = World::new(pool).await;
    let (last_but_one, event) = given_run(&world, "segment = 999").await;
    world.deliver_to(event, go_on).await;
    let (last, event) = given_run(&world, "segment = 1000").await;
    world.deliver_to(event, go_on).await;

    assert_eq!(
        world.verdicts(last_but_one).await,
        ["05:55 #1 pending/continued"]
    );
    assert_eq!(
        world.verdicts(last).await,
        ["05:55 #1 failed"],
        "and no retry"
    );
    let row = &world.ledger(last).await[0];
    assert_eq!(row.error_kind.as_deref(), Some("segments"));
    assert_eq!(row.error.as_deref(), Some("not done after 1000 segments"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_is_put_off_a_hundred_times_has_failed_and_is_retried(pool: PgPool) {
    let world = World::new(pool).await;
    let (patient, event) = given_run(&world, "snoozes = 99").await;
    world.deliver_to(event, snooze).await;
    let (spent, event) = given_run(&world, "snoozes = 100").await;
    world.deliver_to(event, snooze).await;

    assert_eq!(world.verdicts(patient).await, ["05:55 #1 pending/snoozed"]);
    assert_eq!(
        world.verdicts(spent).await,
        ["05:55 #1 failed", "05:55 #2 pending"]
    );
    let rows = world.ledger(spent).await;
    assert_eq!(rows[0].error_kind.as_deref(), Some("throttled"));
    let wait = rows[1].run_after - world.clock.now();
    assert_eq!(
        wait,
        TimeDelta::hours(1),
        "the delay that was asked for, not ours"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_waits_as_long_as_the_other_side_asks(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));

    world
        .deliver_to(world.tick(job), async |_| {
            Err(JobError::Retry {
                doing: "copying an asset",
                source: std::io::Error::other("503").into(),
                after: Some(Duration::from_secs(1_800)),
            })
        })
        .await;

    let next = &world.ledger(job).await[1];
    assert_eq!(next.run_after, at("2026-11-20T06:30:00Z"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_goes_on_from_the_last_checkpoint(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));
    world
        .deliver_to(world.tick(job), async |run| {
            run.checkpoint(Some(&json!({ "page": 3 }))).await?;
            Err(JobError::retry("copying an asset")(std::io::Error::other(
                "no",
            )))
        })
        .await;
    world.clock.advance(TimeDelta::minutes(6));

    for event in world.sweep().await {
        world
            .deliver_to(event, async |run| {
                assert_eq!((run.attempt, run.segment), (2, 1));
                assert_eq!(run.cursor, Some(json!({ "page": 3 })));
                Ok(Outcome::Done(Report::new()))
            })
            .await;
    }

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_handler_still_at_work_at_its_deadline_is_stopped_and_retried(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));
    let forever = async |_: &Run<AssetDownloadParams>| std::future::pending().await;

    let now = world.clock.now();
    runtime::deliver(&world.worker, world.tick(job), now, &forever)
        .await
        .unwrap();

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 pending"]
    );
    assert_eq!(
        world.ledger(job).await[0].error_kind.as_deref(),
        Some("timeout")
    );
}
