//! The guarded HTTP client: everything fetched on the word of an answer, a row or a setting goes through it.
//!
//! It follows redirects by hand, checking each hop like the first URL; ignores proxy settings; sends no
//! header that could belong to somebody else; and bounds time and size while bytes stream in.

pub mod addresses;
mod call;
mod download;
mod error;
mod guard;
mod hop;
mod lazy;
mod resolver;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
pub use reqwest::header;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{Instrument, field::Empty};

use crate::telemetry::traces::TARGET;
pub use call::{Call, Method, Outgoing};
use download::whole_body;
pub use download::{Bounds, Download};
pub use error::FetchError;
use guard::Route;
pub use guard::{BadGuard, Checked, Refusal, UrlGuard};
pub use hop::Hop;
use lazy::{Lazy, Reach};

/// How long to wait, and how slow is too slow.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// From a standing connection until the head of the answer.
    pub first_byte: Duration,
    /// Between two pieces of the body.
    pub idle: Duration,
    /// Lowest average rate accepted, looked at once a transfer is older than `idle`.
    pub bytes_per_second_min: u64,
}

/// A client that fetches only what its guard allows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Http {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    guard: UrlGuard,
    limits: Limits,
    public: Arc<Lazy>,
    /// For trusted origins, whose addresses are not checked.
    trusted: Lazy,
}

/// A whole answer of any status, for APIs.
#[derive(Debug)]
pub struct Answer {
    /// The status code; the caller decides what it means.
    pub status: u16,
    /// Every header.
    pub headers: header::HeaderMap,
    /// The body, at most as long as asked for.
    pub body: Bytes,
}

/// How long to wait for an answer.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For the connection and the head together.
    head: Duration,
    /// Until when, the body included.
    deadline: Instant,
}

impl Http {
    /// A client with one guard and one set of limits. Its first fetch opens it.
    #[must_use]
    pub fn open(guard: UrlGuard, limits: Limits) -> Self {
        let public = Arc::new(Lazy::new(Reach::Public, limits));
        Self::over(public, guard, limits)
    }

    /// The same client, with its connections, behind another guard.
    #[must_use]
    pub fn guarded_by(&self, guard: UrlGuard) -> Self {
        let Inner { limits, public, .. } = &*self.inner;
        Self::over(Arc::clone(public), guard, *limits)
    }

    fn over(public: Arc<Lazy>, guard: UrlGuard, limits: Limits) -> Self {
        Self {
            inner: Arc::new(Inner {
                guard,
                limits,
                public,
                trusted: Lazy::new(Reach::Any, limits),
            }),
        }
    }

    /// One exchange with an API: no redirects, a bearer token in the header, the whole body up to `bytes_max`.
    ///
    /// # Errors
    /// [`FetchError`], except for the status, which is the caller's to judge.
    pub async fn ask(&self, url: &str, bearer: &str, bytes_max: u64) -> Result<Answer, FetchError> {
        let target = self.inner.guard.check(url)?;
        let request = self.client(&target)?.get(target.url.clone());
        self.exchange(request.bearer_auth(bearer), &target, bytes_max)
            .await
    }

    /// The same as [`Self::ask`] with a JSON body and `headers`; without a bearer token when the
    /// address itself is the secret.
    ///
    /// # Errors
    /// [`FetchError`], except for the status, which is the caller's to judge. The other side may
    /// have done what was asked all the same.
    pub async fn tell(
        &self,
        url: &str,
        bearer: Option<&str>,
        headers: &[(&'static str, &str)],
        body: &serde_json::Value,
        bytes_max: u64,
    ) -> Result<Answer, FetchError> {
        let target = self.inner.guard.check(url)?;
        let mut request = self.client(&target)?.post(target.url.clone()).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        self.exchange(request, &target, bytes_max).await
    }

    /// The same as [`Self::ask`] with a form, which keeps what is in it out of the address.
    ///
    /// # Errors
    /// [`FetchError`], except for the status, which is the caller's to judge. The other side may
    /// have done what was asked all the same.
    pub async fn submit(
        &self,
        url: &str,
        bearer: Option<&str>,
        form: &[(&str, &str)],
        bytes_max: u64,
    ) -> Result<Answer, FetchError> {
        let target = self.inner.guard.check(url)?;
        let mut request = self.client(&target)?.post(target.url.clone()).form(form);
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        self.exchange(request, &target, bytes_max).await
    }

    async fn exchange(
        &self,
        request: reqwest::RequestBuilder,
        target: &Checked,
        bytes_max: u64,
    ) -> Result<Answer, FetchError> {
        let deadline = Instant::now() + self.inner.limits.first_byte + self.inner.limits.idle;
        let patience = self.patience(deadline);
        self.exchange_within(request, target, bytes_max, patience)
            .await
    }

    async fn exchange_within(
        &self,
        request: reqwest::RequestBuilder,
        target: &Checked,
        bytes_max: u64,
        patience: Patience,
    ) -> Result<Answer, FetchError> {
        let deadline = patience.deadline;
        let mut response = self.head(request, target, patience).await?;
        let (status, headers) = (
            response.status().as_u16(),
            std::mem::take(response.headers_mut()),
        );
        let body = timeout_at(deadline, whole_body(response, target.host(), bytes_max));
        let body = body.await.map_err(|_| FetchError::DeadlinePassed)??;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    async fn head(
        &self,
        request: reqwest::RequestBuilder,
        target: &Checked,
        Patience { head, deadline }: Patience,
    ) -> Result<reqwest::Response, FetchError> {
        // The path and the query may hold secrets.
        let span = tracing::debug_span!(
            target: TARGET, "http", otel.kind = "client", server.address = target.host(),
            http.response.status_code = Empty
        );
        let sent = timeout_at(deadline, timeout(head, request.send()));
        let sent = sent.instrument(span.clone()).await;
        if let Ok(Ok(Ok(response))) = &sent {
            span.record("http.response.status_code", response.status().as_u16());
        }
        match sent {
            Err(_) => Err(FetchError::DeadlinePassed),
            Ok(Err(_)) => Err(FetchError::TimedOut {
                what: "first byte",
                limit: head,
            }),
            Ok(Ok(Err(error))) => Err(FetchError::from_client(error, target.host())),
            Ok(Ok(Ok(response))) => Ok(response),
        }
    }

    fn patience(&self, deadline: Instant) -> Patience {
        let head = self.inner.limits.connect + self.inner.limits.first_byte;
        Patience { head, deadline }
    }

    fn client(&self, target: &Checked) -> Result<reqwest::Client, FetchError> {
        match target.route {
            Route::Public => self.inner.public.get(),
            Route::Trusted => self.inner.trusted.get(),
        }
    }
}
