//! Failed attempts, vanished workers, zombies, and the retries that follow.

use chrono::TimeDelta;
use futures_util::future::select;
use shared::{
    domain::{JobError, Outcome, Report},
    store::logs::Level,
};
use sqlx::PgPool;

use crate::world::{INVOCATION, ON_PURPOSE, World, at};

fn cdn_says_no() -> JobError {
    JobError::retry("copying an asset")(std::io::Error::other("403 from the CDN"))
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_failed_attempt_is_retried_in_a_row_of_its_own(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| Err(cdn_says_no()))
        .await;

    let ledger = world.ledger(job).await;
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 pending"]
    );
    assert_eq!(
        ledger[0].error.as_deref(),
        Some("copying an asset: 403 from the CDN")
    );
    assert_eq!(ledger[0].retry, Some(ledger[1].id.0));
    let wait = (ledger[1].run_after - world.clock.now()).num_seconds();
    assert!((270..=330).contains(&wait), "{wait} s");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_never_displaces_the_calendar(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("*/5 * * * *", at("2026-11-20T06:00:00Z")).await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| Err(cdn_says_no()))
        .await;

    let next = world.job_value(job, "next_run_at at time zone 'UTC'").await;
    assert_eq!(next.as_deref(), Some("2026-11-20 06:05:00"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn retries_end_in_a_dead_letter_and_a_notification(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| Err(cdn_says_no()))
        .await;
    for _ in 0..4 {
        world.clock.advance(TimeDelta::minutes(70));
        for event in world.sweep().await {
            world.deliver_to(event, async |_| Err(cdn_says_no())).await;
        }
    }

    assert_eq!(world.worked(), 4, "one attempt and three retries");
    let ledger = world.ledger(job).await;
    assert_eq!(
        ledger.last().map(|run| (run.attempt, run.retry)),
        Some((4, None))
    );
    assert_eq!(
        world
            .count("select count(*) from notifications where kind = 'dead_letter'")
            .await,
        1
    );
    let status = world.job_value(job, "status").await;
    assert_eq!(status.as_deref(), Some("active"), "the calendar goes on");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn attempts_start_anew_with_the_next_fire_time(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "max_retries = 0").await;
    for day in 20..23 {
        world.clock.set(at(&format!("2026-11-{day}T06:00:00Z")));
        world
            .deliver_to(world.tick(job), async |_| Err(cdn_says_no()))
            .await;
    }

    world.set(job, "max_retries = 3").await;
    world.clock.set(at("2026-11-23T06:00:00Z"));
    world
        .deliver_to(world.tick(job), async |_| Err(cdn_says_no()))
        .await;

    let ledger = world.ledger(job).await;
    assert_eq!(ledger[3].attempt, 1);
    assert!(ledger[3].retry.is_some(), "it has all its retries");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_cannot_be_mended_is_not_retried(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    let give_up = async |_: &_| Err(JobError::give_up("the brand has no ad account"));
    world.deliver_to(world.tick(job), give_up).await;

    let ledger = world.ledger(job).await;
    assert_eq!(world.verdicts(job).await, ["06:00 #1 failed"]);
    assert_eq!(ledger[0].error_kind.as_deref(), Some("permanent"));
    assert_eq!(
        ledger[0].error.as_deref(),
        Some("the brand has no ad account")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn parameters_that_cannot_be_read_are_a_permanent_failure(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world
        .set(job, r#"parameters = '{"max_downloads": 20}'"#)
        .await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world.deliver(world.tick(job)).await;

    assert_eq!(world.worked(), 0);
    let ledger = world.ledger(job).await;
    assert_eq!(ledger[0].error_kind.as_deref(), Some("permanent"));
    assert!(
        ledger[0].error.as_ref().unwrap().contains("max_downloads"),
        "{ledger:?}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_panic_is_a_failed_attempt_with_its_message(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| panic!("{ON_PURPOSE}"))
        .await;

    let ledger = world.ledger(job).await;
    assert_eq!(ledger[0].error_kind.as_deref(), Some("panic"));
    assert!(ledger[0].error.as_ref().unwrap().contains(ON_PURPOSE));
    assert!(ledger[0].retry.is_some());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_vanished_worker_is_found_out_and_its_run_retried(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let forever = async |_: &_| std::future::pending().await;
    let delivery = world.deliver_to(world.tick(job), forever);
    drop(select(Box::pin(delivery), Box::pin(until_running(&world))).await);
    assert_eq!(world.verdicts(job).await, ["06:00 #1 running"]);

    world.clock.advance(INVOCATION + TimeDelta::seconds(9));
    assert!(
        world.sweep().await.is_empty(),
        "the lease outlives the invocation by 10 s"
    );
    assert_eq!(world.verdicts(job).await, ["06:00 #1 running"]);
    world.clock.advance(TimeDelta::seconds(2));
    world.sweep().await;
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 pending"]
    );
    assert_eq!(
        world.ledger(job).await[0].error_kind.as_deref(),
        Some("lost")
    );

    world.clock.advance(TimeDelta::minutes(6));
    for event in world.sweep().await {
        world.deliver(event).await;
    }
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
}

/// Returns when a run is at work.
async fn until_running(world: &World) {
    while world.worked() == 0 {
        tokio::task::yield_now().await;
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_zombie_can_finish_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    let delivery = world
        .deliver_to(world.tick(job), async |run| {
            world.clock.advance(INVOCATION + TimeDelta::seconds(11));
            world.sweep().await;
            run.log(Level::Info, "words of a zombie");
            let error = run.checkpoint(None).await.unwrap_err();
            assert!(matches!(error, JobError::LeaseLost), "{error}");
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(delivery.note, Some("lease lost"));
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 pending"]
    );
    assert_eq!(world.count("select count(*) from run_logs").await, 0);
    assert_eq!(
        world.job_value(job, "runs_completed").await.as_deref(),
        Some("0")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_a_failed_attempt_had_counted_is_kept(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |run| {
            run.count("images_failed", 7);
            Err(cdn_says_no())
        })
        .await;

    assert_eq!(world.ledger(job).await[0].metadata["images_failed"], 7);
}
