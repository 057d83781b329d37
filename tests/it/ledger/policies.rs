//! Overlap, misfire, caps and pauses.

use chrono::TimeDelta;
use shared::{
    domain::{Outcome, Report},
    runtime::Event,
};
use sqlx::PgPool;

use crate::world::{World, at};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ticks_nobody_delivered_are_run_or_accounted_for(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world.clock.set(at("2026-11-20T08:30:00Z"));

    let sent = world.sweep().await;
    assert_eq!(sent.len(), 1);
    for event in sent {
        world.deliver(event).await;
    }

    assert_eq!(
        world.verdicts(job).await,
        [
            "06:00 #1 skipped/missed",
            "07:00 #1 skipped/missed",
            "08:00 #1 completed"
        ]
    );
    let next = world.job_value(job, "next_run_at at time zone 'UTC'").await;
    assert_eq!(next.as_deref(), Some("2026-11-20 09:00:00"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn policy_skip_runs_nothing_late(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world.set(job, "misfire_policy = 'skip'").await;
    world.clock.set(at("2026-11-20T07:30:00Z"));

    assert!(world.sweep().await.is_empty());

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 skipped/missed", "07:00 #1 skipped/missed"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn policy_all_runs_the_newest_few_one_after_the_other(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world
        .set(job, "misfire_policy = 'all', misfire_limit = 2")
        .await;
    world.clock.set(at("2026-11-20T08:30:00Z"));

    let mut queue = world.sweep().await;
    assert_eq!(queue.len(), 2);
    while let Some(event) = queue.pop() {
        world.deliver(event).await;
        queue.extend(world.requested());
    }

    assert_eq!(
        world.verdicts(job).await,
        [
            "06:00 #1 skipped/missed",
            "07:00 #1 completed",
            "08:00 #1 completed"
        ]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nothing_older_than_the_window_runs(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "misfire_window_seconds = 3600").await;
    world.clock.set(at("2026-11-20T07:01:00Z"));

    assert!(world.sweep().await.is_empty());

    assert_eq!(world.verdicts(job).await, ["06:00 #1 skipped/missed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_year_of_lost_minutes_is_accounted_for_in_bounded_steps(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("* * * * *", at("2026-11-20T06:00:00Z")).await;
    world.clock.set(at("2026-11-27T06:00:00Z"));

    let mut sweeps = 0;
    while world.sweep().await.is_empty() {
        sweeps += 1;
        assert!(sweeps < 10, "each sweep accounts for thousands");
    }

    let minutes = 7 * 24 * 60 + 1;
    let rows = format!("select count(*) from scheduled_job_runs where scheduled_job_id = '{job}'");
    assert_eq!(world.count(&rows).await, minutes);
    assert!(sweeps > 0, "more than one transaction's worth");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn policy_queue_lets_a_tick_wait_its_turn(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("* * * * *", at("2026-11-20T06:00:00Z")).await;
    world.set(job, "overlap_policy = 'queue'").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| {
            world.clock.set(at("2026-11-20T06:01:00Z"));
            world.deliver(world.tick(job)).await;
            assert_eq!(
                world.verdicts(job).await,
                ["06:00 #1 running", "06:01 #1 pending/overlap"]
            );
            Ok(Outcome::Done(Report::new()))
        })
        .await;
    for event in world.requested() {
        world.deliver(event).await;
    }

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 completed", "06:01 #1 completed"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn policy_allow_lets_runs_work_together(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("* * * * *", at("2026-11-20T06:00:00Z")).await;
    world.set(job, "overlap_policy = 'allow'").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| {
            world.clock.set(at("2026-11-20T06:01:00Z"));
            world.deliver(world.tick(job)).await;
            assert_eq!(
                world.verdicts(job).await,
                ["06:00 #1 running", "06:01 #1 completed"]
            );
            Ok(Outcome::Done(Report::new()))
        })
        .await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_manual_run_waits_for_the_run_at_work(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| {
            let run_id = world.run_now(job).await;
            world.deliver(Event::Run { run_id }).await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;
    assert_eq!(world.worked(), 1);

    for event in world.requested() {
        world.deliver(event).await;
    }
    assert_eq!(world.worked(), 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_capped_run_waits_for_a_slot_and_blocks_nobody_else(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("update job_types set running_max = 1")
        .execute(&world.pool)
        .await
        .unwrap();
    let first = world.daily_job().await;
    let second = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(first), async |_| {
            world.deliver(world.tick(second)).await;
            assert_eq!(world.verdicts(second).await, ["06:00 #1 pending/capped"]);
            Ok(Outcome::Done(Report::new()))
        })
        .await;
    for event in world.requested() {
        world.deliver(event).await;
    }

    assert_eq!(world.verdicts(second).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_dead_workers_slot_is_free_when_its_lease_ends(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("update job_types set running_max = 1")
        .execute(&world.pool)
        .await
        .unwrap();
    let first = world.daily_job().await;
    let second = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(first), async |_| {
            world.clock.advance(TimeDelta::seconds(911));
            world.deliver(world.tick(second)).await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(world.verdicts(second).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ticks_of_a_paused_job_are_accounted_for(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *", at("2026-11-20T06:00:00Z")).await;
    world.set(job, "status = 'paused'").await;
    world.clock.set(at("2026-11-20T06:00:30Z"));
    world.deliver(world.tick(job)).await;
    world.clock.set(at("2026-11-20T07:10:00Z"));

    assert!(world.sweep().await.is_empty());

    assert_eq!(world.worked(), 0);
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 skipped/paused", "07:00 #1 skipped/paused"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_waited_for_a_dead_worker_is_sent_in_the_sweep_that_finds_it_out(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let forever = async |_: &_| std::future::pending().await;
    let delivery = world.deliver_to(world.tick(job), forever);
    let at_work = async {
        while world.worked() == 0 {
            tokio::task::yield_now().await;
        }
    };
    drop(futures_util::future::select(Box::pin(delivery), Box::pin(at_work)).await);
    world.clock.advance(TimeDelta::seconds(905));
    let run_id = world.run_now(job).await;
    world.sweep().await;
    world.deliver(Event::Run { run_id }).await;
    assert_eq!(world.worked(), 1, "the lease still stands");

    world.clock.advance(TimeDelta::seconds(6));
    let sent = world.sweep().await;

    assert!(sent.contains(&Event::Run { run_id }), "{sent:?}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn one_job_that_cannot_be_accounted_for_does_not_hide_the_others(pool: PgPool) {
    let world = World::new(pool).await;
    let odd = world.daily_job().await;
    let job = world.daily_job().await;
    world.set(odd, "next_run_at = '2026-11-20T05:00:00Z'").await;
    let refuse = format!("alter table scheduled_job_runs add check (scheduled_job_id <> '{odd}')");
    sqlx::query(&refuse).execute(&world.pool).await.unwrap();
    world.clock.set(at("2026-11-20T06:10:00Z"));

    let result = shared::runtime::account_overdue(&world.worker.db, &world.clock).await;

    assert!(result.is_err(), "the failure is reported");
    assert_eq!(world.verdicts(job).await, ["06:00 #1 pending"]);
}
