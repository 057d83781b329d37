//! How many events of the cloud's clock come to one fire time: the price of rules that know only UTC.

use chrono::TimeDelta;

use super::{
    aws::AwsCron,
    cloud::{EXPRESSIONS, NOW},
    given::{at, schedule},
};

/// Kinds of zones, and the most events per fire time over all expressions of a year.
const CLASSES: [(&str, &[&str], f64); 4] = [
    ("UTC", &["UTC"], 1.01),
    (
        "no clock changes",
        &["Asia/Kolkata", "Asia/Kathmandu", "Pacific/Kiritimati"],
        1.02,
    ),
    (
        "an hour of summer time",
        &[
            "America/Los_Angeles",
            "America/New_York",
            "America/Santiago",
            "America/St_Johns",
            "Asia/Beirut",
            "Europe/Berlin",
            "Europe/London",
            "Pacific/Chatham",
        ],
        1.1,
    ),
    (
        "half an hour of it, or none in one month",
        &["Africa/Casablanca", "Australia/Lord_Howe"],
        1.15,
    ),
];
/// More events a year than those of one every quarter of an hour are the same in every zone.
const EVENTS_MAX: usize = 40_000;

/// Events and fire times of 2027.
fn counted(expression: &str, zone: &str) -> Option<(usize, usize)> {
    let (from, until) = (at("2027-01-01T00:00:00Z"), at("2028-01-01T00:00:00Z"));
    let schedule = schedule(expression, zone);
    let rule = AwsCron::rule(&schedule.rule_expression(at(NOW)));
    let events = rule.count(from.date_naive(), until.date_naive());
    let second = TimeDelta::seconds(1);
    let fires = schedule.fires_between(from - second, until - second, EVENTS_MAX);
    (events <= EVENTS_MAX).then_some((events, fires.len()))
}

#[test]
fn extra_events_are_few() {
    for (class, zones, most) in CLASSES {
        let (mut events, mut fires, mut worst) = (0, 0, (0.0, String::new()));
        for zone in zones {
            for expression in EXPRESSIONS {
                let Some((sent, meant)) = counted(expression, zone) else {
                    continue;
                };
                (events, fires) = (events + sent, fires + meant);
                let ratio = ratio(sent, meant);
                if ratio > worst.0 {
                    worst = (ratio, format!("`{expression}` in {zone}"));
                }
            }
        }
        let all = ratio(events, fires);
        eprintln!(
            "{class}: {all:.3} events per fire time; most, {:.1}: {}",
            worst.0, worst.1
        );
        assert!(all <= most, "{class}: {all}");
    }
}

/// A schedule without a fire in the year counts as one with one.
fn ratio(events: usize, fires: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap());
    number(events) / number(fires.max(1))
}
