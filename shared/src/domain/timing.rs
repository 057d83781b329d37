//! When a job runs: the columns that say so, checked together, and what an edit makes of them. Pure.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    MisfirePolicy, OverlapPolicy,
    schedule::{GapPolicy, Period, RepeatPolicy, Schedule, ScheduleError, Zone},
};

/// The columns that say when a job runs, and how it treats overlaps, misfires and failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Once or again and again.
    pub schedule_type: ScheduleType,
    /// Five fields or a nickname; exactly for recurring jobs.
    pub cron_expression: Option<String>,
    /// The moment of a one-time job; `None` for one that was asked for at once.
    pub scheduled_at: Option<DateTime<Utc>>,
    /// Earlier fire times are none; only for recurring jobs.
    pub starts_at: Option<DateTime<Utc>>,
    /// Later fire times are none; only for recurring jobs.
    pub ends_at: Option<DateTime<Utc>>,
    /// IANA name of the zone in which the expression is read.
    pub timezone: String,
    /// What a fire time does that daylight saving skips.
    pub dst_gap_policy: GapPolicy,
    /// What a fire time does that daylight saving repeats.
    pub dst_repeat_policy: RepeatPolicy,
    /// What a tick does while the run before it is at work.
    pub overlap_policy: OverlapPolicy,
    /// What happens to ticks that nobody delivered.
    pub misfire_policy: MisfirePolicy,
    /// Most missed ticks that run, for [`MisfirePolicy::All`]; 1 to 100.
    pub misfire_limit: i32,
    /// Older ticks never run; 60 to 604,800 s.
    pub misfire_window_seconds: i32,
    /// Retries after the first attempt; 0 to 20.
    pub max_retries: i32,
    /// Completed runs after which the job has ended; `None` for no end.
    pub max_runs: Option<i32>,
}

impl Timing {
    /// A recurring job with the table's default policies.
    #[must_use]
    pub fn recurring(cron_expression: String, timezone: String) -> Self {
        Self {
            schedule_type: ScheduleType::Recurring,
            cron_expression: Some(cron_expression),
            scheduled_at: None,
            max_runs: None,
            ..Self::once(DateTime::UNIX_EPOCH, timezone)
        }
    }

    /// A one-time job with the table's default policies.
    #[must_use]
    pub fn once(scheduled_at: DateTime<Utc>, timezone: String) -> Self {
        Self {
            schedule_type: ScheduleType::OneTime,
            cron_expression: None,
            scheduled_at: Some(scheduled_at),
            starts_at: None,
            ends_at: None,
            timezone,
            dst_gap_policy: GapPolicy::default(),
            dst_repeat_policy: RepeatPolicy::default(),
            overlap_policy: OverlapPolicy::Skip,
            misfire_policy: MisfirePolicy::Latest,
            misfire_limit: 10,
            misfire_window_seconds: 86_400,
            max_retries: 3,
            max_runs: Some(1),
        }
    }

    /// The schedule of a recurring job; `None` for a one-time job, whose zone is checked all the same.
    ///
    /// # Errors
    /// [`TimingError`] when the columns do not fit together or cannot be read.
    pub fn schedule(&self) -> Result<Option<Schedule>, TimingError> {
        let Some(cron) = self.cron_expression.as_deref() else {
            if self.starts_at.or(self.ends_at).is_some() {
                let field = self.starts_at.map_or("ends_at", |_| "starts_at");
                return Err(TimingError::Period(field));
            }
            let zone = self.timezone.parse::<Zone>();
            return zone.map(|_| None).map_err(|_| TimingError::Zone);
        };
        let (starts_at, ends_at) = (self.starts_at, self.ends_at);
        if matches!((starts_at, ends_at), (Some(start), Some(end)) if end <= start) {
            return Err(TimingError::EndsFirst);
        }
        let (gap, repeat) = (self.dst_gap_policy, self.dst_repeat_policy);
        let schedule = Schedule::parse(cron, &self.timezone, gap, repeat)?;
        Ok(Some(schedule.within(Period { starts_at, ends_at })))
    }

