//! What comes of an invocation.

use bytes::Bytes;

/// What came of an invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Id of the request, as the function saw it.
    pub request_id: String,
    /// HTTP status of the Invoke API: 200 also when the function failed.
    pub status: u16,
    /// `Unhandled` when the function failed, died or ran out of time; then `payload` tells why.
    pub function_error: Option<String>,
    /// The function's result, or its error as JSON.
    pub payload: Bytes,
    /// Content type the function gave its result, if any; tells a streamed response from a plain one.
    pub content_type: Option<String>,
    /// Last 4 KB the instance wrote to stdout and stderr while it was invoked, as far as read by now.
    pub log_tail: String,
}

/// Why an invocation was not accepted. Nothing ran.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// No function of that name is hosted.
    #[error("no function is called {0:?}")]
    UnknownFunction(String),
    /// The payload is larger than AWS accepts.
    #[error("the payload has {bytes} bytes, more than the {max} allowed")]
    PayloadTooLarge {
        /// Size of the payload.
        bytes: usize,
        /// Size allowed.
        max: usize,
    },
    /// Too many invocations of the function wait already.
    #[error("too many invocations of {0:?} are waiting")]
    QueueFull(String),
    /// The host is being shut down.
    #[error("the Lambda host is shutting down")]
    ShuttingDown,
}
