//! How many jobs fire in each minute to come. Pure.
//!
//! Jobs with the same schedule are asked once, so that ten thousand of them cost little more than the few hundred
//! schedules that they have. Which jobs they are is looked up once it is known whose are told.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};

use super::schedule::{GapPolicy, Period, RepeatPolicy, Schedule};

/// When jobs fire that have all of it in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Planned {
    /// How many jobs.
    pub jobs: usize,
    /// Their schedule; `None` for one-time jobs.
    pub cron_expression: Option<String>,
    /// IANA name of the schedule's zone.
    pub timezone: String,
    /// For wall-clock times that do not exist.
    pub gap: GapPolicy,
    /// For wall-clock times that come twice.
    pub repeat: RepeatPolicy,
    /// When the schedule is in force.
    pub period: Period,
    /// When their pause ends by itself; fire times before are skipped.
    pub paused_until: Option<DateTime<Utc>>,
    /// The next fire time; earlier ones have their verdict. `None`: it is not known.
    pub next_run_at: Option<DateTime<Utc>>,
}

/// After which moment fire times count: now, or just before the end of a pause.
#[must_use]
pub fn counted_after(paused_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    paused_until.map_or(now, |until| now.max(until - TimeDelta::nanoseconds(1)))
}

/// The fire times of jobs between two moments.
#[derive(Debug)]
pub struct Load<'a> {
    groups: Vec<Group<'a>>,
    /// How many jobs fire in each minute in which one does.
    pub minutes: BTreeMap<DateTime<Utc>, usize>,
    /// Jobs whose fire times were not looked at, as there are too many.
    pub left_out: usize,
}

/// Jobs that fire at the same times, but that some begin later.
#[derive(Debug)]
struct Group<'a> {
    fires: Vec<DateTime<Utc>>,
    /// Each with the place of its first fire.
    planned: Vec<(usize, &'a Planned)>,
}

/// What jobs of a group have in common.
#[derive(PartialEq, Eq, Hash)]
struct Key<'a> {
    cron_expression: &'a str,
    timezone: &'a str,
    policies: (GapPolicy, RepeatPolicy),
    period: Period,
    after: DateTime<Utc>,
}

impl<'a> Load<'a> {
    /// The fire times of `planned` jobs in `(after, until]`. Of different schedules at most `fires_max` fire times are worked out;
    /// jobs beyond are left out, and counted. A schedule that cannot be read has no fire times.
    #[must_use]
    pub fn of(
        planned: impl IntoIterator<Item = &'a Planned>,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        fires_max: usize,
    ) -> Self {
        let mut load = Self {
            groups: vec![],
            minutes: BTreeMap::new(),
            left_out: 0,
        };
        let mut places: HashMap<Key<'_>, Option<usize>> = HashMap::new();
        let mut room = fires_max;
        for it in planned {
            let Some(key) = Key::of(it, after) else {
                load.add_once(it, after, until);
                continue;
            };
            let place = *places.entry(key).or_insert_with(|| {
                let fires = it.fires(after, until, room.saturating_add(1));
                room = room.checked_sub(fires.len())?;
                load.groups.push(Group {
                    fires,
                    planned: vec![],
                });
                Some(load.groups.len() - 1)
            });
            match place.and_then(|place| load.groups.get_mut(place)) {
                Some(group) => group.add(it),
                None => load.left_out += it.jobs,
            }
        }
        for group in &load.groups {
            group.count(&mut load.minutes);
        }
        load
    }

    /// The schedules that fire at `minute`, in no order.
    pub fn at(&self, minute: DateTime<Utc>) -> impl Iterator<Item = &'a Planned> {
        self.groups.iter().flat_map(move |group| {
            let place = group.fires.binary_search(&minute).ok();
            let here = group.planned.iter();
            let here = here.filter(move |(first, _)| place.is_some_and(|place| place >= *first));
            here.map(|(_, it)| *it)
        })
    }

    /// Each schedule with its fire times.
    pub fn fires(&self) -> impl Iterator<Item = (&'a Planned, &[DateTime<Utc>])> {
        self.groups.iter().flat_map(|group| {
            let planned = group.planned.iter();
            planned.map(|(first, it)| (*it, group.fires.get(*first..).unwrap_or_default()))
        })
    }

    fn add_once(&mut self, it: &'a Planned, after: DateTime<Utc>, until: DateTime<Utc>) {
        let at = it.next_run_at.filter(|at| *at > after && *at <= until);
        self.groups.extend(at.map(|at| Group {
            fires: vec![at],
            planned: vec![(0, it)],
        }));
    }
}

impl<'a> Group<'a> {
    fn add(&mut self, it: &'a Planned) {
        let has_verdict = |fire: &DateTime<Utc>| it.next_run_at.is_some_and(|next| *fire < next);
        let first = self.fires.partition_point(has_verdict);
        self.planned.push((first, it));
    }

    fn count(&self, minutes: &mut BTreeMap<DateTime<Utc>, usize>) {
        let mut begin: BTreeMap<usize, usize> = BTreeMap::new();
        for (first, it) in &self.planned {
            *begin.entry(*first).or_default() += it.jobs;
        }
        let mut jobs = 0;
        for (place, fire) in self.fires.iter().enumerate() {
            jobs += begin.get(&place).copied().unwrap_or_default();
            if jobs > 0 {
                *minutes.entry(*fire).or_default() += jobs;
            }
        }
    }
}

impl<'a> Key<'a> {
    /// `None` for jobs that fire once.
    fn of(it: &'a Planned, after: DateTime<Utc>) -> Option<Self> {
        Some(Self {
            cron_expression: it.cron_expression.as_deref()?,
            timezone: &it.timezone,
            policies: (it.gap, it.repeat),
            period: it.period,
            after: counted_after(it.paused_until, after),
        })
    }
}

impl Planned {
    fn fires(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Vec<DateTime<Utc>> {
        let cron = self.cron_expression.as_deref().unwrap_or_default();
        let schedule = Schedule::parse(cron, &self.timezone, self.gap, self.repeat);
        let after = counted_after(self.paused_until, after);
        schedule.map_or_else(
            |_| vec![],
            |it| it.within(self.period).fires_between(after, until, limit),
        )
    }
}

#[cfg(test)]
pub(super) mod tests;
