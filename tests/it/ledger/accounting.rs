//! Accounting for ticks under trouble: others are at the same job, or its schedule cannot be read.

use chrono::{DateTime, TimeDelta, Utc};
use shared::runtime::account_overdue;
use sqlx::PgPool;

use crate::{
    stack::tools::eventually,
    world::{World, at},
};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_verdict_bears_the_time_at_which_it_was_given(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:02:00Z"));
    let mut pausing = world.pool.begin().await.unwrap();
    sqlx::query("update scheduled_jobs set status = 'paused' where id = $1")
        .bind(job.0)
        .execute(&mut *pausing)
        .await
        .unwrap();

    let sweep = account_overdue(&world.worker.db, &world.clock);
    let meanwhile = async {
        eventually("the sweep waits for the job", async || {
            let waits = "select count(*) from pg_stat_activity
                          where datname = current_database() and wait_event_type = 'Lock'";
            let count: i64 = sqlx::query_scalar(waits)
                .fetch_one(&world.pool)
                .await
                .ok()?;
            (count > 0).then_some(())
        })
        .await;
        world.clock.set(at("2026-11-20T06:05:00Z"));
        pausing.commit().await.unwrap();
    };
    let (swept, ()) = tokio::join!(sweep, meanwhile);

    swept.unwrap();
    let ended: DateTime<Utc> = sqlx::query_scalar("select completed_at from scheduled_job_runs")
        .fetch_one(&world.pool)
        .await
        .unwrap();
    assert_eq!(ended, at("2026-11-20T06:05:00Z"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_schedule_that_cannot_be_read_fails_loudly_and_once(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * *", at("2026-11-20T06:00:00Z")).await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world.deliver(world.tick(job)).await;
    world.clock.advance(TimeDelta::minutes(5));
    world.sweep().await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 failed"]);
    assert_eq!(
        world.job_value(job, "status").await.as_deref(),
        Some("paused")
    );
    let reason = world.job_value(job, "pause_reason").await.unwrap();
    assert!(reason.contains("cannot be read"), "{reason}");
    let logged: Vec<String> = sqlx::query_scalar(
        "select changed_by || ' ' || field from scheduled_job_changes order by field",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    assert_eq!(logged, ["ledger pause_reason", "ledger status"]);
}
