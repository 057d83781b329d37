//! When a job should fire, computed without the product: a walk over the days of its zone.

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDateTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;
use serde_json::{Map, Value, json};

use crate::chance::Chance;

/// A request may be on its way for as long.
const HOUR: TimeDelta = TimeDelta::hours(1);

const DAY: TimeDelta = TimeDelta::days(1);

/// A zone that changes its clocks does so within these.
const DAYS_AHEAD: usize = 366;

/// No zone skips more than a day.
const GAP_MAX_MINUTES: usize = 25 * 60;

/// Zones with and without daylight saving; Lord Howe moves by half an hour.
const ZONES: [Tz; 5] = [
    Tz::UTC,
    Tz::America__Los_Angeles,
    Tz::Europe__Berlin,
    Tz::Australia__Lord_Howe,
    Tz::Asia__Kolkata,
];

/// A schedule: some hours of some weekdays on the wall of a zone, or one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Calendar {
    /// The only fire time.
    pub(crate) once: Option<DateTime<Utc>>,
    /// Fire times outside are none; both ends belong to it.
    period: (Option<DateTime<Utc>>, Option<DateTime<Utc>>),
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    /// From 0 for Sunday; empty for every day.
    weekdays: BTreeSet<u32>,
    pub(crate) zone: Tz,
    pub(crate) gap: &'static str,
    pub(crate) repeat: &'static str,
}

impl Calendar {
    /// Up to six hours a day, often those that daylight saving skips and repeats.
    pub(crate) fn draw(chance: &mut Chance, now: DateTime<Utc>) -> Self {
        let hours = (0..chance.number(1, 6)).map(|_| match chance.hits(40.0) {
            true => chance.number(1, 3),
            false => chance.number(0, 23),
        });
        let hours = hours.collect();
        let weekdays = match chance.hits(25.0) {
            true => (0..chance.number(2, 5))
                .map(|_| chance.number(0, 6))
                .collect(),
            false => BTreeSet::new(),
        };
        let minute = chance.pick(&[0, 0, 30, 15, 59], 0);
        let mut minutes = BTreeSet::from([minute]);
        // So soon after another one that the run before it may still be at work.
        if chance.hits(30.0) {
            minutes.insert((minute + chance.number(2, 10)) % 60);
        }
        let always = Self {
            once: None,
            period: (None, None),
            minutes,
            hours,
            weekdays,
            zone: chance.pick(&ZONES, Tz::UTC),
            gap: chance.pick(&["shift", "shift", "skip"], "shift"),
            repeat: chance.pick(&["first", "first", "second", "both"], "first"),
        };
        let period = period(chance, now);
        let limited = Self {
            period,
            ..always.clone()
        };
        let last = now + TimeDelta::days(20);
        // Nobody can ask for a job that never fires.
        match limited.fires(now + HOUR, last).is_empty() {
            true => always,
            false => limited,
        }
    }

    /// One moment in the next days.
    pub(crate) fn draw_once(chance: &mut Chance, now: DateTime<Utc>) -> Self {
        Self {
            once: Some(minute(now) + TimeDelta::minutes(chance.number(10, 5_000).into())),
            period: (None, None),
            minutes: BTreeSet::new(),
            hours: BTreeSet::new(),
            weekdays: BTreeSet::new(),
            zone: Tz::UTC,
            gap: "shift",
            repeat: "first",
        }
    }

    /// The cron expression a person would write.
    pub(crate) fn cron(&self) -> String {
        let weekdays = match self.weekdays.is_empty() {
            true => "*".to_owned(),
            false => list(&self.weekdays),
        };
        let (minutes, hours) = (list(&self.minutes), list(&self.hours));
        format!("{minutes} {hours} * * {weekdays}")
    }

