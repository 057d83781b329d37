//! Our events on the EventBridge bus: what was asked for, what ended, what changed.
//!
//! Sending twice is safe: whoever receives an event looks at the row it names, not at the event.
//! So a failed call is answered by sending all of its events again.

use std::{error::Error, sync::Arc, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{
    Client,
    config::{Builder, retry::RetryConfig, timeout::TimeoutConfig},
    error::ProvideErrorMetadata,
    operation::put_events::PutEventsOutput,
    types::PutEventsRequestEntry,
};
use serde::Serialize;

use crate::domain::ids::{JobId, RunId};

/// The `source` of every event of ours; bus rules match on it.
pub const SOURCE: &str = "sundial";

/// Entries of one PutEvents call. **Source:** EventBridge quotas, "PutEvents".
const ENTRIES_MAX: usize = 10;

/// How often an entry is sent in all when the bus asks for another try.
const ENTRY_ATTEMPTS_MAX: u32 = 3;

/// Wait before the second try of an entry; doubles after it. The reconciler sends what is
/// refused again within a minute or two, so waiting longer here only holds up the caller.
const ENTRY_WAIT: Duration = Duration::from_millis(50);

/// One call with the SDK's own retries: a caller answers a person after it.
const CALL_TIMEOUT: Duration = Duration::from_secs(8);

/// One try of a call; PutEvents answers within milliseconds when it answers.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Entry errors that pass by themselves. **Source:** PutEventsResultEntry, "Retryable errors".
const PASSING: [&str; 2] = ["InternalFailure", "ThrottlingException"];

/// Something the rest of the system may want to act on. The detail type is the variant's name,
/// the detail its fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum BusEvent {
    /// A pending run waits for its function.
    RunRequested {
        /// The run to claim.
        run_id: RunId,
        /// Its job.
        job_id: JobId,
        /// Decides which function receives the event.
        job_type: String,
    },
    /// A run reached its end.
    RunFinished {
        /// The run that ended.
        run_id: RunId,
        /// Its job.
        job_id: JobId,
        /// What it did.
        job_type: String,
        /// How it ended: `completed`, `failed`, `skipped` or `cancelled`.
        status: String,
    },
    /// A job was created, edited, paused, resumed or ended: its cloud rule may be out of date.
    ScheduleChanged {
        /// The job whose row changed.
        job_id: JobId,
    },
}

impl BusEvent {
    /// The event's `detail-type`, on which bus rules match.
    #[must_use]
    pub const fn detail_type(&self) -> &'static str {
        match self {
            Self::RunRequested { .. } => "RunRequested",
            Self::RunFinished { .. } => "RunFinished",
            Self::ScheduleChanged { .. } => "ScheduleChanged",
        }
    }
}

/// Why nothing is known about a batch of events: any of them may have left or not.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// The call as a whole failed, after the SDK's own retries.
    #[error("sending {count} events to bus {bus}: {why}")]
    Call {
        /// The bus.
        bus: String,
        /// How many events were in the call.
        count: usize,
        /// The bus's code and message, or that it did not answer.
        why: String,
        /// What the SDK says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The answer does not match the question, so it cannot be told what left.
    #[error("bus {bus} answered for {answered} of {count} events")]
    Answer {
        /// The bus.
        bus: String,
        /// How many events were in the call.
        count: usize,
        /// How many entries the answer had.
        answered: usize,
    },
    /// An event could not be written as JSON.
    #[error("writing a {detail_type} event as JSON")]
    Detail {
        /// Which kind of event.
        detail_type: &'static str,
        /// What serde says.
        #[source]
        source: serde_json::Error,
    },
}

/// The way to the event bus. Clones share one connection pool.
#[derive(Clone, Debug)]
pub struct Bus(Way);

#[derive(Clone, Debug)]
enum Way {
    EventBridge {
        client: Client,
        name: Arc<str>,
    },
    #[cfg(any(test, feature = "testing"))]
    Recorder(Arc<Recorder>),
}

impl Bus {
    /// A client for the bus called `name`. Opens no connection yet.
    #[must_use]
    pub fn new(aws: &SdkConfig, name: impl Into<Arc<str>>) -> Self {
        let timeouts = TimeoutConfig::builder()
            .operation_timeout(CALL_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let config = Builder::from(aws)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard())
            .build();
        Self(Way::EventBridge {
            client: Client::from_conf(config),
            name: name.into(),
        })
    }

