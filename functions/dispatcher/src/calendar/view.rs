//! A calendar as JSON.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::domain::{JobId, spread::Suggestion};

use super::{Busy, Calendar, grid::Hour};

/// Times are UTC; hours are those of the zone's clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct CalendarView {
    timezone: String,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Hours in which something happened or will.
    hours: Vec<HourView>,
    /// Fire times to come.
    to_come: usize,
    /// The minutes in which most jobs fire, those with two or more.
    busiest: Vec<BusyView>,
    /// Whether all is in it; if not, there is more than is counted while somebody waits.
    is_complete: bool,
    /// Jobs whose fire times are not in it, at least.
    jobs_left_out: usize,
    /// Attempts with an earlier nominal time are told as they stood when their hour was counted, once it was over and again
    /// while something of it was under way. Null: all were counted now.
    counted_until: Option<DateTime<Utc>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct HourView {
    from: DateTime<Utc>,
    until: DateTime<Utc>,
    /// Attempts with a nominal time in it, by status.
    verdicts: BTreeMap<&'static str, i64>,
    /// Fire times to come.
    to_come: usize,
    /// The minute with most of them.
    busiest: Option<MinuteView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct MinuteView {
    at: DateTime<Utc>,
    /// How many fire.
    jobs: usize,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BusyView {
    at: DateTime<Utc>,
    /// How many fire.
    jobs: usize,
    /// The first ten by name.
    named: Vec<NamedView>,
    /// Whether they are so many that some start late.
    is_crowded: bool,
    /// Quieter schedules for some of them.
    suggestions: Vec<Suggestion>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct NamedView {
    job_id: JobId,
    name: String,
}

impl CalendarView {
    /// As JSON.
    pub(super) fn of(it: Calendar) -> Self {
        let hours = it.hours.into_iter().filter(|hour| !hour.is_empty());
        Self {
            timezone: it.window.zone.name().to_owned(),
            from: it.window.from,
            until: it.window.until,
            hours: hours.map(HourView::of).collect(),
            to_come: it.to_come,
            busiest: it.busiest.into_iter().map(BusyView::of).collect(),
            is_complete: it.has_all_attempts && it.jobs_left_out == 0,
            jobs_left_out: it.jobs_left_out,
            counted_until: it.counted_until,
        }
    }
}

impl HourView {
    fn of(hour: Hour) -> Self {
        let verdicts = hour.verdicts.into_iter();
        Self {
            from: hour.from,
            until: hour.until,
            verdicts: verdicts.map(|(word, (_, runs))| (word, runs)).collect(),
            to_come: hour.to_come,
            busiest: hour.busiest.map(|(at, jobs)| MinuteView { at, jobs }),
        }
    }
}

impl BusyView {
    fn of(busy: Busy) -> Self {
        let named = busy.named.into_iter();
        Self {
            at: busy.at,
            jobs: busy.jobs,
            named: named
                .map(|it| NamedView {
                    job_id: it.id,
                    name: it.name,
                })
                .collect(),
            is_crowded: busy.is_crowded,
            suggestions: busy.suggestions,
        }
    }
}
