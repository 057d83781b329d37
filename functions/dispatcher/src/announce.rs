//! Events that follow a commit. One that does not leave is not lost: the reconciler reads the
//! rows, sends what is due and applies what changed within a minute.

use std::time::Duration;

use shared::{
    clients::bus::BusEvent,
    domain::{JobId, RunId, chain},
    store::runs::request::{self, Requested},
};

use crate::State;

/// How long events may take to leave, of which ten go in a call: what is left then waits a minute.
pub(crate) const TIME: Duration = Duration::from_secs(8);

/// Sends a new run to its function.
pub(crate) async fn run(state: &State, requested: Requested) {
    runs(state, &[requested]).await;
}

/// Sends new runs to their functions.
pub(crate) async fn runs(state: &State, requested: &[Requested]) {
    let events = requested.iter().map(|requested| BusEvent::RunRequested {
        run_id: requested.run_id,
        job_id: requested.job_id,
        job_type: requested.job_type.name().to_owned(),
    });
    let events: Vec<_> = events.collect();
    let refused = refused(state, &events).await.into_iter();
    let waiting = refused.filter_map(|index| Some(requested.get(index)?.run_id));
    let waiting: Vec<_> = waiting.collect();
    if let Err(error) = unsend(state, &waiting).await {
        tracing::warn!(runs = ?waiting, error = chain(&error), "these runs wait some minutes");
    }
}

async fn unsend(state: &State, runs: &[RunId]) -> sqlx::Result<()> {
    if runs.is_empty() {
        return Ok(());
    }
    let mut tx = state.db.begin().await?;
    request::unsend(&mut tx, runs).await?;
    tx.commit().await
}

/// Wakes the reconciler, which brings the job's cloud rule up to date and sends what is due. False: it was not told, and
/// finds out by itself.
pub(crate) async fn schedule(state: &State, job_id: JobId) -> bool {
    schedules(state, &[job_id]).await
}

/// Wakes the reconciler for several jobs. False: it was not told of all of them.
pub(crate) async fn schedules(state: &State, jobs: &[JobId]) -> bool {
    let events = jobs
        .iter()
        .map(|job_id| BusEvent::ScheduleChanged { job_id: *job_id });
    let events: Vec<_> = events.collect();
    refused(state, &events).await.is_empty()
}

/// Sends events; the places of those that did not leave, for all that is known.
async fn refused(state: &State, events: &[BusEvent]) -> Vec<usize> {
    let Some(first) = events.first() else {
        return vec![];
    };
    let (event, count) = (first.detail_type(), events.len());
    match tokio::time::timeout(TIME, state.bus.publish(events)).await {
        Ok(Ok(refused)) => return refused,
        Ok(Err(error)) => {
            tracing::warn!(event, count, error = chain(&error), "events did not leave");
        }
        Err(_) => tracing::warn!(event, count, "events took too long to leave"),
    }
    (0..count).collect()
}
