//! Time zones: the instants of a wall-clock time, and when a zone's offset changes.
//!
//! **Source:** the IANA database, as built into `chrono-tz`.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::GapInfo;

use super::{GapPolicy, RepeatPolicy, Zone};

/// Distance between two looks at a zone's offset when searching for changes. The shortest time a
/// zone has kept an offset since 2000 is seven days.
const PROBE_DAYS: i64 = 3;

/// A change of a zone's offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetChange {
    /// The first instant with the new offset.
    pub(super) at: DateTime<Utc>,
    /// Local time minus UTC before it.
    pub(super) before: TimeDelta,
    /// Local time minus UTC from it on.
    pub(super) after: TimeDelta,
}

/// Local time minus UTC at an instant.
pub(super) fn offset_at(zone: Zone, instant: DateTime<Utc>) -> TimeDelta {
    let offset = zone.offset_from_utc_datetime(&instant.naive_utc());
    TimeDelta::seconds(i64::from(offset.fix().local_minus_utc()))
}

/// What the wall clock shows at an instant.
pub(super) fn wall_clock(zone: Zone, instant: DateTime<Utc>) -> NaiveDateTime {
    instant.naive_utc() + offset_at(zone, instant)
}

/// How far the wall clock of this moment is repeated: the time between the two instants that
/// show it, or zero.
pub(super) fn repeated_by(zone: Zone, civil: NaiveDateTime) -> TimeDelta {
    match zone.from_local_datetime(&civil) {
        MappedLocalTime::Ambiguous(first, second) => second - first,
        MappedLocalTime::Single(_) | MappedLocalTime::None => TimeDelta::zero(),
    }
}

/// The instants at which a schedule fires for a wall-clock time, none to two, in order.
pub(super) fn instants(
    zone: Zone,
    civil: NaiveDateTime,
    gap: GapPolicy,
    repeat: RepeatPolicy,
) -> [Option<DateTime<Utc>>; 2] {
    match zone.from_local_datetime(&civil) {
        MappedLocalTime::Single(only) => [Some(only.to_utc()), None],
        MappedLocalTime::Ambiguous(first, second) => {
            let (first, second) = (Some(first.to_utc()), Some(second.to_utc()));
            match repeat {
                RepeatPolicy::First => [first, None],
                RepeatPolicy::Second => [second, None],
                RepeatPolicy::Both => [first, second],
            }
        }
        MappedLocalTime::None => match gap {
            GapPolicy::Shift => [end_of_gap(zone, civil), None],
            GapPolicy::Skip => [None, None],
        },
    }
}

/// The first instant after the gap that swallowed this wall-clock time.
fn end_of_gap(zone: Zone, civil: NaiveDateTime) -> Option<DateTime<Utc>> {
    let end = GapInfo::new(&civil, &zone)?.end?;
    Some(end.to_utc())
}

/// The offset changes in `(from, until]`, in order.
pub(super) fn offset_changes(
    zone: Zone,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<OffsetChange> {
    let mut changes = Vec::new();
    let mut low = from;
    while low < until {
        let high = (low + TimeDelta::days(PROBE_DAYS)).min(until);
        let (before, after) = (offset_at(zone, low), offset_at(zone, high));
        if before != after {
            let at = first_instant_with_another_offset(zone, low, high);
            changes.push(OffsetChange { at, before, after });
        }
        low = high;
    }
    changes
}

/// Halves `(low, high]` down to one second.
fn first_instant_with_another_offset(
    zone: Zone,
    mut low: DateTime<Utc>,
    mut high: DateTime<Utc>,
) -> DateTime<Utc> {
    let before = offset_at(zone, low);
    while high - low > TimeDelta::seconds(1) {
        let middle = low + (high - low) / 2;
        if offset_at(zone, middle) == before {
            low = middle;
        } else {
            high = middle;
        }
    }
    DateTime::from_timestamp(high.timestamp(), 0).unwrap_or(high)
}
