//! One event, from its arrival to the run's ending.

use std::{any::Any, panic::AssertUnwindSafe, sync::Mutex, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Map;
use tracing::{Instrument, field::Empty};

use super::{
    announce::announce,
    claim::{Claim, Taken, claim},
    event::Event,
    measure::Measured,
    run::{Notes, Run},
    settle::{Finished, settle},
    verdict::{self, Ending},
};
use crate::{
    clients::bus::Bus,
    domain::{Clock, JobError, JobType, Outcome, RunId, RunStatus, parameters::read_parameters},
    store::{Database, Scope},
    telemetry::{
        self,
        traces::{self, TARGET},
    },
};

/// A lease outlives the invocation by this much, so that only a dead worker loses it.
const LEASE_MARGIN: TimeDelta = TimeDelta::seconds(10);
/// Kept back from the handler for settling, when the invocation is long enough.
const SETTLE_MARGIN: Duration = Duration::from_secs(5);

/// What a job function works with.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Its own job type; runs of others are refused.
    pub job_type: JobType,
    /// The ledger.
    pub db: Database,
    /// Where endings are told.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
}

/// What a delivery came to; the function's answer, for whoever invoked it by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// The run, when this delivery took one.
    pub run_id: Option<RunId>,
    /// Where the run stands now.
    pub status: Option<RunStatus>,
    /// Why there was nothing to do, or that the lease was lost.
    pub note: Option<&'static str>,
    /// Figures, when the run was settled.
    #[serde(skip)]
    pub measured: Option<Measured>,
}

/// Claims what `event` names, lets `handler` work until shortly before `deadline`, settles.
///
/// # Errors
/// When the database does not answer, or the event was sent to the wrong function. A run that was
/// claimed by then loses its lease and is retried.
pub async fn deliver<P, H>(
    worker: &Worker,
    event: Event,
    deadline: DateTime<Utc>,
    handler: &H,
) -> anyhow::Result<Delivery>
where
    P: DeserializeOwned,
    H: AsyncFn(&Run<P>) -> Result<Outcome, JobError>,
{
    let taken = match claim(worker, event, deadline + LEASE_MARGIN).await? {
        Claim::Taken(taken) => *taken,
        Claim::Nothing(why) => {
            tracing::info!(?event, why, "nothing to do");
            return Ok(Delivery {
                run_id: None,
                status: None,
                note: Some(why),
                measured: None,
            });
        }
    };
    let run_id = taken.lease.run_id;
    let span = tracing::info_span!(
        target: TARGET, "run", run.id = %run_id, job.id = %taken.job.id,
        job.type = worker.job_type.name(), attempt = taken.attempt_number,
        segment = taken.segment, status = Empty, otel.status_code = Empty, error.message = Empty
    );
    traces::join(&span, run_id.0);
    // Boxed, or the nested futures are too deep a type for the compiler.
    let served = Box::pin(serve(worker, taken, deadline, handler));
    served.instrument(span).await
}

/// Works on a run that was claimed, and writes its ending.
async fn serve<P, H>(
    worker: &Worker,
    taken: Taken,
    deadline: DateTime<Utc>,
    handler: &H,
) -> anyhow::Result<Delivery>
where
    P: DeserializeOwned,
    H: AsyncFn(&Run<P>) -> Result<Outcome, JobError>,
{
    let run_id = taken.lease.run_id;
    let started = worker.clock.now();
    let is_retry = taken.attempt_number > 1 && taken.segment == 1;
    let is_first = taken.attempt_number == 1 && taken.segment == 1 && taken.cursor.is_none();
    let start_lateness = is_first.then(|| started - taken.scheduled_for);
    let late_ms = (started - taken.scheduled_for).num_milliseconds();
    tracing::info!(late_ms, "run started");
    let handling = tracing::debug_span!(target: TARGET, "handle");
    let (finished, vendor_throttles) = work(worker, taken, deadline, handler)
        .instrument(handling)
        .await;
    log_ending(&finished.ending);
    let settling = tracing::debug_span!(target: TARGET, "settle");
    let settled = settle(&worker.db, finished, worker.clock.now()).instrument(settling);
    let Some(settled) = settled.await? else {
        tracing::warn!("lease lost, ending not written");
        return Ok(Delivery {
            run_id: Some(run_id),
            status: None,
            note: Some("lease lost"),
            measured: None,
        });
    };
    let now = worker.clock.now();
    let (status, duration_ms) = (settled.status.name(), (now - started).num_milliseconds());
    tracing::Span::current().record("status", status);
    tracing::info!(status, duration_ms, "run ended");
    let ended = settled.ended.as_slice();
    let announcing = tracing::debug_span!(target: TARGET, "announce");
    let announced = announce(&worker.db, &worker.bus, ended, &settled.to_send, now);
    if let Err(error) = announced.instrument(announcing).await {
        tracing::warn!(error = format!("{error:#}"), "the bus will hear later");
    }
    Ok(Delivery {
        run_id: Some(run_id),
        status: Some(settled.status),
        note: None,
        measured: Some(Measured {
            status: settled.status,
            duration: now - started,
            start_lateness,
            is_retry,
            vendor_throttles,
        }),
    })
}

