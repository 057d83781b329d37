//! Hands what a clock or an event has made to a function.

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::lambda::Host;

/// Something for a function, ready to be handed over.
pub(crate) struct Delivery {
    /// Who sends it, as in "rule nightly".
    pub(crate) sender: String,
    pub(crate) target_arn: String,
    pub(crate) payload: String,
}

impl Delivery {
    /// Hands over; the function runs on its own time.
    pub(crate) fn hand_over(self, host: &Host) {
        let Self {
            sender,
            target_arn,
            payload,
        } = self;
        let Some(function) = function_name(&target_arn) else {
            tracing::warn!("{sender} has a target this machine cannot deliver to: {target_arn}");
            return;
        };
        if let Err(error) = host.invoke_async(function, Bytes::from(payload)) {
            tracing::warn!(%error, "what {sender} sent was not delivered");
        }
    }
}

/// As events carry it: to the second, in UTC.
pub(crate) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The name in `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, with or without a version.
pub(crate) fn function_name(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", name, ..] => Some(name),
        _ => None,
    }
}
