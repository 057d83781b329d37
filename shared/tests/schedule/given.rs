//! Schedules, zones and instants that tests start from.

use chrono::{DateTime, Offset, TimeDelta, TimeZone, Utc};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule, Zone};

/// Zones of every kind: half-hour and quarter-hour offsets, half-hour summer time, changes at
/// midnight, summer time in winter, both hemispheres, both ends of the date line.
pub(crate) const ZONES: [&str; 14] = [
    "UTC",
    "America/Los_Angeles",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Europe/London",
    "Europe/Berlin",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Pacific/Chatham",
];

/// A schedule under the default policies.
pub(crate) fn schedule(expression: &str, zone: &str) -> Schedule {
    with_policies(expression, zone, GapPolicy::Shift, RepeatPolicy::First)
}

pub(crate) fn with_policies(
    expression: &str,
    zone: &str,
    gap: GapPolicy,
    repeat: RepeatPolicy,
) -> Schedule {
    Schedule::parse(expression, zone, gap, repeat)
        .unwrap_or_else(|error| panic!("`{expression}` in {zone}: {error}"))
}

pub(crate) fn at(text: &str) -> DateTime<Utc> {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

pub(crate) fn offset(zone: Zone, instant: DateTime<Utc>) -> i32 {
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc());
    offset.fix().local_minus_utc()
}

/// Instants at which a zone's offset changes, to the minute.
pub(crate) fn changes(zone: Zone, from: DateTime<Utc>, until: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let mut found = Vec::new();
    let mut low = from;
    while low < until {
        let high = low + TimeDelta::hours(12);
        if offset(zone, low) != offset(zone, high) {
            let minutes = (1..=12 * 60).map(|minute| low + TimeDelta::minutes(minute));
            found.extend({ minutes }.find(|time| offset(zone, *time) != offset(zone, low)));
        }
        low = high;
    }
    found
}
