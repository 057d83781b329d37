//! How fresh a dataset is, judged by its last success alone. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// How fresh a dataset is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// Refreshed within the time that is allowed for it.
    Fresh,
    /// Refreshed within twice that time.
    Ageing,
    /// Not refreshed for longer.
    Stale,
    /// Never refreshed.
    Never,
}

impl Freshness {
    /// The word in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Ageing => "ageing",
            Self::Stale => "stale",
            Self::Never => "never",
        }
    }

    /// Of a dataset that may be `fresh_for` old and whose last success was at `last_success_at`, seen from `now`.
    #[must_use]
    pub fn of(
        last_success_at: Option<DateTime<Utc>>,
        fresh_for: TimeDelta,
        now: DateTime<Utc>,
    ) -> Self {
        match last_success_at.map(|at| now - at) {
            None => Self::Never,
            Some(age) if age <= fresh_for => Self::Fresh,
            Some(age) if age <= fresh_for * 2 => Self::Ageing,
            Some(_) => Self::Stale,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dataset_ages_by_the_time_that_is_allowed_for_it() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(90);
        for (hours, minutes, freshness) in [
            (24, 0, Freshness::Fresh),
            (24, 24 * 60, Freshness::Fresh),
            (24, 24 * 60 + 1, Freshness::Ageing),
            (24, 48 * 60, Freshness::Ageing),
            (24, 48 * 60 + 1, Freshness::Stale),
            (168, 168 * 60, Freshness::Fresh),
            (168, 168 * 60 + 1, Freshness::Ageing),
            (168, 336 * 60 + 1, Freshness::Stale),
        ] {
            let at = now - TimeDelta::minutes(minutes);
            let judged = Freshness::of(Some(at), TimeDelta::hours(hours), now);
            assert_eq!(judged, freshness, "{minutes} of {hours} h");
        }
        let never = Freshness::of(None, TimeDelta::hours(24), now);
        assert_eq!(never, Freshness::Never);
    }
}
