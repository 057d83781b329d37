//! D: drift between layers.

use std::fs;

use serde_json::{Value, json};
use shared::{domain::JobType, store::jobs::TriggerSource};
use sqlx::{Executor, PgPool};

use super::tools::{Api, assert_refused, text_of};
use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m39_no_constraint_lists_the_job_types_again(pool: PgPool) {
    for job_type in JobType::ALL {
        let listed: i64 = sqlx::query_scalar(
            "select count(*) from pg_constraint where pg_get_constraintdef(oid) like '%''' || $1 || '''%'",
        )
        .bind(job_type.name())
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(
            listed, 0,
            "{job_type:?}: a new type is one row of job_types"
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m40_every_statement_names_only_what_the_schema_has(pool: PgPool) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../.sqlx");
    let mut statements = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let query: Value = serde_json::from_str(&text).unwrap();
        let sql = query["query"].as_str().unwrap().to_owned();
        pool.describe(&sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
        statements += 1;
    }
    assert!(statements > 50, "{statements} statements");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m41_a_schema_changed_by_hand_is_not_the_committed_one(pool: PgPool) {
    let dump = async || {
        let lines: Vec<String> = sqlx::query_scalar(include_str!("../schema_dump.sql"))
            .fetch_all(&pool)
            .await
            .unwrap();
        format!("{}\n", lines.join("\n"))
    };
    let committed = text_of("migrations/schema.sql");
    assert_eq!(dump().await, committed);

    let by_hand = "alter table job_types alter column running_max set default 1800";
    sqlx::query(by_hand).execute(&pool).await.unwrap();

    assert_ne!(dump().await, committed);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m42_the_words_of_the_code_are_those_of_the_schema(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    for source in [
        TriggerSource::Scheduled,
        TriggerSource::Manual,
        TriggerSource::Api,
    ] {
        world
            .set(job, &format!("trigger_source = '{}'", source.name()))
            .await;
    }
    let other = "update scheduled_jobs set trigger_source = 'worker'";
    assert_refused(&world.pool, other, "scheduled_jobs_trigger_source_check").await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m43_lists_that_people_read_are_not_empty_for_want_of_a_relation(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.run_now(job).await;
    for view in ["v_active_scheduled_jobs", "v_recent_job_runs"] {
        let rows = format!("select count(*) from {view}");
        assert_eq!(world.count(&rows).await, 1, "{view}");
    }
    let api = Api::new(&world);
    for (path, member) in [("/api/jobs", "jobs"), ("/api/runs", "runs")] {
        let answer = api.get(path).await;
        assert_eq!(
            answer.body[member].as_array().map(Vec::len),
            Some(1),
            "{:?}",
            answer.body
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m44_a_parameter_the_handler_does_not_know_is_refused_by_name(pool: PgPool) {
    let world = World::new(pool).await;
    let api = Api::new(&world);
    for key in ["max_templates", "brand_id"] {
        let body =
            json!({"job_type": "asset_download", "brand_id": world.brand, "parameters": {key: 50}});
        let answer = api.post("/api/runs", None, &body).await;
        assert_eq!(answer.status, 422, "{:?}", answer.body);
        assert!(answer.body.to_string().contains(key), "{:?}", answer.body);
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m45_what_a_job_needs_is_asked_for_when_it_is_made(pool: PgPool) {
    let world = World::new(pool).await;
    let api = Api::new(&world);
    let body = json!({"job_type": "asset_download", "cron_expression": "0 6 * * *"});

    let answer = api.post("/api/jobs", None, &body).await;

    assert_eq!(answer.status, 422, "{:?}", answer.body);
    assert!(
        answer.body["errors"].to_string().contains("brand_id"),
        "{:?}",
        answer.body
    );
    assert_eq!(world.count("select count(*) from scheduled_jobs").await, 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m46_every_list_of_types_is_the_same_list(pool: PgPool) {
    let world = World::new(pool).await;
    let answer = Api::new(&world).get("/api/job-types").await;
    let listed: Vec<_> = answer.body["job_types"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job_type| job_type["name"].as_str().unwrap().to_owned())
        .collect();
    let known: Vec<_> = JobType::ALL
        .iter()
        .map(|job_type| job_type.name().to_owned())
        .collect();
    assert_eq!(listed, known);
    let map: Value = serde_json::from_str(&text_of("infra/aws/functions.tf.json")).unwrap();
    for name in &known {
        assert_eq!(map["locals"]["functions"][name]["kind"], "job", "{name}");
    }
}

#[test]
fn m47_the_readme_names_only_what_there_is() {
    let readme = text_of("README.md");
    let (makefile, routes) = (
        text_of("Makefile"),
        text_of("functions/dispatcher/src/routes.rs"),
    );
    let words: Vec<_> = readme.split('`').collect();
    let (mut targets, mut paths) = (0, 0);
    for quoted in words.iter().skip(1).step_by(2) {
        if let Some(target) = quoted.strip_prefix("make ") {
            let target = target.split_whitespace().next().unwrap();
            assert!(makefile.contains(&format!("\n{target}:")), "make {target}");
            targets += 1;
        }
        let path = quoted
            .split_whitespace()
            .last()
            .filter(|word| word.starts_with("/api/"));
        if let Some(path) = path {
            let path = path.split('?').next().unwrap();
            assert!(routes.contains(&format!("\"{path}\"")), "{path}");
            paths += 1;
        }
    }
    assert!(targets > 3 && paths > 5, "{targets} targets, {paths} paths");
}
