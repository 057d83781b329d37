//! Rules when something is wrong: with a row, with the cloud, with the time.

use chrono::TimeDelta;
use reconciler::Event;
use sqlx::PgPool;

use crate::world::World;

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
async fn a_schedule_that_cannot_be_read_is_told_once(pool: PgPool) {
    let world = World::new(pool).await;
    let bad = world.job("0 6 * * *").await;
    world.edit(bad, "set timezone = 'Mars/Olympus'").await;
    world.clock.advance(chrono::TimeDelta::minutes(10));

    for _ in 0..3 {
        world.sweep().await.expect_err("an unreadable row");
    }

    let paused = "select count(*) from scheduled_jobs where status = 'paused'";
    assert_eq!(world.number(paused).await, 1);
    let told = "select count(*) from notifications n join scheduled_job_runs r on r.id = n.run_id
                 where n.kind = 'unreadable' and n.occurrences = 1 and n.deliver_after is not null
                   and n.title = 'asset_download is paused: its schedule cannot be read'
                   and n.body like 'the schedule cannot be read: %Mars/Olympus%'
                   and r.status = 'failed'";
    assert_eq!(world.number(told).await, 1);
    let all = "select count(*) from notifications";
    assert_eq!(world.number(all).await, 1);
}
