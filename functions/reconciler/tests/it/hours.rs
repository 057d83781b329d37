//! Verdicts by the hour: each hour is counted once it is over, and again while something of it is under way.

use chrono::TimeDelta;
use sqlx::PgPool;

use crate::world::World;

/// `completed 2, pending 1` of the hour that begins at six.
async fn verdicts(world: &World) -> String {
    let told = sqlx::query_scalar(
        "select string_agg(verdict || ' ' || fire_times, ', ' order by verdict) from ledger_hour_verdicts v
           join organizations o on o.id = v.organization_id
          where hour = '2026-11-20T06:00:00Z' and o.name = 'Northwind'",
    );
    let told: Option<String> = told.fetch_one(&world.pool).await.expect("verdicts");
    told.unwrap_or_default()
}

/// It is half past seven, and of the ticks between six and seven none is done.
async fn half_past_seven(world: &World) {
    world.job("*/20 * * * *").await;
    for minutes in [30, 30, 35] {
        world.clock.advance(TimeDelta::minutes(minutes));
        world.sweep().await.expect("a sweep");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_hour_is_counted_until_all_of_it_is_over(pool: PgPool) {
    let world = World::new(pool).await;
    half_past_seven(&world).await;
    let before = verdicts(&world).await;
    assert!(before.contains("pending"), "{before}");

    sqlx::query(
        "update scheduled_job_runs set status = 'completed', reason = null, started_at = scheduled_for,
                completed_at = scheduled_for where scheduled_for < '2026-11-20T07:00:00Z' and status = 'pending'",
    )
    .execute(&world.pool)
    .await
    .expect("endings");
    world.clock.advance(TimeDelta::minutes(1));
    world.sweep().await.expect("a sweep");
    assert_eq!(verdicts(&world).await, before, "not counted again at once");

    world.clock.advance(TimeDelta::minutes(10));
    world.sweep().await.expect("a sweep");
    let after = verdicts(&world).await;
    assert_eq!(after, before.replace("pending", "completed"));

    let is_final =
        "select count(*) from ledger_hours where is_final and hour = '2026-11-20T06:00:00Z'";
    assert_eq!(world.number(is_final).await, 1);
    let counted = "select extract(epoch from counted_at)::bigint from ledger_hours where hour = '2026-11-20T06:00:00Z'";
    let last = world.number(counted).await;
    world.clock.advance(TimeDelta::minutes(11));
    world.sweep().await.expect("a sweep");
    assert_eq!(world.number(counted).await, last, "counted for good");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_day_is_counted_in_a_few_sweeps_and_forgotten_after_two(pool: PgPool) {
    let world = World::new(pool).await;
    let hours = "select count(*) from ledger_hours";
    let report = world.sweep().await.expect("a sweep");
    assert_eq!(report.counted_hours, 3);
    for _ in 0..10 {
        world.sweep().await.expect("a sweep");
    }
    assert_eq!(world.number(hours).await, 25);

    world.clock.advance(TimeDelta::hours(72));
    world.sweep().await.expect("a sweep");
    assert_eq!(world.number(hours).await, 3);
}
