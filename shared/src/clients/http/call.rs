//! One exchange with an API that wants more than a question: a method, headers, a body, a time limit of its own.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::BoxStream};
use reqwest::header;
use tokio::time::Instant;

use super::{Answer, FetchError, Http, Patience};

pub use reqwest::Method;

/// What to exchange.
pub struct Call<'a> {
    /// The HTTP method.
    pub method: Method,
    /// Where to.
    pub url: &'a str,
    /// By lower-case names. A secret belongs here and not into the address.
    pub headers: &'a [(&'static str, &'a str)],
    /// What goes along.
    pub body: Outgoing,
    /// Most bytes of the answer that are read.
    pub bytes_max: u64,
    /// For the whole exchange, the connection included.
    pub timeout: Duration,
}

/// A body to send.
pub enum Outgoing {
    /// None.
    Nothing,
    /// One that is in memory.
    Whole(Bytes),
    /// One that is made while it is sent, and of which no more is in memory than a piece or two.
    Pieces {
        /// How long all pieces are together; a server is told it before the first.
        bytes: u64,
        /// The pieces, in order.
        pieces: BoxStream<'static, Bytes>,
    },
}

impl Http {
    /// One exchange: no redirects, the whole answer up to `bytes_max`, all of it within `timeout`.
    ///
    /// # Errors
    /// [`FetchError`], except for the status, which is the caller's to judge. The other side may
    /// have done what was asked all the same.
    pub async fn call(&self, call: Call<'_>) -> Result<Answer, FetchError> {
        let target = self.inner.guard.check(call.url)?;
        let client = self.client(&target)?;
        let mut request = client
            .request(call.method, target.url.clone())
            .header(header::ACCEPT_ENCODING, "identity");
        for (name, value) in call.headers {
            request = request.header(*name, *value);
        }
        let request = match call.body {
            Outgoing::Nothing => request.header(header::CONTENT_LENGTH, 0),
            Outgoing::Whole(body) => request.body(body),
            Outgoing::Pieces { bytes, pieces } => request
                .header(header::CONTENT_LENGTH, bytes)
                .body(reqwest::Body::wrap_stream(
                    pieces.map(Ok::<_, std::convert::Infallible>),
                )),
        };
        // When an answer begins is the caller's business: a model thinks for minutes.
        let patience = Patience {
            head: call.timeout,
            deadline: Instant::now() + call.timeout,
        };
        self.exchange_within(request, &target, call.bytes_max, patience)
            .await
    }
}
