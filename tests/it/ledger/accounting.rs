//! A sweep that accounts for ticks while others are at the same jobs.

use chrono::{DateTime, Utc};
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
