//! What follows from runs that ended, judged at the end: follow-ups, batches, the ends of jobs.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::JobId;
use sqlx::{FromRow, PgPool};
use uuid::Uuid;

use crate::{
    history::{End, Ends, counters, freshness, last_error, letters, limit},
    jobs::{BLUR, Job},
    verdicts::{Row, Verdict, broken},
    world::World,
};

/// A batch that was made before this is through: the slowest releases a run a minute.
const BATCH_MAX: TimeDelta = TimeDelta::hours(6);

/// Everything the ledger says beside its runs.
#[derive(Debug)]
pub(crate) struct Rest {
    jobs: Vec<JobRow>,
    pub(crate) letters: Vec<Letter>,
    datasets: Vec<Dataset>,
    /// Runs that a batch has released, and that were not acknowledged before.
    pub(crate) released: BTreeSet<Uuid>,
    batches: Vec<(Uuid, DateTime<Utc>)>,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct JobRow {
    pub(crate) id: Uuid,
    pub(crate) brand_id: Uuid,
    pub(crate) status: String,
    pub(crate) runs_completed: i32,
    pub(crate) last_error: Option<String>,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct Letter {
    pub(crate) scheduled_job_id: Uuid,
    pub(crate) run_id: Uuid,
    pub(crate) occurrences: i32,
    pub(crate) is_over: bool,
}

#[derive(Clone, Debug, FromRow)]
pub(crate) struct Dataset {
    pub(crate) brand_id: Uuid,
    pub(crate) last_status: String,
    pub(crate) last_attempt_at: Option<DateTime<Utc>>,
    pub(crate) last_success_at: Option<DateTime<Utc>>,
}

impl Rest {
    pub(crate) async fn read(ledger: &PgPool) -> anyhow::Result<Self> {
        let jobs = "select id, brand_id, status, runs_completed, last_error from scheduled_jobs";
        let letters =
            "select scheduled_job_id, run_id, occurrences, recovered_at is not null is_over
                         from notifications where kind = 'dead_letter' order by created_at";
        let datasets = "select brand_id, last_status, last_attempt_at, last_success_at
                          from dataset_status";
        let released = "select m.run_id from retry_batch_runs m
                          join scheduled_job_runs r on r.id = m.run_id
                          join scheduled_jobs j on j.id = r.scheduled_job_id
                         where m.released_at is not null and j.status <> 'archived'
                           and coalesce(r.acknowledged_at, 'infinity') > m.released_at
                        union
                        select m.run_id from retry_batch_runs m
                          join scheduled_job_runs r on r.id = m.run_id
                         where m.released_at is not null and r.retry_run_id is not null";
        let batches = "select id, created_at from retry_batches where status = 'active'";
        let released: Vec<Uuid> = sqlx::query_scalar(released).fetch_all(ledger).await?;
        Ok(Self {
            jobs: sqlx::query_as(jobs).fetch_all(ledger).await?,
            letters: sqlx::query_as(letters).fetch_all(ledger).await?,
            datasets: sqlx::query_as(datasets).fetch_all(ledger).await?,
            released: released.into_iter().collect(),
            batches: sqlx::query_as(batches).fetch_all(ledger).await?,
        })
    }
}

impl World {
    /// Learns of the jobs that runs wished for.
    pub(crate) async fn adopt(&mut self, rows: &[Row]) -> anyhow::Result<()> {
        let sql = "select id, name from scheduled_jobs";
        let all: Vec<(Uuid, String)> = sqlx::query_as(sql).fetch_all(&self.ledger).await?;
        let wished = rows.iter().filter(|row| row.origin == "follow_up");
        let wished: BTreeSet<_> = wished.map(|row| row.scheduled_job_id).collect();
        let wished = all.into_iter().filter(|(id, _)| wished.contains(id));
        let wished = wished.map(|(id, name)| Job::wished(JobId(id), name));
        self.jobs.extend(wished);
        Ok(())
    }

    /// A job with a limit ended when the last run it was to have completed.
    pub(crate) fn end_limited(&mut self, rows: &[Row]) {
        for job in &mut self.jobs {
            let mut ends: Vec<_> = rows
                .iter()
                .filter(|row| row.scheduled_job_id == job.id.0 && row.status == "completed")
                .filter_map(|row| row.completed_at)
                .collect();
            ends.sort_unstable();
            let most = job.max_runs.and_then(|most| usize::try_from(most).ok());
            let last = most.and_then(|most| ends.get(most.saturating_sub(1)));
            if let Some(last) = last {
                job.end_at(*last);
            }
        }
    }

    /// What follows from runs is there, and nothing else.
    pub(crate) fn endings(&self, rows: &[Row], rest: &Rest) -> Verdict {
        for job in &rest.jobs {
            let ends = self.ends(rows, |row| row.scheduled_job_id == job.id, rest);
            counters(job, &ends)?;
            last_error(job, &ends)?;
            letters(job, rows, &ends, rest)?;
            if let Some(known) = self.jobs.iter().find(|it| it.id.0 == job.id) {
                limit(job, known)?;
            }
        }
        for brand in &self.brands {
            let of_brand: BTreeSet<_> = rest
                .jobs
                .iter()
                .filter(|job| job.brand_id == *brand)
                .map(|job| job.id)
                .collect();
            let ends = self.ends(rows, |row| of_brand.contains(&row.scheduled_job_id), rest);
            let dataset = rest.datasets.iter().find(|it| it.brand_id == *brand);
            freshness(dataset, &ends)?;
        }
        let late = rest
            .batches
            .iter()
            .find(|(_, at)| *at < self.now - BATCH_MAX);
        if let Some(batch) = late {
            return broken("a batch of retries ends", format!("{batch:?}"));
        }
        self.follow_ups(rows)
    }

    /// Successes and failures in the order of their time. Of two that are so near that clocks may
    /// have changed their order, nobody knows which came first.
    fn ends(&self, rows: &[Row], is_of: impl Fn(&Row) -> bool, rest: &Rest) -> Ends {
        let mut ends: Vec<_> = rows
            .iter()
            .filter(|row| is_of(row))
            .filter_map(|row| {
                let is_retried = row.retry_run_id.is_some();
                let id = shared::domain::RunId(row.id);
                let is_asked = self.retried.contains(&id) || rest.released.contains(&row.id);
                let end = match (row.status.as_str(), is_retried && !is_asked) {
                    ("completed", _) => End::Success,
                    ("failed", true) => End::Failure,
                    ("failed", false) => End::DeadLetter,
                    _ => return None,
                };
                Some((row.completed_at?, end, row.id))
            })
            .collect();
        ends.sort_unstable_by_key(|(at, _, id)| (*at, *id));
        Ends(ends)
    }

    /// A completed run that wished has one follow-up, unless the same one of another run waited.
    fn follow_ups(&self, rows: &[Row]) -> Verdict {
        let wishing = self.jobs.iter().filter(|job| job.wishes);
        let wishing: BTreeSet<_> = wishing.map(|job| job.id.0).collect();
        let mut children: BTreeMap<Uuid, Vec<&Row>> = BTreeMap::new();
        let wished = rows.iter().filter(|row| row.origin == "follow_up");
        for child in wished.filter(|row| row.attempt_number == 1) {
            let parent = child.parent_run_id.unwrap_or_default();
            children.entry(parent).or_default().push(child);
        }
        for row in rows {
            let ended = row.completed_at.unwrap_or(row.created_at);
            let wishes = row.status == "completed" && wishing.contains(&row.scheduled_job_id);
            let found = children.get(&row.id).map_or(0, Vec::len);
            let waits = |other: &&Row| {
                other.created_at <= ended + BLUR
                    && other
                        .started_at
                        .or(other.completed_at)
                        .is_none_or(|at| at >= ended - BLUR)
            };
            let siblings = rows
                .iter()
                .filter(|it| it.scheduled_job_id == row.scheduled_job_id && it.id != row.id)
                .filter_map(|it| children.get(&it.id))
                .flatten();
            let is_right = match (wishes, found) {
                (true, 0) => siblings.copied().any(|it| waits(&it)),
                (true, 1) | (false, 0) => true,
                _ => false,
            };
            if !is_right {
                let found = format!("{found} follow {row:?}");
                return broken("a run has the follow-up it wished for", found);
            }
        }
        Ok(())
    }
}
