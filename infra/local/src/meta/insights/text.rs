//! Writes the members of an insights row straight into text. Half a million rows are read in some
//! tests; a tree of values for each would be most of their time.

use std::fmt::Write as _;

use super::query::{Split, Window};

/// A number with so many decimals, as a fraction.
#[derive(Debug, Clone, Copy)]
pub(super) struct Amount {
    over: u64,
    under: u64,
    decimals: u32,
}

impl Amount {
    /// A whole number.
    pub(super) fn count(count: u64) -> Self {
        Self::ratio(count, 1, 0)
    }

    /// An amount of money, from hundredths.
    pub(super) fn money(hundredths: u64) -> Self {
        Self::ratio(hundredths, 100, 2)
    }

    /// `over` divided by `under`; nothing divided by nothing is nothing.
    pub(super) fn ratio(over: u64, under: u64, decimals: u32) -> Self {
        Self {
            over,
            under: under.max(1),
            decimals,
        }
    }

    fn percent(self, percent: u64) -> Self {
        // A part of a count is a count.
        let over = self.over * percent / 100;
        Self { over, ..self }
    }

    fn halves(self) -> [Self; 2] {
        let half = self.over / 2;
        [self.over - half, half].map(|over| Self { over, ..self })
    }

    fn write(self, out: &mut String) {
        digits(out, self.over / self.under);
        if self.decimals > 0 {
            let scale = 10_u64.pow(self.decimals);
            let rest = self.over % self.under * scale / self.under;
            out.push('.');
            // As many digits as there are decimals: one more in front, then left out.
            let start = out.len();
            digits(out, scale + rest);
            out.remove(start);
        }
    }
}

/// Formatting through `fmt` takes several times as long in a debug build.
fn digits(out: &mut String, number: u64) {
    if number >= 10 {
        digits(out, number / 10);
    }
    let last = u32::try_from(number % 10).unwrap_or_default();
    out.extend(char::from_digit(last, 10));
}

/// `"name":"text",` where the text needs no escapes.
pub(super) fn plain(out: &mut String, name: &str, text: &str) {
    for part in ["\"", name, "\":\"", text, "\","] {
        out.push_str(part);
    }
}

/// `"name":…,` with a text that is JSON already.
pub(super) fn quoted(out: &mut String, name: &str, json: &str) {
    for part in ["\"", name, "\":", json, ","] {
        out.push_str(part);
    }
}

/// `"name":"12.34",`
pub(super) fn number(out: &mut String, name: &str, amount: Amount) {
    for part in ["\"", name, "\":\""] {
        out.push_str(part);
    }
    amount.write(out);
    out.push_str("\",");
}

/// `"date_start":"…","date_stop":"…"`, the end of every row.
pub(super) fn dates(
    out: &mut String,
    since: impl std::fmt::Display,
    until: impl std::fmt::Display,
) {
    // Writing to a string cannot fail.
    let _ = write!(out, "\"date_start\":\"{since}\",\"date_stop\":\"{until}\"");
}

/// `"name":[{"action_type":…,"value":…},…],`; what is zero is left out, and the whole member when
/// nothing is left.
pub(super) fn list(
    out: &mut String,
    name: &str,
    entries: &[(&str, Amount)],
    windows: &[Window],
    split: Option<Split>,
) {
    let start = out.len();
    for part in ["\"", name, "\":["] {
        out.push_str(part);
    }
    let empty = out.len();
    for (kind, amount) in entries.iter().filter(|(_, amount)| amount.over > 0) {
        match split {
            None => entry(out, kind, None, *amount, windows),
            Some((key, values)) => {
                for (value, part) in values.iter().zip(amount.halves()) {
                    if part.over > 0 {
                        entry(out, kind, Some((key, value)), part, windows);
                    }
                }
            }
        }
    }
    if out.len() == empty {
        out.truncate(start);
    } else {
        out.pop();
        out.push_str("],");
    }
}

fn entry(
    out: &mut String,
    kind: &str,
    split: Option<(&str, &str)>,
    amount: Amount,
    windows: &[Window],
) {
    out.push('{');
    plain(out, "action_type", kind);
    if let Some((key, value)) = split {
        plain(out, key, value);
    }
    number(out, "value", amount);
    for (window, percent) in windows {
        number(out, window, amount.percent(*percent));
    }
    out.pop();
    out.push_str("},");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_written_with_all_its_decimals() {
        let mut out = String::new();
        number(&mut out, "a", Amount::ratio(4, 3, 6));
        number(&mut out, "b", Amount::money(105));
        number(&mut out, "c", Amount::count(0));

        assert_eq!(out, r#""a":"1.333333","b":"1.05","c":"0","#);
    }

    #[test]
    fn a_list_with_nothing_to_report_is_absent() {
        let mut out = String::new();
        list(
            &mut out,
            "actions",
            &[("purchase", Amount::count(0))],
            &[],
            None,
        );

        assert_eq!(out, "");
    }
}
