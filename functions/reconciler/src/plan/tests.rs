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
        description: Some(desired.rule.description.clone()),
        ..ListedRule::default()
    }
}

fn seen(rules: Vec<ListedRule>) -> Actual {
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
    let was = made(&wanted("0 6 * * *"));
    let desired = paused("0 6 * * *");
    let pausing = forecast(&Change::Disable { desired, was }, now());
    assert_eq!((pausing.appear.count, pausing.vanish.count), (0, 7));
    let was = made(&paused("0 6 * * *"));
    let desired = wanted("0 6 * * *");
    let resuming = forecast(&Change::Enable { desired, was }, now());
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

/// The same, called and listed as Scheduler does.
fn schedule(mut desired: DesiredRule, digest: &str) -> DesiredRule {
    desired.rule.name = names::name(ClockBackend::Scheduler, &desired.stem, digest);
    desired
}

fn listed(desired: &DesiredRule) -> ListedRule {
    ListedRule {
        name: desired.rule.name.clone(),
        is_enabled: desired.rule.is_enabled,
        target: Some(desired.rule.target.arn.clone()),
        ..ListedRule::default()
    }
}

fn scheduled(desired: Vec<DesiredRule>, rules: Vec<ListedRule>) -> Plan {
    let actual = Actual {
        clock: ClockBackend::Scheduler,
        ..seen(rules)
    };
    plan(desired, actual, &BTreeSet::new())
}

const OLD: &str = "0123456789ab";
const NEW: &str = "ba9876543210";

#[test]
fn a_schedule_of_the_right_name_is_right_unless_somebody_touched_it() {
    let desired = schedule(wanted("0 6 * * *"), NEW);
    let right = listed(&desired);
    let plan = scheduled(vec![desired.clone()], vec![right.clone()]);
    assert_eq!((verbs(&plan), plan.unchanged), (vec![], 1));

    let edited = ListedRule {
        is_edited: true,
        ..right.clone()
    };
    let aimed_elsewhere = ListedRule {
        target: Some("another".to_owned()),
        ..right.clone()
    };
    let switched_off = ListedRule {
        is_enabled: false,
        ..right
    };
    for (was, verb) in [
        (edited, "update"),
        (aimed_elsewhere, "update"),
        (switched_off, "enable"),
    ] {
        let plan = scheduled(vec![desired.clone()], vec![was]);
        assert_eq!(verbs(&plan), [verb]);
    }
}

#[test]
fn a_schedule_that_shall_be_another_takes_the_place_of_the_old_one() {
    let was = listed(&schedule(wanted("0 6 * * *"), OLD));
    let mut desired = wanted("0 7 * * *");
    desired.stem = names::stem_of(ClockBackend::Scheduler, &was.name).to_owned();
    let desired = schedule(desired, NEW);

    let updating = scheduled(vec![desired.clone()], vec![was.clone()]);

    assert_eq!(
        updating.changes,
        [Change::Update {
            desired: desired.clone(),
            was: was.clone()
        }]
    );
    let interrupted = scheduled(vec![desired.clone()], vec![was.clone(), listed(&desired)]);
    assert_eq!(interrupted.changes, [Change::Delete(was)]);
    assert_eq!(interrupted.unchanged, 1);
}

#[test]
fn only_names_that_we_give_are_ours_in_the_group() {
    let ours = listed(&schedule(wanted("0 6 * * *"), OLD));
    let mut by_hand = ours.clone();
    by_hand.name = "ours-report".to_owned();
    let mut no_digest = ours.clone();
    no_digest.name = ours.name.replace(OLD, "by-hand");
    let mut of_neighbour = ours.clone();
    of_neighbour.name = ours.name.replace("ours-", "ours-dev-");

    let plan = scheduled(vec![], vec![by_hand, ours.clone(), no_digest, of_neighbour]);

    assert_eq!(plan.changes, [Change::Delete(ours)]);
    assert_eq!(plan.strangers.len(), 3);
}

#[test]
fn a_single_time_that_is_just_past_is_left_as_it_is() {
    let mut over = schedule(wanted("0 6 * * *"), NEW);
    over.mark.when = When::At(now());
    over.next_fire = None;
    let mut was = listed(&over);
    was.name = was.name.replace(NEW, OLD);

    let plan = scheduled(vec![over], vec![was]);

    assert_eq!((verbs(&plan), plan.unchanged), (vec![], 1));
}
