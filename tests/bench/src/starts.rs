//! When handlers started, by the functions' own log lines: written right before the handler is called.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use sundial_local::lambda::LogLine;
use tokio::sync::{
    Notify,
    broadcast::{Receiver, error::RecvError},
};
use uuid::Uuid;

/// The longest a start may take to be counted.
const START_WAIT: Duration = Duration::from_secs(90);

/// What runs have written so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Starts {
    seen: Arc<Mutex<Seen>>,
    more: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Seen {
    /// By run.
    started: HashMap<Uuid, Start>,
    ended: HashMap<Uuid, DateTime<Utc>>,
}

/// A handler's start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) job: Uuid,
    pub(crate) at: DateTime<Utc>,
}

/// The lines that matter.
#[derive(Deserialize)]
struct Line {
    timestamp: DateTime<Utc>,
    message: String,
    #[serde(rename = "run.id")]
    run: Uuid,
    #[serde(rename = "job.id")]
    job: Option<Uuid>,
}

impl Starts {
    /// Reads every line from now on.
    pub(crate) fn listen(mut logs: Receiver<LogLine>) -> Self {
        let starts = Self::default();
        let reader = starts.clone();
        tokio::spawn(async move {
            loop {
                match logs.recv().await {
                    Ok(line) => reader.take(&line.text),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                }
            }
        });
        starts
    }

    /// When a run started.
    pub(crate) async fn started(&self, run: Uuid) -> anyhow::Result<DateTime<Utc>> {
        let start = self.wait(|seen| seen.started.get(&run).copied()).await;
        Ok(start
            .with_context(|| format!("run {run} does not start"))?
            .at)
    }

    /// Waits until a run has ended by its own account.
    pub(crate) async fn ended(&self, run: Uuid) -> anyhow::Result<()> {
        let end = self.wait(|seen| seen.ended.get(&run).copied()).await;
        end.map(drop)
            .with_context(|| format!("run {run} does not end"))
    }

    /// The first start of a job since it was last forgotten.
    pub(crate) async fn of_job(&self, job: Uuid) -> anyhow::Result<(Uuid, DateTime<Utc>)> {
        let first = |seen: &Seen| {
            let mut starts = seen.started.iter();
            starts
                .find(|(_, start)| start.job == job)
                .map(|(run, start)| (*run, start.at))
        };
        self.wait(first)
            .await
            .with_context(|| format!("job {job} does not start"))
    }

    /// Forgets everything.
    pub(crate) fn forget(&self) {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
    }

    fn take(&self, text: &str) {
        let Ok(line) = serde_json::from_str::<Line>(text) else {
            return;
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match (line.message.as_str(), line.job) {
            ("run started", Some(job)) => drop(seen.started.insert(
                line.run,
                Start {
                    job,
                    at: line.timestamp,
                },
            )),
            ("run ended", _) => drop(seen.ended.insert(line.run, line.timestamp)),
            _ => return,
        }
        drop(seen);
        self.more.notify_waiters();
    }

    async fn wait<T>(&self, look: impl Fn(&Seen) -> Option<T>) -> Option<T> {
        let found = async {
            loop {
                let more = self.more.notified();
                tokio::pin!(more);
                more.as_mut().enable();
                let found = look(&self.seen.lock().unwrap_or_else(PoisonError::into_inner));
                match found {
                    Some(found) => return found,
                    None => more.await,
                }
            }
        };
        tokio::time::timeout(START_WAIT, found).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_start_is_known_by_its_run_and_by_its_job() {
        let (run, job) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let starts = Starts::default();
        starts.take(&format!(
            r#"{{"timestamp":"2026-11-20T12:00:00.000123Z","level":"INFO","message":"run started","run.id":"{run}","job.id":"{job}"}}"#
        ));

        let at = starts.started(run).await.unwrap();
        assert_eq!(at.timestamp_subsec_micros(), 123);
        assert_eq!(starts.of_job(job).await.unwrap(), (run, at));
    }

    #[test]
    fn other_lines_and_forgotten_runs_are_no_starts() {
        let starts = Starts::default();
        starts.take("not JSON");
        starts.take(r#"{"timestamp":"2026-11-20T12:00:00Z","message":"run started","run.id":"00000000-0000-0000-0000-000000000001","job.id":"00000000-0000-0000-0000-000000000002"}"#);
        starts.forget();

        assert!(starts.seen.lock().unwrap().started.is_empty());
    }
}