    /// Sends `events` in order, ten to a call, and returns the indexes (ascending) of those the
    /// bus refused. Refused events were logged; what may pass was tried three times.
    ///
    /// # Errors
    /// [`BusError`] when a call fails as a whole. Events of earlier calls have left by then; sending
    /// everything again does no harm.
    pub async fn publish(&self, events: &[BusEvent]) -> Result<Vec<usize>, BusError> {
        let (client, name) = match &self.0 {
            Way::EventBridge { client, name } => (client, name),
            #[cfg(any(test, feature = "testing"))]
            Way::Recorder(recorder) => return recorder.publish(events),
        };
        let mut refused = Vec::new();
        for (chunk_index, chunk) in events.chunks(ENTRIES_MAX).enumerate() {
            let entries = chunk
                .iter()
                .map(|event| entry(name, event))
                .collect::<Result<Vec<_>, _>>()?;
            let first = chunk_index * ENTRIES_MAX;
            let of_chunk = send(client, name, entries).await?;
            refused.extend(of_chunk.into_iter().map(|index| first + index));
        }
        Ok(refused)
    }
}

fn entry(bus: &str, event: &BusEvent) -> Result<PutEventsRequestEntry, BusError> {
    let detail_type = event.detail_type();
    let detail = serde_json::to_string(event).map_err(|source| BusError::Detail {
        detail_type,
        source,
    })?;
    Ok(PutEventsRequestEntry::builder()
        .event_bus_name(bus)
        .source(SOURCE)
        .detail_type(detail_type)
        .detail(detail)
        .build())
}

/// Sends one call's entries, then again those whose refusal passes by itself.
/// Returns the positions of the entries that did not leave, ascending.
async fn send(
    client: &Client,
    bus: &str,
    entries: Vec<PutEventsRequestEntry>,
) -> Result<Vec<usize>, BusError> {
    let mut waiting: Vec<_> = entries.into_iter().enumerate().collect();
    let mut refused = Vec::new();
    let mut wait = ENTRY_WAIT;
    for attempt in 1..=ENTRY_ATTEMPTS_MAX {
        let batch = waiting.iter().map(|(_, entry)| entry.clone()).collect();
        let answer = put(client, bus, batch).await?;
        if answer.failed_entry_count == 0 {
            waiting.clear();
            break;
        }
        let may_retry = attempt < ENTRY_ATTEMPTS_MAX;
        waiting = sort_out(waiting, &answer, may_retry, &mut refused);
        if waiting.is_empty() {
            break;
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    refused.sort_unstable();
    Ok(refused)
}

/// Takes the entries that left out of `waiting`, moves those refused for good to `refused`, and
/// returns those worth another try.
fn sort_out(
    waiting: Vec<(usize, PutEventsRequestEntry)>,
    answer: &PutEventsOutput,
    may_retry: bool,
    refused: &mut Vec<usize>,
) -> Vec<(usize, PutEventsRequestEntry)> {
    let mut again = Vec::new();
    for ((index, entry), result) in waiting.into_iter().zip(answer.entries()) {
        let Some(code) = result.error_code() else {
            continue;
        };
        if may_retry && PASSING.contains(&code) {
            again.push((index, entry));
            continue;
        }
        tracing::warn!(
            event = entry.detail_type(),
            code,
            message = result.error_message(),
            "the bus refused an event"
        );
        refused.push(index);
    }
    again
}

async fn put(
    client: &Client,
    bus: &str,
    entries: Vec<PutEventsRequestEntry>,
) -> Result<PutEventsOutput, BusError> {
    let count = entries.len();
    let answer = client.put_events().set_entries(Some(entries)).send().await;
    let answer = answer.map_err(|error| BusError::Call {
        bus: bus.to_owned(),
        count,
        why: why(&error),
        source: error.into(),
    })?;
    // A count without its entries would let a refused event pass for sent.
    if answer.failed_entry_count > 0 && answer.entries().len() != count {
        return Err(BusError::Answer {
            bus: bus.to_owned(),
            count,
            answered: answer.entries().len(),
        });
    }
    Ok(answer)
}

/// The service's code and message in one line.
pub(crate) fn why(error: &impl ProvideErrorMetadata) -> String {
    match (error.code(), error.message()) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        (None, _) => "no usable answer".to_owned(),
    }
}

#[cfg(any(test, feature = "testing"))]
pub use recorder::Recorder;

#[cfg(any(test, feature = "testing"))]
mod recorder;

#[cfg(test)]
mod tests;
