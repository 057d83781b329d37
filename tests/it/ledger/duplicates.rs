//! Deliveries that found their work done or taken are counted, and only those.

use chrono::TimeDelta;
use shared::{
    domain::{JobId, Outcome, Report},
    runtime::Event,
};
use sqlx::PgPool;

use crate::world::{World, at};

const SIX: &str = "2026-11-20T06:00:00Z";

async fn duplicates(world: &World) -> i64 {
    let sum = "select coalesce(sum(duplicates), 0)::bigint from scheduled_job_runs";
    world.count(sum).await
}

/// The event of the job's rule at `time`.
fn event(job_id: JobId, time: &str) -> Event {
    let time = at(time);
    Event::Tick { job_id, time }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_doubled_tick_is_counted_once_for_each_delivery_too_many(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));
    world.deliver(event(job, SIX)).await;
    assert_eq!(duplicates(&world).await, 0, "the first is none");

    world.clock.advance(TimeDelta::minutes(2));
    world.deliver(event(job, SIX)).await;
    world.deliver(event(job, "2026-11-20T06:00:09Z")).await;

    assert_eq!(duplicates(&world).await, 2);
    assert_eq!(world.worked(), 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_doubled_tick_counts_while_the_first_is_at_work(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));

    let doubled = async |_: &_| {
        world.deliver(event(job, SIX)).await;
        Ok(Outcome::Done(Report::default()))
    };
    world.deliver_to(event(job, SIX), doubled).await;

    assert_eq!(duplicates(&world).await, 1);
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_event_between_fire_times_is_no_duplicate(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));
    world.deliver(event(job, SIX)).await;
    world.clock.set(at("2026-11-20T07:00:00Z"));

    world.deliver(event(job, "2026-11-20T07:00:00Z")).await;

    assert_eq!(duplicates(&world).await, 0, "the rule fires more often");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_doubled_request_is_counted_in_its_run(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let run_id = world.run_now(job).await;
    world.deliver(Event::Run { run_id }).await;
    assert_eq!(duplicates(&world).await, 0, "the first is none");

    world.deliver(Event::Run { run_id }).await;

    assert_eq!(duplicates(&world).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_doubled_last_tick_is_counted_though_the_job_has_ended(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "max_runs = 1").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    world.deliver(world.tick(job)).await;

    world.deliver(world.tick(job)).await;

    let status = world.job_value(job, "status").await;
    assert_eq!(status.as_deref(), Some("completed"));
    assert_eq!(duplicates(&world).await, 1);
}
