//! How invocations end, and who is told.

use std::process::ExitStatus;
use std::sync::Arc;

use bytes::Bytes;

use super::{Function, Job};
use crate::lambda::Invocation;

/// How an invocation ended, before it is told to whom it concerns.
pub(in crate::lambda) enum Ending {
    Result {
        payload: Bytes,
        content_type: Option<String>,
    },
    Error(Bytes),
}

impl Function {
    /// Tells the result, or tries an asynchronous job again.
    pub(super) fn settle(self: &Arc<Self>, job: Job, ending: Ending, log_tail: String) {
        let (payload, content_type, function_error) = match ending {
            Ending::Result {
                payload,
                content_type,
            } => (payload, content_type, None),
            Ending::Error(payload) => (payload, None, Some("Unhandled".to_owned())),
        };
        let Some(reply) = job.reply else {
            if function_error.is_some() {
                self.retry(job, &payload);
            }
            return;
        };
        // Whoever asked may have gone away.
        let _ = reply.send(Invocation {
            request_id: job.id,
            status: 200,
            function_error,
            payload,
            content_type,
            log_tail,
        });
    }

    fn retry(self: &Arc<Self>, mut job: Job, error: &Bytes) {
        let error = String::from_utf8_lossy(error);
        if job.attempt >= self.spec.retries {
            tracing::warn!(
                request.id = job.id,
                "an event for {} failed: {error}",
                self.spec.name
            );
            return;
        }
        tracing::info!(
            request.id = job.id,
            "an event for {} failed, trying again: {error}",
            self.spec.name
        );
        job.attempt += 1;
        let function = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(function.spec.retry_wait).await;
            if let Err(error) = function.submit(job) {
                tracing::warn!(%error, "an event is lost");
            }
        });
    }
}

impl Ending {
    pub(in crate::lambda) fn error(kind: &str, said: &str, request_id: &str) -> Self {
        let message = format!("RequestId: {request_id} Error: {said}");
        let body = serde_json::json!({ "errorType": kind, "errorMessage": message });
        Self::Error(Bytes::from(body.to_string()))
    }
}

/// As AWS words it.
pub(super) fn describe(end: &anyhow::Result<ExitStatus>) -> String {
    match end {
        Ok(status) if status.success() => "Runtime exited without providing a reason".to_owned(),
        Ok(status) => {
            let status = status.to_string().replace("exit status:", "exit status");
            format!("Runtime exited with error: {status}")
        }
        Err(error) => format!("{error:#}"),
    }
}
