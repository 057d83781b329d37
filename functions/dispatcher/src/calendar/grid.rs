//! What happened and what is to come, hour by hour of a zone's clock. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use shared::{domain::RunStatus, store::runs::verdicts::Verdicts};

use super::window::{QUARTER, Window};

/// An hour of the zone's clock. One that comes twice is told once, with what is in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hour {
    /// Its day by that clock.
    pub(crate) date: NaiveDate,
    /// 0 to 23.
    pub(crate) hour: u32,
    /// When it begins.
    pub(crate) from: DateTime<Utc>,
    /// When it ends.
    pub(crate) until: DateTime<Utc>,
    /// Attempts with a nominal time in it, by how they stand.
    pub(crate) verdicts: BTreeMap<&'static str, (RunStatus, i64)>,
    /// Fire times to come.
    pub(crate) to_come: usize,
    /// The minute with most of them.
    pub(crate) busiest: Option<(DateTime<Utc>, usize)>,
}

impl Hour {
    /// Whether nothing happened in it and nothing will.
    pub(crate) fn is_empty(&self) -> bool {
        self.verdicts.is_empty() && self.to_come == 0
    }
}

/// Every hour of `window`, in the order of the clock.
pub(crate) fn hours(
    window: &Window,
    verdicts: &[Verdicts],
    minutes: &BTreeMap<DateTime<Utc>, usize>,
) -> Vec<Hour> {
    let key = |at: DateTime<Utc>| {
        let there = at.with_timezone(&window.zone);
        (there.date_naive(), there.hour())
    };
    let mut hours: BTreeMap<(NaiveDate, u32), Hour> = BTreeMap::new();
    let quarters = std::iter::successors(Some(window.from), |at| Some(*at + QUARTER));
    for at in quarters.take_while(|at| *at < window.until) {
        let (date, hour) = key(at);
        let there = hours
            .entry((date, hour))
            .or_insert_with(|| Hour::new(date, hour, at));
        there.until = at + QUARTER;
        // Clocks change at whole quarters, and these are few.
        for (at, jobs) in minutes.range(at..there.until) {
            there.to_come += jobs;
            if there.busiest.is_none_or(|(_, most)| *jobs > most) {
                there.busiest = Some((*at, *jobs));
            }
        }
    }
    for it in verdicts {
        if let Some(hour) = hours.get_mut(&key(it.at)) {
            let counted = hour.verdicts.entry(it.status.name());
            counted.or_insert((it.status, 0)).1 += it.runs;
        }
    }
    hours.into_values().collect()
}

impl Hour {
    fn new(date: NaiveDate, hour: u32, from: DateTime<Utc>) -> Self {
        Self {
            date,
            hour,
            from,
            until: from,
            verdicts: BTreeMap::new(),
            to_come: 0,
            busiest: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn of(zone: &str, date: &str) -> Window {
        Window::new(zone.parse().unwrap(), date.parse().unwrap(), 1)
    }

    #[test]
    fn quarters_and_minutes_count_in_the_hour_that_the_clock_shows() {
        let window = of("Asia/Kolkata", "2026-11-20");
        let verdicts = [
            ("2026-11-19T18:30:00Z", RunStatus::Completed, 2),
            ("2026-11-19T19:15:00Z", RunStatus::Completed, 1),
            ("2026-11-19T19:15:00Z", RunStatus::Failed, 1),
            ("2026-11-19T19:30:00Z", RunStatus::Completed, 5),
        ];
        let verdicts = verdicts.map(|(time, status, runs)| Verdicts {
            at: at(time),
            status,
            runs,
        });
        let minutes = BTreeMap::from([
            (at("2026-11-20T18:00:00Z"), 1),
            (at("2026-11-20T18:10:00Z"), 3),
            (at("2026-11-20T18:20:00Z"), 3),
            (at("2026-11-20T18:30:00Z"), 9),
        ]);

        let hours = hours(&window, &verdicts, &minutes);

        assert_eq!(hours.len(), 24);
        let first: Vec<_> = hours[0].verdicts.values().collect();
        assert_eq!(first, [&(RunStatus::Completed, 3), &(RunStatus::Failed, 1)]);
        assert_eq!((hours[0].hour, hours[0].from), (0, window.from));
        let last = &hours[23];
        assert_eq!(last.to_come, 7, "what is tomorrow is not in it");
        assert_eq!(last.busiest, Some((at("2026-11-20T18:10:00Z"), 3)));
        assert_eq!(hours.iter().filter(|it| !it.is_empty()).count(), 3);
    }

    #[test]
    fn an_hour_that_comes_twice_is_one_of_two_hours() {
        let hours = hours(&of("Europe/Berlin", "2026-10-25"), &[], &BTreeMap::new());

        assert_eq!(hours.len(), 24);
        let twice = &hours[2];
        assert_eq!(twice.until - twice.from, chrono::TimeDelta::hours(2));
    }
}
