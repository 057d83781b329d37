//! The ending of a run: everything that follows from it in one transaction, then the bus.

mod steps;

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{
    account::skip_overdue,
    verdict::{self, Ending, Standpoint, Verdict},
};
use crate::{
    domain::{FollowUp, JobId, RunId, RunStatus, run::SkipReason},
    store::{
        Database, Tx,
        datasets::{self, Step},
        jobs::{
            edit,
            ledger::{self, LockedJob},
        },
        logs::{self, Line},
        notifications,
        runs::{
            DueRun, Lease, claim, follow_up,
            outbox::{EndedRun, ExpiredRun},
            settle::{self, Leaving},
            wake::wake,
        },
    },
};

/// A run to settle.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) job_id: JobId,
    pub(super) lease: Lease,
    pub(super) ending: Ending,
    pub(super) steps: Vec<Step>,
    pub(super) lines: Vec<Line>,
    pub(super) counts: Map<String, Value>,
    /// Wishes that are not in the row yet.
    pub(super) follow_ups: Vec<FollowUp>,
}

/// What was written, and what the bus must hear.
#[derive(Debug)]
pub(super) struct Settled {
    pub(super) status: RunStatus,
    pub(super) ended: Option<EndedRun>,
    pub(super) to_send: Vec<DueRun>,
}

