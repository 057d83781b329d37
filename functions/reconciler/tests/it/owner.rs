//! Rules that Terraform makes.

use reconciler::{
    Event,
    cli::{self, CliError},
};
use serde_json::{Value, json};
use shared::config::RulesOwner;
use sqlx::PgPool;

use crate::world::World;

/// What `schedules plan --tfvars` prints.
async fn tfvars(world: &World) -> (String, Result<(), CliError>) {
    let mut out = Vec::new();
    let schedules = world.schedules_of(RulesOwner::Terraform);
    let ending = cli::tfvars(&schedules, &mut out).await;
    (String::from_utf8(out).expect("text"), ending)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_reconciler_looks_at_the_rules_of_terraform_and_changes_none(pool: PgPool) {
    let world = World::new(pool).await.of_terraform();
    let job = world.job("0 6 * * *").await;

    let report = world.sweep().await.expect("a sweep");
    let event = Event::ScheduleChanged { job_id: job };
    world.handle(event).await.expect("an answer");

    assert_eq!((report.rules.created, report.rules.left), (0, 1));
    assert_eq!(world.operations(), ["ListRules", "ListRules"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_variables_of_terraform_are_the_rules_of_a_sweep(pool: PgPool) {
    let world = World::new(pool).await;
    let (kept, paused) = (world.job("0 6 * * *").await, world.job("@hourly").await);
    world.edit(paused, "set status = 'paused'").await;
    let over = world.job("0 7 * * *").await;
    world
        .edit(over, "set ends_at = '2026-11-20T06:30:00Z'")
        .await;
    let (text, ending) = tfvars(&world).await;
    ending.expect("variables");

    world.sweep().await.expect("a sweep");

    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["rules_owner"], "terraform");
    let mut made = serde_json::Map::new();
    for job in [kept, paused] {
        let rule = world.rule(job).expect("a rule");
        let template = &rule.targets["function"]["InputTransformer"]["InputTemplate"];
        let variable = json!({
            "job_type": "asset_download", "expression": rule.expression, "description": rule.description,
            "is_enabled": rule.state == "ENABLED", "input_template": template,
        });
        made.insert(World::rule_name(job), variable);
    }
    assert_eq!(told["desired_rules"], Value::from(made));
    assert_eq!(world.rule(over), None);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn no_variables_are_printed_when_one_rule_would_be_missing(pool: PgPool) {
    let world = World::new(pool).await;
    world.job("0 6 * * *").await;
    let bad = world.job("0 6 * * *").await;
    world.edit(bad, "set timezone = 'Mars/Olympus'").await;

    let (text, ending) = tfvars(&world).await;

    assert_eq!(text, "");
    let complaint = ending.expect_err("a complaint").to_string();
    assert!(complaint.contains(&bad.to_string()), "{complaint}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn apply_leaves_the_rules_of_terraform_to_it(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let schedules = world.schedules_of(RulesOwner::Terraform);

    let applied = cli::apply(&schedules, false, &mut Vec::new()).await;

    let complaint = applied.expect_err("a complaint").to_string();
    assert!(complaint.contains("schedules plan --tfvars"), "{complaint}");
    assert_eq!(world.rule(job), None);
}
