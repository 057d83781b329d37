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

/// A job that can move within its hour.
struct Movable<'a> {
    id: JobId,
    name: &'a str,
    expression: &'a str,
    fires: &'a [DateTime<Utc>],
    minute: u32,
    /// The expression without its minute.
    rest: &'a str,
}

/// Looks at the coming day of `planned` jobs, which have these `names`. Those whose schedule cannot be read have no fires;
/// those that fire once, or at more than one minute of an hour, are counted and stay.
#[must_use]
pub fn spread(planned: &[Planned], names: &HashMap<JobId, String>, now: DateTime<Utc>) -> Spread {
    let load = Load::of(planned, now, now + AHEAD, usize::MAX);
    let minutes = load.minutes.iter().map(|(at, fires)| Minute {
        at: *at,
        fires: *fires,
        crowded: crowded(fires.saturating_sub(1)),
    });
    let minutes: Vec<_> = minutes.collect();
    Spread {
        fires: minutes.iter().map(|minute| minute.fires).sum(),
        suggestions: suggestions(&load, names),
        minutes,
    }
}

/// Quieter schedules for those jobs of `load` that are in `names`, do meet a crowd and have a minute of their hour where
/// they meet none. In the order of names, so that whoever asks twice is told the same.
#[must_use]
pub fn suggestions(load: &Load<'_>, names: &HashMap<JobId, String>) -> Vec<Suggestion> {
    let named = load.jobs().filter_map(|(id, planned, fires)| {
        Movable::new(
            id,
            names.get(&id)?,
            planned.cron_expression.as_deref()?,
            fires,
        )
    });
    let mut movable: Vec<_> = named.collect();
    movable.sort_by_key(|it| (it.name, it.id));
    let mut minutes = load.minutes.clone();
    let suggested = movable.iter().filter_map(|it| it.suggest(&mut minutes));
    suggested.collect()
}

impl<'a> Movable<'a> {
    fn new(
        id: JobId,
        name: &'a str,
        expression: &'a str,
        fires: &'a [DateTime<Utc>],
    ) -> Option<Self> {
        let (minute, rest) = expression.trim_start().split_once([' ', '\t'])?;
        Some(Self {
            id,
            name,
            expression,
            fires,
            minute: minute.parse().ok()?,
            rest,
        })
    }

    /// Moves the job to its quietest minute when its own is crowded, and counts it there, so that
    /// the next one is not sent to the same place.
    fn suggest(&self, load: &mut BTreeMap<DateTime<Utc>, usize>) -> Option<Suggestion> {
        let met = |shift: i64, own: usize| {
            let meets = self.fires.iter().map(|fire| {
                let there = *fire + TimeDelta::minutes(shift);
                load.get(&there).copied().unwrap_or(0).saturating_sub(own)
            });
            meets.max().unwrap_or(0)
        };
        crowded(met(0, 1))?;
        let shifts = self.shifts();
        let (others, _, shift) = shifts
            .filter(|shift| *shift != 0)
            .map(|shift| (met(shift, 0), shift.abs(), shift))
            .min()?;
        if crowded(others).is_some() {
            return None;
        }
        for fire in self.fires {
            if let Some(here) = load.get_mut(fire) {
                *here = here.saturating_sub(1);
            }
            let there = *fire + TimeDelta::minutes(shift);
            *load.entry(there).or_default() += 1;
        }
        let minute = i64::from(self.minute) + shift;
        Some(Suggestion {
            job_id: self.id,
            name: self.name.to_owned(),
            expression: self.expression.to_owned(),
            suggested: format!("{minute} {}", self.rest),
            others,
        })
    }

    /// Every shift that keeps the hour.
    fn shifts(&self) -> impl Iterator<Item = i64> + use<> {
        let minute = i64::from(self.minute);
        -minute..60 - minute
    }
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
