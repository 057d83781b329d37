//! Failures to order: the next so many requests go wrong as told.

use std::{sync::Mutex, time::Duration};

use serde::{Deserialize, Serialize};

use super::lock;

/// The longest delay one can order; longer than any client's time limit.
const DELAY_MAX: Duration = Duration::from_secs(1_000);

/// How many orders may be open, so that a loop in a test cannot fill the memory.
const ORDERS_MAX: usize = 1_000;

/// What of the stand-in goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// Questions to a model.
    #[default]
    Generate,
    /// Uploads: their beginnings and their pieces.
    Upload,
    /// Looking at files, and deleting them.
    Files,
}

/// One order, as posted to `/_control/faults`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What of it.
    #[serde(default)]
    pub on: On,
    /// Only questions with this in one of their texts, uploads with this in their command, and file requests with this
    /// in their first line, as in `DELETE`.
    #[serde(default)]
    pub contains: String,
    /// How often.
    #[serde(default = "once")]
    pub times: u32,
    /// How long to wait first.
    #[serde(default)]
    pub delay_ms: u64,
    /// What goes wrong; nothing but the delay otherwise.
    pub wrong: Option<Wrong>,
}

fn once() -> u32 {
    1
}

/// What can go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// An error of this HTTP status, in Google's form.
    Status(u16),
    /// Status 429.
    Throttle {
        /// As in `47s` or `1.5s`; `None` leaves it out.
        retry_delay: Option<String>,
        /// The quota of the day.
        #[serde(default)]
        is_daily: bool,
    },
    /// A question refused: `promptFeedback.blockReason`.
    PromptBlock(String),
    /// An answer refused: `finishReason`, as in `SAFETY`.
    Block(String),
    /// An answer cut off in its middle, with `MAX_TOKENS`.
    Truncated,
    /// This text instead of the answer.
    Say(String),
    /// The answer between the fences of Markdown.
    Fenced,
    /// A value that its `enum` does not have.
    WrongEnum,
    /// A property too few.
    MissingRequired,
    /// A value of another type.
    WrongType,
    /// A property too many.
    ExtraProperty,
    /// The connection breaks off after so many bytes of a piece; after a shorter piece, before its answer.
    CutAtBytes(u64),
}

impl Fault {
    /// This, once, on the next question.
    #[must_use]
    pub fn next(wrong: Wrong) -> Self {
        Self {
            on: On::Generate,
            contains: String::new(),
            times: 1,
            delay_ms: 0,
            wrong: Some(wrong),
        }
    }
}

/// Open orders.
#[derive(Debug, Default)]
pub(super) struct Faults {
    orders: Mutex<Vec<Fault>>,
}

impl Faults {
    /// Takes an order.
    pub(super) fn order(&self, fault: Fault) -> Result<(), &'static str> {
        let mut orders = lock(&self.orders);
        if orders.len() >= ORDERS_MAX {
            return Err("a thousand faults are ordered already");
        }
        orders.push(fault);
        Ok(())
    }

    /// The orders not used up.
    pub(super) fn open(&self) -> Vec<Fault> {
        lock(&self.orders).clone()
    }

    /// Forgets them.
    pub(super) fn clear(&self) {
        lock(&self.orders).clear();
    }

    /// What goes wrong with a request about which `text` is known, after the delay ordered.
    pub(super) async fn take(&self, on: On, text: &str) -> Option<Wrong> {
        let fault = self.next(on, text)?;
        if fault.delay_ms > 0 {
            let delay = Duration::from_millis(fault.delay_ms);
            tokio::time::sleep(delay.min(DELAY_MAX)).await;
        }
        fault.wrong
    }

    fn next(&self, on: On, text: &str) -> Option<Fault> {
        let mut orders = lock(&self.orders);
        let concerns = |fault: &Fault| fault.on == on && text.contains(&fault.contains);
        let place = orders.iter().position(concerns)?;
        let order = orders.get_mut(place)?;
        order.times = order.times.saturating_sub(1);
        let fault = order.clone();
        if fault.times == 0 {
            orders.remove(place);
        }
        Some(fault)
    }
}
