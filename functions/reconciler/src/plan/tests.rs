//! The difference, case by case, and what it means in time.

use chrono::{DateTime, Utc};
use shared::{
    clients::clock_rules::{Rule, Target},
    domain::{
        JobId,
        schedule::{GapPolicy, Period, RepeatPolicy},
    },
};

use super::*;
use crate::{forecast::forecast, mark::When};

fn now() -> DateTime<Utc> {
    "2026-11-20T10:30:00Z".parse().expect("a time")
}

fn wanted(cron: &str) -> DesiredRule {
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
        draft: String::new(),
        rule: Rule {
            name: format!("ours-sync-{}", desired::tail(job_id)),
            expression: format!("cron({cron})"),
            is_enabled: true,
            description: format!("Words. {mark}"),
            target: Target {
                arn: "arn".to_owned(),
                input_paths: BTreeMap::new(),
                input_template: String::new(),
            },
        },
        next_fire: Some(now()),
        paused_until: None,
        mark,
    }
}

fn paused(cron: &str) -> DesiredRule {
    let mut desired = wanted(cron);
    desired.rule.is_enabled = false;
    desired
}

fn made(desired: &DesiredRule) -> ListedRule {
    ListedRule {
        name: desired.rule.name.clone(),
        expression: Some(desired.rule.expression.clone()),
        is_enabled: desired.rule.is_enabled,
        description: desired.rule.description.clone(),
    }
}

fn seen(rules: Vec<ListedRule>) -> Actual {
    Actual {
        prefix: "ours-".to_owned(),
        rules,
        wakers: BTreeMap::new(),
    }
}

fn compared(desired: Vec<DesiredRule>, rules: Vec<ListedRule>) -> Plan {
    plan(desired, seen(rules), &BTreeSet::new())
}

fn verbs(plan: &Plan) -> Vec<&str> {
    plan.changes.iter().map(Change::verb).collect()
}

#[test]
fn what_is_as_it_should_be_is_left_alone() {
    let desired = [wanted("0 6 * * *"), paused("0 7 * * *")];
    let plan = compared(desired.to_vec(), desired.iter().map(made).collect());
    assert_eq!(
        plan,
        Plan {
            unchanged: 2,
            ..Plan::default()
        }
    );
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
    unmarked.description = "Starts the sweep".to_owned();
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

#[test]
fn every_difference_is_an_update() {
    let desired = wanted("0 6 * * *");
    let mut by_hand = made(&desired);
    by_hand.expression = Some("cron(0 9 * * ? *)".to_owned());
    let mut older = made(&desired);
    older.description = older.description.replace("abc", "abd");
    let mut unfinished = made(&desired);
    unfinished.description = unfinished.description.replace("abc", "unfinished");
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

#[test]
fn a_new_rule_brings_its_fires_of_seven_days() {
    let told = forecast(&Change::Create(wanted("0 6 * * *")), now());
    assert_eq!((told.appear.count, told.vanish.count), (7, 0));
    assert_eq!(told.appear.first.len(), 5);
    assert_eq!(
        told.appear.first[0].to_rfc3339(),
        "2026-11-21T06:00:00+00:00"
    );
}

#[test]
fn an_edit_tells_only_the_fires_that_differ() {
    let was = made(&wanted("0 6,12 * * *"));
    let told = forecast(
        &Change::Update {
            desired: wanted("0 12,18 * * *"),
            was,
        },
        now(),
    );
    // 12:00 stays; today's 18:00 is still to come, today's 6:00 is past.
    assert_eq!((told.appear.count, told.vanish.count), (7, 7));
    assert_eq!(
        told.appear.first[0].to_rfc3339(),
        "2026-11-20T18:00:00+00:00"
    );
    assert_eq!(
        told.vanish.first[0].to_rfc3339(),
        "2026-11-21T06:00:00+00:00"
    );
}

#[test]
fn pausing_takes_fires_away_and_resuming_brings_them_back() {
    let pausing = forecast(&Change::Disable(paused("0 6 * * *")), now());
    assert_eq!((pausing.appear.count, pausing.vanish.count), (0, 7));
    let resuming = forecast(&Change::Enable(wanted("0 6 * * *")), now());
    assert_eq!((resuming.appear.count, resuming.vanish.count), (7, 0));
}

#[test]
fn deleting_a_rule_that_did_not_fire_takes_nothing_away() {
    let told = forecast(&Change::Delete(made(&paused("* * * * *"))), now());
    assert_eq!(told.vanish.count, 0);
    let told = forecast(&Change::Delete(made(&wanted("* * * * *"))), now());
    assert_eq!(told.vanish.count, 7 * 24 * 60);
}

/// The same rule, whose schedule ends in two days.
fn ending(desired: &DesiredRule) -> DesiredRule {
    let mut ending = desired.clone();
    if let When::Cron { period, .. } = &mut ending.mark.when {
        period.ends_at = Some(now() + chrono::TimeDelta::days(2));
    }
    ending
}

#[test]
fn a_schedule_that_is_given_an_end_loses_the_fires_behind_it() {
    let was = wanted("0 6 * * *");
    let change = Change::Update {
        desired: ending(&was),
        was: made(&was),
    };

    let told = forecast(&change, now());

    assert_eq!((told.appear.count, told.vanish.count), (0, 5));
}

#[test]
fn fires_within_a_pause_that_ends_by_itself_neither_appear_nor_vanish() {
    let mut desired = wanted("0 6 * * *");
    desired.paused_until = Some("2026-11-23T06:00:00Z".parse().expect("a time"));

    let told = forecast(&Change::Create(desired), now());

    assert_eq!(told.appear.count, 5, "from the 23rd on: {told:?}");
}
