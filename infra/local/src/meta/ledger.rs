//! What was asked and what was served, so that a test can look back.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::{Shared, faults::lock};

/// How many entries of each kind are kept; the oldest go first.
const ENTRIES_MAX: usize = 100_000;

/// The longest body accepted; the longest of ours is a batch of fifty calls.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A page of insights that was served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Served {
    /// The account, with the prefix `act_`.
    pub account: String,
    /// The report it is from; `None` when it was asked for at once.
    pub report: Option<String>,
    /// `level`, as in a request.
    pub level: &'static str,
    /// The first day asked for.
    pub since: NaiveDate,
    /// The last day asked for.
    pub until: NaiveDate,
    /// `breakdowns`, as asked; empty without.
    pub breakdowns: String,
    /// `filtering`, as asked; empty without.
    pub filtering: String,
    /// The names of the fields asked for, with commas between.
    pub fields: String,
    /// The cursor asked for; `None` for the first page.
    pub after: Option<String>,
    /// How many rows it had.
    pub rows: usize,
    /// When it was served.
    pub at: DateTime<Utc>,
}

/// A request as it came, whatever it was for; only `/_control` is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Method and address, as `GET /v25.0/me?fields=id`.
    pub line: String,
    /// The headers, one on a line.
    pub headers: String,
    /// The body.
    pub body: String,
}

/// The last entries.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    served: Mutex<VecDeque<Served>>,
    seen: Mutex<VecDeque<Seen>>,
}

impl Ledger {
    /// Notes a page of insights.
    pub(super) fn note(&self, page: Served) {
        push(&mut lock(&self.served), page);
    }

    /// The pages of insights served so far.
    pub(super) fn served(&self) -> Vec<Served> {
        lock(&self.served).iter().cloned().collect()
    }

    /// The requests that came so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        lock(&self.seen).iter().cloned().collect()
    }

    /// Forgets the requests.
    pub(super) fn forget_seen(&self) {
        lock(&self.seen).clear();
    }

    /// Forgets the pages.
    pub(super) fn forget_served(&self) {
        lock(&self.served).clear();
    }
}

/// Notes every request on its way in.
pub(super) async fn see(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if request.uri().path().starts_with("/_control") {
        return next.run(request).await;
    }
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let headers = head.headers.iter();
    let headers = headers.map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        format!("{name}: {value}\n")
    });
    let seen = Seen {
        line: format!("{} {}", head.method, head.uri),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    push(&mut lock(&shared.ledger.seen), seen);
    next.run(Request::from_parts(head, body.into())).await
}

fn push<T>(entries: &mut VecDeque<T>, entry: T) {
    if entries.len() == ENTRIES_MAX {
        entries.pop_front();
    }
    entries.push_back(entry);
}
