//! The pieces a sync is cut into, and what becomes of one that fails.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Which numbers of an ad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    /// Its own.
    Performance,
    /// By age and gender of the people.
    AgeGender,
    /// By where it was shown.
    Placement,
}

impl Kind {
    /// The name in SQL.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Performance => "performance",
            Self::AgeGender => "age_gender",
            Self::Placement => "placement",
        }
    }
}

/// What a scope names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Campaigns.
    Campaign,
    /// Ad sets.
    AdSet,
    /// Ads.
    Ad,
}

/// Which ads of an account: those below these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// What the ids are of.
    pub level: Level,
    /// Ids, at least one.
    pub ids: Vec<String>,
}

/// Ids in one question at most: what asks for more is too long, and likely too much as well.
const IDS_MAX: usize = 100;

impl Scope {
    /// Cut in two, or into more parts where halves would name too many. A single id stays whole.
    #[must_use]
    pub fn parts(self) -> Vec<Self> {
        let half = self.ids.len().div_ceil(2).clamp(1, IDS_MAX);
        let level = self.level;
        let parts = self.ids.chunks(half);
        parts
            .map(|ids| Self {
                level,
                ids: ids.to_vec(),
            })
            .collect()
    }
}

/// How a slice was asked for when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// By a report, or at once.
    pub is_report: bool,
    /// How often it failed so, this time included.
    pub attempts: u32,
}

/// What a slice's failure was about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It was too much for one answer.
    TooMuch,
    /// It may go well the next time.
    Passing,
    /// The report is gone.
    Gone,
    /// It will never be answered so.
    Refused,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same again, after a while.
    Again(TimeDelta),
    /// The same by a report.
    AsReport,
    /// Smaller pieces.
    Split,
    /// Nothing.
    Fail,
}

/// Reports of one slice that may fail before it is cut. **Source:** what other connectors do: one restart, then a split.
const REPORTS_MAX: u32 = 2;

/// Before the second attempt; doubles.
const WAIT: TimeDelta = TimeDelta::seconds(30);

/// Decides what becomes of a slice that failed.
#[must_use]
pub fn after(trouble: Trouble, asked: Asked) -> Next {
    match (trouble, asked.is_report) {
        (Trouble::Refused, _) => Next::Fail,
        (Trouble::TooMuch | Trouble::Passing, false) => Next::AsReport,
        (Trouble::TooMuch, true) => Next::Split,
        (Trouble::Passing | Trouble::Gone, _) if asked.attempts >= REPORTS_MAX => Next::Split,
        (Trouble::Passing | Trouble::Gone, _) => {
            let doubled = i32::try_from(asked.attempts)
                .unwrap_or(i32::MAX)
                .clamp(1, 8)
                - 1;
            Next::Again(WAIT * 2_i32.pow(doubled.unsigned_abs()))
        }
    }
}

/// How long until a report is looked at again, after so many looks: 10 s, doubling to 5 minutes.
#[must_use]
pub fn poll_wait(polls: u32) -> TimeDelta {
    let doubled = 10_i64.saturating_mul(1 << polls.min(8));
    TimeDelta::seconds(doubled.min(300))
}

/// A report that is not ready after this long is given up. **Source:** Meta says that reports may take an hour.
pub const REPORT_TIME_MAX: TimeDelta = TimeDelta::minutes(60);

#[cfg(test)]
mod tests {
    use super::*;

    fn next(trouble: Trouble, is_report: bool, attempts: u32) -> Next {
        after(
            trouble,
            Asked {
                is_report,
                attempts,
            },
        )
    }

    #[test]
    fn what_is_too_much_at_once_becomes_a_report_and_then_pieces() {
        assert_eq!(next(Trouble::TooMuch, false, 1), Next::AsReport);
        assert_eq!(next(Trouble::TooMuch, true, 1), Next::Split);
        assert_eq!(next(Trouble::Passing, false, 1), Next::AsReport);
        assert_eq!(
            next(Trouble::Passing, true, 1),
            Next::Again(TimeDelta::seconds(30))
        );
        assert_eq!(next(Trouble::Passing, true, 2), Next::Split);
        assert_eq!(
            next(Trouble::Gone, true, 1),
            Next::Again(TimeDelta::seconds(30))
        );
        assert_eq!(next(Trouble::Refused, true, 1), Next::Fail);
    }

    #[test]
    fn polls_come_slower_up_to_five_minutes() {
        let waits: Vec<i64> = (0..7).map(|polls| poll_wait(polls).num_seconds()).collect();
        assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(poll_wait(u32::MAX), TimeDelta::minutes(5));
    }

    #[test]
    fn a_scope_is_halved_until_one_is_left() {
        let scope = |count: usize| Scope {
            level: Level::Ad,
            ids: (0..count).map(|id| id.to_string()).collect(),
        };
        let lengths = |count| -> Vec<usize> {
            scope(count)
                .parts()
                .iter()
                .map(|part| part.ids.len())
                .collect()
        };
        assert_eq!(lengths(1), [1]);
        assert_eq!(lengths(3), [2, 1]);
        assert_eq!(lengths(250), [100, 100, 50]);
    }
}
