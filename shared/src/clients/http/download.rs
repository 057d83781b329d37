//! A body on its way in, counted and timed while it streams.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::time::{Instant, timeout_at};

use super::{Limits, error::FetchError};

/// The bounds of one download.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most bytes accepted, announced or received.
    pub bytes_max: u64,
    /// When the whole transfer must be over.
    pub deadline: Instant,
}

/// A body being received. Dropping it closes the connection.
#[derive(Debug)]
pub struct Download {
    response: reqwest::Response,
    host: String,
    source: String,
    bounds: Bounds,
    pub(super) limits: Limits,
    pub(super) started: Instant,
    expected: Option<u64>,
    received: u64,
}

impl Download {
    /// Accepts an answer of status 200, or says why not.
    pub(super) fn accept(
        response: reqwest::Response,
        (host, source): (String, String),
        bounds: Bounds,
        limits: Limits,
    ) -> Result<Self, FetchError> {
        if response.status() != reqwest::StatusCode::OK {
            return Err(FetchError::Status {
                status: response.status().as_u16(),
                host,
            });
        }
        let encoding = response.headers().get(reqwest::header::CONTENT_ENCODING);
        if encoding.is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
            return Err(FetchError::Compressed);
        }
        let expected = response.content_length();
        if expected.is_some_and(|length| length > bounds.bytes_max) {
            return Err(FetchError::TooLarge {
                bytes_max: bounds.bytes_max,
            });
        }
        Ok(Self {
            response,
            host,
            source,
            bounds,
            limits,
            started: Instant::now(),
            expected,
            received: 0,
        })
    }

    /// The next piece, `None` after the last one.
    ///
    /// # Errors
    /// [`FetchError`]; the pieces before it are then worth nothing.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let idle_until = Instant::now() + self.limits.idle;
        let until = idle_until.min(self.bounds.deadline);
        let Ok(next) = timeout_at(until, self.response.chunk()).await else {
            return Err(self.timed_out(until == self.bounds.deadline));
        };
        match next.map_err(|error| self.broken(error))? {
            None => self.check_complete().map(|()| None),
            Some(chunk) => self.count(&chunk).map(|()| Some(chunk)),
        }
    }

    /// As announced by `Content-Length`.
    #[must_use]
    pub fn expected_bytes(&self) -> Option<u64> {
        self.expected
    }

    /// What the bytes are said to be, as in `text/html; charset=utf-8`.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        let value = self.response.headers().get(reqwest::header::CONTENT_TYPE)?;
        value.to_str().ok()
    }

    /// Where the bytes come from after redirects, without the query.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    fn count(&mut self, chunk: &Bytes) -> Result<(), FetchError> {
        self.received = self
            .received
            .saturating_add(chunk.len().try_into().unwrap_or(u64::MAX));
        if self.received > self.bounds.bytes_max {
            return Err(FetchError::TooLarge {
                bytes_max: self.bounds.bytes_max,
            });
        }
        let elapsed = self.started.elapsed();
        let due = self
            .limits
            .bytes_per_second_min
            .saturating_mul(elapsed.as_secs());
        if elapsed > self.limits.idle && self.received < due {
            return Err(FetchError::TooSlow {
                bytes_per_second_min: self.limits.bytes_per_second_min,
            });
        }
        Ok(())
    }

    fn check_complete(&self) -> Result<(), FetchError> {
        match self.expected {
            Some(expected) if expected != self.received => Err(FetchError::LengthMismatch {
                expected,
                received: self.received,
            }),
            _ => Ok(()),
        }
    }

    fn timed_out(&self, is_deadline: bool) -> FetchError {
        if is_deadline {
            return FetchError::DeadlinePassed;
        }
        FetchError::TimedOut {
            what: "further byte",
            limit: self.limits.idle,
        }
    }

    /// A body that ends early is a length mismatch, whatever the HTTP client calls it.
    fn broken(&self, error: reqwest::Error) -> FetchError {
        match self.expected {
            Some(expected) if error.is_body() || error.is_decode() => FetchError::LengthMismatch {
                expected,
                received: self.received,
            },
            _ => FetchError::from_client(error, &self.host),
        }
    }
}

impl Limits {
    /// What production uses.
    ///
    /// A CDN answers within a second; thirty are for a bad day. The lowest rate only ends trickles.
    pub const STANDARD: Self = Self {
        connect: Duration::from_secs(10),
        first_byte: Duration::from_secs(30),
        idle: Duration::from_secs(30),
        bytes_per_second_min: 16 * 1024,
    };
}

/// The body of an API's answer, which is kept in memory.
pub(super) async fn whole_body(
    mut response: reqwest::Response,
    host: &str,
    bytes_max: u64,
) -> Result<Bytes, FetchError> {
    let too_large = || FetchError::TooLarge { bytes_max };
    if response
        .content_length()
        .is_some_and(|length| length > bytes_max)
    {
        return Err(too_large());
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| FetchError::from_client(error, host))?
    {
        body.extend_from_slice(&chunk);
        if u64::try_from(body.len()).unwrap_or(u64::MAX) > bytes_max {
            return Err(too_large());
        }
    }
    Ok(body.freeze())
}
