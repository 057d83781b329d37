//! A: work that silently never runs.

use chrono::TimeDelta;
use shared::{
    domain::{
        JobError, JobType, Outcome, Report, RunId,
        schedule::{GapPolicy, RepeatPolicy, Schedule},
    },
    runtime::Event,
};
use sqlx::PgPool;

use super::tools::{assert_refused, break_writes, broken, code_of, mend_writes, next_of};
use crate::world::{INVOCATION, World, at};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m01_a_failed_recurring_job_keeps_its_next_time(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "max_retries = 0").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| Err(broken()))
        .await;

    let next = next_of(&world, job).await;
    assert_eq!(next, "2026-11-21 06:00:00");
    world.clock.advance(TimeDelta::days(1));
    world.deliver(world.tick(job)).await;
    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #1 completed"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m02_a_live_recurring_job_cannot_lack_its_next_time(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    for status in ["active", "paused"] {
        let orphan = format!(
            "update scheduled_jobs set status = '{status}', next_run_at = null where id = '{job}'"
        );
        assert_refused(
            &world.pool,
            &orphan,
            "a_live_recurring_job_has_its_next_time",
        )
        .await;
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m03_a_schedule_cannot_be_saved_without_its_first_time(pool: PgPool) {
    let world = World::new(pool).await;
    let saved = format!(
        "insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type, cron_expression)
         select organization_id, id, 'asset_download', 'Download', 'recurring', '0 6 * * *'
           from brands where id = '{}'",
        world.brand
    );
    assert_refused(
        &world.pool,
        &saved,
        "a_live_recurring_job_has_its_next_time",
    )
    .await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m04_a_run_with_nothing_to_do_finishes_like_any_other(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| Ok(Outcome::Done(Report::new())))
        .await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    let next = next_of(&world, job).await;
    assert_eq!(next, "2026-11-21 06:00:00");
    let fresh = "select count(*) from dataset_status where last_status = 'completed'";
    assert_eq!(
        world.count(fresh).await,
        1,
        "its dataset has its ending too"
    );
}

