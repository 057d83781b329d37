//! B: duplicates and runaway loops.

use chrono::TimeDelta;
use serde_json::json;
use shared::domain::{JobError, Outcome, Report};
use sqlx::PgPool;

use super::tools::{Api, assert_refused, broken};
use crate::world::{INVOCATION, World, at};

/// Lets the worker of the job's due tick vanish, and the reconciler find it out.
async fn vanish(world: &World, event: shared::runtime::Event) {
    let vanishes = async |_: &_| {
        world.clock.advance(INVOCATION + TimeDelta::seconds(11));
        world.sweep().await;
        Err(JobError::LeaseLost)
    };
    world.deliver_to(event, vanishes).await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m15_two_claims_of_one_tick_make_one_run(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "overlap_policy = 'allow'").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    tokio::join!(
        world.deliver(world.tick(job)),
        world.deliver(world.tick(job)),
        world.deliver(world.tick(job)),
    );

    assert_eq!(world.worked(), 1);
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m16_a_failing_job_does_not_run_again_every_minute(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "max_retries = 0").await;
    for minute in 0..60 {
        world
            .clock
            .set(at("2026-11-20T06:00:00Z") + TimeDelta::minutes(minute));
        world
            .deliver_to(world.tick(job), async |_| Err(broken()))
            .await;
        for event in world.sweep().await {
            world.deliver_to(event, async |_| Err(broken())).await;
        }
    }
    assert_eq!(world.worked(), 1, "once for its one fire time of the hour");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m17_a_lost_run_is_retried_after_a_wait_and_only_so_often(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    vanish(&world, world.tick(job)).await;
    let retry = world.ledger(job).await.pop().unwrap();
    let wait = retry.run_after - world.clock.now();
    assert!(
        wait >= TimeDelta::seconds(270),
        "five minutes, a tenth less at most: {wait}"
    );

    for _ in 0..10 {
        world.clock.advance(TimeDelta::minutes(70));
        for event in world.sweep().await {
            vanish(&world, event).await;
        }
    }

    assert_eq!(world.worked(), 4, "one attempt and three retries");
    let told = "select count(*) from notifications where kind = 'dead_letter'";
    assert_eq!(world.count(told).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m18_a_long_run_within_its_lease_is_left_alone(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let is_slow = async |run: &shared::runtime::Run<_>| {
        world.clock.advance(INVOCATION - TimeDelta::seconds(10));
        world.sweep().await;
        run.checkpoint(None).await?;
        Ok(Outcome::Done(Report::new()))
    };

    world.deliver_to(world.tick(job), is_slow).await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m19_a_type_nobody_knows_cannot_be_scheduled(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let unknown =
        format!("update scheduled_jobs set job_type = 'genome_update' where id = '{job}'");
    assert_refused(&world.pool, &unknown, "scheduled_jobs_job_type_scope_fkey").await;

    let api = Api::new(&world);
    let body = json!({"job_type": "genome_update", "brand_id": world.brand});
    let answer = api.post("/api/runs", None, &body).await;
    assert_eq!(answer.status, 422, "{:?}", answer.body);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m20_a_double_click_makes_one_run(pool: PgPool) {
    let world = World::new(pool).await;
    let api = Api::new(&world);
    let body = json!({"job_type": "asset_download", "brand_id": world.brand});

    let first = api.post("/api/runs", Some("click"), &body).await;
    let second = api.post("/api/runs", Some("click"), &body).await;

    assert_eq!((first.status, second.status), (202, 202));
    assert_eq!(first.body["run_id"], second.body["run_id"]);
    assert_eq!(
        world.count("select count(*) from scheduled_job_runs").await,
        1
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m21_the_next_occurrence_has_all_its_retries(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "max_retries = 1").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    world
        .deliver_to(world.tick(job), async |_| Err(broken()))
        .await;
    world.clock.advance(TimeDelta::minutes(10));
    for event in world.sweep().await {
        world.deliver_to(event, async |_| Err(broken())).await;
    }

    world.clock.set(at("2026-11-21T06:00:00Z"));
    world
        .deliver_to(world.tick(job), async |_| Err(broken()))
        .await;

    let ledger = world.ledger(job).await;
    let attempts: Vec<_> = ledger
        .iter()
        .map(|run| (run.attempt, run.retry.is_some()))
        .collect();
    assert_eq!(attempts, [(1, true), (2, false), (1, true), (2, false)]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m22_work_that_was_due_weeks_ago_is_not_caught_up_on(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 20 11 *", at("2026-11-20T06:00:00Z")).await;
    world.clock.set(at("2026-12-20T12:00:00Z"));

    for event in world.sweep().await {
        world.deliver(event).await;
    }

    assert_eq!(world.worked(), 0);
    assert_eq!(world.verdicts(job).await, ["06:00 #1 skipped/missed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m23_the_same_work_cannot_be_scheduled_twice(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let again = format!(
        "insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type,
                cron_expression, next_run_at, parameters)
         select organization_id, brand_id, job_type, 'Another page', 'recurring', '0 9 * * *',
                next_run_at, parameters
           from scheduled_jobs where id = '{job}'"
    );
    assert_refused(&world.pool, &again, "scheduled_jobs_one_recurring").await;
}
