//! Google's Gemini API, as far as Sundial asks it: answers in JSON of a given schema, and the files that they are
//! about.
//!
//! The key travels in the header `x-goog-api-key`, never in a URL, where it would get into logs. Nothing here asks
//! twice for an answer, because each may be paid: who called decides, by [`GeminiError::class`].
//!
//! **Source:** Gemini API reference, "Generating content", "Using files" and "Structured output".

mod answer;
mod ask;
mod chunks;
mod cost;
mod error;
mod files;
mod refusal;
#[cfg(test)]
mod tests;
mod upload;

use std::{sync::Arc, time::Duration};

use url::Url;

use super::{
    http::{self, Call, FetchError, Http, Method, Outgoing, UrlGuard},
    throttles::Throttles,
};
use crate::config::{self, Secret};

pub use answer::{Answer, Usage};
pub use ask::{Ask, Part};
pub use error::{Class, GeminiError};
pub use files::{FileState, RemoteFile};
pub use upload::Upload;

/// Largest answer read. The largest output of a model, 64 Ki tokens, stays below 1 MB.
const ANSWER_BYTES_MAX: u64 = 8 << 20;

/// How long a request about a file may take: none moves many bytes.
const FILE_REQUEST_MAX: Duration = Duration::from_secs(30);

/// How long a piece of 8 MiB may take: 140 kB/s.
const PIECE_MAX: Duration = Duration::from_secs(60);

/// The header that carries the key.
const KEY: &str = "x-goog-api-key";

/// Version of the API in every path.
const VERSION: &str = "v1beta";

/// One key's access to the Gemini API. Cheap to clone.
#[derive(Clone)]
pub struct Gemini {
    inner: Arc<Inner>,
    /// Between attempts to go on with a broken upload; doubles.
    retry_wait: Duration,
}

struct Inner {
    http: Http,
    base: Url,
    key: Option<Secret>,
    request_max: Duration,
    throttles: Throttles,
}

impl std::fmt::Debug for Gemini {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gemini")
            .field("base", &self.inner.base.as_str())
            .finish_non_exhaustive()
    }
}

impl Gemini {
    /// Opens the API over the connections of `http`, with a guard that allows its host only. Without a key, every
    /// request ends with [`GeminiError::NoKey`].
    #[must_use]
    pub fn open(config: &config::Gemini, http: &Http) -> Self {
        let inner = Inner {
            http: http.guarded_by(UrlGuard::for_setting(&config.url)),
            base: config.url.clone(),
            key: config.api_key.clone(),
            request_max: config.request_max,
            throttles: Throttles::default(),
        };
        Self {
            inner: Arc::new(inner),
            retry_wait: Duration::from_secs(1),
        }
    }

    /// Requests that Gemini refused because there were too many. Clones count together.
    #[must_use]
    pub fn throttles(&self) -> &Throttles {
        &self.inner.throttles
    }

    /// Has a model answer in JSON, and checks that the answer is what the schema says.
    ///
    /// One request, with temperature 0. It takes at most `ask.timeout`, and never longer than
    /// `GEMINI_REQUEST_SECONDS_MAX`.
    ///
    /// # Errors
    /// [`GeminiError`]. Answers that cannot be used are paid all the same: [`GeminiError::usage`].
    pub async fn generate(&self, ask: &Ask<'_>) -> Result<Answer, GeminiError> {
        let validator = jsonschema::validator_for(ask.schema);
        let validator = validator.map_err(|error| GeminiError::BadSchema(error.to_string()))?;
        let method = format!("{}:generateContent", ask.model);
        let url = self.url(&[VERSION, "models", &method]);
        let answer = self
            .exchange(Call {
                method: Method::POST,
                url: &url,
                headers: &[
                    (KEY, self.key()?.expose()),
                    ("content-type", "application/json"),
                ],
                body: ask.body(),
                bytes_max: ANSWER_BYTES_MAX,
                timeout: ask.timeout.min(self.inner.request_max),
            })
            .await;
        let answer = answer.map_err(|error| error.about_model(ask.model))?;
        answer::judge(&answer.body, &validator)
    }

    /// One exchange whose status is a success.
    async fn exchange(&self, call: Call<'_>) -> Result<http::Answer, GeminiError> {
        let answer = self.inner.http.call(call).await;
        let error = match answer {
            Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
            Ok(answer) => refusal::read(&answer, self.inner.key.as_ref()),
            Err(FetchError::DeadlinePassed | FetchError::TimedOut { .. }) => GeminiError::TimedOut,
            Err(error) => GeminiError::Network(error),
        };
        if matches!(error, GeminiError::Throttled { .. }) {
            self.inner.throttles.count();
        }
        Err(error)
    }

    fn key(&self) -> Result<&Secret, GeminiError> {
        self.inner.key.as_ref().ok_or(GeminiError::NoKey)
    }

    /// Where something is. `GEMINI_URL` was checked to be an http(s) address, which has a path to add to.
    fn url(&self, path: &[&str]) -> String {
        let mut url = self.inner.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.into()
    }

    /// A request about files, without a body.
    async fn plain(&self, method: Method, url: &str) -> Result<http::Answer, GeminiError> {
        self.exchange(Call {
            method,
            url,
            headers: &[(KEY, self.key()?.expose())],
            body: Outgoing::Nothing,
            bytes_max: ANSWER_BYTES_MAX,
            timeout: FILE_REQUEST_MAX.min(self.inner.request_max),
        })
        .await
    }
}