#[test]
fn m05_no_function_writes_an_ending_of_its_own() {
    for (file, code) in code_of(&["functions"]) {
        let writes = [
            "runs::settle",
            "runs::tick",
            "ledger::advance",
            "count_success",
        ];
        // An edit may skip what the old schedule had due; it ends nothing that has begun.
        let is_edit = file.contains("dispatcher/src/jobs/");
        for word in writes.iter().filter(|_| !is_edit) {
            assert!(
                !code.contains(word),
                "{file} must leave {word} to the runtime"
            );
        }
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m06_a_tick_whose_row_cannot_be_written_stays_due(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    break_writes(&world.pool, "insert on scheduled_job_runs").await;

    let done = async |_: &_| Ok(Outcome::Done(Report::new()));
    assert!(world.try_deliver(world.tick(job), done).await.is_err());

    let next = next_of(&world, job).await;
    assert_eq!(next, "2026-11-20 06:00:00");
    mend_writes(&world.pool, "scheduled_job_runs").await;
    world.deliver(world.tick(job)).await;
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m07_a_run_and_its_job_end_together_or_not_at_all(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let breaks = async |_: &_| {
        break_writes(&world.pool, "update on scheduled_jobs").await;
        Ok(Outcome::Done(Report::new()))
    };
    assert!(world.try_deliver(world.tick(job), breaks).await.is_err());
    assert_eq!(world.verdicts(job).await, ["06:00 #1 running"]);

    mend_writes(&world.pool, "scheduled_jobs").await;
    for _ in 0..2 {
        world.clock.advance(INVOCATION + TimeDelta::minutes(6));
        for event in world.sweep().await {
            world.deliver(event).await;
        }
    }

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
    let completed = world.job_value(job, "runs_completed").await;
    assert_eq!(completed.as_deref(), Some("1"));
}

#[test]
fn m08_every_cadence_people_are_offered_goes_on_firing() {
    let offered = [
        "0 6,18 * * *",
        "0 6 * * *",
        "0 6 * * 1",
        "0 6 1 * *",
        "*/5 * * * *",
        "*/30 * * * *",
        "0 */2 * * *",
        "0 */12 * * *",
        "0 * * * *",
        "0 6 * * 1-5",
        "0 6 31 * *",
        "@daily",
    ];
    for cron in offered {
        let schedule = Schedule::parse(
            cron,
            "America/Los_Angeles",
            GapPolicy::Shift,
            RepeatPolicy::First,
        )
        .unwrap();
        let mut last = at("2026-02-16T13:00:00Z");
        for _ in 0..50 {
            let next = schedule.next_after(last).unwrap();
            assert!(next > last, "{cron} after {last}");
            last = next;
        }
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m09_a_database_that_fails_once_costs_a_delivery_not_the_job(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let rename = async |from: &str, to: &str| {
        let sql = format!("alter table {from} rename to {to}");
        sqlx::query(&sql).execute(&world.pool).await.unwrap();
    };
    rename("scheduled_jobs", "away").await;
    let done = async |_: &_| Ok(Outcome::Done(Report::new()));
    assert!(world.try_deliver(world.tick(job), done).await.is_err());
    rename("away", "scheduled_jobs").await;

    world.deliver(world.tick(job)).await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m10_a_one_time_job_without_attempts_left_is_over(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let once = "schedule_type = 'one_time', cron_expression = null, max_retries = 0";
    world.set(job, once).await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |_| Err(broken()))
        .await;

    let status = world.job_value(job, "status").await;
    assert_eq!(status.as_deref(), Some("completed"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m11_a_run_that_a_shutdown_cut_off_is_tried_again(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let cut_off = async |_: &_| {
        world.clock.advance(INVOCATION + TimeDelta::seconds(11));
        world.sweep().await;
        Err(JobError::LeaseLost)
    };
    world.deliver_to(world.tick(job), cut_off).await;

    world.clock.advance(TimeDelta::minutes(6));
    for event in world.sweep().await {
        world.deliver(event).await;
    }

    assert_eq!(
        world.verdicts(job).await,
        ["06:00 #1 failed", "06:00 #2 completed"]
    );
    let next = next_of(&world, job).await;
    assert_eq!(next, "2026-11-21 06:00:00");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m12_a_type_with_a_handler_can_be_scheduled(pool: PgPool) {
    let rows: Vec<String> = sqlx::query_scalar("select name from job_types order by name")
        .fetch_all(&pool)
        .await
        .unwrap();
    let mut handled: Vec<_> = JobType::ALL
        .iter()
        .map(|job_type| job_type.name())
        .collect();
    handled.sort_unstable();
    assert_eq!(rows, handled);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m13_a_run_of_a_job_that_does_not_exist_cannot_be_written(pool: PgPool) {
    let world = World::new(pool).await;
    let chained = "insert into scheduled_job_runs
            (scheduled_job_id, job_revision, origin, scheduled_for, run_after, parameters)
            values (gen_random_uuid(), 1, 'follow_up', now(), now(), '{}')";
    assert_refused(&world.pool, chained, "scheduled_job_id_fkey").await;
    let run_id = RunId::new();
    let unknown = Event::Run { run_id };
    assert_eq!(
        world.deliver(unknown).await.note,
        Some("there is no such run")
    );
}

#[test]
fn m14_every_statement_is_checked_against_the_schema_when_it_is_compiled() {
    let unchecked = [
        "query(",
        "query_as(",
        "query_scalar(",
        "query_with(",
        "raw_sql(",
    ];
    // It works on a schema that is not ours yet.
    let exempt = "shared/src/store/migrate.rs";
    let all = code_of(&["functions", "shared/src"]);
    for (file, code) in all.into_iter().filter(|(file, _)| file != exempt) {
        for call in unchecked {
            let call = format!("sqlx::{call}");
            assert!(
                !code.contains(&call),
                "{file} must use {call}'s checked macro"
            );
        }
    }
}
