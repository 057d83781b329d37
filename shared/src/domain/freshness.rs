//! How fresh a dataset is, judged by its last success alone. Pure.

use chrono::{DateTime, TimeDelta, Utc};

/// Data of a day: every job that reads data is meant to run at least daily.
const FRESH_FOR: TimeDelta = TimeDelta::hours(24);

/// Older data has missed two days.
const AGEING_FOR: TimeDelta = TimeDelta::hours(48);

/// How fresh a dataset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Refreshed within a day.
    Fresh,
    /// Refreshed within two days.
    Ageing,
    /// Not refreshed for longer.
    Stale,
    /// Never refreshed.
    Never,
}

impl Freshness {
    /// Of a dataset whose last success was at `last_success_at`, seen from `now`.
    #[must_use]
    pub fn of(last_success_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        match last_success_at.map(|at| now - at) {
            None => Self::Never,
            Some(age) if age <= FRESH_FOR => Self::Fresh,
            Some(age) if age <= AGEING_FOR => Self::Ageing,
            Some(_) => Self::Stale,
        }
    }

    /// The moment since which a dataset must have succeeded to be fresh at `now`.
    #[must_use]
    pub fn fresh_since(now: DateTime<Utc>) -> DateTime<Utc> {
        now - FRESH_FOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_ages_by_the_day() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(9);
        for (minutes, freshness) in [
            (0, Freshness::Fresh),
            (24 * 60, Freshness::Fresh),
            (24 * 60 + 1, Freshness::Ageing),
            (48 * 60, Freshness::Ageing),
            (48 * 60 + 1, Freshness::Stale),
        ] {
            let at = now - TimeDelta::minutes(minutes);
            assert_eq!(Freshness::of(Some(at), now), freshness, "{minutes}");
            let is_fresh = at >= Freshness::fresh_since(now);
            assert_eq!(is_fresh, freshness == Freshness::Fresh, "{minutes}");
        }
        assert_eq!(Freshness::of(None, now), Freshness::Never);
    }
}
