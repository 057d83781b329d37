//! What can go wrong with objects.

use std::error::Error;

/// S3 did not do what was asked. The state is named by each operation.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// An exchange with S3 failed, after the SDK's own retries.
    #[error("{doing}")]
    Exchange {
        /// What was being done, as in "uploading a part".
        doing: &'static str,
        /// What the SDK said, its request left out.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The body has more parts than S3 takes.
    #[error("object of more than {0} parts")]
    TooManyParts(i32),
    /// An upload ended without an answer: its task was stopped.
    #[error("an upload was stopped")]
    Stopped,
}

impl ObjectsError {
    pub(super) fn of(doing: &'static str, error: impl Error + Send + Sync + 'static) -> Self {
        Self::Exchange {
            doing,
            source: Box::new(error),
        }
    }
}
