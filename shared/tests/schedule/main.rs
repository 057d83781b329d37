//! Schedules, checked from outside against two engines of their own: a walk over every minute
//! ([`oracle`]) and an evaluator of the cloud's cron ([`aws`]).

mod aws;
mod cloud;
mod dialect;
mod fires;
mod oracle;
mod vectors;
mod wording;

use chrono::{DateTime, Utc};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};

/// A schedule under the default policies.
fn schedule(expression: &str, zone: &str) -> Schedule {
    with_policies(expression, zone, GapPolicy::Shift, RepeatPolicy::First)
}

fn with_policies(expression: &str, zone: &str, gap: GapPolicy, repeat: RepeatPolicy) -> Schedule {
    Schedule::parse(expression, zone, gap, repeat)
        .unwrap_or_else(|error| panic!("`{expression}` in {zone}: {error}"))
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}
