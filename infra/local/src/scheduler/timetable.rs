//! When a schedule fires: its expression, its time zone, and from when until when it is open.

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::expression::{Expression, next_of_rate};

/// An expression with all that decides when it fires.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Timetable {
    pub(super) expression: Expression,
    pub(super) zone: Tz,
    /// Nothing fires before; for `at` without meaning, as is the end.
    pub(super) start: Option<DateTime<Utc>>,
    /// Nothing fires after.
    pub(super) end: Option<DateTime<Utc>>,
}

impl Timetable {
    /// The first fire time of a schedule that was made now. A rate without a start begins at once.
    pub(super) fn first(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match (self.expression.rate(), self.start) {
            (Some(_), None) => now.with_nanosecond(0).filter(|now| self.is_open(*now)),
            _ => self.next_after(now, now),
        }
    }

    /// The first fire time after `moment`. A rate without a start counts from `made`.
    pub(super) fn next_after(
        &self,
        moment: DateTime<Utc>,
        made: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        if !self.expression.is_recurring() {
            return self.expression.next_after(self.zone, moment);
        }
        let next = match self.expression.rate() {
            Some(period) => next_of_rate(period, self.start.unwrap_or(made), moment),
            None => {
                let before_start = self.start.map(|start| start - TimeDelta::nanoseconds(1));
                let after = before_start.map_or(moment, |before| before.max(moment));
                self.expression.next_after(self.zone, after)
            }
        };
        next.filter(|time| self.is_open(*time))
    }

    fn is_open(&self, time: DateTime<Utc>) -> bool {
        self.end.is_none_or(|end| time <= end)
    }
}
