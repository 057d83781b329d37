//! From a row to a rule.

use shared::{
    config::{RulesOwner, Scheduler},
    domain::schedule::{GapPolicy, RepeatPolicy},
};

use super::*;

pub(super) fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

pub(super) fn now() -> DateTime<Utc> {
    at("2026-11-20T10:30:00Z")
}

pub(super) fn settings() -> Rules {
    Rules {
        prefix: "sundial-test".to_owned(),
        function_arn: "arn:aws:lambda:us-east-1:1:function:sundial-{function}".to_owned(),
        calls_per_second: 10,
        owner: RulesOwner::Reconciler,
        clock: ClockBackend::Rules,
        scheduler: Scheduler::default(),
    }
}

pub(super) fn daily() -> RuleJob {
    RuleJob {
        id: "0192f0c1-2345-7abc-8def-0123456789ab"
            .parse()
            .expect("an id"),
        job_type: "asset_download".to_owned(),
        name: "Tea: assets".to_owned(),
        is_live: true,
        is_paused: false,
        paused_until: None,
        starts_at: None,
        ends_at: None,
        cron_expression: Some("0 6 * * *".to_owned()),
        timezone: "UTC".to_owned(),
        dst_gap_policy: GapPolicy::Shift,
        dst_repeat_policy: RepeatPolicy::First,
        next_run_at: Some(at("2026-11-21T06:00:00Z")),
    }
}

pub(super) fn once_at(time: &str) -> RuleJob {
    RuleJob {
        cron_expression: None,
        next_run_at: Some(at(time)),
        ..daily()
    }
}

fn wanted(job: &RuleJob) -> DesiredRule {
    desired(job, &settings(), now())
        .expect("readable")
        .expect("a rule")
}

#[test]
fn a_rule_is_readable_and_wakes_the_function_of_its_type() {
    let made = wanted(&daily());
    assert_eq!(made.rule.name, "sundial-test-asset_download-0123456789ab");
    assert_eq!(made.rule.expression, "cron(0 6 * * ? *)");
    assert!(made.rule.is_enabled);
    assert_eq!(
        made.rule.target.arn,
        "arn:aws:lambda:us-east-1:1:function:sundial-asset_download"
    );
    assert!(
        made.rule.description.starts_with("Tea: assets: At 06:00"),
        "{}",
        made.rule.description
    );
    assert_eq!(made.next_fire, Some(at("2026-11-21T06:00:00Z")));
}

