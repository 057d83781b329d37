//! Hosting: what a function is told, and what happens when it fails, dies, hangs or is busy.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use sundial_local::clock::Clock;
use sundial_local::lambda::Host;

use crate::world::{Gate, PATIENCE, function, heard, host, invoke, moment, options};

#[tokio::test]
async fn a_function_is_told_its_name_deadline_and_region_and_nothing_of_the_hosts_environment() {
    let mut spec = function("one", "serves_events");
    spec.timeout = Duration::from_secs(60);
    spec.memory_mb = 512;
    spec.environment = vec![("SETTING".to_owned(), "value".to_owned())];
    let now = moment("2026-11-20T10:34:30Z");
    let host = Host::start(vec![spec], options(Clock::manual(now)))
        .await
        .unwrap();

    let (error, answer) = invoke(&host, "one", json!({})).await;

    assert_eq!(error, None);
    assert_eq!(answer["deadline_ms"], now.timestamp_millis() + 60_000);
    assert_eq!(
        answer["arn"],
        "arn:aws:lambda:eu-central-1:000000000000:function:one"
    );
    assert_eq!(answer["memory"], 512);
    assert!(
        answer["trace"].as_str().unwrap().starts_with("Root=1-"),
        "{answer}"
    );
    let environment = &answer["environment"];
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "one");
    assert_eq!(environment["AWS_REGION"], "eu-central-1");
    assert_eq!(environment["TZ"], ":UTC");
    assert_eq!(environment["SETTING"], "value");
    assert_eq!(
        environment.get("HOME"),
        None,
        "the host's environment leaked"
    );
}

#[tokio::test]
async fn a_functions_own_error_is_unhandled_and_its_process_lives_on() {
    let host = host(vec![function("one", "serves_events")]).await;
    let before = host.processes("one");

    let (error, answer) = invoke(&host, "one", json!({ "do": "fail" })).await;

    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(answer["errorMessage"], "as asked");
    assert_eq!(host.processes("one"), before);
}

#[tokio::test]
async fn busy_instances_are_joined_by_new_ones_up_to_the_most_allowed() {
    let mut spec = function("one", "serves_events");
    spec.instances_max = 2;
    let host = host(vec![spec]).await;
    let mut logs = host.logs();
    let gate = Gate::open().await;
    for number in 0..3 {
        let mut event = gate.event();
        event["number"] = json!(number);
        host.invoke_async("one", Bytes::from(event.to_string()))
            .unwrap();
    }

    let (first, second) = (gate.caller().await, gate.caller().await);
    heard(&mut logs).await;
    heard(&mut logs).await;
    assert_eq!(host.processes("one").len(), 2);
    drop(first);
    let third = gate.caller().await;
    assert_eq!(
        heard(&mut logs).await["number"],
        2,
        "the third did not wait its turn"
    );
    assert_eq!(
        host.processes("one").len(),
        2,
        "more processes than allowed"
    );
    drop((second, third));
}

#[tokio::test]
async fn waiting_invocations_run_in_the_order_they_came() {
    let mut spec = function("one", "serves_events");
    spec.instances_max = 1;
    let host = host(vec![spec]).await;
    let mut logs = host.logs();
    let gate = Gate::open().await;
    host.invoke_async("one", Bytes::from(gate.event().to_string()))
        .unwrap();
    let call = gate.caller().await;
    heard(&mut logs).await;

    for number in 0..20 {
        host.invoke_async("one", Bytes::from(number.to_string()))
            .unwrap();
    }
    drop(call);

    for number in 0..20 {
        assert_eq!(heard(&mut logs).await, number);
    }
}

#[tokio::test]
async fn an_event_that_fails_is_tried_again_when_so_configured() {
    let mut spec = function("one", "serves_events");
    spec.retries = 2;
    spec.retry_wait = Duration::ZERO;
    spec.instances_max = 1;
    let host = host(vec![spec]).await;
    let mut logs = host.logs();

    let event = Bytes::from_static(br#"{"do":"fail","job":1}"#);
    host.invoke_async("one", event).unwrap();
    for _ in 0..3 {
        assert_eq!(heard(&mut logs).await["job"], 1);
    }
    for job in 2..10 {
        invoke(&host, "one", json!({ "job": job })).await;
        assert_eq!(
            heard(&mut logs).await["job"],
            job,
            "tried more often than configured"
        );
    }
}

#[tokio::test]
async fn an_answer_larger_than_lambda_allows_is_an_error() {
    let host = host(vec![function("one", "serves_events")]).await;
    let (error, answer) = invoke(&host, "one", json!({ "do": "fill" })).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(answer["errorType"], "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn a_missing_binary_is_noticed_at_the_start() {
    let mut spec = function("one", "serves_events");
    spec.binary = "/nowhere/one".into();
    let error = Host::start(vec![spec], options(Clock::system()))
        .await
        .err()
        .expect("it started");
    assert_eq!(
        error.to_string(),
        "the binary of one is not at /nowhere/one; build it first"
    );
}

#[tokio::test]
async fn what_functions_write_goes_to_a_file_of_their_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(Clock::system());
    options.log_dir = Some(dir.path().join("logs"));
    let host = Host::start(vec![function("one", "serves_events")], options)
        .await
        .unwrap();
    let mut logs = host.logs();

    invoke(&host, "one", json!("hello")).await;

    assert_eq!(
        tokio::time::timeout(PATIENCE, heard(&mut logs))
            .await
            .unwrap(),
        "hello"
    );
    let file = std::fs::read_to_string(dir.path().join("logs/one.log")).unwrap();
    assert!(file.contains("GOT \"hello\"\n"), "{file}");
}
