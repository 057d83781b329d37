//! A tally as counts by verdict, to be kept and added up.

use super::Tally;

/// What stands before a reason in the name of a verdict of fire times that were skipped.
const SKIPPED: &str = "skipped:";

impl Tally {
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

    /// The tally of these fire times. What [`Self::verdicts`] does not tell is empty, and verdicts of other names are
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
                    None => continue,
                },
            };
            *place += count;
            tally.expected += count;
        }
        tally
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
