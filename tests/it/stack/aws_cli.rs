//! People look at the rules with the tool they know.

use std::process::Command;

use serde_json::Value;
use sqlx::PgPool;
use sundial_local::{
    objects::{ACCESS_KEY, SECRET_KEY},
    stack::{BUS, REGION},
};

use super::{site::Site, tools::text};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_aws_cli_shows_rules_that_people_can_read(db: PgPool) {
    if Command::new("aws").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "install the AWS CLI");
        eprintln!("SKIPPED: the AWS CLI is not installed");
        return;
    }
    let site = Site::start(db).await;
    let job = site.create_job("15 6 * * 1-5").await;
    let id = text(&job, "id");
    site.rule(id, "a rule", |_| true).await;
    let url = site.stack().aws_url();

    let prefix = ["list-rules", "--name-prefix", "sundial-asset_download-"];
    let listed = events(url.clone(), &prefix).await;
    let rules = listed["Rules"].as_array().unwrap();
    assert_eq!(rules.len(), 1, "{listed}");
    assert_eq!(
        text(&rules[0], "ScheduleExpression"),
        "cron(15 6 ? * MON-FRI *)"
    );
    assert_eq!(text(&rules[0], "State"), "ENABLED");
    let description = text(&rules[0], "Description");
    assert!(description.starts_with("Fetch media"), "{description}");
    assert!(
        description.contains(text(&job, "sentence")),
        "{description}"
    );

    let name = text(&rules[0], "Name");
    let targets = events(url.clone(), &["list-targets-by-rule", "--rule", name]).await;
    let arn = text(&targets["Targets"][0], "Arn");
    assert!(arn.ends_with(":function:asset_download"), "{targets}");

    let bus = events(url, &["list-rules", "--event-bus-name", BUS]).await;
    let names: Vec<_> = bus["Rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| text(rule, "Name"))
        .collect();
    for name in ["run-requested-asset-download", "schedule-changed"] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    site.stop().await;
}

/// The CLI takes a second to start; the stack answers meanwhile.
async fn events(url: String, arguments: &[&str]) -> Value {
    let mut command = Command::new("aws");
    command
        .args([
            "--endpoint-url",
            &url,
            "--region",
            REGION,
            "--output",
            "json",
            "events",
        ])
        .args(arguments)
        .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("NO_PROXY", "127.0.0.1")
        .env_remove("AWS_PROFILE");
    let done = tokio::task::spawn_blocking(move || command.output().unwrap());
    let done = done.await.unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {said}");
    serde_json::from_slice(&done.stdout).unwrap()
}
