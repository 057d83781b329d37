//! What a change means in time.

use super::*;
use crate::{
    desired::DesiredRule,
    plan::tests::{made, now, paused, wanted},
};

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
