//! `schedules audit`, and the figures every sweep logs.

use chrono::TimeDelta;
use reconciler::cli::{self, AuditArgs, CliError};
use serde_json::{Value, json};
use shared::{domain::JobId, store::Database};
use sqlx::PgPool;

use crate::world::{World, at};

/// Everything since four, as JSON, and whether a fire time is lost.
async fn audit(world: &World, job: Option<JobId>) -> (Value, Result<(), CliError>) {
    let args = AuditArgs {
        since: Some(at("2026-11-20T04:00:00Z")),
        until: None,
        job,
        json: true,
    };
    let mut out = Vec::new();
    let now = world.clock.now();
    let window = args.window(now).expect("a window");
    let db = Database::from_pool(world.pool.clone());
    let ending = cli::audit(&db, (&args, window), now, &mut out).await;
    (serde_json::from_slice(&out).unwrap_or_default(), ending)
}

/// An hourly job whose ticks of six to ten were accounted for by sweeps.
async fn after_a_morning(world: &World) -> JobId {
    let job = world.job("0 * * * *").await;
    for _ in 0..5 {
        world.clock.advance(TimeDelta::hours(1));
        world.sweep().await.expect("a sweep");
    }
    job
}

async fn forget(world: &World, time: &str) {
    let gone = sqlx::query("delete from scheduled_job_runs where scheduled_for = $1")
        .bind(at(time))
        .execute(&world.pool)
        .await
        .expect("a deletion");
    assert_eq!(gone.rows_affected(), 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_morning_of_sweeps_loses_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    after_a_morning(&world).await;
    let row = "where scheduled_for = '2026-11-20T07:00:00Z'";
    sqlx::query(&format!(
        "update scheduled_job_runs set status = 'completed', started_at = scheduled_for + interval
            '1.5 s', completed_at = scheduled_for + interval '1 min',
            duplicates = 2 {row}"
    ))
    .execute(&world.pool)
    .await
    .expect("an ending");

    let (told, ending) = audit(&world, None).await;

    ending.expect("nothing is lost");
    assert_eq!(
        (&told["jobs"], &told["expected"], &told["lost"]),
        (&json!(1), &json!(5), &json!(0)),
        "{told}"
    );
    assert_eq!(
        (&told["completed"], &told["pending"]),
        (&json!(1), &json!(4))
    );
    assert_eq!(told["start_lateness_p50_ms"], 1_500);
    assert_eq!(told["completed_percent"], 100.0);
    assert_eq!(told["duplicates_suppressed"], 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_that_vanished_is_a_lost_fire_time_and_a_failure(pool: PgPool) {
    let world = World::new(pool).await;
    let job = after_a_morning(&world).await;
    let other = world.job("0 * * * *").await;
    world
        .edit(other, "set next_run_at = '2026-11-20T11:00:00Z'")
        .await;
    forget(&world, "2026-11-20T08:00:00Z").await;

    let (told, ending) = audit(&world, None).await;

    let line = ending.expect_err("a loss").to_string();
    assert_eq!(line, "1 expected fire times have no row in the ledger");
    assert_eq!(
        told["lost_first"],
        json!([{"job_id": job, "scheduled_for": "2026-11-20T08:00:00Z"}])
    );
    let (told, ending) = audit(&world, Some(other)).await;
    ending.expect("the other job lost nothing");
    assert_eq!(told["jobs"], 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn before_an_edit_the_old_schedule_is_held_against_the_rows(pool: PgPool) {
    let world = World::new(pool).await;
    let job = after_a_morning(&world).await;
    world.reschedule(job, "*/10 * * * *").await;
    world.clock.advance(TimeDelta::minutes(21));
    world.sweep().await.expect("a sweep");

    let (told, ending) = audit(&world, None).await;
    ending.expect("nothing is lost");
    assert_eq!(
        (&told["expected"], &told["unchecked"], &told["unknown"]),
        (&json!(7), &json!(0), &json!(0)),
        "five hours, and 11:00 and 11:10 by the new schedule: {told}"
    );

    forget(&world, "2026-11-20T08:00:00Z").await;
    forget(&world, "2026-11-20T11:00:00Z").await;
    let (told, ending) = audit(&world, None).await;
    ending.expect_err("one lost under each schedule");
    let lost = ["2026-11-20T08:00:00Z", "2026-11-20T11:00:00Z"];
    let lost = lost.map(|time| json!({"job_id": job, "scheduled_for": time}));
    assert_eq!(told["lost_first"], json!(lost));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn between_an_edit_and_its_first_verdict_a_loss_is_found(pool: PgPool) {
    let world = World::new(pool).await;
    let job = after_a_morning(&world).await;
    world.reschedule(job, "*/10 * * * *").await;
    let noon = "set next_run_at = '2026-11-20T12:00:00Z'";
    world.edit(job, noon).await;
    world.clock.advance(TimeDelta::minutes(16));

    let (told, ending) = audit(&world, None).await;

    ending.expect_err("the watermark went past two fire times");
    let lost = ["2026-11-20T11:00:00Z", "2026-11-20T11:10:00Z"];
    let lost = lost.map(|time| json!({"job_id": job, "scheduled_for": time}));
    assert_eq!(told["lost_first"], json!(lost));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_that_no_log_tells_leaves_an_unknown_past(pool: PgPool) {
    let world = World::new(pool).await;
    let job = after_a_morning(&world).await;
    let set = "set cron_expression = '*/10 * * * *', revision = 2";
    world.edit(job, set).await;

    let (told, ending) = audit(&world, None).await;

    ending.expect("nothing is lost");
    assert_eq!(
        (&told["expected"], &told["unchecked"]),
        (&json!(5), &json!(5)),
        "{told}"
    );
    let unknown = json!([{"job_id": job, "before": "2026-11-20T10:55:00Z"}]);
    assert_eq!(told["unknown_first"], unknown);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_skip_that_was_asked_for_long_ahead_is_no_loss(pool: PgPool) {
    let world = World::new(pool).await;
    let job = after_a_morning(&world).await;
    sqlx::query(
        "update scheduled_job_runs
            set status = 'skipped', reason = 'requested', completed_at = '2026-11-19T12:00:00Z',
                created_at = '2026-11-19T12:00:00Z'
          where scheduled_for = '2026-11-20T10:00:00Z'",
    )
    .execute(&world.pool)
    .await
    .expect("a skip");

    let (told, ending) = audit(&world, Some(job)).await;

    ending.expect("nothing is lost");
    assert_eq!(told["skipped"], json!({"requested": 1}), "{told}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn rows_of_a_job_that_has_ended_count(pool: PgPool) {
    let world = World::new(pool).await;
    let job = after_a_morning(&world).await;
    world
        .edit(job, "set status = 'archived', next_run_at = null")
        .await;

    let (told, _) = audit(&world, None).await;

    assert_eq!(told["expected"], 5);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_that_cannot_be_read_is_named_and_stops_no_other(pool: PgPool) {
    let world = World::new(pool).await;
    after_a_morning(&world).await;
    let bad = world.job("0 6 * * *").await;
    world.edit(bad, "set timezone = 'Mars/Olympus'").await;

    let (told, ending) = audit(&world, None).await;

    ending.expect("nothing is lost");
    assert_eq!(told["unreadable_first"], json!([bad]));
    assert_eq!(told["expected"], 5);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_unknown_job_is_an_error(pool: PgPool) {
    let world = World::new(pool).await;

    let (_, ending) = audit(&world, Some(JobId::new())).await;

    let line = ending.expect_err("a complaint").to_string();
    assert!(line.starts_with("there is no job "), "{line}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_sweep_knows_what_the_last_hour_lost(pool: PgPool) {
    let world = World::new(pool).await;
    after_a_morning(&world).await;
    let pulse = world.sweep().await.expect("a sweep").pulse;
    assert_eq!((pulse.expected, pulse.lost), (1, 0), "ten o'clock");

    forget(&world, "2026-11-20T10:00:00Z").await;
    let pulse = world.sweep().await.expect("a sweep").pulse;

    assert_eq!((pulse.expected, pulse.lost), (1, 1));
    let names: Vec<_> = pulse.figures().iter().map(|it| it.name).collect();
    assert_eq!(
        names,
        [
            "ExpectedTicks",
            "LostTicks",
            "DeadLetters",
            "DuplicatesSuppressed"
        ]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn outside_its_period_nothing_is_expected_of_a_job(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *").await;
    sqlx::query(
        "update scheduled_jobs set starts_at = '2026-11-20T08:00Z', next_run_at = '2026-11-20T08:00Z'",
    )
    .execute(&world.pool)
    .await
    .expect("a period");
    for _ in 0..5 {
        world.clock.advance(TimeDelta::hours(1));
        world.sweep().await.expect("a sweep");
    }

    let (told, ending) = audit(&world, Some(job)).await;

    assert!(ending.is_ok(), "{told}");
    assert_eq!((&told["expected"], &told["lost"]), (&json!(3), &json!(0)));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_retention_has_deleted_is_not_lost(pool: PgPool) {
    let world = World::new(pool).await;
    after_a_morning(&world).await;
    forget(&world, "2026-11-20T06:00:00Z").await;
    forget(&world, "2026-11-20T07:00:00Z").await;
    sqlx::query("insert into ledger_horizon (pruned_before) values ('2026-11-20T07:30:00Z')")
        .execute(&world.pool)
        .await
        .expect("a horizon");

    let (told, ending) = audit(&world, None).await;

    ending.expect("nothing is lost");
    assert_eq!(told["expected"], 3);
    assert_eq!(told["pruned_before"], "2026-11-20T07:30:00Z");
}
