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
async fn a_preview_for_scheduler_tells_the_zone_of_its_expression() {
    for (zone, cloud) in [
        (
            "Asia/Tokyo",
            json!({"backend": "scheduler", "expression": "cron(30 2 * * ? *)", "zone": "Asia/Tokyo"}),
        ),
        // 02:30 is skipped in spring.
        (
            "America/New_York",
            json!({"backend": "scheduler", "expression": "cron(0,30 6,7 * * ? *)", "zone": "UTC"}),
        ),
    ] {
        let args = [
            "preview",
            "--cron",
            "30 2 * * *",
            "--from",
            "2026-11-27T00:00:00Z",
        ];
        let more = ["--zone", zone, "--clock", "scheduler", "--json"];

        let text = schedules(&[&args[..], &more].concat())
            .await
            .expect("an answer");

        let preview: Value = serde_json::from_str(&text).expect("one JSON object");
        assert_eq!(preview["cloud"], cloud);
    }
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
        (&["preview", "--preset", "hourly"], "twice-daily"),
        (&["import-legacy", "/no/such/file"], "/no/such/file"),
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

#[tokio::test]
async fn a_preset_is_previewed_by_its_name_and_all_are_listed() {
    let text = schedules(&["preview", "--json", "--preset", "weekly"])
        .await
        .expect("an answer");
    let preview: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(preview["sentence"], "At 06:00 on Monday, UTC");

    let list = schedules(&["preview", "--list-presets"]).await;
    let list = list.expect("an answer");
    assert!(list.contains("twice-daily   0 6,18 * * *\n"), "{list}");
}

/// Runs `import-legacy` on a file with `content`.
async fn import(content: &str, args: &[&str]) -> (Value, Result<(), CliError>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old");
    std::fs::write(&file, content).expect("a file");
    let file = file.to_string_lossy();
    let all = ["schedules", "import-legacy", &file, "--json"];
    let mut out = Vec::new();
    let ending = run(all.iter().chain(args).map(OsString::from), &mut out).await;
    (serde_json::from_slice(&out).unwrap_or_default(), ending)
}

const JOB: &str = "018f3c5e-0000-7000-8000-000000000001";

#[tokio::test]
async fn old_strings_come_as_csv_with_a_heading_and_quotes() {
    let content = format!("name,cron,job_id\nMonday,0 6 * * 0,{JOB}\nTwice,\"0 6,18 * * *\"\n");
    let (told, ending) = import(&content, &[]).await;

    ending.expect("all are converted");
    let rows = told["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0]["expression"], "0 6 * * MON");
    assert_eq!(
        rows[0]["sentence"],
        "At 06:00 on Monday, America/Los_Angeles"
    );
    assert_eq!(rows[0]["next"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        rows[0]["patch"],
        json!({
            "path": format!("/api/jobs/{JOB}"),
            "body": {"cron_expression": "0 6 * * MON", "timezone": "America/Los_Angeles"},
        })
    );
    assert_eq!(rows[1]["name"], "Twice");
    assert_eq!(rows[1]["patch"], Value::Null);
}

#[tokio::test]
async fn old_strings_come_as_json_lines_in_another_zone() {
    let content = "{\"name\":\"A\",\"cron\":\"0 6 * * *\"}\n\n{\"name\":\"B\"}\n";
    let (told, ending) = import(content, &["--zone", "Europe/Berlin"]).await;

    let line = ending.expect_err("B has no cron").to_string();
    assert_eq!(line, "1 of 2 rows cannot be converted");
    assert_eq!(told["rows"][0]["sentence"], "At 06:00, Europe/Berlin");
    let problem = told["rows"][1]["problem"].as_str().expect("a problem");
    assert!(problem.contains("missing field `cron`"), "{problem}");
}

#[tokio::test]
async fn a_bad_row_stops_no_other() {
    let content = "A,0 25 * * *\nB\nC,0 6 * * *,not-an-id\nD,0 6 * * *\n";
    let (told, ending) = import(content, &[]).await;

    ending.expect_err("three problems");
    let problem = |row: usize| told["rows"][row]["problem"].as_str().unwrap_or_default();
    assert!(problem(0).contains("hour"), "{}", problem(0));
    assert!(problem(1).contains("1 columns"), "{}", problem(1));
    assert!(problem(2).contains("not-an-id"), "{}", problem(2));
    assert_eq!(told["rows"][3]["expression"], "0 6 * * *");
}
