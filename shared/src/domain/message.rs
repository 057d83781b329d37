//! What leaves for people's channels, and how often it is tried. Pure.

use std::time::Duration;

use super::words::words;

words! {
    /// Where people are told.
    Channel {
        /// A Slack channel.
        Slack = "slack",
        /// E-mail.
        Email = "email",
    }
}

/// A message to people, in plain text. Every attempt sends the same one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whose it is: two sends with one key are one message, where the channel can tell.
    pub key: String,
    /// One line.
    pub title: String,
    /// What happened.
    pub body: String,
    /// Where to look further: job, brand, run.
    pub context: Vec<String>,
    /// Who gets it by e-mail; none: those that the settings name.
    pub recipients: Vec<String>,
}

/// Attempts of one delivery. With waits of 1, 2, 4 … 60 minutes they span nineteen hours: a
/// channel that is down over night still tells.
const ATTEMPTS_MAX: i32 = 24;

/// The longest wait of our own.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// The longest wait we grant a channel.
const LONGEST_ASKED: Duration = Duration::from_secs(6 * 60 * 60);

/// How long to wait after attempt `attempt` (from 1) failed; `None` when none is left. `asked` is
/// what the channel wants.
#[must_use]
pub fn delay_after(attempt: i32, asked: Option<Duration>) -> Option<Duration> {
    if attempt >= ATTEMPTS_MAX {
        return None;
    }
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(6);
    let own = (Duration::from_secs(60) * 2_u32.pow(doublings)).min(LONGEST);
    Some(own.max(asked.unwrap_or_default().min(LONGEST_ASKED)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour_and_end_after_a_night() {
        let waits: Vec<_> = (1..).map_while(|it| delay_after(it, None)).collect();

        let minutes: Vec<_> = waits.iter().map(|it| it.as_secs() / 60).collect();
        assert_eq!(minutes[..8], [1, 2, 4, 8, 16, 32, 60, 60]);
        assert_eq!(waits.len(), 23);
        let hours = waits.iter().sum::<Duration>().as_secs() / 3_600;
        assert!((16..24).contains(&hours), "{hours} h");
    }

    #[test]
    fn a_channel_may_ask_for_longer_up_to_a_bound() {
        let asked = |seconds| delay_after(1, Some(Duration::from_secs(seconds)));

        assert_eq!(asked(30), Some(Duration::from_secs(60)));
        assert_eq!(asked(300), Some(Duration::from_secs(300)));
        assert_eq!(asked(1 << 40), Some(LONGEST_ASKED));
    }
}
