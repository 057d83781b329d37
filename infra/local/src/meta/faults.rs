//! Failures to order: the next so many answers of the Graph API or the CDN go wrong as told.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{refusal::Refusal, request::Call};

/// The longest delay one can order; longer than any client's time limit.
const DELAY_MAX: Duration = Duration::from_secs(300);

/// How many orders may be open, so that a loop in a test cannot fill the memory.
const ORDERS_MAX: usize = 1000;

/// Which half of the stand-in goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Half {
    /// The Graph API.
    Graph,
    /// The CDN.
    Cdn,
}

/// How a batch can go wrong as such.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BatchFault {
    /// A call's answer is `null`; the call was not made. `contains` and `query` are about the call.
    Null,
    /// The whole batch is refused with code 960.
    Timeout,
}

/// One order, as posted to `/_control/faults`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Which half.
    pub on: Half,
    /// Only requests whose path (Graph API) or file name (CDN) contains this.
    #[serde(default)]
    pub contains: String,
    /// Graph API: only requests whose parameters contain this. They are compared decoded, as
    /// `name=value&…` in the order of their names.
    #[serde(default)]
    pub query: String,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
    /// The HTTP status to answer with; without it the answer is the usual one.
    pub status: Option<u16>,
    /// The Graph error's code, with `status`.
    pub code: Option<u32>,
    /// Its subcode.
    pub subcode: Option<u32>,
    /// What to answer instead of an error envelope, with `status`.
    pub body: Option<String>,
    /// Where to send the caller instead; the status is 302 unless ordered otherwise.
    pub location: Option<String>,
    /// How long to wait first.
    #[serde(default)]
    pub delay_ms: u64,
    /// CDN: after how many bytes the connection breaks off. The promised length stays.
    pub truncate_at_bytes: Option<u64>,
    /// How long the connection stays silent before it breaks off, with `truncate_at_bytes`.
    #[serde(default)]
    pub stall_ms: u64,
    /// Graph API: only batches go wrong, and so.
    pub batch: Option<BatchFault>,
    /// CDN: the next address made for the file has expired.
    #[serde(default)]
    pub expire: bool,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// Where a transfer ends before its time, and how long it is silent there.
    pub(super) fn cut(&self) -> Option<(u64, Duration)> {
        let silence = Duration::from_millis(self.stall_ms).min(DELAY_MAX);
        Some((self.truncate_at_bytes?, silence))
    }

    /// The answer ordered; `None` when the usual one is to follow.
    pub(super) fn answer(&self) -> Option<Response> {
        if let Some(location) = &self.location {
            let status = self
                .status
                .and_then(|status| StatusCode::from_u16(status).ok());
            let location = [(header::LOCATION, location.clone())];
            return Some((status.unwrap_or(StatusCode::FOUND), location).into_response());
        }
        let status = StatusCode::from_u16(self.status?).ok()?;
        Some(match (&self.body, self.on) {
            (Some(body), _) => {
                let html = [(header::CONTENT_TYPE, "text/html; charset=UTF-8")];
                (status, html, body.clone()).into_response()
            }
            (None, Half::Graph) => {
                let code = self.code.unwrap_or(1);
                Refusal::ordered(status, code, self.subcode).into_response()
            }
            (None, Half::Cdn) => status.into_response(),
        })
    }
}

/// Open orders, and what was asked of the stand-in so far.
#[derive(Debug, Default)]
pub struct Faults {
    orders: Mutex<Vec<Fault>>,
    requests: Mutex<BTreeMap<String, u64>>,
}

impl Faults {
    /// Takes an order.
    ///
    /// # Errors
    /// When too many are open.
    pub fn order(&self, fault: Fault) -> Result<(), &'static str> {
        let mut orders = lock(&self.orders);
        if orders.len() >= ORDERS_MAX {
            return Err("a thousand faults are ordered already");
        }
        orders.push(fault);
        Ok(())
    }

    /// The orders not used up.
    pub fn open(&self) -> Vec<Fault> {
        lock(&self.orders).clone()
    }

    /// Forgets orders and counts.
    pub fn clear(&self) {
        lock(&self.orders).clear();
        lock(&self.requests).clear();
    }

    /// How often each thing was asked for: `graph ads`, `cdn rocket.jpg`.
    pub fn requests(&self) -> BTreeMap<String, u64> {
        lock(&self.requests).clone()
    }

    pub(super) async fn take_for_graph(&self, call: &Call) -> Option<Fault> {
        let path = call.path.as_str();
        let edge = path.rsplit('/').next().unwrap_or_default();
        let is_id = edge.contains(|c: char| c.is_ascii_digit());
        self.count(&format!("graph {}", if is_id { "{id}" } else { edge }));
        let parameters = call.decoded();
        let concerns = |fault: &Fault| {
            fault.on == Half::Graph
                && fault.batch.is_none()
                && path.contains(&fault.contains)
                && parameters.contains(&fault.query)
        };
        wait(self.take(concerns)).await
    }

    /// Whether a batch, or a call of one, is to go wrong in this way.
    pub(super) fn take_for_batch(&self, how: BatchFault, call: &Call) -> bool {
        let parameters = call.decoded();
        let concerns = |fault: &Fault| {
            fault.on == Half::Graph
                && fault.batch == Some(how)
                && call.path.contains(&fault.contains)
                && parameters.contains(&fault.query)
        };
        self.take(concerns).is_some()
    }

    pub(super) async fn take_for_cdn(&self, name: &str) -> Option<Fault> {
        self.count(&format!("cdn {name}"));
        let concerns = |fault: &Fault| {
            fault.on == Half::Cdn && !fault.expire && name.contains(&fault.contains)
        };
        wait(self.take(concerns)).await
    }

    pub(super) fn take_expiry(&self, name: &str) -> bool {
        let concerns =
            |fault: &Fault| fault.on == Half::Cdn && fault.expire && name.contains(&fault.contains);
        self.take(concerns).is_some()
    }

    fn take(&self, concerns: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let mut orders = lock(&self.orders);
        let place = orders.iter().position(concerns)?;
        let order = orders.get_mut(place)?;
        order.times = order.times.saturating_sub(1);
        let fault = order.clone();
        if fault.times == 0 {
            orders.remove(place);
        }
        Some(fault)
    }

    fn count(&self, what: &str) {
        *lock(&self.requests).entry(what.to_owned()).or_default() += 1;
    }
}

async fn wait(fault: Option<Fault>) -> Option<Fault> {
    let delay = fault.as_ref().map_or(0, |fault| fault.delay_ms);
    if delay > 0 {
        tokio::time::sleep(Duration::from_millis(delay).min(DELAY_MAX)).await;
    }
    fault
}

/// A panic while the list was locked leaves the list as it was.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
