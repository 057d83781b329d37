//! What must hold at the end, when the system has come to rest: the whole ledger, row by row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::RunId;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    checks::Needs,
    jobs::{BLUR, Job},
    report::Violation,
    world::{Step, World},
};

/// What is younger than this at the end may still be on its way.
const ON_ITS_WAY: TimeDelta = TimeDelta::minutes(10);
/// The cloud's minute and the reconciler's patience, before which nothing is missed.
const PATIENCE: TimeDelta = TimeDelta::seconds(85);
/// A tick of a job that makes up for nothing is on time so long.
const ON_TIME: TimeDelta = TimeDelta::minutes(5);

/// A row of the ledger with what its job says.
#[derive(Clone, Debug, FromRow)]
struct Row {
    id: Uuid,
    scheduled_job_id: Uuid,
    origin: String,
    scheduled_for: DateTime<Utc>,
    attempt_number: i32,
    status: String,
    reason: Option<String>,
    created_at: DateTime<Utc>,
    run_after: DateTime<Utc>,
    completed_at: Option<DateTime<Utc>>,
    error_kind: Option<String>,
    retry_run_id: Option<Uuid>,
    has_letter: bool,
    is_told: bool,
    has_company: bool,
    misfire_policy: String,
    misfire_limit: i32,
    misfire_window_seconds: i32,
}

/// People are told of a failure by a letter of its own, or by one of its job that stands already.
/// A run has company when another one of its job was at work as it was made, or is about to end.
const ROWS: &str = "
    select r.*, j.misfire_policy, j.misfire_limit, j.misfire_window_seconds,
           exists (select from notifications n where n.run_id = r.id and n.kind = 'dead_letter')
               as has_letter,
           exists (select from notifications n
                    where n.scheduled_job_id = r.scheduled_job_id and n.kind = 'dead_letter'
                      and n.created_at <= r.completed_at
                      and coalesce(n.recovered_at, 'infinity') >= r.completed_at)
               as is_told,
           exists (select from scheduled_job_runs o
                    where o.scheduled_job_id = r.scheduled_job_id and o.id <> r.id
                      and o.started_at <= r.created_at + interval '10 seconds'
                      and coalesce(o.completed_at, 'infinity') >= r.created_at - interval '10 seconds')
               as has_company
      from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id
     order by r.scheduled_job_id, r.scheduled_for, r.attempt_number";

type Verdict = Result<(), Violation>;

impl World {
    /// Judges the whole simulation.
    pub(crate) async fn judge(&mut self) -> Step {
        let rows: Vec<Row> = sqlx::query_as(ROWS).fetch_all(&self.ledger).await?;
        for row in &rows {
            *self.tally.rows.entry(row.status.clone()).or_default() += 1;
        }
        let counted = self.counters().await?;
        let fresh = self.freshness().await?;
        let needs = Needs::read(&self.ledger).await?;
        Ok(self
            .ticks(&rows)
            .and_then(|()| needs.overdue(self.now - ON_ITS_WAY))
            .and_then(|()| rows.iter().try_for_each(|row| self.row(row)))
            .and(counted)
            .and(fresh))
    }

    /// Every fire time has one first attempt, and nothing else has one.
    fn ticks(&mut self, rows: &[Row]) -> Verdict {
        let mut verdict = Ok(());
        for job in &self.jobs {
            let fires = job.fires(self.now);
            let ticks = rows.iter().filter(|row| {
                row.scheduled_job_id == job.id.0 && row.origin == "tick" && row.attempt_number == 1
            });
            let mut seen: BTreeMap<DateTime<Utc>, u64> = BTreeMap::new();
            for row in ticks {
                *seen.entry(row.scheduled_for).or_default() += 1;
            }
            let due = fires
                .iter()
                .filter(|(fire, must)| **must && **fire < self.now - ON_ITS_WAY);
            let due: BTreeSet<_> = due.map(|(fire, _)| *fire).collect();
            let lost: Vec<_> = due.iter().filter(|fire| !seen.contains_key(fire)).collect();
            let phantoms: Vec<_> = seen
                .keys()
                .filter(|fire| !fires.contains_key(fire))
                .collect();
            let doubled = seen.values().filter(|count| **count > 1).count();
            self.tally.expected += u64::try_from(due.len()).unwrap_or_default();
            self.tally.accounted += u64::try_from(due.len() - lost.len()).unwrap_or_default();
            self.tally.lost += u64::try_from(lost.len()).unwrap_or_default();
            self.tally.duplicated += u64::try_from(doubled).unwrap_or_default();
            let found = |what: &str| format!("{}: {what}; epochs {:?}", job.name, job.epochs);
            if verdict.is_ok() && !lost.is_empty() {
                let found = found(&format!("no verdict for {lost:?}"));
                verdict = broken("every fire time has a verdict", found);
            } else if verdict.is_ok() && (!phantoms.is_empty() || doubled > 0) {
                let found = found(&format!("phantoms {phantoms:?}, doubled {doubled}"));
                verdict = broken(
                    "nothing fires that no schedule names, and nothing twice",
                    found,
                );
            }
        }
        verdict
    }

