//! A job as one row of the list.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use shared::{
    domain::{JobId, JobStatus},
    store::jobs::{Job, browse::LastRun},
};

use crate::console::{
    moment::Moment,
    run_row::{self, took},
    words::{Badge, Standing, job_badge, spaced},
};

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

/// Each job with its last run.
pub(super) fn rows(jobs: Vec<Job>, last: Vec<LastRun>, now: DateTime<Utc>) -> Vec<Row> {
    let mut last: HashMap<_, _> = last.into_iter().map(|run| (run.job_id, run)).collect();
    jobs.into_iter()
        .map(|job| {
            let last = last.remove(&job.id).map(|run| Last::of(&run, now));
            Row::of(job, last, now)
        })
        .collect()
}

impl Row {
    fn of(job: Job, last: Option<Last>, now: DateTime<Utc>) -> Self {
        let sentence = super::sentence(&job);
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
            last,
            is_paused: job.status == JobStatus::Paused,
            can_run: is_live,
            name: job.name,
        }
    }
}

impl Last {
    fn of(run: &LastRun, now: DateTime<Utc>) -> Self {
        let standing = Standing {
            status: run.status,
            reason: run.reason.as_deref(),
            is_due: true,
            is_retried: run.is_retried,
            is_acknowledged: false,
            has_warnings: false,
        };
        let at = run.completed_at.or(run.started_at);
        Self {
            url: run_row::url(run.id),
            badge: standing.badge(),
            at: Moment::seen_from(at.unwrap_or(run.scheduled_for), now),
            took: took(run.started_at, run.completed_at, now),
        }
    }
}
