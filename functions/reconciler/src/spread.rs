//! Which minutes of the coming day are crowded, and where their jobs could go instead. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::{
    domain::{
        JobId,
        schedule::{Lint, Schedule, crowded},
    },
    store::jobs::rules::RuleJob,
};

use crate::desired::counted_after;

/// How far ahead.
pub const AHEAD: TimeDelta = TimeDelta::hours(24);

/// Fires looked at for one job: every minute ahead.
const FIRES_MAX: usize = 24 * 60;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
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
    job: &'a RuleJob,
    fires: Vec<DateTime<Utc>>,
    minute: u32,
    /// The expression without its minute.
    rest: &'a str,
}

/// Looks at the recurring jobs among `jobs` that fire, outside of pauses and within their periods. Those whose schedule cannot be read have no
/// fires, and those that fire at more than one minute of an hour are counted and stay.
#[must_use]
pub fn spread(jobs: &[RuleJob], now: DateTime<Utc>) -> Spread {
    let mut load: BTreeMap<DateTime<Utc>, usize> = BTreeMap::new();
    let mut movable = vec![];
    for job in jobs.iter().filter(|job| !job.is_paused) {
        let fires = fires(job, now);
        for fire in &fires {
            *load.entry(*fire).or_default() += 1;
        }
        movable.extend(Movable::new(job, fires));
    }
    let minutes = load.iter().map(|(at, fires)| Minute {
        at: *at,
        fires: *fires,
        crowded: crowded(fires - 1),
    });
    let minutes: Vec<_> = minutes.collect();
    let suggestions = movable.iter().filter_map(|job| job.suggest(&mut load));
    Spread {
        fires: minutes.iter().map(|minute| minute.fires).sum(),
        suggestions: suggestions.collect(),
        minutes,
    }
}

fn fires(job: &RuleJob, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let Some(cron) = &job.cron_expression else {
        return vec![];
    };
    let (gap, repeat) = (job.dst_gap_policy, job.dst_repeat_policy);
    let schedule = Schedule::parse(cron, &job.timezone, gap, repeat);
    let after = counted_after(job.paused_until, now);
    schedule.map_or_else(
        |_| vec![],
        |it| {
            let in_force = it.within(job.period());
            in_force.fires_between(after, now + AHEAD, FIRES_MAX)
        },
    )
}

impl<'a> Movable<'a> {
    fn new(job: &'a RuleJob, fires: Vec<DateTime<Utc>>) -> Option<Self> {
        let expression = job.cron_expression.as_deref()?.trim_start();
        let (minute, rest) = expression.split_once([' ', '\t'])?;
        Some(Self {
            job,
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
        for fire in &self.fires {
            if let Some(here) = load.get_mut(fire) {
                *here = here.saturating_sub(1);
            }
            let there = *fire + TimeDelta::minutes(shift);
            *load.entry(there).or_default() += 1;
        }
        let minute = i64::from(self.minute) + shift;
        Some(Suggestion {
            job_id: self.job.id,
            name: self.job.name.clone(),
            expression: self.job.cron_expression.clone().unwrap_or_default(),
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

#[cfg(test)]
mod tests {
    use shared::domain::schedule::{GapPolicy, RepeatPolicy};

    use super::*;

    fn job(cron: &str) -> RuleJob {
        RuleJob {
            id: JobId::new(),
            job_type: "asset_download".to_owned(),
            name: "Assets".to_owned(),
            is_live: true,
            is_paused: false,
            paused_until: None,
            starts_at: None,
            ends_at: None,
            cron_expression: Some(cron.to_owned()),
            timezone: "UTC".to_owned(),
            dst_gap_policy: GapPolicy::Shift,
            dst_repeat_policy: RepeatPolicy::First,
            next_run_at: None,
        }
    }

    fn of(jobs: &[RuleJob]) -> Spread {
        spread(jobs, "2026-11-20T05:55:00Z".parse().unwrap())
    }

    #[test]
    fn a_quiet_day_has_minutes_and_no_suggestions() {
        let told = of(&[job("0 6 * * *"), job("0 6,18 * * *")]);

        let fires: Vec<_> = told.minutes.iter().map(|it| it.fires).collect();
        assert_eq!((told.fires, fires), (3, vec![2, 1]));
        assert!(told.minutes.iter().all(|it| it.crowded.is_none()));
        assert_eq!(told.suggestions, []);
    }

    #[test]
    fn as_many_jobs_as_needed_move_to_different_near_minutes() {
        let jobs: Vec<_> = (0..13).map(|_| job("0 6 * * *")).collect();

        let told = of(&jobs);

        assert!(told.minutes[0].crowded.is_some(), "{told:?}");
        let suggested: Vec<_> = told.suggestions.iter().map(|it| &it.suggested).collect();
        assert_eq!(suggested, ["1 6 * * *", "2 6 * * *", "3 6 * * *"]);
        assert!(told.suggestions.iter().all(|it| it.others == 0));
    }

    #[test]
    fn a_job_moves_only_where_all_its_fires_are_quieter() {
        let mut jobs: Vec<_> = (0..11).map(|_| job("30 * * * *")).collect();
        jobs.extend((0..12).map(|_| job("31 9 * * *")));

        let told = of(&jobs);

        let hourly = &told.suggestions[0];
        assert_eq!(hourly.suggested, "29 * * * *", "31 is crowded at nine");
    }

    #[test]
    fn paused_jobs_and_intervals_do_not_move() {
        let mut jobs: Vec<_> = (0..11).map(|_| job("*/30 6 * * *")).collect();
        let paused = RuleJob {
            is_paused: true,
            ..job("0 6 * * *")
        };
        jobs.extend([paused, job("not a schedule")]);

        let told = of(&jobs);

        assert_eq!((told.fires, told.suggestions.len()), (22, 0));
        assert!(told.minutes[0].crowded.is_some());
    }

    #[test]
    fn a_period_and_a_pause_that_ends_leave_the_fires_outside_out() {
        let at = |text: &str| -> Option<DateTime<Utc>> { Some(text.parse().unwrap()) };
        let hourly = || job("0 * * * *");
        let ends = RuleJob {
            ends_at: at("2026-11-20T08:00:00Z"),
            ..hourly()
        };
        let starts = RuleJob {
            starts_at: at("2026-11-21T04:00:00Z"),
            ..hourly()
        };
        let pauses = RuleJob {
            paused_until: at("2026-11-21T05:00:00Z"),
            ..hourly()
        };

        let fires = [ends, starts, pauses].map(|job| of(&[job]).fires);

        assert_eq!(fires, [3, 2, 1]);
    }

    #[test]
    fn the_minute_stays_within_its_hour() {
        let jobs: Vec<_> = (0..11).map(|_| job("59 23 * * *")).collect();

        assert_eq!(of(&jobs).suggestions[0].suggested, "58 23 * * *");
    }
}