/// What the handler came to, and how often vendors told it to slow down.
async fn work<P, H>(
    worker: &Worker,
    taken: Taken,
    deadline: DateTime<Utc>,
    handler: &H,
) -> (Finished, u64)
where
    P: DeserializeOwned,
    H: AsyncFn(&Run<P>) -> Result<Outcome, JobError>,
{
    let (job_id, lease) = (taken.job.id, taken.lease);
    let params = match read_parameters::<P>(&taken.parameters) {
        Ok(params) => params,
        Err(error) => {
            let reason = format!("the parameters are not usable: {error}");
            let ending = Ending::Returned(Err(JobError::GiveUp { reason }));
            let finished = Finished {
                job_id,
                lease,
                ending,
                steps: vec![],
                lines: vec![],
                counts: Map::new(),
                follow_ups: vec![],
            };
            return (finished, 0);
        }
    };
    let run = Run {
        id: lease.run_id,
        job_id,
        organization_id: taken.job.organization_id,
        brand_id: taken.job.brand_id,
        params,
        cursor: taken.cursor,
        attempt: u32::try_from(taken.attempt_number).unwrap_or(1),
        segment: u32::try_from(taken.segment).unwrap_or(1),
        lease,
        deadline,
        clock: worker.clock.clone(),
        db: worker.db.within(Scope::of(taken.job.organization_id)),
        notes: Mutex::new(Notes::default()),
    };
    let ending = supervise(&run, handler).await;
    let ending = verdict::honest(ending, &run.notes().steps);
    let mut notes = run
        .notes
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let lines = notes.take_lines(worker.clock.now());
    let follow_ups = notes.unsaved_follow_ups();
    let vendor_throttles = notes.vendor_throttles();
    let mut counts = notes.counts;
    if let Ending::Returned(Ok(Outcome::Done(report))) = &ending {
        counts.extend(report.counts.clone());
    }
    let finished = Finished {
        job_id,
        lease,
        ending,
        steps: notes.steps,
        lines,
        counts,
        follow_ups,
    };
    (finished, vendor_throttles)
}

/// Lets the handler work, but not past its time, and survives its panics.
async fn supervise<P, H>(run: &Run<P>, handler: &H) -> Ending
where
    H: AsyncFn(&Run<P>) -> Result<Outcome, JobError>,
{
    let left = run.time_left();
    let limit = left.saturating_sub(SETTLE_MARGIN.min(left / 10));
    let guarded = AssertUnwindSafe(Box::pin(handler(run))).catch_unwind();
    match tokio::time::timeout(limit, guarded).await {
        Err(_) => Ending::TimedOut,
        Ok(Ok(result)) => Ending::Returned(result),
        Ok(Err(panic)) => Ending::Panicked(panic_message(&*panic)),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

fn log_ending(ending: &Ending) {
    let error = match ending {
        Ending::Returned(Ok(_)) => return,
        Ending::Returned(Err(error)) => {
            let error = error.chain();
            tracing::warn!(error, "handler stopped early");
            error
        }
        Ending::TimedOut | Ending::Panicked(_) | Ending::Lost => {
            tracing::error!(ending = ?ending, "handler did not return");
            format!("{ending:?}")
        }
    };
    let span = tracing::Span::current();
    span.record("otel.status_code", "ERROR");
    span.record("error.message", telemetry::redact(&error));
}
