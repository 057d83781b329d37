//! A job as one row of the list.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use shared::{
    domain::{JobId, JobStatus, RunStatus},
    store::jobs::{Job, browse::RecentRun},
};

use crate::console::{
    moment::Moment,
    run_row::{self, took},
    strip::sign,
    words::{Badge, Standing, job_badge, spaced},
};

/// Runs of a job that are drawn.
pub(super) const DRAWN: u8 = 10;

/// A job in the list.
pub(super) struct Row {
    pub(super) id: JobId,
    pub(super) url: String,
    pub(super) name: String,
    pub(super) job_type: String,
    pub(super) brand_name: Option<String>,
    pub(super) sentence: String,
    pub(super) badge: Badge,
    pub(super) note: Option<String>,
    pub(super) next_run_at: Option<Moment>,
    pub(super) last: Option<Last>,
    pub(super) running: Option<Running>,
    /// The last runs, the newest last.
    pub(super) runs: Vec<Cell>,
    /// The same in words.
    pub(super) said: String,
    pub(super) is_paused: bool,
    pub(super) can_run: bool,
}

/// How it ran last.
pub(super) struct Last {
    pub(super) url: String,
    pub(super) badge: Badge,
    pub(super) at: Moment,
    pub(super) took: Option<String>,
}

/// A run that is drawn.
pub(super) struct Cell {
    pub(super) look: &'static str,
    pub(super) sign: &'static str,
}

/// A run at work: of several, the one that began first.
pub(super) struct Running {
    pub(super) url: String,
    /// When it began.
    pub(super) since: String,
    pub(super) took: String,
    pub(super) others: usize,
}

/// Each job with its runs, of which the newest come first.
pub(super) fn rows(jobs: Vec<Job>, runs: Vec<RecentRun>, now: DateTime<Utc>) -> Vec<Row> {
    let mut of_jobs: HashMap<_, Vec<_>> = HashMap::new();
    for run in runs {
        of_jobs.entry(run.job_id).or_default().push(run);
    }
    jobs.into_iter()
        .map(|job| {
            let runs = of_jobs.remove(&job.id).unwrap_or_default();
            Row::of(job, &runs, now)
        })
        .collect()
}

impl Row {
    fn of(job: Job, runs: &[RecentRun], now: DateTime<Utc>) -> Self {
        let sentence = super::sentence(&job);
        // Behind them there may be one at work that began before they came.
        let drawn = runs.get(..DRAWN.into()).unwrap_or(runs);
        let is_live = matches!(job.status, JobStatus::Active | JobStatus::Paused);
        Self {
            id: job.id,
            url: super::url(job.id),
            job_type: spaced(job.job_type.name()),
            brand_name: job.brand_name,
            sentence,
            badge: job_badge(job.status),
            note: job.pause_reason,
            next_run_at: job
                .next_run_at
                .map(|at| Moment::by(&job.timing.timezone, at, now)),
            last: runs
                .iter()
                .find(|run| run.status != RunStatus::Running)
                .map(|run| Last::of(run, now)),
            running: Running::of(runs, now),
            said: said(drawn),
            runs: drawn.iter().rev().map(Cell::of).collect(),
            is_paused: job.status == JobStatus::Paused,
            can_run: is_live,
            name: job.name,
        }
    }
}

impl Last {
    fn of(run: &RecentRun, now: DateTime<Utc>) -> Self {
        let at = run.completed_at.or(run.started_at);
        Self {
            url: run_row::url(run.id),
            badge: standing(run).badge(),
            at: Moment::seen_from(at.unwrap_or(run.scheduled_for), now),
            took: took(run.started_at, run.completed_at, now),
        }
    }
}

impl Cell {
    fn of(run: &RecentRun) -> Self {
        Self {
            look: standing(run).badge().look,
            sign: sign(run.status),
        }
    }
}

impl Running {
    fn of(runs: &[RecentRun], now: DateTime<Utc>) -> Option<Self> {
        let at_work = runs.iter().filter(|run| run.status == RunStatus::Running);
        let first = at_work.clone().min_by_key(|run| run.started_at)?;
        Some(Self {
            url: run_row::url(first.id),
            since: first.started_at?.to_rfc3339(),
            took: took(first.started_at, None, now)?,
            others: at_work.count().saturating_sub(1),
        })
    }
}

fn standing(run: &RecentRun) -> Standing<'_> {
    Standing {
        status: run.status,
        reason: run.reason.as_deref(),
        is_due: true,
        is_retried: run.is_retried,
        is_acknowledged: run.is_acknowledged,
        has_warnings: false,
    }
}

/// As in "last 10 runs: 9 completed, 1 failed".
fn said(runs: &[RecentRun]) -> String {
    let count = |status: &RunStatus| runs.iter().filter(|run| run.status == *status).count();
    let counted = RunStatus::ALL.iter().map(|status| (count(status), status));
    let counted = counted.filter(|(count, _)| *count > 0);
    let counted: Vec<_> = counted
        .map(|(count, status)| format!("{count} {status}"))
        .collect();
    let last = match runs.len() {
        1 => "last run".to_owned(),
        count => format!("last {count} runs"),
    };
    format!("{last}: {}", counted.join(", "))
}
