//! A tally as counts by verdict, to be kept and added up.

use std::collections::BTreeMap;

use super::Tally;

/// What stands before a reason in the name of a verdict of fire times that were skipped.
const SKIPPED: &str = "skipped:";

/// What stands before the seconds within which first attempts started.
const STARTED_WITHIN: &str = "started_within:";

/// The seconds that are told apart; what starts later than the last is with [`u64::MAX`].
const LATENESS: [u64; 10] = [1, 2, 5, 10, 30, 60, 300, 900, 3_600, u64::MAX];

impl Tally {
    /// What is kept of this tally: its fire times by verdict, those that there are none of left out, which add up to
    /// `expected`, and how late their first attempts started.
    #[must_use]
    pub fn counts(&self) -> Vec<(String, u64)> {
        let lateness = self.lateness().into_iter();
        let lateness = lateness.map(|(within, count)| (format!("{STARTED_WITHIN}{within}"), count));
        self.verdicts().into_iter().chain(lateness).collect()
    }

    /// How many first attempts started within so many seconds, each counted at the lowest of some that it did not exceed.
    #[must_use]
    pub fn lateness(&self) -> BTreeMap<u64, u64> {
        let mut counts = self.started_within.clone();
        for late in &self.lateness_ms {
            let within = LATENESS
                .into_iter()
                .find(|within| *late <= within.saturating_mul(1_000));
            *counts.entry(within.unwrap_or(u64::MAX)).or_default() += 1;
        }
        counts
    }

    /// The fire times of this tally by verdict, those that there are none of left out. They add up to `expected`.
    #[must_use]
    pub fn verdicts(&self) -> Vec<(String, u64)> {
        let named = [
            ("completed", self.completed),
            ("dead_letter", self.dead_letters),
            ("retrying", self.retrying),
            ("pending", self.pending),
            ("running", self.running),
            ("cancelled", self.cancelled),
            ("awaiting", self.awaiting),
            ("lost", self.lost),
        ];
        let named = named.map(|(name, count)| (name.to_owned(), count));
        let skipped = self.skipped.iter();
        let skipped = skipped.map(|(reason, count)| (format!("{SKIPPED}{reason}"), *count));
        let all = named.into_iter().chain(skipped);
        all.filter(|(_, count)| *count > 0).collect()
    }

    /// The tally of these fire times. What [`Self::counts`] does not tell is empty, and verdicts of other names are
    /// left out.
    #[must_use]
    pub fn of_verdicts(verdicts: impl IntoIterator<Item = (String, u64)>) -> Self {
        let mut tally = Self::default();
        for (name, count) in verdicts {
            let place = match name.as_str() {
                "completed" => &mut tally.completed,
                "dead_letter" => &mut tally.dead_letters,
                "retrying" => &mut tally.retrying,
                "pending" => &mut tally.pending,
                "running" => &mut tally.running,
                "cancelled" => &mut tally.cancelled,
                "awaiting" => &mut tally.awaiting,
                "lost" => &mut tally.lost,
                other => match other.strip_prefix(SKIPPED) {
                    Some(reason) => tally.skipped.entry(reason.to_owned()).or_default(),
                    None => {
                        tally.add_lateness(other, count);
                        continue;
                    }
                },
            };
            *place += count;
            tally.expected += count;
        }
        tally
    }

    fn add_lateness(&mut self, name: &str, count: u64) {
        let within = name.strip_prefix(STARTED_WITHIN);
        if let Some(within) = within.and_then(|it| it.parse().ok()) {
            *self.started_within.entry(within).or_default() += count;
        }
    }

    /// Whether every fire time has its last word.
    #[must_use]
    pub fn is_final(&self) -> bool {
        self.retrying + self.pending + self.running + self.awaiting == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_is_the_sum_of_its_verdicts() {
        let tally = Tally {
            expected: 45,
            completed: 1,
            dead_letters: 2,
            retrying: 3,
            pending: 4,
            running: 5,
            cancelled: 6,
            awaiting: 7,
            lost: 8,
            skipped: [("missed".to_owned(), 9)].into(),
            ..Tally::default()
        };

        assert_eq!(tally.verdicts().len(), 9);
        assert_eq!(Tally::of_verdicts(tally.verdicts()), tally);
        let twice = tally.verdicts().into_iter().chain(tally.verdicts());
        assert_eq!(Tally::of_verdicts(twice).skipped["missed"], 18);
        assert_eq!(
            Tally::of_verdicts([("unheard of".to_owned(), 1)]).expected,
            0
        );
    }

    #[test]
    fn lateness_is_kept_by_the_seconds_that_were_not_exceeded() {
        let tally = Tally {
            lateness_ms: vec![0, 1_000, 1_001, 4_000, 3_600_001],
            ..Tally::default()
        };
        let counted = BTreeMap::from([(1, 2), (2, 1), (5, 1), (u64::MAX, 1)]);
        assert_eq!(tally.lateness(), counted);

        let twice = tally.counts().into_iter().chain(tally.counts());
        let kept = Tally::of_verdicts(twice);
        assert_eq!(kept.expected, 0);
        assert_eq!(kept.lateness()[&1], 4);
        assert_eq!(kept.lateness()[&u64::MAX], 2);
    }

    #[test]
    fn a_tally_is_final_when_nothing_of_it_is_under_way() {
        let of = |verdict: &str| Tally::of_verdicts([(verdict.to_owned(), 1)]).is_final();

        for verdict in [
            "completed",
            "dead_letter",
            "cancelled",
            "lost",
            "skipped:missed",
        ] {
            assert!(of(verdict), "{verdict}");
        }
        for verdict in ["retrying", "pending", "running", "awaiting"] {
            assert!(!of(verdict), "{verdict}");
        }
    }
}
