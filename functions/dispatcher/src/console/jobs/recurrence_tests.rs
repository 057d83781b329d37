//! Every way to repeat, there and back.

use std::collections::BTreeMap;

use shared::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};

use super::*;

fn entered(fields: &[(&str, &str)]) -> Result<Option<Recurrence>, FieldError> {
    let fields: BTreeMap<_, _> = fields.iter().copied().collect();
    Recurrence::entered(|name| fields.get(name).copied().unwrap_or_default())
}

fn fires(expression: &str) -> Vec<chrono::DateTime<chrono::Utc>> {
    let (gap, repeat) = (GapPolicy::Shift, RepeatPolicy::First);
    let schedule = Schedule::parse(expression, "Europe/Berlin", gap, repeat).unwrap();
    let first = schedule.next_after("2026-03-01T00:00:00Z".parse().unwrap());
    let fires = std::iter::successors(first, |at| schedule.next_after(*at));
    fires.take(400).collect()
}

fn pairs(text: &str) -> Vec<(&str, &str)> {
    let words = text.split(' ').map(|word| word.split_once('='));
    words.map(Option::unwrap).collect()
}

#[test]
fn every_way_to_repeat_is_an_expression_and_comes_back_from_it() {
    for (fields, expression) in [
        ("frequency=minutes every_minutes=15", "*/15 * * * *"),
        ("frequency=minutes every_minutes=1", "* * * * *"),
        ("frequency=hourly at_minute=5", "5 * * * *"),
        ("frequency=daily time=06:30", "30 6 * * *"),
        ("frequency=daily time=00:00", "0 0 * * *"),
        ("frequency=twice_daily time=06:00", "0 6,18 * * *"),
        ("frequency=weekly on_mon=true time=06:00", "0 6 * * MON"),
        (
            "frequency=weekly on_mon=true on_tue=true on_sun=true time=23:59",
            "59 23 * * MON,TUE,SUN",
        ),
        ("frequency=monthly month_day=31 time=09:00", "0 9 31 * *"),
        ("frequency=monthly month_day=L time=09:00", "0 9 L * *"),
    ] {
        let fields = pairs(fields);
        let recurrence = entered(&fields).unwrap().unwrap();
        assert_eq!(recurrence.to_string(), expression);
        assert_eq!(Recurrence::read(expression), Some(recurrence));
        let told = recurrence.fields();
        let told: BTreeMap<_, _> = told.iter().map(|(name, value)| (*name, &**value)).collect();
        assert_eq!(told, fields.into_iter().collect(), "{expression}");
    }
}

#[test]
fn every_set_of_days_comes_back_from_its_expression() {
    for bits in 1_u8..128 {
        let days = Days(std::array::from_fn(|day| bits & (1 << day) != 0));
        let expression = format!("0 6 * * {days}");
        let read = Days::read(&days.to_string());
        assert_eq!(read.unwrap_or(Days([true; 7])), days, "{days}");
        assert_eq!(fires(&expression).len(), 400, "{expression}");
    }
    assert_eq!(
        Days([true, true, true, true, true, false, false]).to_string(),
        "MON-FRI"
    );
}

#[test]
fn what_others_wrote_fires_as_before_when_it_is_told_by_fields() {
    for expression in [
        "*/1 * * * *",
        "05 * * * *",
        "0 06 * * *",
        "0 6,18 * * *",
        "15 7 * * mon-fri",
        "15 7 * * 1-5",
        "0 6 * * 0",
        "0 6 * * 7",
        "0 6 * * 5-7",
        "0 6 * * 0-6",
        "0 6 * * 0-2",
        "0 6 * * SUN,Wed",
        "0 9 l * *",
        "@hourly",
        "@daily",
        "@midnight",
        "@weekly",
        "@Monthly",
    ] {
        let recurrence = Recurrence::read(expression).unwrap();
        assert_eq!(
            fires(&recurrence.to_string()),
            fires(expression),
            "{expression}"
        );
    }
}

#[test]
fn an_expression_that_says_more_stays_an_expression() {
    for expression in [
        "",
        "0",
        "@yearly",
        "@reboot",
        "*/7 * * * *",
        "0-30 * * * *",
        "0,30 * * * *",
        "0 */2 * * *",
        "0 6,12 * * *",
        "0 6,18,20 * * *",
        "30 6,18 * * 1",
        "0 6 1 1 *",
        "0 6 1 * MON",
        "0 6 1,15 * *",
        "0 6 * * 1/2",
        "0 6 * * MON-",
        "0 6 * * 5-1",
        "0 6 * 3 *",
        "61 * * * *",
        "0 24 * * *",
        "0 6 32 * *",
        "0 6 * * 8",
        "0 6 * * * *",
    ] {
        assert_eq!(Recurrence::read(expression), None, "{expression}");
    }
}

#[test]
fn a_field_that_cannot_be_read_is_named() {
    for (fields, field) in [
        (vec![("frequency", "often")], "frequency"),
        (
            vec![("frequency", "minutes"), ("every_minutes", "7")],
            "every_minutes",
        ),
        (
            vec![("frequency", "minutes"), ("every_minutes", "60")],
            "every_minutes",
        ),
        (
            vec![("frequency", "hourly"), ("at_minute", "60")],
            "at_minute",
        ),
        (vec![("frequency", "daily"), ("time", "24:00")], "time"),
        (vec![("frequency", "daily")], "time"),
        (vec![("frequency", "weekly"), ("time", "06:00")], "days"),
        (
            vec![
                ("frequency", "monthly"),
                ("month_day", "0"),
                ("time", "06:00"),
            ],
            "month_day",
        ),
    ] {
        assert_eq!(entered(&fields).unwrap_err().field, field);
    }
    assert!(entered(&[]).unwrap().is_none());
    assert!(entered(&[("frequency", "cron")]).unwrap().is_none());
}
