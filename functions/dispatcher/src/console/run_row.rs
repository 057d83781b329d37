//! A run as one row of a list.

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::{domain::RunStatus, store::runs::read::RunView};

use super::{
    moment::{Moment, duration},
    words::{Badge, Standing, spaced},
};

/// Figures that a row has room for, of those that are not nought; all are on the page of the run.
const COUNTS_SHOWN: usize = 3;

/// A run in a list.
#[derive(Clone, Debug)]
pub(super) struct RunRow {
    pub(super) url: String,
    pub(super) job_name: String,
    pub(super) job_type: String,
    pub(super) badge: Badge,
    pub(super) origin: &'static str,
    pub(super) attempt_number: i32,
    pub(super) scheduled_for: Moment,
    pub(super) started_at: Option<Moment>,
    /// Between start and end, or now.
    pub(super) took: Option<String>,
    /// When it began, while it is at work.
    pub(super) since: Option<String>,
    pub(super) progress: Option<Progress>,
    pub(super) error: Option<String>,
    /// As in "files: 12, skipped: 3".
    pub(super) counts: Option<String>,
}

/// How far a run has come.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    pub(super) done: i64,
    pub(super) total: Option<i64>,
    /// As in "12 of 40 files".
    pub(super) text: String,
}

impl Progress {
    /// Of a run that tells.
    pub(super) fn of(run: &RunView) -> Option<Self> {
        let done = run.progress_done?;
        let total = run.progress_total.filter(|total| *total > 0);
        let unit = run.progress_unit.as_deref().unwrap_or_default();
        let text = match total {
            Some(total) => format!("{done} of {total} {unit}"),
            None => format!("{done} {unit}"),
        };
        Some(Self {
            done,
            total,
            text: text.trim_end().to_owned(),
        })
    }
}

impl RunRow {
    /// A run as it stands at `now`.
    pub(super) fn at(now: DateTime<Utc>, run: &RunView) -> Self {
        let is_running = run.status == RunStatus::Running;
        let began = run.started_at;
        Self {
            url: url(run.id),
            job_name: run.job_name.clone(),
            job_type: spaced(run.job_type.name()),
            badge: Standing::of(run, now).badge(),
            origin: origin(run),
            attempt_number: run.attempt_number,
            scheduled_for: Moment::seen_from(run.scheduled_for, now),
            started_at: began.map(|at| Moment::seen_from(at, now)),
            took: took(began, run.completed_at, now),
            since: began.filter(|_| is_running).map(|at| at.to_rfc3339()),
            progress: Progress::of(run).filter(|_| is_running),
            error: run.error_message.clone(),
            counts: listed(&counts(&run.metadata)),
        }
    }

    /// All of a list.
    pub(super) fn all(now: DateTime<Utc>, runs: &[RunView]) -> Vec<Self> {
        runs.iter().map(|run| Self::at(now, run)).collect()
    }
}

/// The figures by name that a handler reported.
pub(super) fn counts(metadata: &Value) -> Vec<(String, String)> {
    let fields = metadata.as_object().into_iter().flatten();
    let figures = fields.filter(|(_, value)| value.is_number());
    figures
        .map(|(name, value)| (spaced(name), value.to_string()))
        .collect()
}

fn listed(counts: &[(String, String)]) -> Option<String> {
    let shown = counts.iter().filter(|(_, value)| value != "0");
    let shown = shown.take(COUNTS_SHOWN);
    let shown: Vec<_> = shown
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// Where a run is shown.
pub(super) fn url(id: shared::domain::RunId) -> String {
    format!("/console/runs/{id}")
}

/// How long something took that began; up to now while it has no end.
pub(super) fn took(
    began: Option<DateTime<Utc>>,
    ended: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<String> {
    Some(duration(ended.unwrap_or(now) - began?))
}

/// Who wanted a run.
pub(super) const fn origin(run: &RunView) -> &'static str {
    use shared::domain::Origin;
    match run.origin {
        Origin::Tick => "by schedule",
        Origin::Manual => "on request",
        Origin::FollowUp => "after another run",
    }
}
