//! Which minutes of the coming day are crowded, and where their jobs could go instead. Pure.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;

use super::{
    JobId,
    load::{Load, Planned},
    schedule::{Lint, crowded},
};

/// How far ahead.
pub const AHEAD: TimeDelta = TimeDelta::hours(24);

/// The coming day, minute by minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// Fires in all.
    pub fires: usize,
    /// Minutes with at least one.
    pub minutes: Vec<Minute>,
    /// Jobs in a crowded minute that have a quieter one.
    pub suggestions: Vec<Suggestion>,
}

/// A minute and how many jobs fire in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Minute {
    /// Its start.
    pub at: DateTime<Utc>,
    /// Jobs that fire.
    pub fires: usize,
    /// Why that is too many.
    pub crowded: Option<Lint>,
}

/// A quieter schedule for a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Suggestion {
    /// The job.
    pub job_id: JobId,
    /// What people call it.
    pub name: String,
    /// Its schedule.
    pub expression: String,
    /// The same at another minute of the hour.
    pub suggested: String,
    /// The most jobs it would meet there at once.
    pub others: usize,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The job.
    pub id: JobId,
    /// What people call it.
    pub name: String,
}

/// Minutes of an hour.
const HOUR: usize = 60;

/// A job that can move within its hour.
struct Movable<'a> {
    named: &'a Named,
    expression: &'a str,
    fires: &'a [DateTime<Utc>],
    minute: usize,
    /// The expression without its minute.
    rest: &'a str,
}

/// Looks at the coming day of these jobs. Those whose schedule cannot be read have no fires; those that fire once, or at
/// more than one minute of an hour, are counted and stay.
#[must_use]
pub fn spread(jobs: &[(Named, Planned)], now: DateTime<Utc>) -> Spread {
    let planned = jobs.iter().map(|(_, planned)| planned);
    let load = Load::of(planned, now, now + AHEAD, usize::MAX);
    let minutes = load.minutes.iter().map(|(at, fires)| Minute {
        at: *at,
        fires: *fires,
        crowded: crowded(fires.saturating_sub(1)),
    });
    let minutes: Vec<_> = minutes.collect();
    Spread {
        fires: minutes.iter().map(|minute| minute.fires).sum(),
        suggestions: suggestions(&load, jobs.iter().map(|(named, planned)| (named, planned))),
        minutes,
    }
}

/// Quieter schedules for those of these jobs that do meet a crowd in `load` and have a minute of their hour where they meet
/// none. In the order of names, so that whoever asks twice is told the same.
#[must_use]
pub fn suggestions<'a>(
    load: &Load<'_>,
    jobs: impl Iterator<Item = (&'a Named, &'a Planned)>,
) -> Vec<Suggestion> {
    let fires: HashMap<_, _> = load.fires().collect();
    let movable = jobs.filter_map(|(named, planned)| {
        let expression = planned.cron_expression.as_deref()?;
        Movable::new(named, expression, fires.get(planned)?)
    });
    let mut movable: Vec<_> = movable.collect();
    movable.sort_by_key(|it| (&it.named.name, it.named.id));
    let mut minutes = Minutes::of(&load.minutes);
    let suggested = movable.iter().filter_map(|it| it.suggest(&mut minutes));
    suggested.collect()
}

impl<'a> Movable<'a> {
    fn new(named: &'a Named, expression: &'a str, fires: &'a [DateTime<Utc>]) -> Option<Self> {
        let (minute, rest) = expression.trim_start().split_once([' ', '\t'])?;
        let minute = minute.parse().ok().filter(|minute| *minute < HOUR)?;
        Some(Self {
            named,
            expression,
            fires,
            minute,
            rest,
        })
    }

    /// Moves the job to its quietest minute when its own is crowded, and counts it there, so that
    /// the next one is not sent to the same place.
    fn suggest(&self, minutes: &mut Minutes) -> Option<Suggestion> {
        let most = self.most(minutes);
        crowded(most.get(self.minute)?.saturating_sub(1))?;
        let others = most.iter().enumerate();
        let others = others.filter(|(minute, _)| *minute != self.minute);
        let (others, _, minute) = others
            .map(|(minute, others)| (*others, minute.abs_diff(self.minute), minute))
            .min()?;
        if crowded(others).is_some() {
            return None;
        }
        for fire in self.fires {
            let hour = minutes.hour(*fire, self.minute);
            if let Some(here) = hour.get_mut(self.minute) {
                *here = here.saturating_sub(1);
            }
            if let Some(there) = hour.get_mut(minute) {
                *there += 1;
            }
        }
        Some(Suggestion {
            job_id: self.named.id,
            name: self.named.name.clone(),
            expression: self.expression.to_owned(),
            suggested: format!("{minute} {}", self.rest),
            others,
        })
    }

    /// The most jobs that fire at once in each minute of the job's hours.
    fn most(&self, minutes: &mut Minutes) -> [usize; HOUR] {
        let mut most = [0; HOUR];
        for fire in self.fires {
            let hour = minutes.hour(*fire, self.minute);
            for (most, jobs) in most.iter_mut().zip(hour) {
                *most = (*most).max(*jobs);
            }
        }
        most
    }
}

/// How many jobs fire in each minute, one after another.
struct Minutes {
    /// The first, in minutes since 1970.
    first: i64,
    jobs: Vec<usize>,
}

impl Minutes {
    /// Those of `minutes`, and an hour before and after, where jobs may go.
    fn of(minutes: &BTreeMap<DateTime<Utc>, usize>) -> Self {
        let ends = minutes.keys().next().zip(minutes.keys().next_back());
        let (first, last) = ends.map_or((0, 0), |(first, last)| (minute(*first), minute(*last)));
        let mut it = Self {
            first: first - 60,
            jobs: vec![0; usize::try_from(last - first + 121).unwrap_or_default()],
        };
        for (at, jobs) in minutes {
            if let Some(here) = it.hour(*at, 0).first_mut() {
                *here += jobs;
            }
        }
        it
    }

    /// The hour in which `at` is the minute with this number.
    fn hour(&mut self, at: DateTime<Utc>, number: usize) -> &mut [usize] {
        let place = usize::try_from(minute(at) - self.first).unwrap_or_default();
        let begin = place.saturating_sub(number);
        let end = self.jobs.len().min(begin + HOUR);
        self.jobs.get_mut(begin..end).unwrap_or_default()
    }
}

/// In minutes since 1970.
fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let crowded = self.minutes.iter().filter(|it| it.crowded.is_some());
        let mut count = 0;
        for minute in crowded {
            let at = minute.at.to_rfc3339_opts(SecondsFormat::Secs, true);
            writeln!(f, "{at}  {} jobs", minute.fires)?;
            count += 1;
        }
        for it in &self.suggestions {
            let (id, name) = (it.job_id, &it.name);
            writeln!(f, "{id}  {name}: {}  ->  {}", it.expression, it.suggested)?;
        }
        let (fires, minutes) = (self.fires, self.minutes.len());
        writeln!(
            f,
            "{fires} fires in {minutes} minutes of the coming 24 hours, {count} of them crowded"
        )
    }
}

#[cfg(test)]
mod tests;
