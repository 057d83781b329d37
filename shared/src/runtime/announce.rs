//! What the bus must hear after a commit.

use chrono::{DateTime, Utc};

use crate::{
    clients::bus::{Bus, BusEvent},
    domain::{JobType, RunId},
    store::{
        Database,
        runs::{self, DueRun, outbox::EndedRun},
    },
};

/// Tells the bus what ended and what may start, and notes what it took. What did not leave is
/// sent by the reconciler, so nothing is lost when this fails.
///
/// # Errors
/// When the bus or the database does not answer.
pub async fn announce(
    db: &Database,
    bus: &Bus,
    ended: &[EndedRun],
    to_send: &[DueRun],
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let events: Vec<_> = ended
        .iter()
        .map(finished_event)
        .chain(to_send.iter().map(requested_event))
        .collect();
    if events.is_empty() {
        return Ok(());
    }
    let refused = bus.publish(&events).await?;
    let took = |index: &usize| !refused.contains(index);
    let announced: Vec<RunId> = (0..ended.len())
        .filter(took)
        .filter_map(|index| ended.get(index))
        .map(|run| run.id)
        .collect();
    let sent: Vec<RunId> = (ended.len()..events.len())
        .filter(took)
        .filter_map(|index| to_send.get(index - ended.len()))
        .map(|run| run.id)
        .collect();
    let mut tx = db.begin().await?;
    if !announced.is_empty() {
        runs::mark_announced(&mut tx, &announced, now).await?;
    }
    if !sent.is_empty() {
        runs::mark_sent(&mut tx, &sent, now).await?;
    }
    tx.commit().await?;
    Ok(())
}

fn finished_event(run: &EndedRun) -> BusEvent {
    BusEvent::RunFinished {
        run_id: run.id,
        job_id: run.job_id,
        job_type: name(run.job_type),
        status: run.status.name().to_owned(),
    }
}

fn requested_event(run: &DueRun) -> BusEvent {
    BusEvent::RunRequested {
        run_id: run.id,
        job_id: run.job_id,
        job_type: name(run.job_type),
    }
}

fn name(job_type: JobType) -> String {
    job_type.name().to_owned()
}
