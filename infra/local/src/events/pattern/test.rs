//! The tests a pattern makes of one value.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

/// One comparison at a pattern's leaf.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Exact(Value),
    Prefix(String, Case),
    Suffix(String, Case),
    /// In lower case.
    EqualsIgnoreCase(String),
    Wildcard(Glob),
    /// `anything-but`.
    NoneOf(Vec<Test>),
    /// All must hold.
    Numeric(Vec<Bound>),
    Cidr(IpNet),
    Exists(bool),
}

/// Whether upper and lower case differ; if not, the text is kept in lower case.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Case {
    Exact,
    Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bound {
    Equal(f64),
    Under(f64),
    To(f64),
    Over(f64),
    From(f64),
}

impl Test {
    /// `None` is a value that is not there; a list matches when one of its members does.
    pub(super) fn matches(&self, value: Option<&Value>) -> bool {
        match (self, value) {
            (Self::Exists(wanted), value) => value.is_some_and(has_leaf) == *wanted,
            (_, None | Some(Value::Object(_))) => false,
            (test, Some(Value::Array(items))) => items.iter().any(|item| test.matches(Some(item))),
            (test, Some(value)) => test.matches_scalar(value),
        }
    }

    fn matches_scalar(&self, value: &Value) -> bool {
        match self {
            Self::Exact(wanted) => same(wanted, value),
            Self::Prefix(prefix, case) => {
                case.of(value).is_some_and(|text| text.starts_with(prefix))
            }
            Self::Suffix(suffix, case) => case.of(value).is_some_and(|text| text.ends_with(suffix)),
            Self::EqualsIgnoreCase(wanted) => {
                Case::Ignored.of(value).is_some_and(|text| text == *wanted)
            }
            Self::Wildcard(glob) => value.as_str().is_some_and(|text| glob.matches(text)),
            Self::NoneOf(tests) => !tests.iter().any(|test| test.matches_scalar(value)),
            Self::Numeric(bounds) => value
                .as_f64()
                .is_some_and(|number| bounds.iter().all(|bound| bound.includes(number))),
            Self::Cidr(network) => {
                let address = value.as_str().and_then(|text| text.parse::<IpAddr>().ok());
                address.is_some_and(|address| network.contains(&address))
            }
            Self::Exists(_) => false,
        }
    }
}

/// Existence is a matter of leaves: objects and empty lists have none.
fn has_leaf(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => items.iter().any(has_leaf),
        _ => true,
    }
}

fn same(wanted: &Value, value: &Value) -> bool {
    match (wanted.as_f64(), value.as_f64()) {
        (Some(wanted), Some(value)) => wanted.total_cmp(&value).is_eq(),
        _ => wanted == value,
    }
}

impl Case {
    fn of(self, value: &Value) -> Option<String> {
        let text = value.as_str()?;
        Some(if self == Self::Exact {
            text.to_owned()
        } else {
            text.to_lowercase()
        })
    }
}

impl Bound {
    fn includes(self, number: f64) -> bool {
        match self {
            Self::Equal(bound) => number.total_cmp(&bound).is_eq(),
            Self::Under(bound) => number < bound,
            Self::To(bound) => number <= bound,
            Self::Over(bound) => number > bound,
            Self::From(bound) => number >= bound,
        }
    }
}

/// A text with `*` for any run of characters; `\*` and `\\` stand for themselves.
#[derive(Clone, Debug)]
pub(super) struct Glob {
    /// The literal texts between the stars; at least one.
    pieces: Vec<String>,
}

impl Glob {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = vec![String::new()];
        let mut chars = text.chars().enumerate().peekable();
        while let Some((position, char)) = chars.next() {
            match char {
                '*' if chars.peek().is_some_and(|(_, next)| *next == '*') => {
                    return Err(format!("Consecutive wildcard characters at pos {position}"));
                }
                '*' => pieces.push(String::new()),
                '\\' => match chars.next() {
                    Some((_, escaped @ ('*' | '\\'))) => push(&mut pieces, escaped),
                    _ => return Err(format!("Invalid escape character at pos {position}")),
                },
                other => push(&mut pieces, other),
            }
        }
        Ok(Self { pieces })
    }

    fn matches(&self, text: &str) -> bool {
        let Some((first, rest)) = self.pieces.split_first() else {
            return false;
        };
        let Some((last, middle)) = rest.split_last() else {
            return text == first;
        };
        let Some(mut text) = text.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in middle {
            let Some((_, after)) = text.split_once(piece.as_str()) else {
                return false;
            };
            text = after;
        }
        text.ends_with(last.as_str())
    }
}

fn push(pieces: &mut [String], char: char) {
    if let Some(piece) = pieces.last_mut() {
        piece.push(char);
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn stars_stand_for_any_run_and_escapes_for_themselves() {
        for (glob, text, expected) in [
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*c", "acb", false),
            ("*a*b*", "xxaxxbxx", true),
            ("*a*b*", "xxbxxaxx", false),
            ("ab*ba", "aba", false),
            ("ab*ba", "abba", true),
            (r"a\*c", "a*c", true),
            (r"a\*c", "abc", false),
            (r"a\\*", r"a\x", true),
            ("abc", "abc", true),
            ("abc", "abcd", false),
            ("", "", true),
        ] {
            assert_eq!(
                Glob::parse(glob).unwrap().matches(text),
                expected,
                "{glob} on {text}"
            );
        }
        assert!(Glob::parse(r"a\b").is_err());
    }
}
