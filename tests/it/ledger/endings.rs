//! Every way a run can end, and what follows.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::json;
use shared::{
    domain::{JobError, Outcome, Report},
    runtime::Event,
    store::logs::Level,
};
use sqlx::PgPool;

use crate::world::{World, at};

fn cdn_says_no() -> JobError {
    JobError::retry("copying an asset")(std::io::Error::other("403 from the CDN"))
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_snooze_is_not_an_attempt(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let wait = async |_: &_| {
        Err(JobError::Snooze {
            by: "Meta",
            delay: Duration::from_secs(600),
        })
    };

    world.deliver_to(world.tick(job), wait).await;
    assert_eq!(world.verdicts(job).await, ["06:00 #1 pending/snoozed"]);
    assert!(world.sweep().await.is_empty(), "not before its time");

    world.clock.advance(TimeDelta::seconds(601));
    for event in world.sweep().await {
        world.deliver(event).await;
    }
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_goes_on_in_segments_from_its_cursor(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    let first = async |_: &_| {
        Ok(Outcome::Continue {
            cursor: json!({ "page": 2 }),
        })
    };
    world.deliver_to(world.tick(job), first).await;
    let requests = world.requested();
    assert_eq!(requests.len(), 1, "the bus brings it back at once");

    world
        .deliver_to(requests[0], async |run| {
            assert_eq!((run.segment, run.attempt), (2, 1));
            assert_eq!(run.cursor, Some(json!({ "page": 2 })));
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    let ledger = world.ledger(job).await;
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    assert_eq!(ledger[0].segment, 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_asked_to_stop_does_so_at_its_next_checkpoint(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |run| {
            sqlx::query("update scheduled_job_runs set cancel_requested_at = now() where id = $1")
                .bind(run.id.0)
                .execute(&world.pool)
                .await
                .unwrap();
            run.checkpoint(None).await?;
            unreachable!("the checkpoint says stop")
        })
        .await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 cancelled"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_ends_with_its_run(pool: PgPool) {
    let world = World::new(pool).await;
    for (source, status) in [("manual", "archived"), ("api", "completed")] {
        let job = world.daily_job().await;
        let one_time = "schedule_type = 'one_time', cron_expression = null, next_run_at = null";
        world
            .set(job, &format!("{one_time}, trigger_source = '{source}'"))
            .await;
        let run_id = world.run_now(job).await;

        world.deliver(Event::Run { run_id }).await;

        assert_eq!(
            world.job_value(job, "status").await.as_deref(),
            Some(status)
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_without_attempts_left_ends_too(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let one_time = "schedule_type = 'one_time', cron_expression = null, next_run_at = null";
    world
        .set(job, &format!("{one_time}, max_retries = 0"))
        .await;
    let run_id = world.run_now(job).await;

    world
        .deliver_to(Event::Run { run_id }, async |_| Err(cdn_says_no()))
        .await;

    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("completed")
    );
    let error = world.job_value(job, "last_error").await;
    assert_eq!(error.as_deref(), Some("copying an asset: 403 from the CDN"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_ends_after_max_runs_successes(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "max_runs = 2").await;
    for day in 20..23 {
        world.clock.set(at(&format!("2026-11-{day}T06:00:00Z")));
        world.deliver(world.tick(job)).await;
    }

    assert_eq!(world.worked(), 2);
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("completed")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn only_success_makes_a_dataset_fresh(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let status = "select count(*) from dataset_status where dataset_key = 'ad_assets'
                   and organization_id is not null and last_status =";

    world.clock.set(at("2026-11-20T06:00:00Z"));
    world.deliver(world.tick(job)).await;
    world.clock.set(at("2026-11-21T06:00:00Z"));
    world
        .deliver_to(world.tick(job), async |_| Err(cdn_says_no()))
        .await;

    let kept = format!(
        "{status} 'failed' and last_success_at = '2026-11-20T06:00:00Z'
           and last_attempt_at = '2026-11-21T06:00:00Z' and error_message like '%403%'"
    );
    assert_eq!(world.count(&kept).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_log_line_is_kept_in_order_and_without_secrets(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |run| {
            run.log(Level::Info, "first");
            run.checkpoint(None).await?;
            run.log(Level::Warn, "GET /me?access_token=EXAMPLE123");
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    let lines: Vec<String> = sqlx::query_scalar("select message from run_logs order by id")
        .fetch_all(&world.pool)
        .await
        .unwrap();
    assert_eq!(lines, ["first", "GET /me?access_token=***"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_the_bus_did_not_take_leaves_with_the_next_sweep(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    world.bus.set_down(true);
    let first = async |_: &_| Ok(Outcome::Continue { cursor: json!(2) });
    world.deliver_to(world.tick(job), first).await;
    world.bus.set_down(false);

    for event in world.sweep().await {
        world.deliver(event).await;
    }

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    assert!(
        matches!(
            world.bus.sent().last(),
            Some(shared::clients::bus::BusEvent::RunFinished { .. })
        ),
        "the ending was told"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_on_demand_does_not_use_up_a_one_time_jobs_own_moment(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let as_the_api_makes_it = "schedule_type = 'one_time', cron_expression = null, max_runs = 1";
    world.set(job, as_the_api_makes_it).await;
    let run_id = world.run_now(job).await;
    world.deliver(Event::Run { run_id }).await;
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("active")
    );

    world.clock.set(at("2026-11-20T06:00:00Z"));
    world.deliver(world.tick(job)).await;

    assert_eq!(
        world.verdicts(job).await,
        ["05:55 #1 completed", "06:00 #1 completed"]
    );
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("completed")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_that_waits_behind_a_run_on_demand_still_runs(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let once = "schedule_type = 'one_time', cron_expression = null, max_runs = 1,
                overlap_policy = 'queue'";
    world.set(job, once).await;
    let run_id = world.run_now(job).await;
    world
        .deliver_to(Event::Run { run_id }, async |_| {
            world.clock.set(at("2026-11-20T06:00:00Z"));
            world.deliver(world.tick(job)).await;
            Ok(Outcome::Done(Report::new()))
        })
        .await;
    world.clock.set(at("2026-11-20T06:02:00Z"));

    for event in world.sweep().await {
        world.deliver(event).await;
    }

    let verdicts = ["05:55 #1 completed", "06:00 #1 completed"];
    assert_eq!(world.verdicts(job).await, verdicts);
    let status = world.job_value(job, "status").await;
    assert_eq!(status.as_deref(), Some("completed"));
}
