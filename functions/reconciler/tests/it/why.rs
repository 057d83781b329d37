//! `schedules why`: each verdict explained from what is recorded.

use chrono::TimeDelta;
use reconciler::{
    cli::{self, WhyArgs},
    why::Asked,
};
use serde_json::Value;
use shared::domain::{JobId, RunId};
use sqlx::{PgPool, Row};
use uuid::Uuid;

use crate::world::{World, at};

const SIX: &str = "2026-11-20T06:00:00Z";

/// The facts, and all sentences as one text.
pub(crate) async fn why_at(world: &World, job: JobId, asked: Option<Asked>) -> (Value, String) {
    let args = WhyArgs {
        job,
        at: asked,
        json: true,
    };
    let mut out = Vec::new();
    cli::why(&world.schedules(), &args, &mut out)
        .await
        .expect("an answer");
    let facts: Value = serde_json::from_slice(&out).expect("JSON");
    let sentences = facts.get("sentences").and_then(Value::as_array);
    let text = sentences.into_iter().flatten().filter_map(Value::as_str);
    let text = text.collect::<Vec<_>>().join("\n");
    (facts, text)
}

/// What is said about the last fire time that is due.
pub(crate) async fn why(world: &World, job: JobId) -> String {
    why_at(world, job, None).await.1
}

/// The run of six o'clock, after a sweep at two past has queued it.
pub(crate) async fn tick(world: &World, job: JobId) -> RunId {
    world.clock.set(at("2026-11-20T06:02:00Z"));
    world.sweep().await.expect("a sweep");
    let row = sqlx::query(
        "select id from scheduled_job_runs where scheduled_job_id = $1 and origin = 'tick'",
    )
    .bind(job.0)
    .fetch_one(&world.pool)
    .await
    .expect("a tick");
    RunId(row.get::<Uuid, _>(0))
}

async fn set_run(world: &World, run: RunId, set: &str) {
    sqlx::query(&format!("update scheduled_job_runs {set} where id = $1"))
        .bind(run.0)
        .execute(&world.pool)
        .await
        .expect("an update");
}