    /// The same as fields of a request.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let fields = match self.once {
            Some(once) => json!({ "scheduled_at": once }),
            None => json!({
                "cron_expression": self.cron(), "timezone": self.zone.name(),
                "dst_gap_policy": self.gap, "dst_repeat_policy": self.repeat,
                "starts_at": self.period.0, "ends_at": self.period.1,
            }),
        };
        fields.as_object().cloned().unwrap_or_default()
    }

    fn has(&self, fire: DateTime<Utc>) -> bool {
        let (start, end) = self.period;
        start.is_none_or(|start| fire >= start) && end.is_none_or(|end| fire <= end)
    }

    /// The fire times after `from` up to `until`.
    pub(crate) fn fires(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> BTreeSet<DateTime<Utc>> {
        if let Some(once) = self.once {
            return Some(once)
                .filter(|it| *it > from && *it <= until)
                .into_iter()
                .collect();
        }
        // A wall clock is at most a day away from UTC, and a gap shifts by less than another.
        let first = from.date_naive() - Days::new(2);
        let last = until.date_naive() + Days::new(2);
        let mut fires = BTreeSet::new();
        for day in first.iter_days().take_while(|day| *day <= last) {
            let weekday = day.weekday().num_days_from_sunday();
            if !self.weekdays.is_empty() && !self.weekdays.contains(&weekday) {
                continue;
            }
            let times = self.hours.iter().flat_map(|hour| {
                let at = |minute: &u32| day.and_hms_opt(*hour, *minute, 0);
                self.minutes.iter().map(at)
            });
            for civil in times {
                fires.extend(civil.into_iter().flat_map(|civil| self.instants(civil)));
            }
        }
        fires.retain(|fire| *fire > from && *fire <= until && self.has(*fire));
        fires
    }

    /// The fire times of a year after `from` that are within two days of a change of the zone's
    /// clocks.
    pub(crate) fn fires_at_changes(&self, from: DateTime<Utc>) -> BTreeSet<DateTime<Utc>> {
        let offset = |at: DateTime<Utc>| self.zone.offset_from_utc_datetime(&at.naive_utc()).fix();
        let days = std::iter::successors(Some(from), |day| day.checked_add_signed(DAY));
        days.take(DAYS_AHEAD)
            .filter(|day| offset(*day) != offset(*day + DAY))
            .flat_map(|day| self.fires(day, day + DAY * 2))
            .collect()
    }

    fn instants(&self, civil: NaiveDateTime) -> Vec<DateTime<Utc>> {
        match (self.zone.from_local_datetime(&civil), self.repeat) {
            (LocalResult::Single(time), _) => vec![time.to_utc()],
            (LocalResult::Ambiguous(first, _), "first") => vec![first.to_utc()],
            (LocalResult::Ambiguous(_, second), "second") => vec![second.to_utc()],
            (LocalResult::Ambiguous(first, second), _) => vec![first.to_utc(), second.to_utc()],
            (LocalResult::None, _) if self.gap == "skip" => vec![],
            (LocalResult::None, _) => self.after_gap(civil).into_iter().collect(),
        }
    }

    fn after_gap(&self, civil: NaiveDateTime) -> Option<DateTime<Utc>> {
        let minutes = std::iter::successors(Some(civil), |civil| {
            civil.checked_add_signed(TimeDelta::minutes(1))
        });
        minutes
            .take(GAP_MAX_MINUTES)
            .find_map(|civil| self.zone.from_local_datetime(&civil).earliest())
            .map(|time| time.to_utc())
    }
}

/// Sometimes a start, sometimes an end: within days, as nobody leaves a job as it is for much longer.
fn period(
    chance: &mut Chance,
    now: DateTime<Utc>,
) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let minutes = |days: u32| 24 * 60 * days;
    let starts = chance.number(1, minutes(6));
    let ends = starts + chance.number(minutes(1), minutes(8));
    let at = |count: u32| Some(minute(now) + TimeDelta::minutes(count.into()));
    match chance.number(0, 9) {
        0 => (at(starts), None),
        1 => (None, at(ends)),
        2 => (at(starts), at(ends)),
        _ => (None, None),
    }
}

/// The minute that began last: moments that people name have no seconds.
fn minute(now: DateTime<Utc>) -> DateTime<Utc> {
    let into = TimeDelta::seconds(now.timestamp().rem_euclid(60));
    now - into - TimeDelta::nanoseconds(now.timestamp_subsec_nanos().into())
}

fn list(numbers: &BTreeSet<u32>) -> String {
    let words: Vec<_> = numbers.iter().map(u32::to_string).collect();
    words.join(",")
}
