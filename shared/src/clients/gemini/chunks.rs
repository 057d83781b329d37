//! A stream cut into pieces of one length, of which one is in memory.

use std::pin::Pin;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _};

use super::GeminiError;

/// What is left of a stream.
pub(super) struct Chunks<'a, S> {
    stream: Pin<&'a mut S>,
    /// What the last piece of the stream had too much.
    rest: Bytes,
}

impl<'a, S, E> Chunks<'a, S>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    pub(super) fn of(stream: Pin<&'a mut S>) -> Self {
        Self {
            stream,
            rest: Bytes::new(),
        }
    }

    /// The next `bytes` of the stream, or as many as there are.
    pub(super) async fn next(&mut self, bytes: usize) -> Result<Bytes, GeminiError> {
        let mut chunk = BytesMut::new();
        while chunk.len() < bytes && !self.is_over().await? {
            let wanted = self.rest.len().min(bytes - chunk.len());
            chunk.extend_from_slice(&self.rest.split_to(wanted));
        }
        Ok(chunk.freeze())
    }

    /// Whether nothing is left.
    pub(super) async fn is_over(&mut self) -> Result<bool, GeminiError> {
        while self.rest.is_empty() {
            match self.stream.next().await {
                None => return Ok(true),
                Some(piece) => {
                    self.rest = piece.map_err(|error| GeminiError::Body(error.into()))?
                }
            }
        }
        Ok(false)
    }
}
