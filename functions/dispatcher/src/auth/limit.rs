//! How many requests of a caller are taken in a minute, and how it is told.
//!
//! **Source:** draft-ietf-httpapi-ratelimit-headers-10, for the two headers; RFC 6585, for the status.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use chrono::{DateTime, Utc};
use shared::store::admissions::{Count, WINDOW};

use crate::problem::Problem;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What is left of a caller's minute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    quota: i32,
    requests: i32,
    seconds_left: i64,
}

impl Budget {
    /// What is left at `now` of a window in which `quota` requests are taken.
    pub(crate) fn of(count: Count, quota: i32, now: DateTime<Utc>) -> Self {
        let left = count.window_began_at + WINDOW - now;
        // A clock that went back must not make it longer; and whoever waits a whole second too short asks twice.
        let whole = left.num_milliseconds().clamp(1, WINDOW.num_milliseconds());
        Self {
            quota,
            requests: count.requests,
            seconds_left: (whole + 999) / 1_000,
        }
    }

    /// 429, when this request is one too many.
    pub(crate) fn refusal(&self) -> Option<Problem> {
        if self.requests <= self.quota {
            return None;
        }
        let (quota, wait) = (self.quota, self.seconds_left);
        let detail = format!("more than {quota} requests in a minute; ask again in {wait} s");
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail)
            .with_header(header::RETRY_AFTER, wait.into());
        let headers = self.headers().into_iter().flatten();
        Some(headers.fold(problem, |problem, (name, value)| {
            problem.with_header(name, value)
        }))
    }

    /// Tells what is left.
    pub(crate) fn note(&self, headers: &mut HeaderMap) {
        headers.extend(self.headers().into_iter().flatten());
    }

    fn headers(&self) -> [Option<(HeaderName, HeaderValue)>; 2] {
        let (quota, window) = (self.quota, WINDOW.num_seconds());
        let rest = (quota - self.requests).max(0);
        let reset = self.seconds_left;
        [
            (POLICY, format!("\"requests\";q={quota};w={window}")),
            (LIMIT, format!("\"requests\";r={rest};t={reset}")),
        ]
        .map(|(name, value)| Some((name, HeaderValue::from_str(&value).ok()?)))
    }
}
