//! Events that Lambda or EventBridge gave up, in the queues that keep them.

use std::{error::Error, time::Duration};

use aws_config::SdkConfig;
use aws_sdk_sqs::{Client, config::timeout::TimeoutConfig, error::ProvideErrorMetadata};

use super::bus::why;

/// What the names of these queues end with.
const ENDING: &str = "-dead-letters";

/// Queues asked for. **Source:** SQS API reference, ListQueues: at most 1,000 without pages.
const QUEUES_MAX: i32 = 1_000;

/// Messages of one call. **Source:** SQS API reference, ReceiveMessage.
const MESSAGES_MAX: i32 = 10;

/// One call with the SDK's own retries.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// SQS.
#[derive(Clone, Debug)]
pub struct Undelivered {
    client: Client,
}

/// An event that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndeliveredEvent {
    /// The queue that keeps it, by its address.
    pub queue: String,
    /// Its id there.
    pub id: String,
    /// What it says: of Lambda an invocation record, of EventBridge the event.
    pub body: String,
    /// Of EventBridge: the rule that could not hand it over.
    pub rule_arn: Option<String>,
    receipt: String,
}

/// Why nothing is known about the queues.
#[derive(Debug, thiserror::Error)]
#[error("{doing} {queue}: {why}")]
pub struct UndeliveredError {
    doing: &'static str,
    queue: String,
    /// AWS's code and message, or that there was no usable answer.
    why: String,
    #[source]
    source: Box<dyn Error + Send + Sync>,
}

impl Undelivered {
    /// A client with the given region and credentials.
    #[must_use]
    pub fn new(aws: &SdkConfig) -> Self {
        let timeouts = TimeoutConfig::builder().operation_timeout(CALL_TIMEOUT);
        let config = aws_sdk_sqs::config::Builder::from(aws).timeout_config(timeouts.build());
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// The addresses of an installation's queues, whose names begin with `prefix` and a hyphen.
    ///
    /// # Errors
    /// [`UndeliveredError`] when AWS refuses or does not answer.
    pub async fn queues(&self, prefix: &str) -> Result<Vec<String>, UndeliveredError> {
        let prefix = format!("{prefix}-");
        let call = self.client.list_queues().queue_name_prefix(&prefix);
        let answer = call.max_results(QUEUES_MAX).send().await;
        let found = answer.map_err(|error| failed("listing queues", &prefix, error))?;
        let mut queues = found.queue_urls.unwrap_or_default();
        queues.retain(|queue| queue.ends_with(ENDING));
        Ok(queues)
    }

    /// Up to ten events of a queue, which nobody else sees for `hidden`. None: the queue is empty.
    ///
    /// # Errors
    /// [`UndeliveredError`] when AWS refuses or does not answer.
    pub async fn receive(
        &self,
        queue: &str,
        hidden: Duration,
    ) -> Result<Vec<UndeliveredEvent>, UndeliveredError> {
        let seconds = i32::try_from(hidden.as_secs()).unwrap_or(i32::MAX);
        let call = self.client.receive_message().queue_url(queue);
        let call = call.max_number_of_messages(MESSAGES_MAX);
        let call = call.message_attribute_names("All");
        let answer = call.visibility_timeout(seconds).send().await;
        let answer = answer.map_err(|error| failed("reading queue", queue, error))?;
        let events = answer.messages.unwrap_or_default().into_iter();
        let events = events.filter_map(|message| {
            let mut attributes = message.message_attributes.unwrap_or_default();
            Some(UndeliveredEvent {
                queue: queue.to_owned(),
                id: message.message_id?,
                body: message.body?,
                rule_arn: attributes.remove("RULE_ARN").and_then(|it| it.string_value),
                receipt: message.receipt_handle?,
            })
        });
        Ok(events.collect())
    }

    /// Takes an event out of its queue for good.
    ///
    /// # Errors
    /// [`UndeliveredError`] when AWS refuses or does not answer; it comes again then.
    pub async fn delete(&self, event: &UndeliveredEvent) -> Result<(), UndeliveredError> {
        let call = self.client.delete_message().queue_url(&event.queue);
        let answer = call.receipt_handle(&event.receipt).send().await;
        let answer = answer.map_err(|error| failed("emptying queue", &event.queue, error));
        answer.map(drop)
    }
}

fn failed<E>(doing: &'static str, queue: &str, error: E) -> UndeliveredError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    UndeliveredError {
        doing,
        queue: queue.to_owned(),
        why: why(&error),
        source: error.into(),
    }
}
