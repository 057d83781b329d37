//! F: concurrency and isolation.

use std::time::Duration;

use chrono::TimeDelta;
use reconciler::{budget::Budget, ledger::Ledger};
use serde_json::json;
use shared::{
    domain::{AssetDownloadParams, JobError, Outcome, Report},
    runtime::{Event, Run},
};
use sqlx::PgPool;

use super::tools::{Api, assert_refused, code_of, move_to_another_brand};
use crate::world::{INVOCATION, World, at};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m55_a_run_that_does_not_end_holds_nobody_up(pool: PgPool) {
    let world = World::new(pool).await;
    let (first, second) = (world.daily_job().await, world.daily_job().await);
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(first), async |_| {
            world.deliver(world.tick(second)).await;
            assert_eq!(world.verdicts(second).await, ["06:00 #1 completed"]);
            world.sweep().await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(world.verdicts(first).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m56_recovery_needs_nothing_of_the_process_that_is_stuck(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| {
            // It does not return before somebody else has given its run to another.
            world.clock.advance(INVOCATION + TimeDelta::seconds(11));
            world.sweep().await;
            world.clock.advance(TimeDelta::minutes(6));
            for event in world.sweep().await {
                world.deliver(event).await;
            }
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
}

#[test]
fn m57_no_client_lives_in_a_global() {
    let globals = [
        "OnceLock",
        "LazyLock",
        "lazy_static",
        "static mut",
        "thread_local",
    ];
    for (file, code) in code_of(&[
        "functions",
        "shared/src/clients",
        "shared/src/runtime",
        "shared/src/store",
    ]) {
        for global in globals {
            assert!(!code.contains(global), "{file} has a {global}");
        }
        let is_static = |line: &str| line.contains("static ") && line.contains("OnceCell");
        assert!(!code.lines().any(is_static), "{file} has a static OnceCell");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m58_a_run_that_waits_for_a_slot_blocks_no_other(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("update job_types set running_per_brand_max = 1")
        .execute(&world.pool)
        .await
        .unwrap();
    let (first, waiting) = (world.daily_job().await, world.daily_job().await);
    let other = world.daily_job().await;
    move_to_another_brand(&world, other).await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(first), async |_| {
            world.deliver(world.tick(waiting)).await;
            world.deliver(world.tick(other)).await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    assert_eq!(world.verdicts(waiting).await, ["06:00 #1 pending/capped"]);
    assert_eq!(world.verdicts(other).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m59_a_dead_run_holds_its_slot_no_longer_than_its_lease(pool: PgPool) {
    let world = World::new(pool).await;
    sqlx::query("update job_types set running_max = 1")
        .execute(&world.pool)
        .await
        .unwrap();
    let (dead, next) = (world.daily_job().await, world.daily_job().await);
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(dead), async |_| {
            world.clock.advance(INVOCATION + TimeDelta::seconds(11));
            world.deliver(world.tick(next)).await;
            Err(JobError::LeaseLost)
        })
        .await;

    assert_eq!(world.verdicts(next).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m60_a_vendor_that_asks_for_a_pause_gets_it_and_costs_no_attempt(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let pause = Duration::from_secs(1_800);
    let throttled = async |_: &_| {
        Err(JobError::Snooze {
            by: "Meta",
            delay: pause,
        })
    };

    world.deliver_to(world.tick(job), throttled).await;
    world.clock.advance(TimeDelta::seconds(1_799));
    assert!(
        world.sweep().await.is_empty(),
        "not before the pause is over"
    );
    world.clock.advance(TimeDelta::seconds(2));
    for event in world.sweep().await {
        world.deliver(event).await;
    }

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m61_work_longer_than_an_invocation_goes_on_in_the_next(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let goes_on = async |run: &Run<AssetDownloadParams>| {
        Ok(match run.segment {
            1..=4 => Outcome::Continue {
                cursor: json!(run.segment),
            },
            _ => Outcome::Done(Report::new()),
        })
    };

    world.deliver_to(world.tick(job), goes_on).await;
    for _ in 0..4 {
        for event in world.requested() {
            world.deliver_to(event, goes_on).await;
        }
    }

    let ledger = world.ledger(job).await;
    assert_eq!(
        (ledger[0].status.as_str(), ledger[0].segment),
        ("completed", 5)
    );
}

#[test]
fn m62_importing_a_crate_does_nothing() {
    for (file, code) in code_of(&["functions", "shared/src"]) {
        let is_main = file.ends_with("/main.rs") || file.contains("/bin/");
        for word in ["tokio::signal", "set_hook(", "std::process::exit", "#[ctor"] {
            assert!(is_main || !code.contains(word), "{file} has {word}");
        }
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m63_what_is_read_in_pages_is_read_to_its_end(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    sqlx::query(
        "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, run_after, parameters)
         select $1, 1, 'manual', $2, $2, '{}' from generate_series(1, 1200)",
    )
    .bind(job.0)
    .bind(world.clock.now())
    .execute(&world.pool)
    .await
    .unwrap();
    let ledger = Ledger {
        db: world.worker.db.clone(),
        bus: world.worker.bus.clone(),
        clock: world.clock.clone(),
    };

    let done = ledger.send_due(&Budget::unlimited(&world.clock)).await;

    assert!(done.failures.is_empty(), "{:?}", done.failures);
    assert_eq!(done.count, 1_200);
    let requests = world.requested();
    assert_eq!(requests.len(), 1_200);
    assert!(matches!(requests[0], Event::Run { .. }));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m64_a_job_of_a_brand_belongs_to_that_brands_organization(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let other = world.daily_job().await;
    move_to_another_brand(&world, other).await;
    for owner in ["null", "gen_random_uuid()"] {
        let moved =
            format!("update scheduled_jobs set organization_id = {owner} where id = '{job}'");
        assert_refused(
            &world.pool,
            &moved,
            "scheduled_jobs_brand_id_organization_id_fkey",
        )
        .await;
    }
    let listed = Api::new(&world)
        .get(&format!("/api/jobs?brand_id={}", world.brand))
        .await;
    assert_eq!(
        listed.body["jobs"].as_array().map(Vec::len),
        Some(1),
        "{:?}",
        listed.body
    );
}
