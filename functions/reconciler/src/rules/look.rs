//! How thoroughly the cloud is looked at, and when.

use chrono::{DateTime, Utc};

/// How thoroughly the cloud is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The rules only, a call per hundred.
    Rules,
    /// Also whether each rule still wakes its function, a call or two per function.
    Targets,
}

/// Whether this is a minute of the thorough look: every ten minutes.
#[must_use]
pub fn look_of(now: DateTime<Utc>) -> Look {
    /// A target that somebody took away is noticed within this many minutes.
    const THOROUGH_EVERY_MINUTES: i64 = 10;
    match (now.timestamp() / 60) % THOROUGH_EVERY_MINUTES {
        0 => Look::Targets,
        _ => Look::Rules,
    }
}
