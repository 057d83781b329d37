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
    let event = BusEvent::RunRequested {
        run_id: requested.run_id,
        job_id: requested.job_id,
        job_type: requested.job_type.name().to_owned(),
    };
    if !publish(state, event).await
        && let Err(error) = unsend(state, requested).await
    {
        tracing::warn!(run.id = %requested.run_id, error = chain(&error), "the run waits a minute");
    }
}

async fn unsend(state: &State, requested: Requested) -> sqlx::Result<()> {
    let mut tx = state.db.begin().await?;
    request::unsend(&mut tx, requested.run_id).await?;
    tx.commit().await
}

/// Wakes the reconciler, which brings the job's cloud rule up to date and sends what is due. False: it was not told, and
/// finds out by itself.
pub(crate) async fn schedule(state: &State, job_id: JobId) -> bool {
    publish(state, BusEvent::ScheduleChanged { job_id }).await
}

async fn publish(state: &State, event: BusEvent) -> bool {
    match state.bus.publish(std::slice::from_ref(&event)).await {
        Ok(refused) => refused.is_empty(),
        Err(error) => {
            let event = event.detail_type();
            tracing::warn!(event, error = chain(&error), "an event did not leave");
            false
        }
    }
}
