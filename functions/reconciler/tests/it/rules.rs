//! Rules follow rows.

use chrono::TimeDelta;
use reconciler::Event;
use shared::{clients::cloud_clock::StandInRule, domain::JobId};
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

/// What is noted of a job's rule, as in `cron(0 6 * * ? *) true`.
async fn noted(world: &World, job: JobId) -> Option<String> {
    let noted = "select expression || ' ' || is_enabled || ' ' || extract(epoch from seen_at)::bigint from job_rules
                  where scheduled_job_id = $1";
    let noted = sqlx::query_scalar(noted).bind(job.0);
    noted.fetch_optional(&world.pool).await.expect("a note")
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_put_and_seen_is_noted(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let start = world.clock.now().timestamp();
    world.sweep().await.expect("a sweep");
    let put = format!("cron(0 6 * * ? *) true {start}");
    assert_eq!(noted(&world, job).await, Some(put.clone()));

    world.clock.advance(TimeDelta::minutes(25));
    world.sweep().await.expect("a sweep");
    assert_eq!(
        noted(&world, job).await,
        Some(put.clone()),
        "since when it is so"
    );

    sqlx::query("delete from job_rules")
        .execute(&world.pool)
        .await
        .expect("no note");
    world.clock.advance(TimeDelta::minutes(1));
    world.sweep().await.expect("a sweep");
    assert_eq!(noted(&world, job).await, None, "not at every look");
    world.clock.advance(TimeDelta::minutes(9));
    world.sweep().await.expect("a sweep");
    let seen = format!("cron(0 6 * * ? *) true {}", start + 35 * 60);
    assert_eq!(
        noted(&world, job).await,
        Some(seen),
        "what is there is seen"
    );

    world.edit(job, "set status = 'paused'").await;
    let changed = Event::ScheduleChanged { job_id: job };
    world.handle(changed).await.expect("an answer");
    let paused = noted(&world, job).await.unwrap_or_default();
    assert!(paused.starts_with("cron(0 6 * * ? *) false"), "{paused}");

    world
        .edit(job, "set status = 'archived', next_run_at = null")
        .await;
    world.handle(changed).await.expect("an answer");
    assert_eq!(noted(&world, job).await, None, "it is gone");

    let stray = "insert into job_rules select id, 'gone', 'cron(0 6 * * ? *)', 'UTC', true, now() from scheduled_jobs";
    sqlx::query(stray)
        .execute(&world.pool)
        .await
        .expect("a note");
    world.clock.advance(TimeDelta::minutes(10));
    world.sweep().await.expect("a sweep");
    assert_eq!(noted(&world, job).await, None, "what others took away");
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
    assert_eq!(world.operations(), ["ListRules", "PutTargets", "PutRule"]);

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
    world.pending_run(job).await;
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
async fn a_change_of_an_unknown_job_is_no_error(pool: PgPool) {
    let world = World::new(pool).await;
    let job_id = shared::domain::JobId::new();
    world
        .handle(Event::ScheduleChanged { job_id })
        .await
        .expect("nothing to do");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_that_ends_by_itself_keeps_its_rule_and_is_over_with_the_sweep(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    world
        .edit(
            job,
            "set status = 'paused', paused_until = '2026-11-20T05:58:00Z'",
        )
        .await;

    world.sweep().await.expect("a sweep");
    let paused = "select count(*) from scheduled_jobs where status = 'paused'";
    assert_eq!(world.number(paused).await, 1);
    assert_eq!(world.rule(job).expect("a rule").state, "ENABLED");
    world.clock.advance(chrono::TimeDelta::minutes(3));
    world.sweep().await.expect("a sweep");

    assert_eq!(world.number(paused).await, 0);
    assert_eq!(world.rule(job).expect("a rule").state, "ENABLED");
}
