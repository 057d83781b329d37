//! Runs that runs wish for.

use serde_json::{Value, json};
use shared::{
    domain::{JobError, JobType, Outcome, Report, RunId},
    runtime::Event,
};
use sqlx::PgPool;

use crate::world::{World, at};

const SIX: &str = "2026-11-20T06:00:00Z";

fn wish(
    run: &shared::runtime::Run<shared::domain::AssetDownloadParams>,
    videos: i32,
) -> Result<(), JobError> {
    run.follow_up(JobType::AssetDownload, &json!({ "max_videos": videos }))
}

fn done() -> Result<Outcome, JobError> {
    Ok(Outcome::Done(Report::new()))
}

/// Status, parameters and parent of every follow-up, oldest first.
async fn follow_ups(world: &World) -> Vec<(String, Value, Option<uuid::Uuid>)> {
    sqlx::query_as(
        "select status, parameters, parent_run_id from scheduled_job_runs
          where origin = 'follow_up' order by created_at, parameters",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_follow_up_is_made_and_sent_when_its_run_completes(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));

    let delivery = world
        .deliver_to(world.tick(job), async |run| {
            wish(run, 7)?;
            run.checkpoint(None).await?;
            assert!(
                follow_ups(&world).await.is_empty(),
                "not before its run completes"
            );
            done()
        })
        .await;

    let parent = delivery.run_id.map(|run| run.0);
    let made = [("pending".to_owned(), json!({ "max_videos": 7 }), parent)];
    assert_eq!(follow_ups(&world).await, made);
    let sent = world.requested();
    assert_eq!(sent.len(), 1);
    world.deliver(sent[0]).await;
    assert_eq!(follow_ups(&world).await[0].0, "completed");
    let of_brand = format!(
        "select count(*) from scheduled_jobs where schedule_type = 'one_time'
            and status = 'completed' and brand_id = '{}'",
        world.brand
    );
    assert_eq!(world.count(&of_brand).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_fails_or_is_cancelled_has_no_follow_up(pool: PgPool) {
    let world = World::new(pool).await;
    let (failed, cancelled) = (world.daily_job().await, world.daily_job().await);
    world.clock.set(at(SIX));

    world
        .deliver_to(world.tick(failed), async |run| {
            wish(run, 7)?;
            Err(JobError::give_up("no"))
        })
        .await;
    world
        .deliver_to(world.tick(cancelled), async |run| {
            wish(run, 7)?;
            Err(JobError::Cancelled)
        })
        .await;

    assert!(follow_ups(&world).await.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn wishes_outlive_segments_and_failed_attempts(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));
    world
        .deliver_to(world.tick(job), async |run| {
            wish(run, 1)?;
            run.checkpoint(Some(&json!(1))).await?;
            wish(run, 2)?;
            Ok(Outcome::Continue { cursor: json!(2) })
        })
        .await;
    let next = world.requested()[0];
    world
        .deliver_to(next, async |run| {
            wish(run, 3)?;
            Err(JobError::retry("trying")(std::io::Error::other("no")))
        })
        .await;
    world.clock.advance(chrono::TimeDelta::minutes(6));

    for event in world.sweep().await {
        world
            .deliver_to(event, async |run| {
                wish(run, 4)?;
                done()
            })
            .await;
    }

    let made = follow_ups(&world).await;
    let videos: Vec<_> = made
        .iter()
        .map(|(_, parameters, _)| &parameters["max_videos"])
        .collect();
    assert_eq!(videos, [1, 2, 3, 4]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_follow_up_that_waits_is_not_doubled_and_one_at_work_may_be(pool: PgPool) {
    let world = World::new(pool).await;
    let jobs = [
        world.daily_job().await,
        world.daily_job().await,
        world.daily_job().await,
    ];
    world.clock.set(at(SIX));
    let twice = async |run: &_| {
        wish(run, 7)?;
        wish(run, 7)?;
        done()
    };
    world.deliver_to(world.tick(jobs[0]), twice).await;
    let first = world.requested();
    world.deliver_to(world.tick(jobs[1]), twice).await;
    assert_eq!(follow_ups(&world).await.len(), 1);
    assert_eq!(
        world.count("select count(*) from scheduled_jobs").await,
        4,
        "no job without a run"
    );

    world
        .deliver_to(first[0], async |_| {
            world.deliver_to(world.tick(jobs[2]), twice).await;
            done()
        })
        .await;

    assert_eq!(
        follow_ups(&world).await.len(),
        2,
        "the first may have seen too little"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_same_wish_of_two_runs_at_the_same_moment_is_one(pool: PgPool) {
    let world = World::new(pool).await;
    let mut jobs = vec![];
    for _ in 0..4 {
        jobs.push(world.daily_job().await);
    }
    let unlimited = "update job_types set running_per_brand_max = null";
    sqlx::query(unlimited).execute(&world.pool).await.unwrap();
    world.clock.set(at(SIX));
    let both = async |run: &_| {
        wish(run, 7)?;
        wish(run, 8)?;
        done()
    };

    let deliveries = jobs
        .iter()
        .map(|job| world.deliver_to(world.tick(*job), both));
    futures_util::future::join_all(deliveries).await;

    assert_eq!(follow_ups(&world).await.len(), 2);
    assert_eq!(world.count("select count(*) from scheduled_jobs").await, 6);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_follow_up_that_is_snoozed_does_not_stand_in_the_way_of_another(pool: PgPool) {
    let world = World::new(pool).await;
    let jobs = [world.daily_job().await, world.daily_job().await];
    world.clock.set(at(SIX));
    let once = async |run: &_| {
        wish(run, 7)?;
        done()
    };
    world.deliver_to(world.tick(jobs[0]), once).await;
    let first = world.requested()[0];

    world
        .deliver_to(first, async |_| {
            world.deliver_to(world.tick(jobs[1]), once).await;
            let delay = std::time::Duration::from_secs(60);
            Err(JobError::Snooze { by: "Meta", delay })
        })
        .await;

    let made = follow_ups(&world).await;
    assert_eq!(
        made.iter()
            .map(|(status, ..)| status.as_str())
            .collect::<Vec<_>>(),
        ["pending"; 2]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_wish_that_cannot_come_true_is_a_permanent_failure(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));

    world
        .deliver_to(world.tick(job), async |run| {
            run.follow_up(JobType::AssetDownload, &json!({ "max_vids": 1 }))?;
            done()
        })
        .await;

    let row = &world.ledger(job).await[0];
    assert_eq!(row.error_kind.as_deref(), Some("permanent"));
    assert!(
        row.error.as_deref().unwrap().contains("max_vids"),
        "{row:?}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_the_bus_did_not_hear_of_a_follow_up_the_sweep_sends(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at(SIX));
    world
        .deliver_to(world.tick(job), async |run| {
            wish(run, 7)?;
            done()
        })
        .await;
    sqlx::query("update scheduled_job_runs set sent_at = null")
        .execute(&world.pool)
        .await
        .unwrap();

    let sent = world.sweep().await;

    let id: uuid::Uuid =
        sqlx::query_scalar("select id from scheduled_job_runs where origin = 'follow_up'")
            .fetch_one(&world.pool)
            .await
            .unwrap();
    assert_eq!(sent, [Event::Run { run_id: RunId(id) }]);
}
