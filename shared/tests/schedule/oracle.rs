//! A walk over every minute: slow, and with nothing in common with the engine but `chrono-tz`'s
//! map from instants to wall-clock times.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, Days, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use proptest::{collection::btree_set, prelude::*, sample::select};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Zone};

/// Longer than any gap or repeated stretch since 2012.
const MARGIN_HOURS: i64 = 4;

/// One field as a test means it: its text and the numbers it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) values: BTreeSet<u32>,
    pub(crate) starred: bool,
    pub(crate) last_day: bool,
}

/// An expression as a test means it.
#[derive(Clone, Debug)]
pub(crate) struct Meaning {
    pub(crate) minute: Part,
    pub(crate) hour: Part,
    pub(crate) day_of_month: Part,
    pub(crate) month: Part,
    pub(crate) day_of_week: Part,
}

impl Meaning {
    pub(crate) fn text(&self) -> String {
        [
            &self.minute,
            &self.hour,
            &self.day_of_month,
            &self.month,
            &self.day_of_week,
        ]
        .map(|part| part.text.as_str())
        .join(" ")
    }

    fn names(&self, civil: NaiveDateTime) -> bool {
        let last = (civil.date() + Days::new(1)).month() != civil.month();
        let by_month =
            self.day_of_month.values.contains(&civil.day()) || (self.day_of_month.last_day && last);
        let weekday = civil.weekday().num_days_from_sunday();
        let by_week = self.day_of_week.values.contains(&weekday);
        let day = if self.day_of_month.starred || self.day_of_week.starred {
            by_month && by_week
        } else {
            by_month || by_week
        };
        day && self.month.values.contains(&civil.month())
            && self.hour.values.contains(&civil.hour())
            && self.minute.values.contains(&civil.minute())
    }

    /// The fires in `(after, until]`, by looking at every minute.
    pub(crate) fn fires(
        &self,
        zone: Zone,
        policies: (GapPolicy, RepeatPolicy),
        after: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Vec<DateTime<Utc>> {
        let minutes = wall_clock(zone, after, until);
        let fires: BTreeSet<DateTime<Utc>> = if self.minute.starred || self.hour.starred {
            let matching = minutes.iter().filter(|(_, civil)| self.names(*civil));
            matching.map(|(instant, _)| *instant).collect()
        } else {
            self.by_wall_clock(&minutes, policies)
        };
        let inside = |fire: &DateTime<Utc>| *fire > after && *fire <= until;
        fires.into_iter().filter(inside).collect()
    }

    fn by_wall_clock(
        &self,
        minutes: &[(DateTime<Utc>, NaiveDateTime)],
        (gap, repeat): (GapPolicy, RepeatPolicy),
    ) -> BTreeSet<DateTime<Utc>> {
        let mut shown: BTreeMap<NaiveDateTime, Vec<DateTime<Utc>>> = BTreeMap::new();
        let mut fires = BTreeSet::new();
        let mut previous: Option<NaiveDateTime> = None;
        for (instant, civil) in minutes {
            shown.entry(*civil).or_default().push(*instant);
            let mut skipped = previous.unwrap_or(*civil) + TimeDelta::minutes(1);
            while skipped < *civil {
                if gap == GapPolicy::Shift && self.names(skipped) {
                    fires.insert(*instant);
                }
                skipped += TimeDelta::minutes(1);
            }
            previous = Some(*civil);
        }
        for (_, instants) in shown.iter().filter(|(civil, _)| self.names(**civil)) {
            match repeat {
                RepeatPolicy::First => fires.extend(instants.first()),
                RepeatPolicy::Second => fires.extend(instants.last()),
                RepeatPolicy::Both => fires.extend(instants),
            }
        }
        fires
    }
}

fn wall_clock(
    zone: Zone,
    after: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, NaiveDateTime)> {
    let margin = TimeDelta::hours(MARGIN_HOURS);
    let minute = (after - margin).timestamp().div_euclid(60);
    let last = (until + margin).timestamp().div_euclid(60);
    (minute..last)
        .map(|minute| DateTime::from_timestamp(minute * 60, 0).unwrap())
        .map(|instant| {
            (
                instant,
                zone.from_utc_datetime(&instant.naive_utc()).naive_local(),
            )
        })
        .collect()
}

fn star(first: u32, last: u32) -> Part {
    Part {
        text: "*".to_owned(),
        values: (first..=last).collect(),
        starred: true,
        last_day: false,
    }
}

fn listed(values: BTreeSet<u32>, names: &[&str], first: u32) -> Part {
    let text = |value: &u32| {
        let at = usize::try_from(value - first).unwrap();
        names
            .get(at)
            .map_or_else(|| value.to_string(), |name| (*name).to_owned())
    };
    let items: Vec<String> = values.iter().map(text).collect();
    Part {
        text: items.join(","),
        values,
        starred: false,
        last_day: false,
    }
}

/// `*`, `*/n`, a list, a list of names, a range, or a range with a step.
fn part(first: u32, last: u32, names: &'static [&'static str]) -> BoxedStrategy<Part> {
    let steps = (1..=last).prop_map(move |step| Part {
        text: format!("*/{step}"),
        values: (first..=last)
            .step_by(usize::try_from(step).unwrap())
            .collect(),
        starred: true,
        last_day: false,
    });
    let ranges = (first..=last, first..=last, 1..=4_u32).prop_map(move |(one, other, step)| {
        let (low, high) = (one.min(other), one.max(other));
        let by = if step == 1 {
            String::new()
        } else {
            format!("/{step}")
        };
        Part {
            text: format!("{low}-{high}{by}"),
            values: (low..=high)
                .step_by(usize::try_from(step).unwrap())
                .collect(),
            starred: false,
            last_day: false,
        }
    });
    prop_oneof![
        3 => Just(star(first, last)),
        1 => steps,
        3 => btree_set(first..=last, 1..=4).prop_map(|values| listed(values, &[], 0)),
        1 => btree_set(first..=last, 1..=2).prop_map(move |values| listed(values, names, first)),
        1 => ranges,
    ]
    .boxed()
}

