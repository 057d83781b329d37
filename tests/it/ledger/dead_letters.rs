//! Retries that people ask for, one by one and in batches.

use chrono::TimeDelta;
use shared::{
    domain::{BatchId, JobError, JobId, RunId},
    runtime::Event,
    store::{
        jobs::{edit, ledger},
        retry_batches::{self, Batch, NewBatch},
        runs::dead::{self, Filter, Retry},
    },
};
use sqlx::PgPool;

use crate::world::{World, at};

/// Daily jobs whose tick of six o'clock failed for good.
async fn given_dead_letters(world: &World, count: usize) -> Vec<(JobId, RunId)> {
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let mut dead = vec![];
    for _ in 0..count {
        let job = world.daily_job().await;
        let give_up = async |_: &_| Err(JobError::give_up("the token was revoked"));
        world.deliver_to(world.tick(job), give_up).await;
        dead.push((job, world.ledger(job).await[0].id));
    }
    world.bus.take();
    dead
}

async fn retry(world: &World, job: JobId, run_id: RunId) -> Option<RunId> {
    let mut tx = world.worker.db.begin().await.unwrap();
    ledger::lock(&mut tx, job).await.unwrap();
    let wish = Retry {
        run_id,
        by: "me",
        parameters: None,
        now: world.clock.now(),
    };
    let requested = dead::retry(&mut tx, wish).await.unwrap();
    tx.commit().await.unwrap();
    requested.map(|requested| requested.run_id)
}

async fn given_batch(world: &World, runs: &[RunId], rate: i32, stop: Option<i32>) -> BatchId {
    let batch = NewBatch {
        id: BatchId::new(),
        created_by: "me",
        rate_per_minute: rate,
        stop_after_failures: stop,
        runs,
    };
    let mut tx = world.worker.db.begin().await.unwrap();
    let now = world.clock.now();
    retry_batches::create(&mut tx, &batch, now).await.unwrap();
    tx.commit().await.unwrap();
    batch.id
}

async fn batch(world: &World, id: BatchId) -> Batch {
    let mut tx = world.worker.db.begin().await.unwrap();
    retry_batches::get(&mut tx, id).await.unwrap().unwrap()
}

