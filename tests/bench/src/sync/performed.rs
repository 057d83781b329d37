//! How long the numbers of a sync take, seen from the ledger.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::Instant;

use super::place::Job;

/// How often the ledger is asked how far the run has come.
const POLL: Duration = Duration::from_millis(10);

/// When a run's numbers per ad and day were all there, and how long they took by themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Performed {
    /// When the step was over.
    pub(crate) ended: Instant,
    /// From its beginning on.
    pub(crate) took: Duration,
}

/// Waits until the run of `job` has its numbers, by the place that it notes after each step.
pub(crate) async fn performed(
    pool: PgPool,
    job: Job,
    within: Duration,
) -> anyhow::Result<Performed> {
    let give_up = Instant::now() + within;
    let mut began = None;
    while Instant::now() < give_up {
        let step = job.step(&pool).await?;
        let now = Instant::now();
        match step.as_deref() {
            None | Some("plan") => {}
            Some("performance") => {
                began.get_or_insert(now);
            }
            Some(_) => {
                let took = began.map_or(Duration::ZERO, |began| now - began);
                return Ok(Performed { ended: now, took });
            }
        }
        tokio::time::sleep(POLL).await;
    }
    anyhow::bail!("the numbers do not come to an end")
}
