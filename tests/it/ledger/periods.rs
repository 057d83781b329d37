//! Jobs that start and end at a date, pauses that end by themselves, ticks left out on request.

use chrono::TimeDelta;
use shared::{
    domain::{Outcome, Report},
    runtime::Event,
};
use sqlx::PgPool;

use crate::world::{World, at};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_whose_end_has_come_is_completed_with_its_last_tick(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world.set(job, "ends_at = '2026-11-20T07:30:00Z'").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    world.deliver(world.tick(job)).await;
    let midway = world.job_value(job, "status").await;
    world.clock.set(at("2026-11-20T07:00:00Z"));
    world.deliver(world.tick(job)).await;
    world.clock.set(at("2026-11-20T08:00:00Z"));

    world.deliver(world.tick(job)).await;

    assert_eq!(midway.as_deref(), Some("active"));
    let ended = world.job_value(job, "status || coalesce(next_run_at::text, '')");
    assert_eq!(ended.await.as_deref(), Some("completed"));
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 completed", "07:00 #1 completed"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ticks_after_the_end_are_no_missed_ticks(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world
        .set(
            job,
            "ends_at = '2026-11-20T07:00:00Z', misfire_policy = 'skip'",
        )
        .await;
    world.clock.set(at("2026-11-20T11:30:00Z"));

    world.sweep().await;

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 skipped/missed", "07:00 #1 skipped/missed"]
    );
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("completed")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_watermark_beyond_the_end_fires_nothing_and_ends_the_job(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "ends_at = '2026-11-20T05:00:00Z'").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world.deliver(world.tick(job)).await;

    assert!(world.ledger(job).await.is_empty());
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("completed")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_of_the_last_tick_runs_after_the_end(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "ends_at = '2026-11-20T06:00:00Z'").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let fail = async |_: &_| {
        Err(shared::domain::JobError::retry("trying")(
            std::io::Error::other("no"),
        ))
    };
    world.deliver_to(world.tick(job), fail).await;
    world.clock.advance(TimeDelta::minutes(6));

    for event in world.sweep().await {
        world.deliver(event).await;
    }

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("completed")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_tick_at_the_end_of_a_pause_runs_and_those_before_it_do_not(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world
        .set(
            job,
            "status = 'paused', paused_until = '2026-11-20T08:00:00Z'",
        )
        .await;
    world.clock.set(at("2026-11-20T07:59:59Z"));
    world
        .deliver(Event::Tick {
            job_id: job,
            time: at("2026-11-20T07:00:00Z"),
        })
        .await;
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("paused")
    );
    world.clock.set(at("2026-11-20T08:00:00Z"));

    world.deliver(world.tick(job)).await;

    let expected = [
        "06:00 #1 skipped/paused",
        "07:00 #1 skipped/paused",
        "08:00 #1 completed",
    ];
    assert_eq!(world.verdicts(job).await, expected);
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("active")
    );
    let log = "select count(*) from scheduled_job_changes where changed_by = 'ledger'";
    assert_eq!(world.count(log).await, 2, "status and paused_until");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_sweep_ends_a_pause_and_loses_no_tick_that_nobody_delivered_after_it(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world
        .set(
            job,
            "status = 'paused', paused_until = '2026-11-20T07:30:00Z'",
        )
        .await;
    world.clock.set(at("2026-11-20T08:10:00Z"));

    for event in world.sweep().await {
        world.deliver(event).await;
    }

    let expected = [
        "06:00 #1 skipped/paused",
        "07:00 #1 skipped/paused",
        "08:00 #1 completed",
    ];
    assert_eq!(world.verdicts(job).await, expected);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_sweep_ends_a_pause_when_no_tick_is_due(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world
        .set(
            job,
            "status = 'paused', paused_until = '2026-11-20T05:56:00Z'",
        )
        .await;
    world.clock.set(at("2026-11-20T05:56:00Z"));

    assert!(world.sweep().await.is_empty());

    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("active")
    );
    assert!(world.ledger(job).await.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_longer_than_one_transaction_accounts_for_ends_in_bounded_steps(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("* * * * *", at("2026-11-20T06:00:00Z")).await;
    world
        .set(
            job,
            "status = 'paused', paused_until = '2026-11-27T06:00:00Z'",
        )
        .await;
    world.clock.set(at("2026-11-27T06:05:00Z"));

    let mut sweeps = 0;
    while world.sweep().await.is_empty() {
        sweeps += 1;
        assert!(sweeps < 10, "each sweep accounts for thousands");
    }

    let paused = "select count(*) from scheduled_job_runs where reason = 'paused'";
    assert_eq!(world.count(paused).await, 7 * 24 * 60);
    let others = "select count(*) from scheduled_job_runs where reason is distinct from 'paused'";
    assert_eq!(world.count(others).await, 6, "six o'clock to five past");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_waits_for_the_end_of_its_pause(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let once = "schedule_type = 'one_time', cron_expression = null, status = 'paused',
                paused_until = '2026-11-20T07:00:00Z'";
    world.set(job, once).await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    world.deliver(world.tick(job)).await;
    assert!(world.ledger(job).await.is_empty());
    world.clock.set(at("2026-11-20T07:00:10Z"));

    for event in world.sweep().await {
        world.deliver(event).await;
    }

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_that_waits_behind_the_last_run_is_superseded(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("* * * * *", at("2026-11-20T06:00:00Z")).await;
    world
        .set(job, "overlap_policy = 'queue', max_runs = 1")
        .await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| {
            world.clock.set(at("2026-11-20T06:01:00Z"));
            world.deliver(world.tick(job)).await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 completed", "06:01 #1 skipped/superseded"]
    );
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("completed")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_that_is_due_when_the_last_run_ends_has_its_verdict(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("* * * * *", at("2026-11-20T06:00:00Z")).await;
    world.set(job, "max_runs = 1").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| {
            world.clock.set(at("2026-11-20T06:02:30Z"));
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    let superseded = ["06:01 #1 skipped/superseded", "06:02 #1 skipped/superseded"];
    let verdicts = world.verdicts(job).await;
    assert_eq!(verdicts[0], "06:00 #1 completed");
    assert_eq!(verdicts[1..], superseded);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_left_out_on_request_does_not_run_even_if_the_watermark_returns(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    sqlx::query(
        "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for,
                parameters, status, reason, run_after, completed_at)
         values ($1, 1, 'tick', '2026-11-20T06:00:00Z', '{}', 'skipped', 'requested', now(), now())",
    )
    .bind(job.0)
    .execute(&world.pool)
    .await
    .unwrap();
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world.deliver(world.tick(job)).await;

    assert_eq!(world.worked(), 0);
    assert_eq!(world.verdicts(job).await, ["06:00 #1 skipped/requested"]);
}
