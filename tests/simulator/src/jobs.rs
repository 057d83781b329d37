//! What the simulator knows of a job: what people asked for, and so what should have happened.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::domain::JobId;
use uuid::Uuid;

use crate::{calendar::Calendar, chance::Chance};

/// Clocks of functions differ by up to 2 s each, an event may be 5 s early: at the boundary of an
/// edit both verdicts are right.
pub(crate) const BLUR: TimeDelta = TimeDelta::seconds(10);

/// A time during which a calendar was in force; without an end it still is.
#[derive(Clone, Debug)]
pub(crate) struct Epoch {
    pub(crate) calendar: Calendar,
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: Option<DateTime<Utc>>,
}

/// A job of the simulation.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) name: String,
    pub(crate) epochs: Vec<Epoch>,
    /// When it was paused, and until when.
    pub(crate) pauses: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    pub(crate) archived_at: Option<DateTime<Utc>>,
    pub(crate) is_exclusive: bool,
    pub(crate) max_retries: i64,
    pub(crate) revision: i32,
}

/// What a request for a new job says.
pub(crate) fn request(chance: &mut Chance, brand: Uuid, calendar: &Calendar, note: u32) -> Value {
    json!({
        "job_type": "asset_download",
        "brand_id": brand,
        "name": format!("job {note}"),
        // Two recurring jobs of a brand and type must differ in their parameters.
        "parameters": { "max_videos": note % 100, "max_images": note / 100 },
        "cron_expression": calendar.cron(),
        "timezone": calendar.zone.name(),
        "dst_gap_policy": calendar.gap,
        "dst_repeat_policy": calendar.repeat,
        "overlap_policy": chance.pick(&["skip", "queue", "allow"], "skip"),
        "misfire_policy": chance.pick(&["latest", "skip", "all"], "latest"),
        "misfire_limit": chance.number(1, 5),
        "misfire_window_seconds": chance.pick(&[3_600, 86_400], 86_400),
        "max_retries": chance.number(0, 3),
    })
}

impl Job {
    /// The calendar in force.
    pub(crate) fn calendar(&self) -> Option<&Calendar> {
        self.epochs.last().map(|epoch| &epoch.calendar)
    }

    /// From `now` on another calendar is in force, or none.
    pub(crate) fn change(&mut self, now: DateTime<Utc>, calendar: Option<Calendar>) {
        if let Some(epoch) = self.epochs.last_mut() {
            epoch.until = epoch.until.or(Some(now));
        }
        self.epochs.extend(calendar.map(|calendar| Epoch {
            calendar,
            from: now,
            until: None,
        }));
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.pauses.last().is_some_and(|(_, until)| until.is_none())
    }

    /// Whether it was paused at any time from `from` to `until`, give or take the clocks.
    pub(crate) fn was_paused(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        self.pauses
            .iter()
            .any(|(start, end)| *start <= until + BLUR && end.is_none_or(|end| end >= from - BLUR))
    }

    /// Whether its calendar changed or ended at any time from `from` to `until`.
    pub(crate) fn was_changed(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let mut ends = self.epochs.iter().filter_map(|epoch| epoch.until);
        ends.any(|end| end >= from - BLUR && end <= until + BLUR)
    }

    /// Every fire time up to `until`, and whether it must have a verdict (`false`: it may).
    pub(crate) fn fires(&self, until: DateTime<Utc>) -> BTreeMap<DateTime<Utc>, bool> {
        let mut fires = BTreeMap::new();
        for epoch in &self.epochs {
            let end = epoch.until.unwrap_or(until).min(until);
            for fire in epoch.calendar.fires(epoch.from - BLUR, end + BLUR) {
                let is_inside = fire > epoch.from + BLUR && fire <= end - BLUR;
                *fires.entry(fire).or_insert(false) |= is_inside;
            }
        }
        fires
    }
}
