//! What a sweep or a command cost, in time and in calls of the cloud's API.

use std::{collections::BTreeMap, time::Duration};

/// What something cost.
pub(crate) struct Cost {
    /// On the clock.
    pub(crate) wall: Duration,
    /// Calls of the cloud's API, by name.
    pub(crate) calls: BTreeMap<String, u64>,
}

impl Cost {
    /// How many calls.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.values().sum()
    }

    /// Calls that change something.
    pub(crate) fn writes(&self) -> u64 {
        let reads = self
            .calls
            .iter()
            .filter(|(name, _)| name.starts_with("List"));
        self.calls() - reads.map(|(_, count)| count).sum::<u64>()
    }

    /// What to say when it was not so many writes, or more calls.
    pub(crate) fn miss(&self, what: &str, writes: u64, calls_max: u64) -> Option<String> {
        let (made, written) = (self.calls(), self.writes());
        let is_kept = written == writes && made <= calls_max;
        (!is_kept).then(|| {
            format!(
                "{what} made {made} calls and {written} writes: {:?}",
                self.calls
            )
        })
    }
}

/// Calls made between two counts.
pub(crate) fn since(
    before: &BTreeMap<String, u64>,
    mut now: BTreeMap<String, u64>,
) -> BTreeMap<String, u64> {
    for (name, count) in &mut now {
        *count -= before.get(name).copied().unwrap_or(0);
    }
    now.retain(|_, count| *count > 0);
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_counts_what_was_called_since_and_what_of_it_writes() {
        let calls = |list, put| {
            BTreeMap::from([("ListRules".to_owned(), list), ("PutRule".to_owned(), put)])
        };
        let cost = Cost {
            wall: Duration::ZERO,
            calls: since(&calls(5, 1), calls(105, 2)),
        };

        assert_eq!((cost.calls(), cost.writes()), (101, 1));
        assert_eq!(cost.miss("it", 1, 101), None);
        assert!(cost.miss("it", 0, 120).is_some(), "a write too many");
        assert!(cost.miss("it", 1, 100).is_some(), "a call too many");
    }
}
