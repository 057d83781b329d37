//! The stand-in's time: the machine's, unless a test has set it.

use std::sync::Mutex;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::faults::lock;
use crate::clock::Clock;

/// Tells the time. A time that was set stands still until it is set again.
#[derive(Debug, Default)]
pub(super) struct Now {
    set: Mutex<Option<DateTime<Utc>>>,
}

impl Now {
    /// Sets the time; `None` goes back to the machine's.
    pub(super) fn set(&self, now: Option<DateTime<Utc>>) {
        *lock(&self.set) = now;
    }

    /// The present moment.
    pub(super) fn get(&self) -> DateTime<Utc> {
        lock(&self.set).unwrap_or_else(|| Clock::system().now())
    }

    /// The day it is in a time zone.
    pub(super) fn today(&self, zone: Tz) -> NaiveDate {
        self.get().with_timezone(&zone).date_naive()
    }
}
