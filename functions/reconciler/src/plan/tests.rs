//! The difference, case by case, and what it means in time.

use chrono::{DateTime, Utc};
use shared::{
    clients::cloud_clock::{Rule, Target},
    domain::{
        JobId,
        schedule::{GapPolicy, Period, RepeatPolicy},
    },
};

use super::*;
use crate::mark::When;

pub(crate) fn now() -> DateTime<Utc> {
    "2026-11-20T10:30:00Z".parse().expect("a time")
}

pub(crate) fn wanted(cron: &str) -> DesiredRule {
    let job_id = JobId::new();
    let when = When::Cron {
        expression: cron.to_owned(),
        zone: "UTC".to_owned(),
        gap: GapPolicy::Shift,
        repeat: RepeatPolicy::First,
        period: Period::default(),
    };
    let mark = Mark {
        job_id,
        when,
        digest: Some("abc".to_owned()),
    };
    DesiredRule {
        job_type: "sync".to_owned(),
        sentence: String::new(),
        stem: format!("ours-sync-{}", names::tail(job_id)),
        rule: Rule {
            name: format!("ours-sync-{}", names::tail(job_id)),
            zone: "UTC".to_owned(),
            draft: String::new(),
            expression: format!("cron({cron})"),
            is_enabled: true,
            description: format!("Words. {mark}"),
            target: Target {
                arn: "arn".to_owned(),
                ..Target::default()
            },
        },
        next_fire: Some(now()),
        paused_until: None,
        mark,
    }
}

pub(crate) fn paused(cron: &str) -> DesiredRule {
    let mut desired = wanted(cron);
    desired.rule.is_enabled = false;
    desired
}

pub(crate) fn made(desired: &DesiredRule) -> ListedRule {
    ListedRule {
        name: desired.rule.name.clone(),
        expression: Some(desired.rule.expression.clone()),
        is_enabled: desired.rule.is_enabled,
        description: Some(desired.rule.description.clone()),
        ..ListedRule::default()
    }
}

pub(crate) fn seen(rules: Vec<ListedRule>) -> Actual {
    Actual {
        clock: ClockBackend::Rules,
        prefix: "ours-".to_owned(),
        rules,
        wakers: BTreeMap::new(),
    }
}

fn compared(desired: Vec<DesiredRule>, rules: Vec<ListedRule>) -> Plan {
    plan(desired, seen(rules), &BTreeSet::new())
}

pub(crate) fn verbs(plan: &Plan) -> Vec<&str> {
    plan.changes.iter().map(Change::verb).collect()
}

#[test]
fn what_is_as_it_should_be_is_left_alone() {
    let desired = [wanted("0 6 * * *"), paused("0 7 * * *")];
    let plan = compared(desired.to_vec(), desired.iter().map(made).collect());
    assert_eq!((verbs(&plan), plan.unchanged), (vec![], 2));
    assert_eq!(plan.strangers, [""; 0]);
    assert_eq!(plan.expression_longest, "cron(0 6 * * *)".len());
}

#[test]
fn a_missing_rule_is_created_unless_it_would_never_fire() {
    let mut past = wanted("0 6 * * *");
    past.next_fire = None;
    assert_eq!(
        verbs(&compared(vec![wanted("0 6 * * *"), past], vec![])),
        ["create"]
    );
}

#[test]
fn a_rule_of_ours_that_nobody_wants_is_deleted() {
    assert_eq!(
        verbs(&compared(vec![], vec![made(&wanted("0 6 * * *"))])),
        ["delete"]
    );
}

#[test]
fn a_stranger_with_our_prefix_is_shown_and_left_alone() {
    let mut unmarked = made(&wanted("0 6 * * *"));
    unmarked.name = "ours-sweep".to_owned();
    unmarked.description = Some("Starts the sweep".to_owned());
    let mut copied = made(&wanted("0 6 * * *"));
    copied.name = "ours-copy".to_owned();
    let mut of_neighbour = made(&wanted("0 6 * * *"));
    of_neighbour.name = of_neighbour.name.replace("ours-", "ours-dev-");
    let neighbour = of_neighbour.name.clone();

    let plan = compared(vec![], vec![unmarked, copied, of_neighbour]);

    assert_eq!(verbs(&plan), [""; 0]);
    assert_eq!(plan.strangers, ["ours-copy", &neighbour, "ours-sweep"]);
}

#[test]
fn a_rule_whose_row_cannot_be_read_is_left_alone() {
    let rule = made(&wanted("0 6 * * *"));
    let untouchable = BTreeSet::from([rule.name.clone()]);
    let actual = seen(vec![rule]);
    assert_eq!(verbs(&plan(vec![], actual, &untouchable)), [""; 0]);
}

/// The description with another digest.
fn described(desired: &DesiredRule, digest: &str) -> Option<String> {
    Some(desired.rule.description.replace("abc", digest))
}

#[test]
fn every_difference_is_an_update() {
    let desired = wanted("0 6 * * *");
    let mut by_hand = made(&desired);
    by_hand.expression = Some("cron(0 9 * * ? *)".to_owned());
    let mut older = made(&desired);
    older.description = described(&desired, "abd");
    let mut unfinished = made(&desired);
    unfinished.description = described(&desired, "unfinished");
    for was in [by_hand, older, unfinished] {
        assert_eq!(
            verbs(&compared(vec![desired.clone()], vec![was])),
            ["update"]
        );
    }
}

#[test]
fn a_rule_that_lost_its_target_is_updated_only_when_its_function_was_asked_about() {
    let desired = wanted("0 6 * * *");
    for (wakers, verb) in [
        (BTreeMap::new(), vec![]),
        (
            BTreeMap::from([("arn".to_owned(), BTreeSet::new())]),
            vec!["update"],
        ),
        (
            BTreeMap::from([(
                "arn".to_owned(),
                BTreeSet::from([desired.rule.name.clone()]),
            )]),
            vec![],
        ),
    ] {
        let actual = Actual {
            wakers,
            ..seen(vec![made(&desired)])
        };
        assert_eq!(
            verbs(&plan(vec![desired.clone()], actual, &BTreeSet::new())),
            verb
        );
    }
}

#[test]
fn only_the_state_is_switched_when_only_the_state_differs() {
    let (on, off) = (wanted("0 6 * * *"), paused("0 6 * * *"));
    let mut was_on = made(&off);
    was_on.is_enabled = true;
    let mut was_off = made(&on);
    was_off.is_enabled = false;
    assert_eq!(
        verbs(&compared(vec![on, off], vec![was_on, was_off])),
        ["disable", "enable"]
    );
}

#[test]
fn room_is_made_before_it_is_taken() {
    let gone = made(&wanted("0 5 * * *"));
    let plan = compared(vec![wanted("0 6 * * *")], vec![gone]);
    assert_eq!(verbs(&plan), ["delete", "create"]);
}
