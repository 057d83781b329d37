//! Slots per brand over all job types: who waits, and who is woken.

use chrono::TimeDelta;
use shared::domain::{JobId, Outcome, Report};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{World, at};

const SIX: &str = "2026-11-20T06:00:00Z";

async fn run(world: &World, sql: &str) {
    sqlx::query(sql).execute(&world.pool).await.unwrap();
}

/// The type has slots enough; each brand has one.
async fn one_slot_per_brand(world: &World) {
    run(world, "update brands set running_max = 1").await;
    let many = "update job_types set running_max = null, running_per_brand_max = null";
    run(world, many).await;
}

/// A daily job of another brand with one slot.
async fn job_of_another_brand(world: &World) -> JobId {
    let job = world.daily_job().await;
    let brand = Uuid::new_v4();
    run(
        world,
        &format!(
            "insert into brands (id, organization_id, name, running_max)
             select '{brand}', organization_id, 'Coffee', 1 from brands limit 1"
        ),
    )
    .await;
    world.set(job, &format!("brand_id = '{brand}'")).await;
    job
}

/// A pending run of `job_type`, a type that this program does not know, for the brand.
async fn waiting_run_of(world: &World, job_type: &str) {
    let statements = [
        format!(
            "insert into job_types (name, scope, description) values ('{job_type}', 'brand', 'x')"
        ),
        format!(
            "insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type)
             select organization_id, id, '{job_type}', 'Other', 'one_time' from brands
              where id = '{}'",
            world.brand
        ),
        format!(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for,
                    run_after, parameters, reason, sent_at)
             select id, 1, 'manual', '{SIX}', '{SIX}', '{{}}', 'capped', '{SIX}'
               from scheduled_jobs where job_type = '{job_type}'"
        ),
    ];
    for statement in statements {
        run(world, &statement).await;
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_with_one_slot_runs_one_after_the_other(pool: PgPool) {
    let world = World::new(pool).await;
    one_slot_per_brand(&world).await;
    let (first, second) = (world.daily_job().await, world.daily_job().await);
    world.clock.set(at(SIX));

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
async fn the_slots_of_one_brand_are_not_those_of_another(pool: PgPool) {
    let world = World::new(pool).await;
    one_slot_per_brand(&world).await;
    let (first, other) = (world.daily_job().await, job_of_another_brand(&world).await);
    world.clock.set(at(SIX));

    world
        .deliver_to(world.tick(first), async |_| {
            world.deliver(world.tick(other)).await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(world.verdicts(other).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_of_another_type_takes_a_slot_of_its_brand(pool: PgPool) {
    let world = World::new(pool).await;
    one_slot_per_brand(&world).await;
    waiting_run_of(&world, "other_work").await;
    run(
        &world,
        "update scheduled_job_runs set status = 'running', reason = null, started_at = now(),
                lease_token = gen_random_uuid(), lease_expires_at = '2026-11-20T06:10:00Z'",
    )
    .await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));

    world.deliver(world.tick(job)).await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 pending/capped"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_end_of_a_run_wakes_one_of_another_type_that_waits_for_the_brand(pool: PgPool) {
    let world = World::new(pool).await;
    one_slot_per_brand(&world).await;
    let job = world.daily_job().await;
    waiting_run_of(&world, "other_work").await;
    let unsent = "select count(*) from scheduled_job_runs
                   where status = 'pending' and sent_at is null";
    world.clock.set(at(SIX));
    assert_eq!(world.count(unsent).await, 0);

    world.deliver(world.tick(job)).await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    assert_eq!(world.count(unsent).await, 1, "the next sweep sends it");
}

/// The older of two waiting runs still has no slot; the younger one is woken instead.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_cannot_start_yet_is_not_woken_in_the_place_of_one_that_can(pool: PgPool) {
    let world = World::new(pool).await;
    one_slot_per_brand(&world).await;
    let (first, second) = (world.daily_job().await, world.daily_job().await);
    let (blocker, blocked) = (
        job_of_another_brand(&world).await,
        job_of_another_brand(&world).await,
    );
    let same_brand = format!(
        "brand_id = (select brand_id from scheduled_jobs where id = '{}')",
        blocker.0
    );
    world.set(blocked, &same_brand).await;
    world
        .set(
            second,
            "cron_expression = '1 6 * * *', next_run_at = '2026-11-20T06:01:00Z'",
        )
        .await;
    world.clock.set(at(SIX));

    world
        .deliver_to(world.tick(blocker), async |_| {
            world.deliver(world.tick(blocked)).await;
            world
                .deliver_to(world.tick(first), async |_| {
                    world.clock.advance(TimeDelta::minutes(1));
                    world.deliver(world.tick(second)).await;
                    Ok(Outcome::Done(Report::new()))
                })
                .await;
            assert_eq!(world.verdicts(blocked).await, ["06:00 #1 pending/capped"]);
            for event in world.requested() {
                world.deliver(event).await;
            }
            assert_eq!(world.verdicts(second).await, ["06:01 #1 completed"]);
            Ok(Outcome::Done(Report::new()))
        })
        .await;
    for event in world.requested() {
        world.deliver(event).await;
    }

    assert_eq!(world.verdicts(blocked).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_many_claims_at_the_same_moment_one_takes_the_brands_last_slot(pool: PgPool) {
    let world = World::new(pool).await;
    one_slot_per_brand(&world).await;
    let mut jobs = vec![];
    for _ in 0..6 {
        jobs.push(world.daily_job().await);
    }
    world.clock.set(at(SIX));
    let most = std::sync::atomic::AtomicI64::new(0);
    let count = async |_: &_| {
        let running = "select count(*) from scheduled_job_runs where status = 'running'";
        let running = world.count(running).await;
        most.fetch_max(running, std::sync::atomic::Ordering::Relaxed);
        Ok(Outcome::Done(Report::new()))
    };

    let deliveries = jobs
        .iter()
        .map(|job| world.deliver_to(world.tick(*job), count));
    futures_util::future::join_all(deliveries).await;

    assert_eq!(most.into_inner(), 1);
}
