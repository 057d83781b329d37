//! A plan on the screen: what changes, what that means in time, and the quota.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use shared::{
    clients::cloud_clock::{EXPRESSION_MAX, PAGE_SIZE, RULES_PER_BUS, SCHEDULES_PER_REGION},
    config::{ClockBackend, Rules},
    domain::{JobId, schedule::diff::Fires},
};

use crate::{
    forecast::{Forecast, forecast},
    mark::Mark,
    plan::{Change, Plan},
    rules::Applied,
};

/// A plan as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// Changes in the order of doing.
    pub changes: Vec<ShownChange>,
    /// Rules that are as they should be.
    pub unchanged: usize,
    /// Rules with our prefix that are not ours; `apply` leaves them alone.
    pub strangers: Vec<String>,
    /// Room on the bus.
    pub quota: Quota,
}

/// One change as it is shown.
#[derive(Clone, Debug, Serialize)]
pub struct ShownChange {
    /// `create`, `update`, `enable`, `disable` or `delete`.
    pub change: &'static str,
    /// The rule's name.
    pub rule: String,
    /// Its job; `None` when the rule does not tell.
    pub job_id: Option<JobId>,
    /// The rule's expression after the change; for a deletion, before it.
    pub expression: String,
    /// The job's name and its schedule in words, as the rule's description tells them.
    pub description: String,
    /// The schedule in words; `None` for a deletion.
    pub sentence: Option<String>,
    /// The first fire after the change.
    pub next_fire: Option<DateTime<Utc>>,
    /// Fires of the next seven days that come and go.
    #[serde(flatten)]
    pub forecast: Forecast,
}

/// How many rules there are, ours and others', and what the clock allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Which service it is.
    pub clock: ClockBackend,
    /// Rules on the bus, or schedules in the group, now.
    pub used: usize,
    /// The same after the plan.
    pub after: usize,
    /// How many the bus or the region may hold, unless AWS granted more.
    pub max: usize,
    /// Characters of the longest expression of all our rules.
    pub expression_longest: usize,
    /// The longest that AWS takes.
    pub expression_max: usize,
    /// Calls of the clock's API that the plan needs, at most.
    pub calls: usize,
    /// Calls that each minute's sweep needs to look, at least.
    pub calls_per_sweep: usize,
    /// Calls a second that the settings allow us.
    pub calls_per_second: u64,
}

impl Quota {
    /// One of five is kept free for growth until somebody has acted.
    const fn is_narrow(&self) -> bool {
        self.after * 5 > self.max * 4
    }

    fn new(plan: &Plan, used: usize, settings: &Rules) -> Self {
        let count = |verb| plan.changes.iter().filter(|it| it.verb() == verb).count();
        let (created, deleted) = (count("create"), count("delete"));
        let others = plan.changes.len() - created - deleted;
        // As many as each kind of change takes in `shared::clients::cloud_clock`.
        let (max, calls) = match settings.clock {
            ClockBackend::Rules => (RULES_PER_BUS, 3 * (created + deleted) + 2 * others),
            ClockBackend::Scheduler => (SCHEDULES_PER_REGION, created + deleted + 2 * others),
        };
        Self {
            clock: settings.clock,
            used,
            after: (used + created).saturating_sub(deleted),
            max,
            expression_longest: plan.expression_longest,
            expression_max: EXPRESSION_MAX,
            calls,
            calls_per_sweep: (plan.unchanged + plan.changes.len())
                .div_ceil(PAGE_SIZE.into())
                .max(1),
            calls_per_second: settings.calls_per_second,
        }
    }
}

impl Shown {
    /// Prepares `plan` for the screen; there are `used` rules in all.
    #[must_use]
    pub fn new(plan: &Plan, used: usize, settings: &Rules, now: DateTime<Utc>) -> Self {
        Self {
            changes: plan.changes.iter().map(|it| show(it, now)).collect(),
            unchanged: plan.unchanged,
            strangers: plan.strangers.clone(),
            quota: Quota::new(plan, used, settings),
        }
    }
}

fn show(change: &Change, now: DateTime<Utc>) -> ShownChange {
    let forecast = forecast(change, now);
    let (job_id, expression, description, sentence, next_fire) = match (change, change.desired()) {
        (_, Some(it)) => (
            Some(it.mark.job_id),
            it.rule.says(),
            Some(it.rule.description.as_str()),
            Some(it.sentence.clone()),
            it.next_fire.filter(|_| it.rule.is_enabled),
        ),
        (Change::Delete(was), None) => (
            was.description
                .as_deref()
                .and_then(Mark::find)
                .map(|it| it.job_id),
            was.says().unwrap_or_default(),
            was.description.as_deref(),
            None,
            None,
        ),
        _ => Default::default(),
    };
    let description = description.unwrap_or_default();
    ShownChange {
        change: change.verb(),
        rule: change.name().to_owned(),
        job_id,
        expression,
        description: Mark::words(description).to_owned(),
        sentence,
        next_fire,
        forecast,
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.changes {
            writeln!(f, "{change}")?;
        }
        let changes = self.changes.len();
        writeln!(
            f,
            "{changes} to change, {} as they should be",
            self.unchanged
        )?;
        for name in &self.strangers {
            writeln!(f, "not ours, left alone: {name}")?;
        }
        self.quota.fmt(f)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            used, after, max, ..
        } = self;
        let what = match self.clock {
            ClockBackend::Rules => "rules on the bus",
            ClockBackend::Scheduler => "schedules in the group",
        };
        writeln!(f, "{what}: {used} now, {after} after, {max} by default")?;
        let (longest, most) = (self.expression_longest, self.expression_max);
        writeln!(f, "longest expression: {longest} of {most} characters")?;
        let (calls, sweep, pace) = (self.calls, self.calls_per_sweep, self.calls_per_second);
        writeln!(
            f,
            "calls: at most {calls} for this plan, {sweep} for a sweep; {pace} a second are allowed us"
        )?;
        match self.clock {
            ClockBackend::Rules if self.is_narrow() => writeln!(
                f,
                "more than four of five rules of the default quota: move to Scheduler with SUNDIAL_CLOCK=scheduler \
                 and `schedules migrate-clock`, archive schedules, or ask AWS for more rules per event bus"
            ),
            ClockBackend::Scheduler if self.is_narrow() => writeln!(
                f,
                "more than four of five schedules of the default quota: archive schedules, or ask AWS for more"
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for ShownChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.change, self.rule)?;
        writeln!(f, "    {}  {}", self.expression, self.description)?;
        if let Some(fire) = self.next_fire {
            writeln!(f, "    next: {}", utc(&fire))?;
        }
        list(f, "+", &self.forecast.appear)?;
        list(f, "-", &self.forecast.vanish)
    }
}

fn list(f: &mut fmt::Formatter<'_>, sign: &str, fires: &Fires) -> fmt::Result {
    if fires.count == 0 {
        return Ok(());
    }
    let told: Vec<_> = fires.first.iter().map(utc).collect();
    let more = if fires.count > told.len() {
        ", …"
    } else {
        ""
    };
    let (count, told) = (fires.count, told.join(", "));
    writeln!(f, "    {sign} {count} fires within 7 days: {told}{more}")
}

fn utc(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            created,
            updated,
            enabled,
            disabled,
            deleted,
            unchanged,
            left,
        } = self;
        write!(
            f,
            "{created} created, {updated} updated, {enabled} enabled, {disabled} disabled, \
             {deleted} deleted, {unchanged} unchanged, {left} left"
        )
    }
}
