//! From a row to a schedule of Scheduler.

use shared::{
    clients::cloud_clock::{ListedRule, NAME_MAX},
    config::Scheduler,
};

use super::{
    tests::{at, daily, now, once_at, settings},
    *,
};

fn of_scheduler() -> Rules {
    Rules {
        clock: ClockBackend::Scheduler,
        scheduler: Scheduler {
            group: "sundial-test".to_owned(),
            role_arn: "arn:aws:iam::1:role/sundial-test-scheduler".to_owned(),
            queue_arn: "arn:aws:sqs:us-east-1:1:sundial-{function}-dead-letters".to_owned(),
        },
        ..settings()
    }
}

fn scheduled(job: &RuleJob) -> DesiredRule {
    desired(job, &of_scheduler(), now())
        .expect("readable")
        .expect("a schedule")
}

#[test]
fn a_schedule_speaks_of_the_job_s_own_wall_clock_and_has_role_and_queue() {
    let job = RuleJob {
        timezone: "America/New_York".to_owned(),
        ..daily()
    };

    let rule = scheduled(&job).rule;

    assert_eq!(rule.expression, "cron(0 6 * * ? *)");
    assert_eq!(rule.zone, "America/New_York");
    let target = rule.target;
    assert_eq!(
        target.role_arn,
        "arn:aws:iam::1:role/sundial-test-scheduler"
    );
    assert_eq!(
        target.queue_arn,
        "arn:aws:sqs:us-east-1:1:sundial-asset_download-dead-letters"
    );
    let input = target
        .input_template
        .replace(SCHEDULED_TIME, "2026-11-21T11:00:00Z");
    let event: shared::runtime::Event = serde_json::from_str(&input).expect("an event");
    let (job_id, time) = (daily().id, at("2026-11-21T11:00:00Z"));
    assert_eq!(event, shared::runtime::Event::Tick { job_id, time });
}

#[test]
fn a_one_time_schedule_is_a_time() {
    let rule = scheduled(&once_at("2026-11-20T10:34:30Z")).rule;
    assert_eq!(rule.expression, "at(2026-11-20T10:35:00)");
    assert_eq!(rule.zone, "UTC");
}

#[test]
fn everything_that_a_schedule_is_changes_its_name() {
    let paused = RuleJob {
        is_paused: true,
        ..daily()
    };
    let renamed = RuleJob {
        name: "Coffee".to_owned(),
        ..daily()
    };
    let elsewhere = RuleJob {
        timezone: "Asia/Tokyo".to_owned(),
        ..daily()
    };
    let later = RuleJob {
        starts_at: Some(at("2026-11-25T00:00:00Z")),
        ..daily()
    };
    let mut names: Vec<_> = [daily(), paused, renamed, elsewhere, later]
        .iter()
        .map(|job| scheduled(job).rule.name)
        .collect();
    for change in [
        |it: &mut Rules| it.scheduler.role_arn = "another".to_owned(),
        |it: &mut Rules| it.scheduler.queue_arn = String::new(),
        |it: &mut Rules| it.function_arn = "other:{function}".to_owned(),
    ] {
        let mut settings = of_scheduler();
        change(&mut settings);
        let made = desired(&daily(), &settings, now()).expect("readable");
        names.push(made.expect("a schedule").rule.name);
    }
    let stem = scheduled(&daily()).stem;
    for name in &names {
        assert_eq!(
            names::stem_of(ClockBackend::Scheduler, name),
            stem,
            "{name}"
        );
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    assert_eq!(
        scheduled(&daily()).rule.name,
        scheduled(&daily()).rule.name,
        "and nothing else does"
    );
}

#[test]
fn the_longest_name_of_a_schedule_fits() {
    let job = RuleJob {
        job_type: "a".repeat(41),
        ..daily()
    };
    let made = scheduled(&job);
    assert_eq!(made.rule.name.len(), NAME_MAX);
    let listed = ListedRule {
        name: made.rule.name,
        ..Default::default()
    };
    let prefix = names::prefix(&of_scheduler());
    assert!(names::is_owned(ClockBackend::Scheduler, &listed, &prefix));
}
