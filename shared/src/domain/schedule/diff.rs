//! What a change does in time: which fire times come with it, which go, which stay. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

/// How far ahead fire times are compared.
pub const AHEAD: TimeDelta = TimeDelta::days(7);

/// Fire times of one schedule that are compared: every minute of the seven days.
pub const FIRES_MAX: usize = 7 * 24 * 60;

/// Fire times, told and counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Fires {
    /// How many.
    pub count: usize,
    /// The first of them.
    pub first: Vec<DateTime<Utc>>,
}

impl Fires {
    /// How many are not told by their time.
    #[must_use]
    pub fn untold(&self) -> usize {
        self.count.saturating_sub(self.first.len())
    }
}

/// What a change does to fire times.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Those that come with it.
    pub appear: Fires,
    /// Those that go with it.
    pub vanish: Fires,
    /// Those that are there before and after.
    pub stay: Fires,
}

impl Difference {
    /// Compares fire times before and after a change; both ascend. At most `told_max` of each kind
    /// are told by their time, and the others are counted.
    #[must_use]
    pub fn between(before: &[DateTime<Utc>], after: &[DateTime<Utc>], told_max: usize) -> Self {
        let is_old = |fire: &DateTime<Utc>| before.binary_search(fire).is_ok();
        let is_new = |fire: &DateTime<Utc>| after.binary_search(fire).is_ok();
        Self {
            appear: told(after, told_max, |fire| !is_old(fire)),
            vanish: told(before, told_max, |fire| !is_new(fire)),
            stay: told(before, told_max, is_new),
        }
    }

    /// Whether nothing comes and nothing goes.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.appear.count + self.vanish.count == 0
    }
}

fn told(
    fires: &[DateTime<Utc>],
    told_max: usize,
    counts: impl Fn(&DateTime<Utc>) -> bool,
) -> Fires {
    let mut told = Fires::default();
    for fire in fires.iter().filter(|fire| counts(fire)) {
        told.count += 1;
        if told.first.len() < told_max {
            told.first.push(*fire);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: &[i64]) -> Vec<DateTime<Utc>> {
        let hours = hours.iter().map(|hour| TimeDelta::hours(*hour));
        hours.map(|hour| DateTime::UNIX_EPOCH + hour).collect()
    }

    #[test]
    fn every_fire_time_comes_goes_or_stays() {
        let told = Difference::between(&hours(&[1, 2, 3]), &hours(&[2, 3, 4, 5, 6]), 2);

        assert_eq!(told.vanish.first, hours(&[1]));
        assert_eq!(told.stay.first, hours(&[2, 3]));
        assert_eq!(
            (told.appear.first.clone(), told.appear.count),
            (hours(&[4, 5]), 3)
        );
        assert_eq!((told.appear.untold(), told.stay.untold()), (1, 0));
        assert!(!told.is_none());
    }

    #[test]
    fn the_same_fire_times_are_no_difference() {
        let same = hours(&[1, 2]);

        let told = Difference::between(&same, &same, 9);

        assert!(told.is_none());
        assert_eq!(told.stay.count, 2);
    }
}