#[test]
fn the_input_becomes_a_tick_when_the_time_is_filled_in() {
    let template = wanted(&daily()).rule.target.input_template;
    let input = template.replace("<time>", r#""2026-11-21T06:00:00Z""#);
    let event: shared::runtime::Event = serde_json::from_str(&input).expect("an event");
    let (job_id, time) = (daily().id, at("2026-11-21T06:00:00Z"));
    assert_eq!(event, shared::runtime::Event::Tick { job_id, time });
}

#[test]
fn the_finished_description_bears_the_mark_and_the_draft_does_not_pass_for_it() {
    let made = wanted(&daily());
    assert_eq!(Mark::find(&made.rule.description), Some(made.mark.clone()));
    let draft = Mark::find(&made.rule.draft).expect("a draft is ours");
    assert_eq!(draft.job_id, made.mark.job_id);
    assert_ne!(draft, made.mark);
}

#[test]
fn the_digest_changes_with_everything_a_listing_does_not_show() {
    let renamed = RuleJob {
        name: "Coffee".to_owned(),
        ..daily()
    };
    let moved = Rules {
        function_arn: "other:{function}".to_owned(),
        ..settings()
    };
    let elsewhere = desired(&daily(), &moved, now())
        .expect("readable")
        .expect("a rule");
    let digests = [wanted(&daily()), wanted(&renamed), elsewhere].map(|it| it.mark.digest);
    assert_ne!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}

#[test]
fn the_same_row_gives_the_same_rule_tomorrow() {
    let tomorrow = now() + TimeDelta::days(1);
    let later = desired(&daily(), &settings(), tomorrow)
        .expect("readable")
        .expect("a rule");
    assert_eq!(later.rule, wanted(&daily()).rule);
}

#[test]
fn the_longest_row_fits_into_the_cloud_s_limits() {
    let job = RuleJob {
        name: "é".repeat(200),
        job_type: "a".repeat(41),
        cron_expression: Some(format!("{}0 0 1 * *", "0,".repeat(122))),
        timezone: "America/Argentina/ComodRivadavia".to_owned(),
        ..daily()
    };
    let made = wanted(&job);
    assert!(
        made.rule.name.len() <= shared::clients::cloud_clock::NAME_MAX,
        "{}",
        made.rule.name
    );
    assert!(made.rule.name.ends_with("-0123456789ab"));
    assert!(made.rule.description.chars().count() <= DESCRIPTION_MAX);
    assert!(made.rule.draft.chars().count() <= DESCRIPTION_MAX);
    assert_eq!(Mark::find(&made.rule.description), Some(made.mark));
}

#[test]
fn a_paused_job_keeps_a_rule_that_does_not_fire() {
    let job = RuleJob {
        is_paused: true,
        ..daily()
    };
    assert!(!wanted(&job).rule.is_enabled);
}

#[test]
fn an_ended_job_needs_no_rule() {
    let job = RuleJob {
        is_live: false,
        ..daily()
    };
    assert_eq!(desired(&job, &settings(), now()).expect("readable"), None);
}

#[test]
fn a_one_time_job_fires_at_the_first_whole_minute_not_before_its_time() {
    let exact = wanted(&once_at("2026-11-20T10:35:00Z"));
    assert_eq!(exact.rule.expression, "cron(35 10 20 11 ? 2026)");
    let between = wanted(&once_at("2026-12-31T23:59:00.000001Z"));
    assert_eq!(between.rule.expression, "cron(0 0 1 1 ? 2027)");
    assert_eq!(between.next_fire, Some(at("2027-01-01T00:00:00Z")));
}

#[test]
fn a_one_time_rule_outlives_its_minute_a_little_and_then_goes() {
    let fresh = wanted(&once_at("2026-11-20T10:29:00Z"));
    assert_eq!(fresh.next_fire, None, "creating it is no use");
    let old = once_at("2026-11-20T10:25:00Z");
    assert_eq!(desired(&old, &settings(), now()).expect("readable"), None);
}

#[test]
fn a_one_time_job_that_was_claimed_needs_no_rule() {
    let job = RuleJob {
        next_run_at: None,
        ..once_at("2026-11-20T10:35:00Z")
    };
    assert_eq!(desired(&job, &settings(), now()).expect("readable"), None);
}

#[test]
fn an_unreadable_schedule_is_an_error_not_a_missing_rule() {
    let job = RuleJob {
        timezone: "Mars/Olympus".to_owned(),
        ..daily()
    };
    desired(&job, &settings(), now()).expect_err("no such zone");
}

#[test]
fn a_year_no_rule_can_name_gets_no_rule() {
    let last = once_at("2199-12-31T23:59:00Z");
    assert!(wanted(&last).rule.expression.ends_with(" 2199)"));
    let beyond = once_at("2199-12-31T23:59:01Z");
    assert_eq!(
        desired(&beyond, &settings(), now()).expect("readable"),
        None
    );
}

#[test]
fn a_period_and_a_pause_that_ends_decide_the_next_fire_and_not_the_rule() {
    let starts = RuleJob {
        starts_at: Some(at("2026-11-25T00:00:00Z")),
        ..daily()
    };
    let pauses = RuleJob {
        paused_until: Some(at("2026-11-23T06:00:00Z")),
        ..daily()
    };

    let (plain, starts, pauses) = (wanted(&daily()), wanted(&starts), wanted(&pauses));

    assert_eq!(plain.next_fire, Some(at("2026-11-21T06:00:00Z")));
    assert_eq!(starts.next_fire, Some(at("2026-11-25T06:00:00Z")));
    assert_eq!(pauses.next_fire, Some(at("2026-11-23T06:00:00Z")));
    assert_eq!(starts.rule.expression, plain.rule.expression);
    assert_ne!(
        starts.mark.digest, plain.mark.digest,
        "its mark must be rewritten"
    );
    assert_eq!(pauses.rule, plain.rule);
}
