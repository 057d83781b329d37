//! What people are told, and what of it they want where.

use super::words::words;

words! {
    /// How bad it is, from the least.
    Severity {
        /// Good to know.
        Info = "info",
        /// Somebody should look before it becomes worse.
        Warning = "warning",
        /// Something does not work.
        Error = "error",
    }
    /// What is told.
    NotificationKind {
        /// A run failed and is not tried again.
        DeadLetter = "dead_letter",
        /// A job was paused, since its schedule cannot be read.
        Unreadable = "unreadable",
        /// A job works again.
        Recovered = "recovered",
        /// An ad account must be connected again.
        Reconnect = "reconnect",
        /// The token of an ad account expires soon.
        Expiring = "expiring",
    }
    /// Why a channel did not get a notification.
    Withheld {
        /// It was off.
        Off = "off",
        /// What is less severe than its least was not sent.
        Severity = "severity",
        /// The kind was left out.
        Kind = "kind",
    }
}

/// What of the notifications of an organization, or of the platform, a channel gets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelSettings {
    /// Whether it gets any.
    pub is_on: bool,
    /// What is less severe is not sent.
    pub least_severity: Severity,
    /// What is not sent however severe.
    pub kinds_left_out: Vec<NotificationKind>,
    /// Who gets e-mail, at most [`RECIPIENTS_MAX`]; none: those that the installation's settings name.
    pub recipients: Vec<String>,
}

impl Default for ChannelSettings {
    /// Everything, as long as nobody has said otherwise.
    fn default() -> Self {
        Self {
            is_on: true,
            least_severity: Severity::Info,
            kinds_left_out: Vec::new(),
            recipients: Vec::new(),
        }
    }
}

/// Recipients of one message. **Source:** Resend API reference, "Send email".
pub const RECIPIENTS_MAX: usize = 50;

/// Longest address, in bytes. **Source:** RFC 5321, 4.5.3.1.3, without its angle brackets.
const ADDRESS_BYTES_MAX: usize = 254;

/// Whether this looks like one e-mail address, without a name beside it. Only sending tells whether it is one.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let is_plain = |letter: char| {
        !letter.is_whitespace() && !letter.is_control() && !"<>()[],;:\\\"@".contains(letter)
    };
    let labels = host.split('.');
    text.len() <= ADDRESS_BYTES_MAX
        && !local.is_empty()
        && text.replacen('@', "", 1).chars().all(is_plain)
        && labels.clone().count() > 1
        && labels.clone().all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_told_from_what_is_none_or_several() {
        for text in [
            "a@example.com",
            "ann.o'neil+ads@mail.example.co.uk",
            "ü@bücher.example",
        ] {
            assert!(is_address(text), "{text}");
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for text in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@localhost",
            "ann@example..com",
            "ann@.com",
            "ann@example.com.",
            "a@b@example.com",
            "a@example.com,b@example.com",
            "Ann <a@example.com>",
            "a b@example.com",
            "a@example.com\nBcc: b@example.com",
            &long,
        ] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn severities_are_in_their_order() {
        assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Error);
    }
}
