//! Which days of an account's numbers are read, in its own time zone.
//!
//! Meta corrects a day's numbers for up to 28 days: conversions are counted on the day of the click.
//! **Source:** Meta, "Insights API: attribution windows"; spend and impressions settle within three days.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;

/// A day read at this age is final: Meta does not correct it any more.
pub const FINAL_AGE_DAYS: i32 = 28;

/// How far back Meta answers. **Source:** Marketing API, "Insights: limits"; older days are error 3018.
const HISTORY_MONTHS: Months = Months::new(37);

/// Days that are caught up on at most in one run, beyond the window: a longer outage takes several runs.
const CATCH_UP_DAYS_MAX: usize = 90;

/// Today, where the account is.
#[must_use]
pub fn today(now: DateTime<Utc>, zone: Tz) -> NaiveDate {
    now.with_timezone(&zone).date_naive()
}

/// The oldest day that may be asked for: 37 months before today, and one day later.
///
/// The day more is for months that are too short (37 months before a 31st of March is the last of
/// February, and must be the 1st of March) and for accounts whose day begins before Meta's own.
#[must_use]
pub fn oldest(today: NaiveDate) -> NaiveDate {
    next(today - HISTORY_MONTHS)
}

fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// What a person asked to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The last days, and those that Meta still corrects.
    Recent {
        /// Days before today.
        days_back: u32,
        /// Days before today that are read again.
        restatement_days: u32,
    },
    /// These days, final or not.
    Backfill {
        /// The first.
        since: NaiveDate,
        /// The last; `None`: today.
        until: Option<NaiveDate>,
    },
}

/// The days to read, and what a person should know of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The days, each once.
    pub days: BTreeSet<NaiveDate>,
    /// The first and the last day that were asked for, as far as Meta keeps them.
    pub range: Option<(NaiveDate, NaiveDate)>,
    /// What was not planned as asked.
    pub notes: Vec<String>,
}

/// Decides what to read `today`, knowing at which age each day was read last.
///
/// Recent days leave out those that are final. They include what an outage left behind: days after the
/// newest that was ever read, and days that left the window before their last reading.
#[must_use]
pub fn plan(today: NaiveDate, wish: Wish, read_at_age: &BTreeMap<NaiveDate, i32>) -> Plan {
    match wish {
        Wish::Recent {
            days_back,
            restatement_days,
        } => recent(today, (days_back, restatement_days), read_at_age),
        Wish::Backfill { since, until } => backfill(today, since, until),
    }
}

fn backfill(today: NaiveDate, since: NaiveDate, until: Option<NaiveDate>) -> Plan {
    let mut notes = Vec::new();
    let (oldest, until) = (oldest(today), until.unwrap_or(today));
    let first = since.max(oldest);
    if first > since {
        notes.push(format!(
            "Meta keeps 37 months: {since} and later days before {oldest} were left out"
        ));
    }
    let last = until.min(today);
    if last < until {
        notes.push(format!(
            "{until} is not here yet: the last day read is {last}"
        ));
    }
    Plan {
        days: first.iter_days().take_while(|day| *day <= last).collect(),
        range: (first <= last).then_some((first, last)),
        notes,
    }
}

fn recent(
    today: NaiveDate,
    (days_back, restatement_days): (u32, u32),
    read_at_age: &BTreeMap<NaiveDate, i32>,
) -> Plan {
    let back = |days: u32| today - Days::new(days.into());
    let first = back(days_back.max(restatement_days));
    let is_final = |day: &NaiveDate| {
        read_at_age
            .get(day)
            .is_some_and(|age| *age >= FINAL_AGE_DAYS)
    };
    let mut days: BTreeSet<NaiveDate> = first
        .iter_days()
        .take_while(|day| *day <= today)
        .filter(|day| !is_final(day))
        .collect();

    let oldest = oldest(today);
    let newest_read = read_at_age.keys().next_back().copied();
    let gap = newest_read
        .map(next)
        .into_iter()
        .flat_map(|from| from.iter_days());
    let gap = gap.take_while(|day| *day < first);
    let last_age = i32::try_from(restatement_days).unwrap_or(FINAL_AGE_DAYS);
    let unsettled = read_at_age
        .range(..first)
        .filter(|(_, age)| **age < last_age);
    let left_behind: BTreeSet<NaiveDate> = gap
        .chain(unsettled.map(|(day, _)| *day))
        .filter(|day| *day >= oldest)
        .collect();
    let mut notes = Vec::new();
    if left_behind.len() > CATCH_UP_DAYS_MAX {
        let count = left_behind.len();
        notes.push(format!("{count} earlier days are to be caught up on: {CATCH_UP_DAYS_MAX} now, the rest in later runs"));
    }
    // The newest first: people look at them.
    days.extend(left_behind.iter().rev().take(CATCH_UP_DAYS_MAX));
    Plan {
        days,
        range: Some((first, today)),
        notes,
    }
}

#[cfg(test)]
#[path = "days_tests.rs"]
mod tests;
