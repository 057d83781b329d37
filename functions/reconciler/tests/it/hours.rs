//! Verdicts by the hour: each hour is counted once it is over, and again while something of it is under way.

use chrono::TimeDelta;
use shared::store::{
    Database, Tx,
    ledger_hours::{self, Count, Forget},
};
use sqlx::PgPool;

use crate::world::{World, at};

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
    let completed = before.replace("pending", "completed");
    assert_eq!(after, format!("{completed}, started_within:1 2"));

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
async fn a_day_is_counted_in_a_few_sweeps(pool: PgPool) {
    let world = World::new(pool).await;
    let hours = "select count(*) from ledger_hours";
    let report = world.sweep().await.expect("a sweep");
    assert_eq!(report.counted_hours, 3);
    for _ in 0..10 {
        world.sweep().await.expect("a sweep");
    }
    assert_eq!(world.number(hours).await, 25);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn verdicts_are_forgotten_after_two_days_and_attempts_after_a_year(pool: PgPool) {
    let world = World::new(pool).await;
    half_past_seven(&world).await;
    let of_six = |what: &str| {
        format!("select count(*) from ledger_{what} where hour = '2026-11-20T06:00:00Z'")
    };
    let (hours, quarters) = (of_six("hours"), of_six("quarters"));
    let (verdicts, totals) = (of_six("hour_verdicts"), of_six("hour_totals"));
    assert_ne!(world.number(&verdicts).await, 0);
    assert_ne!(world.number(&totals).await, 0);
    assert_ne!(world.number(&quarters).await, 0);
    sqlx::query("update scheduled_jobs set status = 'archived', next_run_at = null")
        .execute(&world.pool)
        .await
        .expect("no job");

    world.clock.advance(TimeDelta::hours(72));
    world.sweep().await.expect("a sweep");
    assert_eq!(world.number(&verdicts).await, 0);
    assert_eq!(world.number(&totals).await, 0);
    assert_ne!(world.number(&quarters).await, 0);

    world.clock.advance(TimeDelta::days(400));
    world.sweep().await.expect("a sweep");
    assert_eq!(world.number(&quarters).await, 0);
    assert_eq!(world.number(&hours).await, 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_hour_that_an_older_version_counted_is_counted_anew(pool: PgPool) {
    let world = World::new(pool).await;
    half_past_seven(&world).await;
    for forgotten in [
        "update ledger_hours set is_final = true, is_complete = false",
        "delete from ledger_quarters",
    ] {
        let forgetting = sqlx::query(forgotten).execute(&world.pool).await;
        forgetting.expect("an older version's hour");
    }

    world.clock.advance(TimeDelta::minutes(1));
    for _ in 0..9 {
        world.sweep().await.expect("a sweep");
    }

    let anew = "select count(*) from ledger_quarters where hour = '2026-11-20T06:00:00Z'";
    assert_ne!(world.number(anew).await, 0);
}

/// A run of the only job with this nominal time, as of now.
async fn given_run(world: &World, time: &str, origin: &str, status: &str) {
    let run = format!(
        "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, attempt_number, parameters,
                                         is_exclusive, status, reason, run_after, started_at, lease_token, lease_expires_at,
                                         completed_at, created_at)
         select id, 1, '{origin}', '{time}', 9, '{{}}', false, '{status}', case '{status}' when 'skipped' then 'missed' end,
                '{time}', '{time}', case '{status}' when 'running' then gen_random_uuid() end,
                case '{status}' when 'running' then timestamptz '2027-01-01T00:00:00Z' end,
                case '{status}' when 'skipped' then timestamptz '{time}' end, $1
           from scheduled_jobs"
    );
    let run = sqlx::query(&run).bind(world.clock.now());
    run.execute(&world.pool).await.expect("a run");
}

/// All ticks so far are done.
async fn all_done(world: &World) {
    let done = "update scheduled_job_runs set status = 'completed', reason = null, started_at = scheduled_for,
                       completed_at = scheduled_for where status = 'pending'";
    sqlx::query(done)
        .execute(&world.pool)
        .await
        .expect("endings");
}

const FINAL: &str =
    "select count(*) from ledger_hours where is_final and hour = '2026-11-20T06:00:00Z'";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_hour_is_not_final_while_a_run_by_hand_is_at_work(pool: PgPool) {
    let world = World::new(pool).await;
    half_past_seven(&world).await;
    all_done(&world).await;
    given_run(&world, "2026-11-20T06:50:00Z", "manual", "running").await;

    world.clock.advance(TimeDelta::minutes(11));
    world.sweep().await.expect("a sweep");
    assert_eq!(world.number(FINAL).await, 0);

    let ended = "update scheduled_job_runs set status = 'completed', completed_at = now(), lease_token = null,
                        lease_expires_at = null where origin = 'manual'";
    sqlx::query(ended)
        .execute(&world.pool)
        .await
        .expect("an end");
    world.clock.advance(TimeDelta::minutes(11));
    world.sweep().await.expect("a sweep");
    assert_eq!(world.number(FINAL).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_attempt_that_comes_late_is_counted_in_its_hour(pool: PgPool) {
    let world = World::new(pool).await;
    half_past_seven(&world).await;
    all_done(&world).await;
    world.clock.advance(TimeDelta::minutes(11));
    world.sweep().await.expect("a sweep");
    assert_eq!(world.number(FINAL).await, 1);

    for hours in [2, 48] {
        world.clock.advance(TimeDelta::hours(hours));
        world.sweep().await.expect("a sweep");
        let skipped = "select coalesce(sum(attempts), 0)::bigint from ledger_quarters
                        where hour = '2026-11-20T06:00:00Z' and status = 'skipped'";
        let before = world.number(skipped).await;
        given_run(&world, "2026-11-20T06:20:00Z", "manual", "skipped").await;
        for _ in 0..2 {
            world.clock.advance(TimeDelta::minutes(1));
            world.sweep().await.expect("a sweep");
        }
        assert_eq!(world.number(skipped).await, before + 1, "after {hours} h");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn hours_before_the_last_day_are_counted_by_their_attempts(pool: PgPool) {
    let world = World::new(pool).await;
    world.job("@hourly").await;
    given_run(&world, "2026-11-17T06:20:00Z", "manual", "skipped").await;
    let long_ago = "update scheduled_job_runs set created_at = scheduled_for";
    sqlx::query(long_ago)
        .execute(&world.pool)
        .await
        .expect("a time");

    for _ in 0..4 {
        world.sweep().await.expect("a sweep");
    }

    let counted =
        "select sum(attempts)::bigint from ledger_quarters where quarter = '2026-11-17T06:15:00Z'";
    assert_eq!(world.number(counted).await, 1);
    let hours = "select count(*) from ledger_hours where hour < '2026-11-17T06:00:00Z'";
    assert_eq!(world.number(hours).await, 0, "of which no row is kept");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn attempts_of_a_counted_hour_are_kept_by_the_quarter(pool: PgPool) {
    let world = World::new(pool).await;
    half_past_seven(&world).await;
    let again = "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, attempt_number,
                                                 parameters, status, reason, run_after, completed_at, created_at)
                 select scheduled_job_id, 1, 'tick', scheduled_for, 2, '{}', 'skipped', 'missed', scheduled_for,
                        created_at, created_at + interval '1 hour'
                   from scheduled_job_runs where scheduled_for = '2026-11-20T06:20:00Z'";
    let added = sqlx::query(again).execute(&world.pool).await;
    assert_eq!(added.expect("a second attempt").rows_affected(), 1);

    world.clock.advance(TimeDelta::minutes(11));
    world.sweep().await.expect("a sweep");

    let kept = sqlx::query_scalar(
        "select string_agg(format('%s %s %s', to_char(quarter at time zone 'UTC', 'HH24:MI'), status, attempts), ', '
                           order by quarter, status)
           from ledger_quarters where hour = '2026-11-20T06:00:00Z'",
    );
    let kept: Option<String> = kept.fetch_one(&world.pool).await.expect("counts");
    let kept = kept.unwrap_or_default();
    assert_eq!(
        kept,
        "06:00 skipped 1, 06:15 pending 1, 06:15 skipped 1, 06:30 pending 1"
    );
}

/// Counts the hour that begins at six, in a transaction that is not over yet.
async fn counted(db: &Database, fire_times: i64) -> Tx {
    let hour = at("2026-11-20T06:00:00Z");
    let counts = [Count {
        organization_id: None,
        verdict: "completed".to_owned(),
        fire_times,
    }];
    let mut tx = db.begin().await.expect("a transaction");
    let noted = (hour + TimeDelta::hours(1), true);
    let forget = Forget {
        verdicts_before: hour,
        hours_before: hour,
    };
    let kept = ledger_hours::keep(&mut tx, hour, &counts, noted, forget).await;
    kept.expect("counts that are kept");
    tx
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_two_that_count_an_hour_at_once_the_later_one_counts(pool: PgPool) {
    let db = Database::from_pool(pool.clone());
    let first = counted(&db, 1).await;
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let later = async {
        let tx = counted(&db, 2).await;
        tx.commit().await.expect("a commit");
    };
    let sooner = async {
        let mut waits = 0_i64;
        while waits == 0 {
            let found = sqlx::query_scalar(waiting).fetch_one(&pool).await;
            waits = found.expect("a count");
        }
        first.commit().await.expect("a commit");
    };
    tokio::join!(later, sooner);

    let kept = "select sum(fire_times)::bigint from ledger_hour_verdicts";
    let kept: i64 = sqlx::query_scalar(kept)
        .fetch_one(&pool)
        .await
        .expect("a sum");
    assert_eq!(kept, 2);
}