/// Writes the ending of a run. `None`: its lease was gone, and nothing was written.
pub(super) async fn settle(
    db: &Database,
    finished: Finished,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Settled>> {
    let mut tx = db.begin().await?;
    let Some(job) = ledger::lock(&mut tx, finished.job_id).await? else {
        return Ok(None);
    };
    let run_id = finished.lease.run_id;
    let queued = claim::queued(&mut tx, run_id).await?;
    let verdict = verdict::decide(
        finished.ending,
        Standpoint {
            run_id,
            attempt_number: queued.attempt_number,
            segment: queued.segment,
            snoozes: queued.snoozes,
            max_retries: job.max_retries,
        },
    );
    let leaving = Leaving {
        lease: finished.lease,
        counts: &finished.counts,
        now,
    };
    if !matches!(verdict, Verdict::Complete { .. }) {
        follow_up::keep(&mut tx, finished.lease, &finished.follow_ups).await?;
    }
    let Some(status) = write(&mut tx, &job, &verdict, leaving).await? else {
        return Ok(None);
    };
    logs::append(&mut tx, run_id, queued.segment, &finished.lines).await?;
    let mut to_send = wake(&mut tx, &job, now).await?;
    if status == RunStatus::Completed {
        let wishes = [queued.follow_ups.0, finished.follow_ups].concat();
        to_send.extend(make_true(&mut tx, (&job, run_id), wishes, now).await?);
    }
    to_send.extend(sent_at_once(&job, run_id, &verdict));
    // Last: all jobs of a brand write the same few rows, and wait for each other until the commit.
    for step in steps::in_order(steps::steps(&job, &verdict, finished.steps, now)) {
        datasets::record(&mut tx, &job, (run_id, queued.segment), &step, now).await?;
    }
    tx.commit().await?;
    let ended = EndedRun {
        id: run_id,
        job_id: job.id,
        job_type: job.job_type,
        status,
    };
    Ok(Some(Settled {
        status,
        ended: (status != RunStatus::Pending).then_some(ended),
        to_send,
    }))
}

/// The run itself, when it goes on without a delay.
fn sent_at_once(job: &LockedJob, run_id: RunId, verdict: &Verdict) -> Option<DueRun> {
    let goes_on = matches!(
        verdict,
        Verdict::GiveBack {
            delay: Duration::ZERO,
            ..
        }
    );
    goes_on.then_some(DueRun {
        id: run_id,
        job_id: job.id,
        job_type: job.job_type,
    })
}

/// Makes the runs that a completed run wished for.
async fn make_true(
    tx: &mut Tx,
    parent: (&LockedJob, RunId),
    mut wishes: Vec<FollowUp>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<DueRun>> {
    // In an order of their own, so that two runs with the same wishes never wait in a circle.
    wishes.sort_by_cached_key(|wish| (wish.job_type.clone(), wish.parameters.to_string()));
    wishes.dedup();
    let mut to_send = vec![];
    for wish in &wishes {
        match follow_up::insert(tx, parent, wish, now).await? {
            Some(run) => to_send.push(run),
            None => tracing::info!(
                run.id = %parent.1, job.type = wish.job_type,
                "a follow-up waits already, or its type has other owners"
            ),
        }
    }
    Ok(to_send)
}

/// Writes the run and its job. `None`: the lease is gone.
async fn write(
    tx: &mut Tx,
    job: &LockedJob,
    verdict: &Verdict,
    leaving: Leaving<'_>,
) -> sqlx::Result<Option<RunStatus>> {
    let (is_written, status) = match verdict {
        Verdict::Nothing => return Ok(None),
        Verdict::Complete { warnings } => {
            let is_written = settle::complete(tx, leaving, warnings).await?;
            (is_written, RunStatus::Completed)
        }
        Verdict::Fail { kind, message, .. } => {
            let is_written = settle::fail(tx, leaving, *kind, message).await?;
            (is_written, RunStatus::Failed)
        }
        Verdict::GiveBack {
            reason,
            cursor,
            delay,
        } => {
            let cursor = cursor.as_ref();
            let is_written = settle::give_back(tx, leaving, *reason, cursor, *delay).await?;
            (is_written, RunStatus::Pending)
        }
        Verdict::Cancel => (settle::cancel(tx, leaving).await?, RunStatus::Cancelled),
    };
    if is_written {
        follow(tx, job, verdict, leaving).await?;
    }
    Ok(is_written.then_some(status))
}

/// Writes what an ending means for the job.
async fn follow(
    tx: &mut Tx,
    job: &LockedJob,
    verdict: &Verdict,
    leaving: Leaving<'_>,
) -> sqlx::Result<()> {
    match verdict {
        Verdict::Complete { .. } => {
            follow_success(tx, job, leaving.lease.run_id, leaving.now).await
        }
        Verdict::Fail { message, retry, .. } => {
            follow_failure(tx, job, leaving.lease.run_id, message, *retry, leaving.now).await
        }
        Verdict::Cancel => ledger::end_one_time(tx, job.id).await,
        Verdict::GiveBack { .. } | Verdict::Nothing => Ok(()),
    }
}

/// A job that has had its last run leaves no tick waiting behind it, and none without a verdict. One
/// that never failed since its last success has no dead letter to end.
async fn follow_success(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    if ledger::count_success(tx, job).await? {
        skip_overdue(tx, job, SkipReason::Superseded, now).await?;
        edit::supersede_waiting(tx, job.id, now).await?;
    }
    if job.has_failed {
        notifications::recovered(tx, job, run_id, now).await?;
    }
    Ok(())
}

async fn follow_failure(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    message: &str,
    retry: Option<Duration>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    ledger::note_failure(tx, job.id, message, retry.is_none()).await?;
    match retry {
        Some(delay) => settle::insert_retry(tx, run_id, delay, now).await.map(drop),
        None => notifications::dead_letter(tx, job, run_id, message, now).await,
    }
}

/// Fails one run whose lease ran out; the usual retry rule follows. Returns whether it was still
/// ours to fail.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn fail_expired(
    db: &Database,
    expired: ExpiredRun,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let settled = settle(
        db,
        Finished {
            job_id: expired.job_id,
            lease: expired.lease,
            ending: Ending::Lost,
            steps: vec![],
            lines: vec![],
            counts: Map::new(),
            follow_ups: vec![],
        },
        now,
    )
    .await?;
    Ok(settled.is_some())
}