pub(crate) fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pending_tick_says_what_it_waits_for_and_what_comes_next(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let run = tick(&world, job).await;

    let (facts, text) = why_at(&world, job, None).await;

    says(
        &text,
        &[
            "Job \"Assets\" (asset_download) runs by `0 6 * * *` (At 06:00, UTC); it is active",
            "2026-11-20T06:00:00Z is Fri 2026-11-20 06:00 UTC, a fire time",
            &format!("Attempt 1 (run {run}) is pending: it has been due for 2 min"),
            "The next fire time without a verdict is 2026-11-21T06:00:00Z.",
            "is enabled and says cron(0 6 * * ? *), as it should.",
        ],
    );
    assert_eq!(facts["at"], SIX);
    assert_eq!(facts["attempts"][0]["run_id"], run.to_string());
    assert_eq!(facts["rule"]["exists"], true);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_skipped_for_overlap_names_the_run_that_held_the_job(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let holder = world.running(job).await;
    set_run(&world, holder, "set lease_expires_at = '2026-11-20T07:00Z'").await;
    tick(&world, job).await;

    let (facts, text) = why_at(&world, job, None).await;

    let held = format!(
        "was skipped: another run of the job was at work: run {holder}, started at \
         2026-11-20T05:55:00Z, still at work."
    );
    says(&text, &[&held]);
    assert_eq!(facts["held_by"]["run_id"], holder.to_string());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn attempts_and_their_errors_come_in_order(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let run = tick(&world, job).await;
    let set = "set status = 'running', started_at = '2026-11-20T06:02:05Z', lease_token =
               gen_random_uuid(), lease_expires_at = '2026-11-20T06:03Z'";
    set_run(&world, run, set).await;

    says(
        &why(&world, job).await,
        &["started at 2026-11-20T06:02:05Z, 2 min late, is at work, and holds its lease until"],
    );

    world.clock.advance(TimeDelta::minutes(2));
    let text = why(&world, job).await;
    says(&text, &["the lease has run out, and the next sweep fails"]);

    world.sweep().await.expect("a sweep");
    let text = why(&world, job).await;
    let first = text.find("and failed after 115 s (lost): ");
    let second = text.find("is pending: it is due at 2026-11-20T06:0");
    assert!(first.is_some() && first < second, "{text}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_dead_letter_says_that_no_attempt_is_left(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let run = tick(&world, job).await;
    let set = "set status = 'failed', started_at = '2026-11-20T06:02Z', completed_at =
               '2026-11-20T06:03Z', error_kind = 'permanent', error_message = 'no such brand'";
    set_run(&world, run, set).await;

    let text = why(&world, job).await;

    says(
        &text,
        &["(permanent): no such brand", "it is a dead letter until"],
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_a_miss_and_an_edit_are_told_apart(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    world
        .edit(job, "set status = 'paused', pause_reason = 'holidays'")
        .await;
    tick(&world, job).await;

    let text = why(&world, job).await;
    says(
        &text,
        &[
            "it is paused (holidays), at",
            "was skipped: the job was paused",
            "is skipped while the job is paused",
            "is disabled and says cron(0 6 * * ? *), as it should",
        ],
    );

    let edit = "set status = 'active', pause_reason = null, revision = 3";
    world.edit(job, edit).await;
    says(
        &why(&world, job).await,
        &[
            "the log of changes does not reach back from revision 3 to that time",
            "made by revision 1; the present one is revision 3",
        ],
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_time_that_is_no_fire_time_has_neighbours(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    tick(&world, job).await;

    let asked = Asked::Instant(at("2026-11-20T06:01:00Z"));
    let text = why_at(&world, job, Some(asked)).await.1;

    says(
        &text,
        &[
            "not a fire time of its present schedule; the nearest are 2026-11-20T06:00:00Z and \
             2026-11-21T06:00:00Z.",
            "There is no row, as there should be none.",
        ],
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_missing_row_says_which_kind_of_missing_it_is(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    says(&why(&world, job).await, &["the job was created later, at"]);
    let tomorrow = Asked::Instant(at("2026-11-21T06:00:00Z"));
    let text = why_at(&world, job, Some(tomorrow)).await.1;
    says(&text, &["It has not come yet"]);

    world.clock.set(at("2026-11-20T06:01:00Z"));
    says(&why(&world, job).await, &["gets its verdict within three"]);
    world.clock.set(at("2026-11-20T09:01:00Z"));
    says(&why(&world, job).await, &["it has been due for 3 h 1 min"]);

    world
        .edit(job, "set next_run_at = '2026-11-21T06:00:00Z'")
        .await;
    says(&why(&world, job).await, &["the fire time is lost, or its"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_wall_clock_time_that_does_not_exist_is_explained(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("30 2 * * *").await;
    world
        .edit(
            job,
            "set timezone = 'America/New_York', dst_gap_policy = 'skip'",
        )
        .await;

    let civil = "2026-03-08T02:30:00".parse().expect("a time");
    let (facts, text) = why_at(&world, job, Some(Asked::WallClock(civil))).await;

    says(
        &text,
        &["Clock change: 2026-03-08 02:30 does not exist in America/New_York"],
    );
    assert_eq!(facts["at"], "2026-03-08T07:00:00Z");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_cloud_s_rule_is_compared_with_what_it_should_be(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    says(
        &why(&world, job).await,
        &["is missing; it should say cron(0 6 * * ? *)"],
    );

    world.sweep().await.expect("a sweep");
    let mut rule = world.rule(job).expect("a rule");
    rule.state = "DISABLED".to_owned();
    world.cloud.set(&World::rule_name(job), rule);
    says(
        &why(&world, job).await,
        &["is disabled and says", "it should be enabled"],
    );

    world
        .cloud
        .fail("ListRules", &World::rule_name(job), "AccessDeniedException");
    says(&why(&world, job).await, &["could not be looked at: "]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_and_an_unknown_one_have_answers_too(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job_once("2026-11-20T07:00:00Z").await;
    says(
        &why(&world, job).await,
        &[
            "runs once, at 2026-11-20T07:00:00Z",
            "is its fire time",
            "not come yet",
        ],
    );

    let args = WhyArgs {
        job: JobId::new(),
        at: None,
        json: false,
    };
    let ending = cli::why(&world.schedules(), &args, &mut Vec::new()).await;
    let line = ending.expect_err("a complaint").to_string();
    assert!(line.starts_with("there is no job "), "{line}");
}
