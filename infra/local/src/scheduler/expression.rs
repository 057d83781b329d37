//! Schedule expressions of Scheduler: `cron(…)`, `rate(…)` and `at(…)`, read by the clocks of a time zone.
//!
//! A time that a clock change skips does not fire; one that it repeats fires the first time. A rate knows no
//! clock changes: a day is 24 hours.
//!
//! **Source:** AWS, Scheduler user guide, "Schedule types", with "Daylight savings time". Where that is silent:
//! an `at` in the hour that is skipped never fires, and the unit of a rate must agree with its number, as the
//! documents of EventBridge's rules demand.

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::events::cron::Cron;
use crate::events::schedule::{Schedule as Recurring, inside};

/// How `at(…)` writes its time.
const AT: &str = "%Y-%m-%dT%H:%M:%S";

/// When a schedule fires, as people write it.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Recurring(Recurring),
    Once(NaiveDateTime),
}

impl Expression {
    /// Reads an expression; `None` when AWS would refuse it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let kind = match inside(text, "at(") {
            Some(time) => Kind::Once(at(time)?),
            None => Kind::Recurring(Recurring::parse(text)?),
        };
        Some(Self(kind))
    }

    /// The first fire time after `after` by the clocks of `zone`; `None` when there is none any more. A rate
    /// counts from the second of `after`.
    #[must_use]
    pub fn next_after(&self, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match &self.0 {
            Kind::Recurring(Recurring::Cron(cron)) => next_of_cron(cron, zone, after),
            Kind::Recurring(Recurring::Rate(period)) => next_of_rate(*period, after, after),
            Kind::Once(local) => instant(zone, *local).filter(|time| *time > after),
        }
    }

    pub(super) fn rate(&self) -> Option<TimeDelta> {
        match &self.0 {
            Kind::Recurring(Recurring::Rate(period)) => Some(*period),
            _ => None,
        }
    }

    pub(super) fn is_recurring(&self) -> bool {
        matches!(&self.0, Kind::Recurring(_))
    }
}

/// The first time after `after` that a clock of `zone` shows what `cron` wants.
fn next_of_cron(cron: &Cron, zone: Tz, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut local = after.with_timezone(&zone).naive_local();
    loop {
        local = cron.next_after(local.and_utc())?.naive_utc();
        // In a repeated hour the first pass may lie behind already.
        if let Some(time) = instant(zone, local).filter(|time| *time > after) {
            return Some(time);
        }
    }
}

/// The first of `from`, `from` and one period, … that lies after `after`, by whole seconds.
pub(super) fn next_of_rate(
    period: TimeDelta,
    from: DateTime<Utc>,
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let from = from.with_nanosecond(0)?;
    if after < from {
        return Some(from);
    }
    let passed = (after - from).num_seconds() / period.num_seconds();
    from.checked_add_signed(period.checked_mul(i32::try_from(passed + 1).ok()?)?)
}

/// The moment at which clocks of `zone` show `local`, the first time that they do; `None` when they skip it.
fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let moment = zone.from_local_datetime(&local).earliest()?;
    Some(moment.with_timezone(&Utc))
}

