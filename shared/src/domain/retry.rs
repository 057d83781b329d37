//! When a failed attempt is tried again.

use std::time::Duration;

use super::RunId;

/// The wait after the first attempt.
const FIRST: Duration = Duration::from_secs(5 * 60);
/// The longest wait of our own; the other side may ask for more.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// The longest wait we grant the other side: beyond a day the next tick is the better attempt.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 60 * 60);
/// Jitter around our own waits, in per cent either way, so that one outage does not come back as
/// one stampede.
const JITTER_PERCENT: u64 = 10;

/// How long to wait after attempt `attempt_number` (from 1) failed; `None` when none is left.
///
/// `max_retries` counts retries after the first attempt. Waits are 5, 10, 20 and 40 minutes, then
/// 60, with ±10 % jitter taken from the run's id (so that a replay waits the same), or `asked` if
/// that is longer.
#[must_use]
pub fn delay_after(
    run: RunId,
    attempt_number: i32,
    max_retries: i32,
    asked: Option<Duration>,
) -> Option<Duration> {
    if attempt_number > max_retries {
        return None;
    }
    let doublings = u32::try_from(attempt_number - 1).unwrap_or(0).min(4);
    let own = jittered((FIRST * 2_u32.pow(doublings)).min(LONGEST), run);
    Some(asked.map_or(own, |asked| own.max(asked.min(LONGEST_ASKED))))
}

fn jittered(wait: Duration, run: RunId) -> Duration {
    let [.., a, b] = run.0.into_bytes();
    let percent = u64::from(u16::from_be_bytes([a, b])) % (2 * JITTER_PERCENT + 1);
    Duration::from_secs(wait.as_secs() * (100 - JITTER_PERCENT + percent) / 100)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    /// A run whose jitter is nought: 10 of 0..=20.
    fn steady() -> RunId {
        RunId(Uuid::from_u128(10))
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let minutes: Vec<_> = (1..=6)
            .map(|attempt| delay_after(steady(), attempt, 10, None).unwrap().as_secs() / 60)
            .collect();

        assert_eq!(minutes, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn max_retries_counts_retries_after_the_first_attempt() {
        assert!(delay_after(steady(), 3, 3, None).is_some());
        assert_eq!(delay_after(steady(), 4, 3, None), None);
        assert_eq!(delay_after(steady(), 1, 0, None), None);
    }

    #[test]
    fn jitter_stays_within_a_tenth() {
        for number in 0..2_000_u128 {
            let wait = delay_after(RunId(Uuid::from_u128(number)), 1, 3, None)
                .unwrap()
                .as_secs();
            assert!((270..=330).contains(&wait), "{wait} s");
        }
    }

    #[test]
    fn the_other_side_may_ask_for_longer_but_not_for_shorter() {
        let asked = |minutes: u64| Some(Duration::from_secs(minutes * 60));

        assert_eq!(delay_after(steady(), 1, 3, asked(30)), asked(30));
        assert_eq!(delay_after(steady(), 1, 3, asked(1)), asked(5));
        assert_eq!(
            delay_after(steady(), 1, 3, asked(60 * 24 * 9)),
            asked(60 * 24)
        );
    }
}
