//! What is deleted when it is old, and what is kept.

use chrono::TimeDelta;
use shared::domain::{JobId, RunId};
use sqlx::PgPool;

use crate::world::{World, at};

/// The sweep's present; what ended before 1 January is older than 90 days.
const NOW: &str = "2027-04-01T12:00:00Z";

/// A run that ended long ago, told to the bus, with a line of log.
async fn old_run(world: &World, job: JobId, set: &str) -> RunId {
    let run = world.pending_run(job).await;
    let old = "created_at = '2026-11-20T06:00:00Z', started_at = '2026-11-20T06:00:00Z',
               status = 'completed', completed_at = '2026-11-20T06:01:00Z',
               announced_at = '2026-11-20T06:01:00Z'";
    for sql in [
        format!("update scheduled_job_runs set {old} where id = '{run}'"),
        format!("update scheduled_job_runs set {set} where id = '{run}'"),
        format!(
            "insert into run_logs (run_id, segment, at, level, message)
             values ('{run}', 1, '2026-11-20T06:00:30Z', 'info', 'copied')"
        ),
    ] {
        let done = sqlx::query(&sql).execute(&world.pool).await;
        done.expect("a change");
    }
    run
}

async fn is_kept(world: &World, run: RunId) -> bool {
    let query = format!("select count(*) from scheduled_job_runs where id = '{run}'");
    world.number(&query).await == 1
}

async fn lines(world: &World, run: RunId) -> i64 {
    let query = format!("select count(*) from run_logs where run_id = '{run}'");
    world.number(&query).await
}

