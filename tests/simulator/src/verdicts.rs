//! What must hold at the end, when the system has come to rest: the whole ledger, row by row.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::RunId;
use sqlx::FromRow;
use uuid::Uuid;

use crate::{
    checks::Needs,
    endings::Rest,
    jobs::{BLUR, Job},
    policies::Policies,
    report::Violation,
    world::{Step, World},
};

/// What is younger than this at the end may still be on its way.
const ON_ITS_WAY: TimeDelta = TimeDelta::minutes(10);
/// A tick of a job that makes up for nothing is on time so long.
const ON_TIME: TimeDelta = TimeDelta::minutes(5);

/// A row of the ledger.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) scheduled_job_id: Uuid,
    pub(crate) origin: String,
    pub(crate) scheduled_for: DateTime<Utc>,
    pub(crate) attempt_number: i32,
    pub(crate) status: String,
    reason: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) started_at: Option<DateTime<Utc>>,
    run_after: DateTime<Utc>,
    pub(crate) completed_at: Option<DateTime<Utc>>,
    pub(crate) error_kind: Option<String>,
    pub(crate) retry_run_id: Option<Uuid>,
    pub(crate) parent_run_id: Option<Uuid>,
    is_exclusive: bool,
    has_company: bool,
}

/// A run has company when another one of its job was at work as it was made, or is about to end.
const ROWS: &str = "
    select r.*,
           exists (select from scheduled_job_runs o
                    where o.scheduled_job_id = r.scheduled_job_id and o.id <> r.id
                      and o.started_at <= r.created_at + interval '10 seconds'
                      and coalesce(o.completed_at, 'infinity') >= r.created_at - interval '10 seconds')
               as has_company
      from scheduled_job_runs r
     order by r.scheduled_job_id, r.scheduled_for, r.attempt_number";

pub(crate) type Verdict = Result<(), Violation>;

impl World {
    /// Judges the whole simulation.
    pub(crate) async fn judge(&mut self) -> Step {
        let rows: Vec<Row> = sqlx::query_as(ROWS).fetch_all(&self.ledger).await?;
        for row in &rows {
            *self.tally.rows.entry(row.status.clone()).or_default() += 1;
        }
        self.adopt(&rows).await?;
        self.end_limited(&rows);
        let needs = Needs::read(&self.ledger).await?;
        let rest = Rest::read(&self.ledger).await?;
        Ok(self
            .ticks(&rows)
            .and_then(|()| needs.overdue(self.now - ON_ITS_WAY))
            .and_then(|()| rows.iter().try_for_each(|row| self.row(row, &rest)))
            .and_then(|()| chains(&rows))
            .and_then(|()| self.endings(&rows, &rest))
            .and_then(|()| self.moved()))
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

    fn row(&self, row: &Row, rest: &Rest) -> Verdict {
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
        let was_exclusive = |it: Policies| it.is_exclusive() == row.is_exclusive;
        if row.attempt_number == 1 && !job.had(row.created_at, was_exclusive) {
            return broken(
                "a run excludes others when its job says so",
                format!("{row:?}"),
            );
        }
        match row.status.as_str() {
            "failed" => self.failure(row, job, rest),
            "skipped" => skip(row, job),
            _ => Ok(()),
        }
    }

    /// A failure is followed by another attempt, of the policy or of a person, or is a dead letter.
    fn failure(&self, row: &Row, job: &Job, rest: &Rest) -> Verdict {
        let ended = row.completed_at.unwrap_or(row.created_at);
        let goes_on = row.retry_run_id.is_some();
        let is_asked = self.retried.contains(&RunId(row.id)) || rest.released.contains(&row.id);
        let is_hopeless = matches!(row.error_kind.as_deref(), Some("permanent" | "segments"));
        let is_right = job.had(ended, |policies| {
            let is_last = i64::from(row.attempt_number) > i64::from(policies.max_retries);
            match is_hopeless || is_last {
                true => goes_on == is_asked,
                false => goes_on && !is_asked,
            }
        });
        match is_right {
            true => Ok(()),
            false => broken("a failure is retried or a dead letter", format!("{row:?}")),
        }
    }
}

/// Every attempt but the first is the next one of a failure.
fn chains(rows: &[Row]) -> Verdict {
    let next: BTreeSet<_> = rows.iter().filter_map(|row| row.retry_run_id).collect();
    let stray = rows
        .iter()
        .find(|row| (row.attempt_number > 1) != next.contains(&row.id));
    match stray {
        None => Ok(()),
        Some(row) => broken(
            "every further attempt follows a failure",
            format!("{row:?}"),
        ),
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
        Some("overlap") => row.has_company && job.had(row.created_at, |it| it.overlap == "skip"),
        Some("requested") => job.skips.contains(&row.scheduled_for),
        Some("missed") => was_missed(row, job),
        _ => false,
    };
    match is_true {
        true => Ok(()),
        false => broken("a skipped tick has the reason it says", format!("{row:?}")),
    }
}

/// Nobody delivered it in time, and the policy does not make up for it. In time is until the next
/// one is delivered, which a gap of daylight saving can bring a minute later.
fn was_missed(row: &Row, job: &Job) -> bool {
    let age = row.created_at - row.scheduled_for;
    let fires = job.fires(row.created_at);
    let newer = fires
        .keys()
        .filter(|fire| **fire > row.scheduled_for)
        .count();
    let is_left_out = |policies: Policies| {
        let (oldest, most) = policies.makes_up_for(ON_TIME);
        age > oldest - BLUR || newer >= most
    };
    job.had(row.created_at, is_left_out)
}

pub(crate) fn broken(invariant: &'static str, found: String) -> Verdict {
    Err(Violation { invariant, found })
}
