//! Events that follow a commit. One that does not leave is not lost: the reconciler reads the
//! rows, sends what is due and applies what changed within a minute.

use shared::{
    clients::bus::BusEvent,
    domain::{JobId, chain},
    store::runs::request::{self, Requested},
};

use crate::State;

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
    for index in refused(state, &events).await {
        let Some(requested) = requested.get(index) else {
            continue;
        };
        if let Err(error) = unsend(state, requested).await {
            tracing::warn!(run.id = %requested.run_id, error = chain(&error), "the run waits a minute");
        }
    }
}

async fn unsend(state: &State, requested: &Requested) -> sqlx::Result<()> {
    let mut tx = state.db.begin().await?;
    request::unsend(&mut tx, requested.run_id).await?;
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
    match state.bus.publish(events).await {
        Ok(refused) => refused,
        Err(error) => {
            let (event, count) = (first.detail_type(), events.len());
            tracing::warn!(event, count, error = chain(&error), "events did not leave");
            (0..count).collect()
        }
    }
}