    fn row(&self, row: &Row) -> Verdict {
        let Some(job) = self
            .jobs
            .iter()
            .find(|job| job.id.0 == row.scheduled_job_id)
        else {
            return broken("every run has a job that somebody made", format!("{row:?}"));
        };
        let is_old = row.created_at < self.now - ON_ITS_WAY;
        let is_waiting = row.status == "pending" && row.run_after < self.now - TimeDelta::hours(1);
        if is_waiting {
            return broken("nothing waits for ever", format!("{row:?}"));
        }
        let is_ended = row
            .completed_at
            .is_some_and(|end| end < self.now - ON_ITS_WAY);
        if is_old && is_ended && !self.told.contains(&RunId(row.id)) {
            return broken("every ending is told", format!("{row:?}"));
        }
        match row.status.as_str() {
            "failed" => failure(row, job),
            "skipped" => skip(row, job),
            _ => Ok(()),
        }
    }

    /// Counters equal the history.
    async fn counters(&self) -> anyhow::Result<Verdict> {
        let sql = "select j.name || ' counts ' || j.runs_completed from scheduled_jobs j
                    where j.runs_completed <> (select count(*) from scheduled_job_runs r
                           where r.scheduled_job_id = j.id and r.status = 'completed')";
        let wrong: Option<String> = sqlx::query_scalar(sql).fetch_optional(&self.ledger).await?;
        Ok(wrong.map_or(Ok(()), |found| broken("counters equal the history", found)))
    }

    /// The freshness of a dataset is that of its last success, give or take the clocks.
    async fn freshness(&self) -> anyhow::Result<Verdict> {
        let sql = "select b.name || ': ' || coalesce(d.last_success_at::text, 'never')
                          || ' but ' || coalesce(h.at::text, 'never')
                     from brands b
                     left join dataset_status d on d.brand_id = b.id
                     cross join lateral (select max(completed_at) at from scheduled_job_runs r
                            join scheduled_jobs j on j.id = r.scheduled_job_id
                           where j.brand_id = b.id and r.status = 'completed') h
                    where abs(extract(epoch from coalesce(d.last_success_at, 'epoch')
                                               - coalesce(h.at, 'epoch'))) > 5";
        let wrong: Option<String> = sqlx::query_scalar(sql).fetch_optional(&self.ledger).await?;
        Ok(wrong.map_or(Ok(()), |found| {
            broken("a dataset is as fresh as its last success", found)
        }))
    }
}

/// A failure is followed by another attempt, or is a dead letter that somebody is told of.
fn failure(row: &Row, job: &Job) -> Verdict {
    let is_final = matches!(row.error_kind.as_deref(), Some("permanent" | "segments"))
        || i64::from(row.attempt_number) > job.max_retries;
    let is_right = match is_final {
        true => row.retry_run_id.is_none() && row.is_told,
        false => row.retry_run_id.is_some() && !row.has_letter,
    };
    match is_right {
        true => Ok(()),
        false => broken("a failure is retried or a dead letter", format!("{row:?}")),
    }
}

/// A skipped tick has the reason it says.
fn skip(row: &Row, job: &Job) -> Verdict {
    let (from, until) = (
        row.scheduled_for,
        row.completed_at.unwrap_or(row.created_at),
    );
    let is_true = match row.reason.as_deref() {
        Some("paused") => job.was_paused(from, until),
        Some("superseded") => job.was_changed(from, until),
        Some("overlap") => row.has_company,
        Some("missed") => was_missed(row, job),
        _ => false,
    };
    match is_true {
        true => Ok(()),
        false => broken("a skipped tick has the reason it says", format!("{row:?}")),
    }
}

/// Nobody delivered it in time, and the policy does not make up for it.
fn was_missed(row: &Row, job: &Job) -> bool {
    let age = row.created_at - row.scheduled_for;
    let fires = job.fires(row.created_at);
    let newer = fires
        .keys()
        .filter(|fire| **fire > row.scheduled_for)
        .count();
    let window = TimeDelta::seconds(row.misfire_window_seconds.into());
    let limit = usize::try_from(row.misfire_limit).unwrap_or(1);
    let (oldest, most) = match row.misfire_policy.as_str() {
        "skip" => (ON_TIME, 1),
        "all" => (window, limit),
        _ => (window, 1),
    };
    age >= PATIENCE - BLUR && (age > oldest - BLUR || newer >= most)
}

fn broken(invariant: &'static str, found: String) -> Verdict {
    Err(Violation { invariant, found })
}
