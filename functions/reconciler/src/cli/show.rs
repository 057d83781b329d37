//! A plan on the screen: what changes, what that means in time, and the quota.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use shared::{clients::clock_rules::RULES_PER_BUS, domain::JobId};

use crate::{
    forecast::{Fires, Forecast, forecast},
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

/// How many rules the bus holds, ours and others'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Quota {
    /// Rules on the bus now.
    pub used: usize,
    /// Rules on the bus after the plan.
    pub after: usize,
    /// Rules the bus may hold, unless AWS granted more.
    pub max: usize,
}

impl Shown {
    /// Prepares `plan` for the screen; the bus holds `used` rules.
    #[must_use]
    pub fn new(plan: &Plan, used: usize, now: DateTime<Utc>) -> Self {
        let count = |verb| plan.changes.iter().filter(|it| it.verb() == verb).count();
        Self {
            changes: plan.changes.iter().map(|it| show(it, now)).collect(),
            unchanged: plan.unchanged,
            strangers: plan.strangers.clone(),
            quota: Quota {
                used,
                after: (used + count("create")).saturating_sub(count("delete")),
                max: RULES_PER_BUS,
            },
        }
    }
}

fn show(change: &Change, now: DateTime<Utc>) -> ShownChange {
    let forecast = forecast(change, now);
    let (job_id, expression, description, sentence, next_fire) = match change {
        Change::Delete(was) => (
            Mark::find(&was.description).map(|mark| mark.job_id),
            was.expression.clone().unwrap_or_default(),
            &was.description,
            None,
            None,
        ),
        Change::Disable(it)
        | Change::Update { desired: it, .. }
        | Change::Enable(it)
        | Change::Create(it) => (
            Some(it.mark.job_id),
            it.rule.expression.clone(),
            &it.rule.description,
            Some(it.sentence.clone()),
            it.next_fire.filter(|_| it.rule.is_enabled),
        ),
    };
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
        let Quota { used, after, max } = self.quota;
        writeln!(
            f,
            "rules on the bus: {used} now, {after} after, {max} by default"
        )?;
        if after > max {
            writeln!(
                f,
                "more than the default quota: archive schedules, or ask AWS for more"
            )?;
        }
        Ok(())
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