fn runs(dead: &[(JobId, RunId)]) -> Vec<RunId> {
    dead.iter().map(|(_, run)| *run).collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retried_dead_letter_is_none_until_its_next_attempt_fails(pool: PgPool) {
    let world = World::new(pool).await;
    let (job, run) = given_dead_letters(&world, 1).await[0];
    let next = retry(&world, job, run).await.unwrap();
    assert_eq!(
        retry(&world, job, run).await,
        None,
        "it has its next attempt"
    );

    let give_up = async |_: &_| Err(JobError::give_up("still revoked"));
    world.deliver_to(Event::Run { run_id: next }, give_up).await;

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 failed"]
    );
    let mut tx = world.worker.db.begin().await.unwrap();
    let dead = dead::ids_of_all_brands(&mut tx, Filter::default(), 10)
        .await
        .unwrap();
    assert_eq!(dead, [next]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_that_a_person_asks_for_runs_though_the_job_is_paused(pool: PgPool) {
    let world = World::new(pool).await;
    let (job, run) = given_dead_letters(&world, 1).await[0];
    world.set(job, "status = 'paused'").await;
    let run_id = retry(&world, job, run).await.unwrap();

    world.deliver(Event::Run { run_id }).await;

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("paused")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_batch_releases_its_runs_at_its_rate(pool: PgPool) {
    let world = World::new(pool).await;
    let dead = given_dead_letters(&world, 5).await;
    let id = given_batch(&world, &runs(&dead), 2, None).await;

    let mut released = vec![];
    for _ in 0..4 {
        let sent = world.sweep().await;
        released.push(sent.len());
        assert!(world.sweep().await.is_empty(), "one minute, one portion");
        for event in sent {
            world.deliver(event).await;
        }
        world.clock.advance(TimeDelta::minutes(1));
    }

    assert_eq!(released, [2, 2, 1, 0]);
    let batch = batch(&world, id).await;
    assert_eq!(batch.status, "done");
    assert_eq!((batch.runs, batch.released, batch.completed), (5, 5, 5));
    assert_eq!((batch.failed, batch.waiting), (0, 0));
    assert_eq!(
        world.verdicts(dead[0].0).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_batch_stops_when_too_many_of_its_runs_have_failed_again(pool: PgPool) {
    let world = World::new(pool).await;
    let dead = given_dead_letters(&world, 4).await;
    let id = given_batch(&world, &runs(&dead), 1, Some(2)).await;

    for _ in 0..4 {
        for event in world.sweep().await {
            let give_up = async |_: &_| Err(JobError::give_up("still revoked"));
            world.deliver_to(event, give_up).await;
        }
        world.clock.advance(TimeDelta::minutes(1));
    }

    let batch = batch(&world, id).await;
    assert_eq!(batch.status, "stopped");
    assert_eq!((batch.runs, batch.released, batch.failed), (4, 2, 2));
    assert_eq!(world.verdicts(dead[3].0).await, ["06:00 #1 failed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_cancelled_batch_releases_nothing_more(pool: PgPool) {
    let world = World::new(pool).await;
    let dead = given_dead_letters(&world, 2).await;
    let id = given_batch(&world, &runs(&dead), 1, None).await;
    assert_eq!(world.sweep().await.len(), 1);
    let mut tx = world.worker.db.begin().await.unwrap();
    let now = world.clock.now();
    retry_batches::end(&mut tx, id, ("cancelled", Some("me")), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    world.clock.advance(TimeDelta::minutes(1));

    world.sweep().await;

    assert_eq!(world.verdicts(dead[1].0).await, ["06:00 #1 failed"]);
    assert_eq!(batch(&world, id).await.status, "cancelled");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_was_dealt_with_meanwhile_does_not_hold_up_its_batch(pool: PgPool) {
    let world = World::new(pool).await;
    let dead = given_dead_letters(&world, 2).await;
    given_batch(&world, &runs(&dead), 5, None).await;
    let (job, run) = dead[0];
    retry(&world, job, run).await.unwrap();

    let sent = world.sweep().await;

    assert_eq!(sent.len(), 2, "each has one next attempt");
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 pending"]
    );
    assert_eq!(
        world.verdicts(dead[1].0).await,
        ["06:00 #1 failed", "06:00 #2 pending"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_acknowledged_run_is_not_released_by_its_batch(pool: PgPool) {
    let world = World::new(pool).await;
    let dead = given_dead_letters(&world, 1).await;
    given_batch(&world, &runs(&dead), 5, None).await;
    let mut tx = world.worker.db.begin().await.unwrap();
    let now = world.clock.now();
    assert!(
        dead::acknowledge(&mut tx, dead[0].1, "me", now)
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();

    assert!(world.sweep().await.is_empty());

    assert_eq!(world.verdicts(dead[0].0).await, ["06:00 #1 failed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_became_of_the_runs_of_a_batch_adds_up(pool: PgPool) {
    let world = World::new(pool).await;
    let dead = given_dead_letters(&world, 4).await;
    let archive = async |job| {
        let mut tx = world.worker.db.begin().await.unwrap();
        let now = world.clock.now();
        edit::archive(&mut tx, job, "me", now).await.unwrap();
        tx.commit().await.unwrap();
    };
    archive(dead[0].0).await;
    let id = given_batch(&world, &runs(&dead), 5, None).await;
    archive(dead[1].0).await;

    world.sweep().await;
    archive(dead[2].0).await;

    let batch = batch(&world, id).await;
    assert_eq!(
        (batch.runs, batch.released),
        (3, 3),
        "no job is archived at first"
    );
    let counted = (batch.not_retried, batch.cancelled, batch.waiting);
    assert_eq!(counted, (1, 1, 1));
}
