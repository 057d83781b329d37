//! The command line: what it prints, and what it says to bad input.

use serde_json::{Value, json};

use super::*;

/// Runs `schedules` with `args`: its answer, or its exit status and complaint.
async fn schedules(args: &[&str]) -> Result<String, (u8, String)> {
    let args = ["schedules"].iter().chain(args).map(OsString::from);
    let mut out = Vec::new();
    match run(args, &mut out).await {
        Ok(()) => Ok(String::from_utf8(out).expect("text")),
        Err(error) => Err((error.status(), error.to_string())),
    }
}

#[tokio::test]
async fn a_preview_in_json_has_exactly_the_promised_keys() {
    let args = [
        "preview",
        "--json",
        "--cron",
        "30 6 * * *",
        "--zone",
        "America/Los_Angeles",
    ];
    let more = ["--from", "2026-03-07T00:00:00Z", "--count", "2"];
    let text = schedules(&[&args[..], &more].concat())
        .await
        .expect("an answer");

    let preview: Value = serde_json::from_str(&text).expect("one JSON object");
    let sentence = preview["sentence"].clone();
    assert!(
        sentence.as_str().expect("a sentence").contains("06:30"),
        "{sentence}"
    );
    assert_eq!(
        preview,
        json!({
            "fires": ["2026-03-07T14:30:00Z", "2026-03-08T13:30:00Z"],
            "sentence": sentence,
            "lints": [],
            "cloud": {"backend": "rules", "expression": "cron(30 13,14 * * ? *)"},
        })
    );
    assert!(text.starts_with(r#"{"fires":["#), "in the promised order");
}

#[tokio::test]
async fn a_preview_for_people_tells_fires_in_both_zones_and_lints() {
    let args = [
        "preview",
        "--cron",
        "30 2 * * *",
        "--zone",
        "America/New_York",
    ];
    let more = [
        "--from",
        "2026-03-07T00:00:00Z",
        "--count",
        "1",
        "--gap",
        "skip",
    ];
    let text = schedules(&[&args[..], &more].concat())
        .await
        .expect("an answer");
    assert!(
        text.contains("Sat 2026-03-07 02:30 EST      2026-03-07T07:30:00Z"),
        "{text}"
    );
    assert!(
        text.contains("dst_gap: ") && text.contains("`skip`"),
        "{text}"
    );
    assert!(text.contains("rules: cron("), "{text}");
}

#[tokio::test]
async fn ten_fires_in_utc_from_now_are_shown_unless_asked_otherwise() {
    let text = schedules(&["preview", "--json", "--cron", "@hourly"])
        .await
        .expect("an answer");
    let preview: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(preview["fires"].as_array().map(Vec::len), Some(10));
    assert_eq!(preview["cloud"]["expression"], "cron(0 * * * ? *)");
}

#[tokio::test]
async fn a_schedule_that_never_fires_is_an_answer_with_a_lint() {
    let text = schedules(&["preview", "--json", "--cron", "0 0 30 2 *"])
        .await
        .expect("an answer");
    let preview: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(preview["fires"], json!([]));
    assert_eq!(preview["lints"][0]["code"], "never_fires");
}

#[tokio::test]
async fn bad_input_is_status_2_and_one_line_that_names_it() {
    for (args, named) in [
        (&["preview", "--cron", "0 25 * * *"][..], "hour, at byte 2"),
        (
            &["preview", "--cron", "@daily", "--zone", "Mars/X"],
            "`Mars/X`",
        ),
        (
            &["preview", "--cron", "@daily", "--from", "monday"],
            "--from",
        ),
        (&["preview", "--cron", "@daily", "--count", "0"], "1..=1000"),
        (&["preview", "--cron", "@daily", "--gap", "no"], "--gap"),
        (&["preview"], "--cron"),
        (&["why", "the one at six"], "the one at six"),
        (
            &[
                "why",
                "018f3c5e-0000-7000-8000-000000000000",
                "--at",
                "noon",
            ],
            "on the schedule's wall clock",
        ),
        (&["prewiew"], "'prewiew'"),
        (&[], "plan, apply, preview"),
        (
            &[
                "audit",
                "--since",
                "2026-01-01T00:00:00Z",
                "--until",
                "2026-02-02T00:00:00Z",
            ],
            "31 days",
        ),
    ] {
        let (status, line) = schedules(args).await.expect_err("a complaint");
        assert_eq!(status, 2, "{line}");
        assert!(line.contains(named), "{named} is missing in: {line}");
        assert!(!line.contains('\n'), "{line}");
    }
}

#[tokio::test]
async fn help_is_an_answer() {
    let text = schedules(&["preview", "--help"]).await.expect("an answer");
    assert!(text.contains("--zone <ZONE>"), "{text}");
}
