//! AWS's dialect of cron, in UTC: grammar and fire times.
//!
//! Written apart from the product's own schedules on purpose, so that each can be held against the other.
//! Where AWS's documents are silent this is strict: a range that runs backwards, an empty place in a list
//! and a step larger than its field are refused; `31W` does not fire in a month without a 31st.
//!
//! **Source:** AWS, EventBridge user guide, "Cron expressions reference".

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Utc, Weekday};

const MONTHS: [&str; 12] = [
    "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Last year in which anything fires.
const YEAR_LAST: u32 = 2199;

/// The six fields of `cron(…)`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cron {
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: DayRule,
    months: BTreeSet<u32>,
    years: BTreeSet<u32>,
}

#[derive(Clone, Debug, PartialEq)]
enum DayRule {
    OfMonth(BTreeSet<u32>),
    /// So many days before the month's last.
    BeforeLast(u32),
    /// The weekday (Monday to Friday) nearest to this day, in the same month.
    NearWeekday(u32),
    /// The month's last day from Monday to Friday.
    LastWeekday,
    OfWeek(BTreeSet<u32>),
    LastOfWeek(u32),
    NthOfWeek {
        weekday: u32,
        nth: u32,
    },
}

/// What a field may hold.
struct Field {
    first: u32,
    last: u32,
    names: &'static [&'static str],
}

const MINUTE: Field = Field {
    first: 0,
    last: 59,
    names: &[],
};
const HOUR: Field = Field {
    first: 0,
    last: 23,
    names: &[],
};
const DAY: Field = Field {
    first: 1,
    last: 31,
    names: &[],
};
const MONTH: Field = Field {
    first: 1,
    last: 12,
    names: &MONTHS,
};
const WEEKDAY: Field = Field {
    first: 1,
    last: 7,
    names: &WEEKDAYS,
};
const YEAR: Field = Field {
    first: 1970,
    last: YEAR_LAST,
    names: &[],
};

impl Cron {
    /// Reads the fields between the brackets; `None` when AWS would refuse them.
    pub(super) fn parse(fields: &str) -> Option<Self> {
        if fields.starts_with(' ') || fields.ends_with(' ') {
            return None;
        }
        let fields: Vec<&str> = fields
            .split(' ')
            .filter(|field| !field.is_empty())
            .collect();
        let [minute, hour, day, month, weekday, year] = fields.as_slice() else {
            return None;
        };
        let days = match (*day, *weekday) {
            ("?", "?") => return None,
            ("?", weekday) => day_of_week(weekday)?,
            (day, "?") => day_of_month(day)?,
            _ => return None,
        };
        Some(Self {
            minutes: MINUTE.set(minute)?,
            hours: HOUR.set(hour)?,
            days,
            months: MONTH.set(month)?,
            years: YEAR.set(year)?,
        })
    }

    /// The first fire time after `moment`; `None` when there is none any more.
    pub(super) fn next_after(&self, moment: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = moment.date_naive();
        let now = (moment.hour(), moment.minute());
        let mut date = today;
        loop {
            let time = match self.fires_on(date) {
                true if date == today => self.first_time_after(Some(now)),
                true => self.first_time_after(None),
                false => None,
            };
            if let Some((hour, minute)) = time {
                return Some(date.and_hms_opt(hour, minute, 0)?.and_utc());
            }
            date = self.next_candidate(date)?;
        }
    }

    fn fires_on(&self, date: NaiveDate) -> bool {
        self.in_month(date) && self.days.include(date)
    }

    fn in_month(&self, date: NaiveDate) -> bool {
        date.year_ce().0
            && self.years.contains(&date.year_ce().1)
            && self.months.contains(&date.month())
    }

    /// The next day worth a look: the following one, or the first of the next month or year.
    fn next_candidate(&self, date: NaiveDate) -> Option<NaiveDate> {
        let (_, year) = date.year_ce();
        let next_year = self.years.range(year + 1..).next();
        if self.in_month(date) {
            return date.checked_add_days(Days::new(1));
        }
        if self.years.contains(&year)
            && let Some(month) = self.months.range(date.month() + 1..).next()
        {
            return NaiveDate::from_ymd_opt(date.year(), *month, 1);
        }
        NaiveDate::from_ymd_opt(i32::try_from(*next_year?).ok()?, *self.months.first()?, 1)
    }

    fn first_time_after(&self, now: Option<(u32, u32)>) -> Option<(u32, u32)> {
        let Some((hour, minute)) = now else {
            return Some((*self.hours.first()?, *self.minutes.first()?));
        };
        if self.hours.contains(&hour)
            && let Some(minute) = self.minutes.range(minute + 1..).next()
        {
            return Some((hour, *minute));
        }
        Some((
            *self.hours.range(hour + 1..).next()?,
            *self.minutes.first()?,
        ))
    }
}