/// Written exactly so: no fewer digits, no leap second.
fn at(text: &str) -> Option<NaiveDateTime> {
    let time = NaiveDateTime::parse_from_str(text, AT).ok()?;
    (time.nanosecond() == 0 && time.format(AT).to_string() == text).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The fire times of an expression in a zone that follow a start.
    fn fires(expression: &str, zone: &str, start: &str, count: usize) -> Vec<String> {
        let (expression, zone) = (
            Expression::parse(expression).unwrap(),
            zone.parse().unwrap(),
        );
        let first = expression.next_after(zone, moment(start));
        let times = std::iter::successors(first, |time| expression.next_after(zone, *time));
        times.take(count).map(|time| time.to_rfc3339()).collect()
    }

    #[test]
    fn cron_is_read_by_the_clocks_of_the_zone_in_summer_and_winter() {
        let daily = fires(
            "cron(30 9 * * ? *)",
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            3,
        );
        let expected = [
            "2026-03-28T08:30:00+00:00",
            "2026-03-29T07:30:00+00:00",
            "2026-03-30T07:30:00+00:00",
        ];
        assert_eq!(daily, expected);

        let sundays = fires(
            "cron(0 0 ? * SUN *)",
            "Asia/Kathmandu",
            "2026-11-20T00:00:00Z",
            2,
        );
        assert_eq!(
            sundays,
            ["2026-11-21T18:15:00+00:00", "2026-11-28T18:15:00+00:00"]
        );
    }

    #[test]
    fn a_time_that_the_clocks_skip_does_not_fire() {
        let daily = fires(
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-03-27T12:00:00Z",
            3,
        );
        let expected = [
            "2026-03-28T01:30:00+00:00",
            "2026-03-30T00:30:00+00:00",
            "2026-03-31T00:30:00+00:00",
        ];
        assert_eq!(daily, expected);

        let quarterly = fires(
            "cron(0/30 * 29 3 ? 2026)",
            "Europe/Berlin",
            "2026-03-29T00:00:00Z",
            3,
        );
        let expected = [
            "2026-03-29T00:30:00+00:00",
            "2026-03-29T01:00:00+00:00",
            "2026-03-29T01:30:00+00:00",
        ];
        assert_eq!(quarterly, expected, "01:30 is followed by 03:00");

        let once = Expression::parse("at(2026-03-29T02:30:00)").unwrap();
        assert_eq!(
            once.next_after(chrono_tz::Europe::Berlin, DateTime::UNIX_EPOCH),
            None
        );
    }

    #[test]
    fn a_time_that_the_clocks_repeat_fires_the_first_time_only() {
        let daily = fires(
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "2026-10-24T12:00:00Z",
            2,
        );
        assert_eq!(
            daily,
            ["2026-10-25T00:30:00+00:00", "2026-10-26T01:30:00+00:00"]
        );

        let half_hours = fires(
            "cron(0/30 * 25 10 ? 2026)",
            "Europe/Berlin",
            "2026-10-25T00:00:00Z",
            2,
        );
        assert_eq!(
            half_hours,
            ["2026-10-25T00:30:00+00:00", "2026-10-25T02:00:00+00:00"],
            "02:30 is followed by 03:00"
        );
        let second_pass = fires(
            "cron(0/30 * 25 10 ? 2026)",
            "Europe/Berlin",
            "2026-10-25T01:10:00Z",
            1,
        );
        assert_eq!(second_pass, ["2026-10-25T02:00:00+00:00"]);

        let once = Expression::parse("at(2026-10-25T02:30:00)").unwrap();
        let first = once.next_after(chrono_tz::Europe::Berlin, DateTime::UNIX_EPOCH);
        assert_eq!(first, Some(moment("2026-10-25T00:30:00Z")));
    }

    #[test]
    fn a_schedule_that_runs_once_fires_at_its_second_and_never_again() {
        let once = fires(
            "at(2026-11-20T10:00:07)",
            "America/New_York",
            "2026-11-20T15:00:06.999Z",
            2,
        );
        assert_eq!(once, ["2026-11-20T15:00:07+00:00"]);
    }

    #[test]
    fn a_day_of_a_rate_is_24_hours_whatever_the_clocks_do() {
        let days = fires("rate(1 day)", "Europe/Berlin", "2026-03-28T12:00:00.5Z", 2);
        assert_eq!(
            days,
            ["2026-03-29T12:00:00+00:00", "2026-03-30T12:00:00+00:00"]
        );
    }

    #[test]
    fn what_aws_refuses_is_refused() {
        // Source: each was answered with ValidationException by AWS itself, but for those after the blank line.
        for bad in [
            "cron(0 1 * * * *)",
            "cron(7 20 * * NOT *)",
            "cron(INVALID)",
            "cron(0 dummy ? * MON-FRI *)",
            "cron(71 8 1 * ? *)",
            "cron()",
            "rate(10 seconds)",
            "rate(10 years)",
            "rate()",
            "rate(10)",
            "rate(10 minutess)",
            "rate(foo minutes)",
            "rate(-10 minutes)",
            "rate( 10 minutes )",
            " rate(10 minutes)",
            "at(2021-12-31T23:59:59Z)",
            "at(2021-12-31)",
            "at(2026-2-28T10:00:00)",
            "at(2026-02-30T10:00:00)",
            "at(2026-02-28T24:00:00)",
            "at(2026-02-28T23:59:60)",
            "at(2026-02-28 23:59:59)",
            "at(+026-02-28T23:59:59)",
            "at()",
            "",
        ] {
            assert_eq!(Expression::parse(bad), None, "{bad} was accepted");
        }
    }
}