/// A job whose newest run is none of the old ones.
async fn job_with_a_newer_run(world: &World) -> JobId {
    let job = world.job_once("2027-06-01T00:00:00Z").await;
    world.pending_run(job).await;
    job
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn old_runs_go_with_their_logs(pool: PgPool) {
    let world = World::new(pool).await;
    let job = job_with_a_newer_run(&world).await;
    let old = old_run(&world, job, "attempt_number = 1").await;
    let acknowledged = "status = 'failed', error_kind = 'retry', error_message = 'no',
                        acknowledged_at = now()";
    let acknowledged = old_run(&world, job, acknowledged).await;
    let young = old_run(&world, job, "completed_at = '2027-01-02T00:00:00Z'").await;
    world.clock.set(at(NOW));

    world.sweep().await.expect("a sweep");

    assert!(!is_kept(&world, old).await);
    let horizon =
        "select count(*) from ledger_horizon where pruned_before = '2027-01-01T12:00:00Z'";
    assert_eq!(world.number(horizon).await, 1, "90 days before");
    assert_eq!(lines(&world, old).await, 0);
    assert!(!is_kept(&world, acknowledged).await);
    assert!(is_kept(&world, young).await);
    assert_eq!(lines(&world, young).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_still_needed_is_kept_however_old(pool: PgPool) {
    let world = World::new(pool).await;
    let job = job_with_a_newer_run(&world).await;
    let dead = "status = 'failed', error_kind = 'retry', error_message = 'no'";
    let dead = old_run(&world, job, dead).await;
    let tick_to_come = old_run(&world, job, "scheduled_for = '2027-05-01T06:00:00Z'").await;
    let pending = world.pending_run(job).await;
    let newest = old_run(
        &world,
        world.job_once("2027-06-01T00:00:00Z").await,
        "segment = 1",
    )
    .await;
    world.clock.set(at(NOW));

    world.sweep().await.expect("a sweep");

    for (run, what) in [
        (dead, "a dead letter"),
        (tick_to_come, "a tick that was left out before its time"),
        (pending, "a run that waits"),
        (newest, "the newest run of its job"),
    ] {
        assert!(is_kept(&world, run).await, "{what}");
    }
    assert_eq!(lines(&world, dead).await, 1, "a dead letter keeps its log");
    assert_eq!(
        lines(&world, newest).await,
        0,
        "an old log goes before its run"
    );
    let horizon = "select count(*) from ledger_horizon";
    assert_eq!(world.number(horizon).await, 0, "nothing was deleted");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ending_that_was_not_told_is_kept_until_it_is(pool: PgPool) {
    let world = World::new(pool).await;
    let job = job_with_a_newer_run(&world).await;
    let old = old_run(&world, job, "announced_at = null").await;
    world.clock.set(at(NOW));
    world
        .bus
        .refuse(shared::clients::bus::BusEvent::RunFinished {
            run_id: old,
            job_id: job,
            job_type: "asset_download".to_owned(),
            status: "completed".to_owned(),
        });

    let refused = world.sweep().await;

    assert!(refused.is_err());
    assert!(is_kept(&world, old).await);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_chain_of_attempts_goes_from_its_beginning(pool: PgPool) {
    let world = World::new(pool).await;
    let job = job_with_a_newer_run(&world).await;
    let retry = old_run(&world, job, "attempt_number = 2").await;
    let first = format!(
        "status = 'failed', error_kind = 'retry', error_message = 'no', retry_run_id = '{retry}'"
    );
    let first = old_run(&world, job, &first).await;
    world.clock.set(at(NOW));

    world.sweep().await.expect("a sweep");
    assert!(!is_kept(&world, first).await);
    assert!(
        is_kept(&world, retry).await,
        "it is what the first one's failure led to"
    );
    world.clock.advance(TimeDelta::minutes(1));
    world.sweep().await.expect("a sweep");

    assert!(!is_kept(&world, retry).await);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_sweep_deletes_a_bounded_number(pool: PgPool) {
    let world = World::new(pool).await;
    let job = job_with_a_newer_run(&world).await;
    let many = format!(
        "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for,
                parameters, status, run_after, started_at, completed_at, announced_at, created_at)
         select '{job}', 1, 'manual', old, '{{}}', 'completed', old, old, old, old, old
           from generate_series(1, 501), (select timestamptz '2026-11-20T06:00:00Z' as old) moment"
    );
    sqlx::query(&many).execute(&world.pool).await.expect("runs");
    world.clock.set(at(NOW));

    let first = world.sweep().await.expect("a sweep");
    let second = world.sweep().await.expect("a sweep");

    assert_eq!((first.pruned, second.pruned), (500, 1));
}

async fn execute(world: &World, sql: &str) {
    sqlx::query(sql)
        .execute(&world.pool)
        .await
        .expect("a statement");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ended_one_time_job_goes_with_its_last_run(pool: PgPool) {
    let world = World::new(pool).await;
    let (ended, failed, live) = (
        world.job_once("2026-11-20T06:00:00Z").await,
        world.job_once("2026-11-20T06:00:00Z").await,
        world.job_once("2027-06-01T00:00:00Z").await,
    );
    for job in [ended, failed] {
        world
            .edit(job, "set status = 'completed', next_run_at = null")
            .await;
    }
    execute(
        &world,
        "update scheduled_jobs set created_at = '2026-11-20T05:00:00Z'",
    )
    .await;
    execute(
        &world,
        "insert into scheduled_job_changes
                (scheduled_job_id, revision, changed_at, changed_by, field, new_value)
         select id, 1, created_at, 'Kim', 'job', '{}' from scheduled_jobs",
    )
    .await;
    old_run(&world, ended, "segment = 1").await;
    old_run(&world, live, "segment = 1").await;
    let dead = "status = 'failed', error_kind = 'retry', error_message = 'no'";
    old_run(&world, failed, dead).await;
    world.clock.set(at(NOW));

    world.sweep().await.expect("a sweep");

    let left = format!(
        "select count(*) from scheduled_jobs j
          where j.id in ('{failed}', '{live}')
            and exists (select from scheduled_job_runs r where r.scheduled_job_id = j.id)
            and exists (select from scheduled_job_changes c where c.scheduled_job_id = j.id)"
    );
    assert_eq!(world.number(&left).await, 2, "a dead letter and a live job");
    let all = "select count(*) from scheduled_jobs";
    assert_eq!(world.number(all).await, 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ended_batches_go_and_active_ones_stay(pool: PgPool) {
    let world = World::new(pool).await;
    for (status, ended_at) in [
        ("done", "'2026-12-01'"),
        ("stopped", "'2027-03-01'"),
        ("active", "null"),
    ] {
        let insert = format!(
            "insert into retry_batches
                    (id, created_at, created_by, rate_per_minute, status, ended_at)
             values (gen_random_uuid(), '2026-12-01', 'Kim', 1, '{status}', {ended_at})"
        );
        execute(&world, &insert).await;
    }
    world.clock.set(at(NOW));

    world.sweep().await.expect("a sweep");

    let old = "select count(*) from retry_batches where ended_at < '2027-01-01'";
    assert_eq!(world.number(old).await, 0);
    let all = "select count(*) from retry_batches";
    assert_eq!(world.number(all).await, 2, "one ended lately, one just now");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn old_changes_go_but_for_the_last_of_each_job(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job_once("2027-06-01T00:00:00Z").await;
    for (revision, time) in [
        (2, "2026-11-21"),
        (3, "2026-11-22"),
        (4, "2026-11-23"),
        (5, "2027-03-01"),
    ] {
        let insert = format!(
            "insert into scheduled_job_changes
                    (scheduled_job_id, revision, changed_at, changed_by, field, old_value, new_value)
             values ('{job}', {revision}, '{time}', 'Kim', 'name', '\"a\"', '\"b\"'),
                    ('{job}', {revision}, '{time}', 'Kim', 'timezone', '\"a\"', '\"b\"')"
        );
        execute(&world, &insert).await;
    }
    world.clock.set(at(NOW));

    let report = world.sweep().await.expect("a sweep");

    assert_eq!(report.pruned, 2, "two changes of two fields");
    let kept = "select sum(revision) from scheduled_job_changes";
    assert_eq!(world.number(kept).await, 2 * (4 + 5));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn who_came_long_ago_is_forgotten(pool: PgPool) {
    let world = World::new(pool).await;
    for (name, time) in [("Ann", "2026-12-01"), ("Bea", "2027-03-01")] {
        let insert = format!(
            "insert into members (id, sha256, name, role, first_seen_at, last_seen_at)
             values (gen_random_uuid(), sha256('{name}'), '{name}', 'viewer', '2026-12-01', '{time}')"
        );
        execute(&world, &insert).await;
    }
    world.clock.set(at(NOW));

    let report = world.sweep().await.expect("a sweep");

    assert_eq!(report.pruned, 1);
    let left = "select count(*) from members where name = 'Bea'";
    assert_eq!(world.number(left).await, 1);
}