impl DayRule {
    fn include(&self, date: NaiveDate) -> bool {
        let (day, last) = (date.day(), u32::from(date.num_days_in_month()));
        let weekday = date.weekday().num_days_from_sunday() + 1;
        match self {
            Self::OfMonth(days) => days.contains(&day),
            Self::BeforeLast(before) => day + before == last,
            Self::NearWeekday(target) => near_weekday(date, *target) == Some(day),
            Self::LastWeekday => near_weekday(date, last) == Some(day),
            Self::OfWeek(weekdays) => weekdays.contains(&weekday),
            Self::LastOfWeek(wanted) => weekday == *wanted && day + 7 > last,
            Self::NthOfWeek {
                weekday: wanted,
                nth,
            } => weekday == *wanted && (day - 1) / 7 + 1 == *nth,
        }
    }
}

/// The weekday nearest to day `target` of `date`'s month; `None` when the month has no such day.
fn near_weekday(date: NaiveDate, target: u32) -> Option<u32> {
    let last = u32::from(date.num_days_in_month());
    Some(match date.with_day(target)?.weekday() {
        Weekday::Sat if target == 1 => 3,
        Weekday::Sat => target - 1,
        Weekday::Sun if target == last => target - 2,
        Weekday::Sun => target + 1,
        _ => target,
    })
}

fn day_of_month(text: &str) -> Option<DayRule> {
    if text.eq_ignore_ascii_case("L") {
        return Some(DayRule::BeforeLast(0));
    }
    if text.eq_ignore_ascii_case("LW") {
        return Some(DayRule::LastWeekday);
    }
    if let Some(before) = text.strip_prefix("L-") {
        return number(before)
            .filter(|before| *before <= 30)
            .map(DayRule::BeforeLast);
    }
    match text.strip_suffix(['W', 'w']) {
        Some(day) => DAY.one(day).map(DayRule::NearWeekday),
        None => DAY.set(text).map(DayRule::OfMonth),
    }
}

fn day_of_week(text: &str) -> Option<DayRule> {
    if text.eq_ignore_ascii_case("L") {
        return Some(DayRule::OfWeek(BTreeSet::from([7])));
    }
    if let Some((weekday, nth)) = text.split_once('#') {
        let nth = number(nth).filter(|nth| (1..=5).contains(nth))?;
        return Some(DayRule::NthOfWeek {
            weekday: WEEKDAY.one(weekday)?,
            nth,
        });
    }
    match text.strip_suffix(['L', 'l']) {
        Some(weekday) => WEEKDAY.one(weekday).map(DayRule::LastOfWeek),
        None => WEEKDAY.set(text).map(DayRule::OfWeek),
    }
}