fn with_last_day(part: Part) -> Part {
    Part {
        text: if part.starred {
            "L".to_owned()
        } else {
            format!("{},L", part.text)
        },
        values: if part.starred {
            BTreeSet::new()
        } else {
            part.values
        },
        starred: false,
        last_day: true,
    }
}

fn sunday_as_seven(part: Part) -> Part {
    if part.text == "0" {
        return Part {
            text: "7".to_owned(),
            ..part
        };
    }
    part
}

/// Any expression of the dialect.
pub(crate) fn meaning() -> impl Strategy<Value = Meaning> {
    let days = part(1, 31, &[]);
    let days = prop_oneof![4 => days.clone(), 1 => days.prop_map(with_last_day)];
    let months = [
        "jan", "FEB", "Mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let weekdays = ["sun", "MON", "Tue", "wed", "thu", "fri", "sat"];
    // Leaked once per strategy, so that names can be borrowed for the whole test.
    let months: &'static [&'static str] = Box::leak(Box::new(months));
    let weekdays: &'static [&'static str] = Box::leak(Box::new(weekdays));
    (
        part(0, 59, &[]),
        part(0, 23, &[]),
        days,
        prop_oneof![2 => Just(star(1, 12)), 1 => part(1, 12, months)],
        prop_oneof![1 => Just(star(0, 6)), 1 => part(0, 6, weekdays).prop_map(sunday_as_seven)],
    )
        .prop_map(|(minute, hour, day_of_month, month, day_of_week)| Meaning {
            minute,
            hour,
            day_of_month,
            month,
            day_of_week,
        })
}

/// Both policies, in every combination.
pub(crate) fn policies() -> impl Strategy<Value = (GapPolicy, RepeatPolicy)> {
    (
        select(vec![GapPolicy::Shift, GapPolicy::Skip]),
        select(vec![
            RepeatPolicy::First,
            RepeatPolicy::Second,
            RepeatPolicy::Both,
        ]),
    )
}
