//! `schedules import-legacy --apply`.

use chrono::TimeDelta;
use reconciler::cli::{self, CliError, ImportArgs};
use serde_json::{Value, json};
use shared::{domain::JobId, store::Database};
use sqlx::PgPool;

use crate::world::World;

/// Imports a file with these lines, and what it says.
async fn import(world: &World, lines: &[String]) -> (Value, Result<(), CliError>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old");
    std::fs::write(&file, lines.join("\n")).expect("a file");
    let args = ImportArgs {
        file,
        zone: "America/Los_Angeles".parse().expect("a zone"),
        apply: true,
        json: true,
    };
    let db = Database::from_pool(world.pool.clone());
    let mut out = Vec::new();
    let ending = cli::import_legacy(&args, Some(&db), world.clock.now(), &mut out).await;
    (serde_json::from_slice(&out).expect("JSON"), ending)
}

fn row(cron: &str, job: JobId) -> String {
    format!("Old,{cron},{job}")
}

async fn text(world: &World, query: &str) -> String {
    let text = sqlx::query_scalar(query).fetch_one(&world.pool).await;
    text.expect("a text")
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_import_is_an_edit_logged_and_superseding_what_was_due(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * 0").await;
    world.clock.advance(TimeDelta::minutes(6));

    let (told, ending) = import(&world, &[row("0 6 * * 0", job)]).await;

    ending.expect("done");
    assert_eq!(
        told["rows"][0]["applied"],
        json!({"result": "changed", "revision": 2, "next_run_at": "2026-11-23T14:00:00Z"})
    );
    assert_eq!(told["total"]["changed"], 1);
    let now = "select concat_ws(' | ', cron_expression, timezone, next_run_at at time zone 'UTC',
                      revision) from scheduled_jobs";
    assert_eq!(
        text(&world, now).await,
        "0 6 * * MON | America/Los_Angeles | 2026-11-23 14:00:00 | 2"
    );
    let log = "select string_agg(concat_ws(' ', revision, changed_by, field, old_value, new_value),
                      '; ' order by field) from scheduled_job_changes";
    assert_eq!(
        text(&world, log).await,
        "2 schedules import-legacy cron_expression \"0 6 * * 0\" \"0 6 * * MON\"; \
         2 schedules import-legacy timezone \"UTC\" \"America/Los_Angeles\""
    );
    let runs = "select string_agg(concat_ws(' ', status, reason, scheduled_for at time zone 'UTC'),
                       '; ') from scheduled_job_runs";
    assert_eq!(
        text(&world, runs).await,
        "skipped superseded 2026-11-20 06:00:00"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_second_import_changes_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let rows = [row("0 6 * * 0", world.job("0 6 * * 0").await)];
    let (_, ending) = import(&world, &rows).await;
    ending.expect("done");
    world.clock.advance(TimeDelta::hours(1));

    let (told, ending) = import(&world, &rows).await;

    ending.expect("done");
    assert_eq!(told["rows"][0]["applied"], json!({"result": "unchanged"}));
    assert_eq!(
        told["total"],
        json!({"changed": 0, "unchanged": 1, "refused": 0, "without_job": 0})
    );
    let changes = "select count(*) from scheduled_job_changes";
    assert_eq!(world.number(changes).await, 2, "of the first import");
    let revision = "select revision::bigint from scheduled_jobs";
    assert_eq!(world.number(revision).await, 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_edited_meanwhile_is_refused_and_stops_no_other(pool: PgPool) {
    let world = World::new(pool).await;
    let edited = world.job("0 6 * * 0").await;
    let set = "set cron_expression = '0 7 * * MON', revision = 5";
    world.edit(edited, set).await;
    let other = world.job("0 6 * * 1").await;
    let once = world.job_once("2026-11-21T06:00:00Z").await;
    let rows = [
        row("0 6 * * 0", edited),
        row("0 6 * * 0", once),
        row("0 6 * * 0", JobId::new()),
        row("0 6 * * 1", other),
        "No job,0 6 * * *".to_owned(),
    ];

    let (told, ending) = import(&world, &rows).await;

    let line = ending.expect_err("refusals").to_string();
    assert_eq!(line, "3 jobs were refused and are as they were");
    let why = |row: usize| {
        told["rows"][row]["applied"]["why"]
            .as_str()
            .unwrap_or_default()
    };
    let meanwhile = "the job was edited meanwhile: at revision 5 it is `0 7 * * MON` in UTC";
    assert!(why(0).starts_with(meanwhile), "{told}");
    assert_eq!(why(1), "the job runs once");
    assert_eq!(why(2), "there is no such job");
    assert_eq!(told["rows"][3]["applied"]["result"], "changed");
    assert_eq!(
        told["total"],
        json!({"changed": 1, "unchanged": 0, "refused": 3, "without_job": 1})
    );
    let kept = "select count(*) from scheduled_jobs where cron_expression = '0 7 * * MON'";
    assert_eq!(world.number(kept).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_revision_in_the_row_must_be_the_jobs(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("15 6 * * 0").await;
    let with = |revision: i32| [format!("{},{revision}", row("0 6 * * 0", job))];

    let (told, ending) = import(&world, &with(2)).await;
    ending.expect_err("a refusal");
    assert_eq!(
        told["rows"][0]["applied"]["why"],
        "the job was edited meanwhile: it is at revision 1, not 2"
    );

    let (told, ending) = import(&world, &with(1)).await;
    ending.expect("done");
    assert_eq!(told["rows"][0]["applied"]["result"], "changed");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_zone_that_a_person_changed_after_the_import_stays(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let rows = [row("0 6 * * *", job)];
    let (_, ending) = import(&world, &rows).await;
    ending.expect("done");
    world
        .edit(job, "set timezone = 'America/New_York', revision = 3")
        .await;

    let (told, ending) = import(&world, &rows).await;

    ending.expect_err("a refusal");
    assert_eq!(told["total"]["refused"], 1, "{told}");
}
