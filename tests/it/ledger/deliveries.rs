//! Duplicate, early, late, concurrent and misdirected deliveries.

use chrono::TimeDelta;
use shared::{
    domain::{JobType, Outcome, Report},
    runtime::Event,
};
use sqlx::PgPool;

use crate::world::{World, at};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_runs_once_and_moves_the_watermark(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world.deliver(world.tick(job)).await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    assert_eq!(world.ledger(job).await[0].metadata["files"], 3);
    let next = world.job_value(job, "next_run_at at time zone 'UTC'").await;
    assert_eq!(next.as_deref(), Some("2026-11-21 06:00:00"));
    assert_eq!(
        world.job_value(job, "runs_completed").await.as_deref(),
        Some("1")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_second_delivery_of_a_tick_does_no_work(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let tick = world.tick(job);

    world.deliver(tick).await;
    world.clock.advance(TimeDelta::seconds(20));
    let second = world.deliver(tick).await;

    assert_eq!(world.worked(), 1);
    assert_eq!(second.run_id, None);
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_second_delivery_of_a_request_does_no_work(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let run_id = world.run_now(job).await;

    world.deliver(Event::Run { run_id }).await;
    world.deliver(Event::Run { run_id }).await;

    assert_eq!(world.worked(), 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_early_tick_ends_without_a_trace(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;

    world.deliver(world.tick(job)).await;

    assert_eq!(world.worked(), 0);
    assert!(world.ledger(job).await.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_cloud_clock_a_few_seconds_ahead_is_believed(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T05:59:57Z"));

    world
        .deliver(Event::Tick {
            job_id: job,
            time: at("2026-11-20T06:00:00Z"),
        })
        .await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_cloud_clock_far_ahead_is_not_believed(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;

    world
        .deliver(Event::Tick {
            job_id: job,
            time: at("2027-01-01T00:00:00Z"),
        })
        .await;

    assert!(world.ledger(job).await.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_late_tick_runs_and_the_ones_before_it_are_accounted_for(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world.clock.set(at("2026-11-20T09:01:00Z"));

    world.deliver(world.tick(job)).await;

    assert_eq!(
        world.verdicts(job).await,
        [
            "06:00 #1 skipped/missed",
            "07:00 #1 skipped/missed",
            "08:00 #1 skipped/missed",
            "09:00 #1 completed",
        ]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_many_deliveries_at_the_same_moment_one_works(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let tick = world.tick(job);

    let deliveries = futures_util::future::join_all((0..8).map(|_| world.deliver(tick))).await;

    assert_eq!(world.worked(), 1);
    assert_eq!(
        deliveries
            .iter()
            .filter(|delivery| delivery.run_id.is_some())
            .count(),
        1
    );
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_many_requests_at_the_same_moment_one_works(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let event = Event::Run {
        run_id: world.run_now(job).await,
    };

    futures_util::future::join_all((0..8).map(|_| world.deliver(event))).await;

    assert_eq!(world.worked(), 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_ticks_of_one_job_at_the_same_moment_do_not_run_together(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("* * * * *", at("2026-11-20T06:00:00Z")).await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| {
            world.clock.set(at("2026-11-20T06:01:00Z"));
            world.deliver(world.tick(job)).await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(world.worked(), 1);
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 completed", "06:01 #1 skipped/overlap"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_event_for_nothing_we_know_is_harmless(pool: PgPool) {
    let world = World::new(pool).await;

    world
        .deliver(Event::Run {
            run_id: shared::domain::RunId::new(),
        })
        .await;
    world
        .deliver(world.tick(shared::domain::JobId::new()))
        .await;

    assert_eq!(world.worked(), 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_costs_three_transactions_around_its_handler(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world.deliver(world.tick(job)).await;

    assert_eq!(world.worker.job_type, JobType::AssetDownload);
    assert_eq!(
        world.worker.db.transactions_begun(),
        3,
        "claim, settle, noting the bus heard"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_request_from_a_machine_whose_clock_is_ahead_runs_at_once(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let run_id = world.run_now(job).await;
    world.clock.advance(TimeDelta::seconds(-4));

    world.deliver(Event::Run { run_id }).await;

    assert_eq!(world.verdicts(job).await, ["05:55 #1 completed"]);
}
