//! Rules follow rows.

use chrono::TimeDelta;
use reconciler::{Event, cli};
use serde_json::Value;
use shared::clients::clock_rules::StandInRule;
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_becomes_a_rule_that_wakes_its_function(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;

    let report = world.sweep().await.expect("a sweep");

    assert_eq!(report.rules.created, 1);
    let rule = world.rule(job).expect("a rule");
    assert_eq!(rule.state, "ENABLED");
    assert_eq!(rule.expression, "cron(0 6 * * ? *)");
    let target = &rule.targets["function"];
    assert_eq!(
        target["Arn"],
        "arn:aws:lambda:us-east-1:1:function:asset_download"
    );
    let template = target["InputTransformer"]["InputTemplate"]
        .as_str()
        .expect("a template");
    assert!(template.contains(&job.to_string()), "{template}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_steady_state_lists_and_writes_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    for cron in ["0 6 * * *", "@hourly", "30 7 * * 1-5"] {
        world.job(cron).await;
    }
    world.sweep().await.expect("a sweep");
    world.cloud.take_calls();

    let report = world.sweep().await.expect("a sweep");

    assert_eq!(world.operations(), ["ListRules"]);
    assert_eq!(report.rules.unchanged, 3);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn many_rules_are_compared_across_pages(pool: PgPool) {
    let world = World::new(pool).await;
    world.cloud.set_page_size(2);
    for _ in 0..5 {
        world.job("0 6 * * *").await;
    }
    assert_eq!(world.sweep().await.expect("a sweep").rules.created, 5);
    assert_eq!(world.sweep().await.expect("a sweep").rules.unchanged, 5);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_changes_only_its_own_rule(pool: PgPool) {
    let world = World::new(pool).await;
    let (edited, _other) = (world.job("0 6 * * *").await, world.job("0 7 * * *").await);
    world.sweep().await.expect("a sweep");
    world.cloud.take_calls();

    world
        .edit(edited, "set cron_expression = '0 8 * * *'")
        .await;
    let report = world
        .handle(Event::ScheduleChanged { job_id: edited })
        .await
        .expect("an answer");

    assert_eq!(report.rules.updated, 1);
    assert_eq!(
        world.rule(edited).expect("a rule").expression,
        "cron(0 8 * * ? *)"
    );
    let touched: Vec<_> = world
        .cloud
        .take_calls()
        .into_iter()
        .map(|(_, about)| about)
        .collect();
    assert!(
        touched
            .iter()
            .all(|about| *about == World::rule_name(edited)),
        "{touched:?}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn pausing_disables_the_rule_and_resuming_enables_it(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    world.sweep().await.expect("a sweep");
    world.cloud.take_calls();

    world.edit(job, "set status = 'paused'").await;
    world
        .handle(Event::ScheduleChanged { job_id: job })
        .await
        .expect("an answer");
    assert_eq!(world.rule(job).expect("a rule").state, "DISABLED");
    assert_eq!(world.operations(), ["ListRules", "DisableRule"]);

    world.edit(job, "set status = 'active'").await;
    world
        .handle(Event::ScheduleChanged { job_id: job })
        .await
        .expect("an answer");
    assert_eq!(world.rule(job).expect("a rule").state, "ENABLED");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ended_job_loses_its_rule(pool: PgPool) {
    let world = World::new(pool).await;
    let (archived, completed) = (world.job("0 6 * * *").await, world.job("0 7 * * *").await);
    world.sweep().await.expect("a sweep");

    world
        .edit(archived, "set status = 'archived', next_run_at = null")
        .await;
    world
        .edit(completed, "set status = 'completed', next_run_at = null")
        .await;
    world
        .handle(Event::ScheduleChanged { job_id: archived })
        .await
        .expect("an answer");
    assert_eq!(world.rule(archived), None, "at once");
    world.sweep().await.expect("a sweep");

    assert!(world.cloud.rules().is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_has_a_rule_until_it_was_claimed(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job_once("2026-11-20T06:10:00Z").await;
    world.sweep().await.expect("a sweep");
    assert_eq!(
        world.rule(job).expect("a rule").expression,
        "cron(10 6 20 11 ? 2026)"
    );

    world.edit(job, "set next_run_at = null").await;
    world.sweep().await.expect("a sweep");

    assert_eq!(world.rule(job), None);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn foreign_rules_are_never_touched(pool: PgPool) {
    let world = World::new(pool).await;
    let foreign = StandInRule {
        state: "ENABLED".to_owned(),
        expression: "rate(1 minute)".to_owned(),
        description: "Starts the sweep".to_owned(),
        ..StandInRule::default()
    };
    for name in ["sundial-sweep", "sundials", "backup"] {
        world.cloud.set(name, foreign.clone());
    }

    world.sweep().await.expect("a sweep");

    assert_eq!(world.cloud.rules().len(), 3);
    assert_eq!(world.cloud.rules()["sundial-sweep"], foreign);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_rule_changed_by_hand_is_put_right(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    world.sweep().await.expect("a sweep");
    let mut rule = world.rule(job).expect("a rule");
    rule.expression = "cron(0 9 * * ? *)".to_owned();
    world.cloud.set(&World::rule_name(job), rule);

    world.sweep().await.expect("a sweep");

    assert_eq!(
        world.rule(job).expect("a rule").expression,
        "cron(0 6 * * ? *)"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_lost_target_is_noticed_within_ten_minutes(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 7 * * *").await;
    world
        .edit(job, "set next_run_at = '2026-11-20T07:00:00Z'")
        .await;
    world.sweep().await.expect("a sweep");
    let mut rule = world.rule(job).expect("a rule");
    rule.targets.clear();
    world.cloud.set(&World::rule_name(job), rule);

    for _ in 0..10 {
        world.clock.advance(TimeDelta::minutes(1));
        world.sweep().await.expect("a sweep");
    }

    assert_eq!(world.rule(job).expect("a rule").targets.len(), 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_failed_target_fails_the_sweep_and_stops_no_other_rule(pool: PgPool) {
    let world = World::new(pool).await;
    let jobs = [
        world.job("0 6 * * *").await,
        world.job("0 7 * * *").await,
        world.job("0 8 * * *").await,
    ];
    let bad = World::rule_name(jobs[1]);
    world.cloud.fail_entries(&bad);

    let line = world.sweep().await.expect_err("a failed entry").to_string();

    assert!(
        line.contains(&bad) && line.contains("ConcurrentModificationException"),
        "{line}"
    );
    for job in [jobs[0], jobs[2]] {
        assert_eq!(world.rule(job).expect("a rule").state, "ENABLED");
    }
    assert_eq!(world.rule(jobs[1]).expect("a draft").state, "DISABLED");

    world.cloud.heal();
    let report = world.sweep().await.expect("a sweep");
    assert_eq!((report.rules.updated, report.rules.unchanged), (1, 2));
    assert_eq!(world.rule(jobs[1]).expect("a rule").targets.len(), 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_that_cannot_be_read_keeps_its_rule_and_stops_no_other(pool: PgPool) {
    let world = World::new(pool).await;
    let bad = world.job("0 6 * * *").await;
    world.sweep().await.expect("a sweep");
    let before = world.rule(bad);

    world.edit(bad, "set timezone = 'Mars/Olympus'").await;
    let good = world.job("0 7 * * *").await;
    let line = world
        .sweep()
        .await
        .expect_err("an unreadable row")
        .to_string();

    assert!(
        line.contains(&bad.to_string()) && line.contains("Mars/Olympus"),
        "{line}"
    );
    assert_eq!(world.rule(bad), before);
    assert!(world.rule(good).is_some());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_full_bus_still_lets_old_rules_go_and_is_asked_once(pool: PgPool) {
    let world = World::new(pool).await;
    let old = world.job("0 6 * * *").await;
    world.sweep().await.expect("a sweep");
    world
        .edit(old, "set status = 'archived', next_run_at = null")
        .await;
    for _ in 0..3 {
        world.job("0 7 * * *").await;
    }
    world.cloud.set_rules_max(1);
    world.cloud.take_calls();

    let line = world.sweep().await.expect_err("a full bus").to_string();

    assert!(line.contains("ask AWS for more rules"), "{line}");
    assert_eq!(world.rule(old), None);
    assert_eq!(world.cloud.rules().len(), 1, "one new rule had room");
    let refused = world
        .cloud
        .take_calls()
        .into_iter()
        .filter(|(operation, _)| operation == "PutRule");
    // Two calls for the rule that had room; the SDK asks three times for the one that had not.
    assert!(
        refused.count() <= 2 + 3,
        "a full bus is asked for one rule only"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_time_left_nothing_is_begun_and_nothing_fails(pool: PgPool) {
    let world = World::new(pool).await;
    world.job("0 6 * * *").await;

    let now = world.clock.now();
    let report = world
        .reconciler
        .handle(Event::Sweep, now)
        .await
        .expect("a sweep");

    assert_eq!((report.rules.created, report.rules.left), (0, 1));
    assert!(world.cloud.rules().is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_cloud_that_does_not_answer_deletes_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    world.sweep().await.expect("a sweep");
    world
        .cloud
        .fail("ListRules", "sundial-", "AccessDeniedException");

    let line = world.sweep().await.expect_err("no listing").to_string();

    assert!(line.starts_with("looking at the cloud's rules: "), "{line}");
    assert!(world.rule(job).is_some());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_change_of_an_unknown_job_is_no_error(pool: PgPool) {
    let world = World::new(pool).await;
    let job_id = shared::domain::JobId::new();
    world
        .handle(Event::ScheduleChanged { job_id })
        .await
        .expect("nothing to do");
}

async fn shown(world: &World) -> Value {
    let mut out = Vec::new();
    cli::plan(&world.schedules(), true, &mut out)
        .await
        .expect("a plan");
    serde_json::from_slice(&out).expect("JSON")
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_plan_tells_changes_fires_and_quota_and_changes_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    world.cloud.set("backup", StandInRule::default());
    let kept = world.job("0 6 * * *").await;
    world.sweep().await.expect("a sweep");
    world.edit(kept, "set status = 'paused'").await;
    let new = world.job("0 7 * * *").await;

    let plan = shown(&world).await;

    let changes = plan["changes"].as_array().expect("changes");
    let told: Vec<_> = changes
        .iter()
        .map(|change| (&change["change"], &change["rule"]))
        .collect();
    assert_eq!(
        told,
        [
            (
                &Value::from("disable"),
                &Value::from(World::rule_name(kept))
            ),
            (&Value::from("create"), &Value::from(World::rule_name(new))),
        ]
    );
    assert_eq!(changes[0]["vanish"]["count"], 7);
    assert_eq!(changes[1]["appear"]["count"], 7);
    assert_eq!(changes[1]["next_fire"], "2026-11-20T07:00:00Z");
    assert_eq!(
        plan["quota"],
        serde_json::json!({"used": 2, "after": 3, "max": 300})
    );
    assert_eq!(world.rule(new), None);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn after_apply_the_plan_is_empty(pool: PgPool) {
    let world = World::new(pool).await;
    world.job("0 6 * * *").await;
    let mut out = Vec::new();

    cli::apply(&world.schedules(), false, &mut out)
        .await
        .expect("applied");

    let text = String::from_utf8(out).expect("text");
    assert!(text.starts_with("1 created, 0 updated, "), "{text}");
    assert_eq!(shown(&world).await["changes"], serde_json::json!([]));
}
