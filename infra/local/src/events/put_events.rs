//! PutEvents: takes events in and gives them to the rules that want them.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{EventBridge, bus_name};
use crate::aws::checks::Checks;
use crate::aws::delivery::{Delivery, timestamp};
use crate::aws::error::ApiError;

/// Most entries of a request. **Source:** AWS, "Amazon EventBridge quotas".
const ENTRIES_MAX: usize = 10;

/// Largest sum of all entries, in bytes. **Source:** AWS, 1 MB since 2026-01-29; 256 KB before.
const ENTRIES_BYTES_MAX: usize = 1024 * 1024;

/// What a given time adds to an entry's size. **Source:** AWS, "Calculating PutEvents event entry size".
const TIME_BYTES: usize = 14;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutEvents {
    entries: Option<Vec<Entry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    time: Option<Time>,
    source: Option<String>,
    #[serde(default)]
    resources: Vec<String>,
    detail_type: Option<String>,
    detail: Option<String>,
    event_bus_name: Option<String>,
}

/// Seconds since 1970, as the SDKs write it, or a timestamp.
#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Seconds(f64),
    Text(DateTime<Utc>),
}

impl Entry {
    fn bytes(&self) -> usize {
        let texts = [&self.source, &self.detail_type, &self.detail];
        let texts = texts
            .into_iter()
            .flatten()
            .chain(&self.resources)
            .map(String::len);
        texts.sum::<usize>() + self.time.as_ref().map_or(0, |_| TIME_BYTES)
    }

    /// What AWS finds wrong with an entry: an error code and a message.
    fn event(
        &self,
        region: &str,
        account: &str,
        now: DateTime<Utc>,
    ) -> Result<Value, (&'static str, String)> {
        let needed = |field: &str, value: &Option<String>| match value.as_deref() {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err((
                "InvalidArgument",
                format!("Parameter {field} is not valid. Reason: {field} is a required argument."),
            )),
        };
        let source = needed("Source", &self.source)?;
        if source.starts_with("aws.") {
            return Err((
                "NotAuthorizedForSourceException",
                "Not authorized for the source.".to_owned(),
            ));
        }
        let detail_type = needed("DetailType", &self.detail_type)?;
        let detail: Value =
            serde_json::from_str(&needed("Detail", &self.detail)?).unwrap_or_default();
        if !detail.is_object() {
            return Err(("MalformedDetail", "Detail is malformed.".to_owned()));
        }
        let time = match &self.time {
            None => Some(now),
            Some(Time::Text(time)) => Some(*time),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a float too large saturates and is refused below"
            )]
            Some(Time::Seconds(seconds)) => DateTime::from_timestamp(*seconds as i64, 0),
        };
        let Some(time) = time else {
            return Err(("InvalidArgument", "Parameter Time is not valid.".to_owned()));
        };
        Ok(json!({
            "version": "0",
            "id": Uuid::new_v4().to_string(),
            "detail-type": detail_type,
            "source": source,
            "account": account,
            "time": timestamp(time),
            "region": region,
            "resources": self.resources,
            "detail": detail,
        }))
    }
}

impl EventBridge {
    pub(super) fn put_events(&self, request: PutEvents) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        match &request.entries {
            None => checks.null("entries"),
            Some(entries) => checks.count("entries", entries.len(), 1, ENTRIES_MAX),
        }
        checks.finish()?;
        let entries = request.entries.unwrap_or_default();
        if entries.iter().map(Entry::bytes).sum::<usize>() > ENTRIES_BYTES_MAX {
            return Err(ApiError::validation(
                "Total size of the entries in the request is over the limit.",
            ));
        }
        let mut failed = 0;
        let mut answers = Vec::new();
        let mut deliveries = Vec::new();
        for entry in &entries {
            let options = &self.0.options;
            match entry.event(&options.region, &options.account, options.clock.now()) {
                Ok(event) => {
                    deliveries
                        .extend(self.wanted(bus_name(entry.event_bus_name.as_deref()), &event));
                    answers.push(json!({ "EventId": event.get("id") }));
                }
                Err((code, message)) => {
                    failed += 1;
                    answers.push(json!({ "ErrorCode": code, "ErrorMessage": message }));
                }
            }
        }
        self.deliver(deliveries);
        Ok(json!({ "FailedEntryCount": failed, "Entries": answers }))
    }

    /// An event on a bus that is not there reaches nobody, and that is no error.
    /// **Source:** AWS, user guide, "Handling failures with PutEvents".
    fn wanted(&self, bus: &str, event: &Value) -> Vec<Delivery> {
        let wanted = self.read(|books| {
            let rules = books
                .bus(bus)?
                .rules
                .iter()
                .filter(|(_, rule)| rule.is_enabled());
            let rules = rules.filter(|(_, rule)| {
                rule.pattern
                    .as_ref()
                    .is_some_and(|pattern| pattern.matches(event))
            });
            Ok(rules
                .flat_map(|(name, rule)| self.deliveries(bus, name, rule, event))
                .collect())
        });
        wanted.unwrap_or_default()
    }
}
