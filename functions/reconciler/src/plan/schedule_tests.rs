//! The difference where Scheduler is the clock.

use super::{
    tests::{now, seen, verbs, wanted},
    *,
};

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
    let mut of_rules = ours.clone();
    of_rules.name = names::stem_of(ClockBackend::Scheduler, &ours.name).to_owned();
    let mut no_id = ours.clone();
    no_id.name = format!("ours-report-monthly-{OLD}");
    let mut of_neighbour = ours.clone();
    of_neighbour.name = ours.name.replace("ours-", "ours-dev-");

    let plan = scheduled(
        vec![],
        vec![
            by_hand,
            ours.clone(),
            no_digest,
            of_rules,
            no_id,
            of_neighbour,
        ],
    );

    assert_eq!(plan.changes, [Change::Delete(ours)]);
    assert_eq!(plan.strangers.len(), 5);
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