impl Field {
    fn set(&self, text: &str) -> Option<BTreeSet<u32>> {
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

    fn one(&self, text: &str) -> Option<u32> {
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
fn number(text: &str) -> Option<u32> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expression, start, and the fire times that follow it.
    const VECTORS: &[(&str, &str, &[&str])] = &[
        (
            "0 10 * * ? *",
            "2026-01-15T10:07",
            &["2026-01-16T10:00", "2026-01-17T10:00"],
        ),
        (
            "* * * * ? *",
            "2026-05-31T12:00",
            &["2026-05-31T12:01", "2026-05-31T12:02"],
        ),
        (
            "50/30 5 * * ? *",
            "2026-12-31T23:59",
            &["2027-01-01T05:50", "2027-01-02T05:50"],
        ),
        (
            "0 0 10-20/5 * ? *",
            "2026-01-15T10:07",
            &["2026-01-20T00:00", "2026-02-10T00:00"],
        ),
        (
            "0 0 29 2 ? *",
            "2026-05-31T12:00",
            &["2028-02-29T00:00", "2032-02-29T00:00"],
        ),
        (
            "0 0 L * ? *",
            "2027-10-30T05:30",
            &["2027-10-31T00:00", "2027-11-30T00:00", "2027-12-31T00:00"],
        ),
        (
            "0 0 L-3 * ? *",
            "2026-05-31T12:00",
            &["2026-06-27T00:00", "2026-07-28T00:00"],
        ),
        (
            "0 0 LW * ? *",
            "2026-05-01T00:00",
            &["2026-05-29T00:00", "2026-06-30T00:00"],
        ),
        (
            "0 9 30W * ? *",
            "2026-02-27T23:59",
            &["2026-03-30T09:00", "2026-04-30T09:00", "2026-05-29T09:00"],
        ),
        (
            "30 7 1W * ? *",
            "2026-07-31T23:59",
            &["2026-08-03T07:30", "2026-09-01T07:30"],
        ),
        (
            "0 12 ? * 2#5 *",
            "2026-01-15T10:07",
            &["2026-03-30T12:00", "2026-06-29T12:00"],
        ),
        (
            "0 12 ? * sat#3 *",
            "2026-11-01T00:00",
            &["2026-11-21T12:00", "2026-12-19T12:00"],
        ),
        (
            "15 10 ? * 6L 2026-2030",
            "2027-10-30T05:30",
            &["2027-11-26T10:15", "2027-12-31T10:15"],
        ),
        (
            "0 12 ? * 1,7 *",
            "2027-10-30T05:30",
            &["2027-10-30T12:00", "2027-10-31T12:00", "2027-11-06T12:00"],
        ),
        (
            "0 0 ? JUN-AUG MON *",
            "2026-01-15T10:07",
            &["2026-06-01T00:00", "2026-06-08T00:00"],
        ),
        (
            "45 21 ? 2 * *",
            "2026-05-31T12:00",
            &["2027-02-01T21:45", "2027-02-02T21:45"],
        ),
        (
            "0 0 ? * L *",
            "2026-11-20T00:00",
            &["2026-11-21T00:00", "2026-11-28T00:00"],
        ),
        (
            "0 10 * * ? 2026/2",
            "2026-12-31T10:00",
            &["2028-01-01T10:00", "2028-01-02T10:00"],
        ),
        ("15 10 ? * 6L 2002-2005", "2026-01-01T00:00", &[]),
        ("0 0 31 2 ? *", "2026-01-01T00:00", &[]),
        ("0 0 1 1 ? 2199", "2199-01-01T00:00", &[]),
    ];

    fn moment(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().unwrap()
    }

    #[test]
    fn fire_times_are_those_other_engines_agree_on() {
        for (expression, start, fires) in VECTORS {
            let cron = Cron::parse(expression).unwrap_or_else(|| panic!("{expression} is refused"));
            let mut now = moment(start);
            for expected in *fires {
                now = cron
                    .next_after(now)
                    .unwrap_or_else(|| panic!("{expression} stops at {now}"));
                assert_eq!(now, moment(expected), "{expression}");
            }
            if fires.is_empty() {
                assert_eq!(cron.next_after(now), None, "{expression} should never fire");
            }
        }
    }

    #[test]
    fn a_second_past_the_minute_does_not_fire_that_minute_again() {
        let cron = Cron::parse("* * * * ? *").unwrap();
        let now = "2026-11-20T10:35:00.001Z".parse().unwrap();
        assert_eq!(cron.next_after(now), Some(moment("2026-11-20T10:36")));
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        for expression in [
            "",
            "INVALID",
            "0 12 * * ?",
            "0 0 12 * * ? *",
            "0 1 * * * *",
            "0 1 ? * ? *",
            "7 20 * * NOT *",
            "0 dummy ? * MON-FRI *",
            "71 8 1 * ? *",
            "60 * * * ? *",
            "99 * * * ? *",
            "0 24 * * ? *",
            "0 0 0 * ? *",
            "0 0 32 * ? *",
            "0 0 1 0 ? *",
            "0 0 1 13 ? *",
            "0 0 ? * 0 *",
            "0 0 ? * 8 *",
            "0 0 1 1 ? 1969",
            "0 0 1 1 ? 2200",
            "*/0 * * * ? *",
            "*/60 * * * ? *",
            "0 */24 * * ? *",
            "? 0 1 * ? *",
            "-5 * * * ? *",
            "+5 * * * ? *",
            "5, * * * ? *",
            ",5 * * * ? *",
            "5-1 * * * ? *",
            "1-2-3 * * * ? *",
            "1/2/3 * * * ? *",
            "0 0 ? * 3#1,6#3 *",
            "0 0 ? * 3#6 *",
            "0 0 ? * 3#0 *",
            "0 0 15W,16W * ? *",
            "0 0 32W * ? *",
            "0 0 W * ? *",
            "0 0 L-31 * ? *",
            "L * * * ? *",
            "0 0 1,? * ? *",
            "0 0 ? * 2L,3L *",
            " 0 10 * * ? *",
            "0 10 * * ? * ",
            "0 10 * * ? *\n",
        ] {
            assert_eq!(Cron::parse(expression), None, "{expression:?} was accepted");
        }
    }
}