    /// The first fire time after `now`.
    ///
    /// # Errors
    /// [`TimingError`] when there is none, or as [`Self::schedule`].
    pub fn first_fire(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, TimingError> {
        if let Some(schedule) = self.schedule()? {
            let fires_at_all = |schedule: Schedule| {
                let always = schedule.within(Period::default());
                always.next_after(now).is_some()
            };
            return match schedule.next_after(now) {
                Some(next) => Ok(next),
                None if fires_at_all(schedule) => Err(TimingError::Over),
                None => Err(TimingError::NeverFires),
            };
        }
        let at = self.scheduled_at.filter(|at| *at > now);
        at.ok_or(TimingError::Past)
    }

    /// The next `count` fire times, of which the first is `first`.
    #[must_use]
    pub fn fires(&self, first: Option<DateTime<Utc>>, count: usize) -> Vec<DateTime<Utc>> {
        let schedule = self.schedule().ok().flatten();
        let after = |at: &DateTime<Utc>| schedule.as_ref()?.next_after(*at);
        std::iter::successors(first, after).take(count).collect()
    }

    /// The fire times after the first of two moments and not after the second, at most `most`. None before `first`,
    /// the next one that has no verdict.
    #[must_use]
    pub fn fires_within(
        &self,
        first: Option<DateTime<Utc>>,
        (after, until): (DateTime<Utc>, DateTime<Utc>),
        most: usize,
    ) -> Vec<DateTime<Utc>> {
        let schedule = self.schedule().ok().flatten();
        let next = |at: DateTime<Utc>| schedule.as_ref()?.next_after(at);
        let first = first.and_then(|at| if at > after { Some(at) } else { next(after) });
        std::iter::successors(first, |at| next(*at))
            .take_while(|at| *at <= until)
            .take(most)
            .collect()
    }

    /// Whether a job with this timing fires at other times than one with `other`.
    #[must_use]
    pub fn fires_differently(&self, other: &Self) -> bool {
        let zoned = |timing: &Self| {
            let policies = (timing.dst_gap_policy, timing.dst_repeat_policy);
            let period = (timing.starts_at, timing.ends_at);
            let (cron, zone) = (timing.cron_expression.clone(), timing.timezone.clone());
            (cron, zone, policies, period)
        };
        match self.schedule_type {
            ScheduleType::Recurring => zoned(self) != zoned(other),
            ScheduleType::OneTime => self.scheduled_at != other.scheduled_at,
        }
    }

    /// What an edit from `old`, whose watermark is `watermark`, makes of the next fire time. Other
    /// fire times count from `now`, so that none fires that neither timing names.
    ///
    /// # Errors
    /// As [`Self::first_fire`].
    pub fn replan(
        &self,
        old: &Self,
        watermark: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Result<Replan, TimingError> {
        if self.fires_differently(old) {
            return self.first_fire(now).map(Replan::Anew);
        }
        self.schedule()?;
        Ok(Replan::Kept(watermark))
    }
}

/// Where the watermark of an edited job goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replan {
    /// It stays, since the fire times are the same.
    Kept(Option<DateTime<Utc>>),
    /// The fire times are others, and this is the first; what the old ones left is superseded.
    Anew(DateTime<Utc>),
}

/// Why a job cannot run at the times asked for. The text is about the field of that name.
#[derive(Debug, thiserror::Error)]
pub enum TimingError {
    /// A one-time job has no period; the field that gives it one.
    #[error("is for jobs with a cron_expression")]
    Period(&'static str),
    /// A one-time job with an unknown zone.
    #[error("must be an IANA name, as in Europe/Berlin")]
    Zone,
    /// The period ends before it begins.
    #[error("must be after starts_at")]
    EndsFirst,
    /// The expression names no date that exists.
    #[error("never fires; name a date that exists")]
    NeverFires,
    /// The period ends before the next fire time.
    #[error("leaves no fire time from now on")]
    Over,
    /// The moment of a one-time job has passed.
    #[error("must be in the future; to run at once, use POST /api/runs")]
    Past,
    /// Expression or zone cannot be read.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
}

impl TimingError {
    /// The column that is wrong.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Period(field) => field,
            Self::Zone | Self::Schedule(ScheduleError::UnknownZone { .. }) => "timezone",
            Self::EndsFirst | Self::Over => "ends_at",
            Self::NeverFires | Self::Schedule(_) => "cron_expression",
            Self::Past => "scheduled_at",
        }
    }

    /// Byte offset into the expression; `None` when the expression is not what is wrong.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        match self {
            Self::Schedule(error) => error.position(),
            _ => None,
        }
    }
}

/// Whether a job runs once or again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ScheduleType {
    /// Once.
    OneTime,
    /// By a cron expression.
    Recurring,
}

impl ScheduleType {
    /// The word in SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OneTime => "one_time",
            Self::Recurring => "recurring",
        }
    }
}
