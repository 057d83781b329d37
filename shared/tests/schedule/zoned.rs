//! The expression for a clock that knows zones: it covers the schedule by that clock's own rules, and
//! is exact wherever it stays in the schedule's zone.

use chrono::{DateTime, MappedLocalTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use proptest::{prelude::*, sample::select};
use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};

use super::{
    aws::AwsCron,
    cloud::{EXPRESSIONS, NOW},
    given::{ZONES, at, schedule, with_policies},
    oracle::{meaning, policies},
};

/// The compiler promises five years.
const DAYS_PROMISED: i64 = 5 * 365;

/// A cron expression on a zone's wall clock: what is skipped does not fire, what is repeated fires
/// the first time.
struct ZonedCron {
    cron: AwsCron,
    zone: Tz,
}

impl ZonedCron {
    fn of(schedule: &Schedule, now: DateTime<Utc>) -> Self {
        let (expression, zone) = schedule.zoned_expression(now);
        Self {
            cron: AwsCron::rule(&expression),
            zone,
        }
    }

    fn fires_at(&self, time: DateTime<Utc>) -> bool {
        let civil = time.with_timezone(&self.zone).naive_local();
        let is_first = match self.zone.from_local_datetime(&civil) {
            MappedLocalTime::Ambiguous(first, _) => first == time,
            MappedLocalTime::Single(_) | MappedLocalTime::None => true,
        };
        is_first && self.cron.fires_at(civil.and_utc())
    }
}

#[test]
fn schedules_cover_the_usual_ones_in_every_kind_of_zone() {
    let mut on_the_wall_clock = 0;
    for zone in ZONES {
        for expression in EXPRESSIONS {
            // The policies that fire most: what covers them covers the others.
            let schedule = with_policies(expression, zone, GapPolicy::Shift, RepeatPolicy::Both);
            let cron = ZonedCron::of(&schedule, at(NOW));
            on_the_wall_clock += usize::from(cron.zone != Tz::UTC);
            for days in (0..DAYS_PROMISED).step_by(97) {
                let start = at(NOW) + TimeDelta::days(days);
                let fires = schedule.fires_between(start, DateTime::<Utc>::MAX_UTC, 100);
                let missed = fires.into_iter().find(|fire| !cron.fires_at(*fire));
                assert_eq!(missed, None, "`{expression}` in {zone}");
            }
        }
    }
    assert!(on_the_wall_clock > 100, "only {on_the_wall_clock}");
}

#[test]
fn what_stays_on_the_wall_clock_is_exact() {
    for zone in ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe"] {
        for expression in ["0 9 * * 1-5", "15 6 1 * *", "45 23 * * *", "0 6 * * 1"] {
            let schedule = schedule(expression, zone);
            let (text, told) = schedule.zoned_expression(at(NOW));
            assert_eq!(told.name(), zone, "`{expression}`");
            let civil = at(NOW).with_timezone(&told).naive_local().and_utc();
            let cron = AwsCron::rule(&text);

            let events = cron.next(civil, 500).into_iter();
            let events: Vec<_> = events
                .map(|it| told.from_local_datetime(&it.naive_utc()).unwrap().to_utc())
                .collect();

            let fires = schedule.fires_between(at(NOW), DateTime::<Utc>::MAX_UTC, 500);
            assert_eq!(events, fires, "`{expression}` in {zone} as {text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn schedules_cover_any_one(
        meaning in meaning(),
        zone in select(chrono_tz::TZ_VARIANTS.to_vec()),
        policies in policies(),
        now in 1_700_000_000_i64..1_900_000_000,
    ) {
        let schedule = with_policies(&meaning.text(), zone.name(), policies.0, policies.1);
        let now = DateTime::from_timestamp(now, 0).unwrap();
        let cron = ZonedCron::of(&schedule, now);
        let end = now + TimeDelta::days(DAYS_PROMISED);
        for start in [now, now + TimeDelta::days(200), now + TimeDelta::days(900)] {
            for fire in schedule.fires_between(start, end, 25) {
                prop_assert!(cron.fires_at(fire), "`{}` in {zone} at {fire}", meaning.text());
            }
        }
    }
}
