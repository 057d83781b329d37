//! One field of a cron expression: numbers, names, ranges, steps and lists.

use std::collections::BTreeSet;

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Last year in which anything fires.
const YEAR_LAST: u32 = 2199;

/// What a field may hold.
pub(super) struct Field {
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

pub(super) const MINUTE: Field = Field {
    first: 0,
    last: 59,
    names: &[],
};
pub(super) const HOUR: Field = Field {
    first: 0,
    last: 23,
    names: &[],
};
pub(super) const DAY: Field = Field {
    first: 1,
    last: 31,
    names: &[],
};
pub(super) const MONTH: Field = Field {
    first: 1,
    last: 12,
    names: &MONTHS,
};
pub(super) const WEEKDAY: Field = Field {
    first: 1,
    last: 7,
    names: &WEEKDAYS,
};
pub(super) const YEAR: Field = Field {
    first: 1970,
    last: YEAR_LAST,
    names: &[],
};

impl Field {
    pub(super) fn set(&self, text: &str) -> Option<BTreeSet<u32>> {
        let mut all = BTreeSet::new();
        for part in text.split(',') {
            all.extend(self.part(part)?);
        }
        Some(all)
    }

    /// `*`, `5`, `1-5`, each with or without `/step`; a lone value with a step runs to the end.
    fn part(&self, text: &str) -> Option<Vec<u32>> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (
                range,
                Some(number(step).filter(|step| (1..=self.last).contains(step))?),
            ),
            None => (text, None),
        };
        let (from, to) = match (range, range.split_once('-')) {
            ("*", _) => (self.first, self.last),
            (_, Some((from, to))) => (self.one(from)?, self.one(to)?),
            (one, None) if step.is_some() => (self.one(one)?, self.last),
            (one, None) => (self.one(one)?, self.one(one)?),
        };
        let step = usize::try_from(step.unwrap_or(1)).ok()?;
        (from <= to).then(|| (from..=to).step_by(step).collect())
    }

    pub(super) fn one(&self, text: &str) -> Option<u32> {
        let named = self
            .names
            .iter()
            .zip(self.first..)
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        let value = named.map(|(_, value)| value).or_else(|| number(text))?;
        (self.first..=self.last).contains(&value).then_some(value)
    }
}

/// A number of digits alone: no sign, no blanks.
pub(super) fn number(text: &str) -> Option<u32> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}
