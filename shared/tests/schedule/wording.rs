//! The sentence and the remarks shown before a schedule is saved.

use shared::domain::schedule::{GapPolicy, Lint, RepeatPolicy};

use super::given::{at, schedule, with_policies};

const NOW: &str = "2026-11-20T12:00:00Z";

const SENTENCES: [(&str, &str); 34] = [
    ("0 6,18 * * *", "At 06:00 and 18:00"),
    ("0 6 * * *", "At 06:00"),
    ("0 6 * * 1", "At 06:00 on Monday"),
    ("0 6 * * 7", "At 06:00 on Sunday"),
    ("0 6 1 * *", "At 06:00 on day 1 of the month"),
    ("0 9 * * 1-5", "At 09:00 on Monday to Friday"),
    (
        "0 9 * * mon,wed,fri",
        "At 09:00 on Monday, Wednesday and Friday",
    ),
    ("* * * * *", "Every minute"),
    ("*/5 * * * *", "Every 5 minutes"),
    ("0,30 * * * *", "Every 30 minutes"),
    (
        "*/15 9-17 * * 1-5",
        "Every 15 minutes from 09:00 to 17:59 on Monday to Friday",
    ),
    ("0 * * * *", "Every hour at minute 0"),
    ("@hourly", "Every hour at minute 0"),
    ("15 */2 * * *", "Every 2 hours at minute 15"),
    ("0 */6 * * *", "At 00:00, 06:00, 12:00 and 18:00"),
    ("0 */5 * * *", "At 00:00, 05:00, 10:00, 15:00 and 20:00"),
    ("10 8-17 * * *", "At minute 10 of the hours 8 to 17"),
    ("5,10,20 * * * *", "At minutes 5, 10 and 20 of every hour"),
    (
        "5,10,20 8,9,12 * * *",
        "At minutes 5, 10 and 20 of the hours 8, 9 and 12",
    ),
    (
        "*/10 3 * * *",
        "At 03:00, 03:10, 03:20, 03:30, 03:40 and 03:50",
    ),
    ("*/5 3 * * *", "Every 5 minutes from 03:00 to 03:59"),
    ("0 1-7 * * *", "At minute 0 of the hours 1 to 7"),
    (
        "5,10,20 7 1-7 * *",
        "At 07:05, 07:10 and 07:20 on days 1 to 7 of the month",
    ),
    ("0 0 L * *", "At 00:00 on the last day of the month"),
    (
        "0 0 1,15,L * *",
        "At 00:00 on days 1 and 15 and the last day of the month",
    ),
    ("0 0 L 2 *", "At 00:00 on the last day of February"),
    ("0 0 1 1 *", "At 00:00 on day 1 of January"),
    ("0 0 * 6-8 *", "At 00:00 in June to August"),
    ("0 0 * 1,7 SUN", "At 00:00 on Sunday in January and July"),
    (
        "0 0 1,15 * 3",
        "At 00:00 on days 1 and 15 of the month, and on Wednesday",
    ),
    (
        "0 0 13 6 5",
        "At 00:00 on day 13 of June, and on Friday in June",
    ),
    (
        "0 0 */10 * 1",
        "At 00:00 on days 1, 11, 21 and 31 of the month, only if it is Monday",
    ),
    ("0 0 1-31 * 1", "At 00:00"),
    ("0 0 15 * 0-6", "At 00:00"),
];

#[test]
fn a_schedule_reads_as_a_sentence() {
    for (expression, sentence) in SENTENCES {
        let zone = "America/Los_Angeles";
        let expected = format!("{sentence}, {zone}");
        assert_eq!(
            schedule(expression, zone).sentence(),
            expected,
            "{expression}"
        );
    }
}

fn codes(expression: &str, zone: &str) -> Vec<&'static str> {
    let lints = schedule(expression, zone).lints(at(NOW));
    lints.into_iter().map(|lint| lint.code).collect()
}

const REMARKS: [(&str, &[&str]); 24] = [
    ("0 6 * * *", &[]),
    ("*/15 * * * *", &[]),
    ("0 * * * *", &[]),
    ("0 0 30 2 *", &["never_fires"]),
    ("* * * * *", &["every_minute"]),
    ("* * 31 * *", &["every_minute", "days_29_to_31"]),
    ("0 6 31 * *", &["days_29_to_31"]),
    ("0 6 29 * *", &["days_29_to_31"]),
    ("0 6 29 2 *", &["days_29_to_31"]),
    ("0 6 29 3 *", &[]),
    ("0 6 31 12 *", &[]),
    ("0 6 */2 * *", &[]),
    ("0 6 1-31 * 1", &[]),
    ("0 6 L * *", &[]),
    ("30 2 * * *", &["dst_gap"]),
    ("0 2 * * *", &["dst_gap"]),
    ("0 3 * * *", &[]),
    ("0 1 * * *", &["dst_repeat"]),
    ("30 1 * * *", &["dst_repeat"]),
    ("30 1,2 * * *", &["dst_gap", "dst_repeat"]),
    ("*/15 2 * * *", &["dst_gap"]),
    ("30 2 * * 1", &[]),
    ("30 2 8 3 *", &[]),
    ("30 2 14 3 *", &["dst_gap"]),
];

#[test]
fn remarks_are_made_where_they_are_due() {
    let zone = "America/Los_Angeles";
    for (expression, expected) in REMARKS {
        assert_eq!(codes(expression, zone), expected, "{expression}");
    }
    assert!(codes("30 1,2 * * *", "UTC").is_empty());
    assert!(codes("30 1,2 * * *", "Asia/Kolkata").is_empty());
}

#[test]
fn a_remark_on_a_clock_change_says_when_and_what_happens() {
    let remark = |gap, repeat| {
        let schedule = with_policies("30 1,2 * * *", "America/Los_Angeles", gap, repeat);
        let lints = schedule.lints(at(NOW));
        lints
            .into_iter()
            .map(|lint| lint.message)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        remark(GapPolicy::Shift, RepeatPolicy::First),
        [
            "2027-03-14 02:30 does not exist in America/Los_Angeles: it fires at 03:00 instead (gap policy `shift`)",
            "2027-11-07 01:30 comes twice in America/Los_Angeles: it fires the first time (repeat policy `first`)",
        ]
    );
    assert_eq!(
        remark(GapPolicy::Skip, RepeatPolicy::Both),
        [
            "2027-03-14 02:30 does not exist in America/Los_Angeles: it does not fire then (gap policy `skip`)",
            "2027-11-07 01:30 comes twice in America/Los_Angeles: it fires both times (repeat policy `both`)",
        ]
    );
}

#[test]
fn a_remark_is_an_object_with_code_and_message() {
    let lint = Lint {
        code: "never_fires",
        message: "no".to_owned(),
    };
    let written = serde_json::to_string(&lint).unwrap();
    assert_eq!(written, r#"{"code":"never_fires","message":"no"}"#);
}
