//! Ends of processes: deaths, timeouts, shutdown, and the end of the host itself.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use sundial_local::clock::Clock;
use sundial_local::lambda::{FunctionSpec, Host, InvokeError};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use crate::world::{Gate, PATIENCE, function, host, invoke, options};

#[tokio::test]
async fn a_process_that_dies_fails_its_invocation_and_the_next_gets_a_new_one() {
    let host = host(vec![function("one", "serves_events")]).await;
    let before = host.processes("one");

    let (error, answer) = invoke(&host, "one", json!({ "do": "abort" })).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(answer["errorType"], "Runtime.ExitError");
    assert!(
        answer["errorMessage"]
            .as_str()
            .unwrap()
            .contains("signal: 6"),
        "{answer}"
    );

    let (error, answer) = invoke(&host, "one", json!({})).await;
    assert_eq!(error, None);
    assert!(!before.contains(&u32::try_from(answer["pid"].as_u64().unwrap()).unwrap()));
}

#[tokio::test]
async fn a_killed_process_fails_its_invocation_at_once() {
    let host = host(vec![function("one", "serves_events")]).await;
    let gate = Gate::open().await;
    let invocation = invoke(&host, "one", gate.event());
    let kill = async {
        let _call = gate.caller().await;
        let [pid] = host.processes("one")[..] else {
            panic!("one process was expected")
        };
        assert!(
            std::process::Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status()
                .unwrap()
                .success()
        );
        // The call is held open: only the death can end the invocation.
        std::future::pending::<()>().await
    };

    let (error, answer) =
        tokio::select! { answer = invocation => answer, () = kill => unreachable!() };

    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert!(
        answer["errorMessage"]
            .as_str()
            .unwrap()
            .contains("signal: 9"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_function_over_its_time_is_killed_and_says_so() {
    let mut spec = function("one", "serves_events");
    spec.timeout = Duration::from_millis(300);
    // Only the end of the process that hangs makes room for another.
    spec.instances_max = 1;
    let host = host(vec![spec]).await;
    let before = host.processes("one");

    let (error, answer) = invoke(&host, "one", json!({ "do": "hang" })).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(answer["errorType"], "Sandbox.Timedout");
    let message = answer["errorMessage"].as_str().unwrap();
    assert!(
        message.ends_with("Task timed out after 0.30 seconds"),
        "{answer}"
    );

    let (error, _) = invoke(&host, "one", json!({})).await;
    assert_eq!(error, None);
    assert_ne!(
        host.processes("one"),
        before,
        "the process that hung was kept"
    );
}

#[tokio::test]
async fn a_binary_that_cannot_start_fails_the_invocation_with_its_exit() {
    let mut spec = function("one", "serves_events");
    spec.warm = 0;
    spec.environment = vec![("FAKE_INIT".to_owned(), "abort".to_owned())];
    let host = Host::start(vec![spec], options(Clock::system()))
        .await
        .unwrap();

    for _ in 0..2 {
        let (error, answer) = invoke(&host, "one", json!({})).await;
        assert_eq!(error.as_deref(), Some("Unhandled"));
        assert_eq!(answer["errorType"], "Runtime.ExitError");
    }
}

fn bad(how: &str) -> FunctionSpec {
    let mut spec = function("one", "serves_badly");
    spec.warm = 0;
    spec.environment = vec![("FAKE_RAW".to_owned(), how.to_owned())];
    spec
}

#[tokio::test]
async fn an_instance_that_says_why_it_cannot_start_is_quoted() {
    let host = host(vec![bad("init_error")]).await;
    let (error, answer) = invoke(&host, "one", json!({})).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(answer["errorMessage"], "DATABASE_URL is not set");
}

#[tokio::test]
async fn an_answer_to_a_request_that_runs_elsewhere_is_refused() {
    let host = host(vec![bad("wrong_id")]).await;
    assert_eq!(invoke(&host, "one", json!({})).await, (None, json!(400)));
}

#[tokio::test]
async fn asking_for_work_without_answering_fails_the_work_not_done() {
    let host = host(vec![bad("no_answer")]).await;
    let (error, answer) = invoke(&host, "one", json!({})).await;
    assert_eq!(error.as_deref(), Some("Unhandled"));
    assert_eq!(answer["errorType"], "Runtime.InvalidResponse");
}

#[tokio::test]
async fn shutdown_leaves_no_process_behind() {
    let mut spec = function("one", "serves_events");
    spec.warm = 2;
    let host = host(vec![spec]).await;
    let processes = host.processes("one");
    assert_eq!(processes.len(), 2);

    host.shutdown().await;

    for pid in processes {
        assert!(
            !std::path::Path::new(&format!("/proc/{pid}")).exists(),
            "{pid} is still there"
        );
    }
    assert!(matches!(
        host.invoke("one", Bytes::new()).await,
        Err(InvokeError::ShuttingDown)
    ));
}

#[tokio::test]
async fn a_host_whose_last_handle_is_gone_leaves_no_process_behind() {
    let gate = Gate::open().await;
    let host = host(vec![function("one", "serves_events")]).await;
    let mut event = gate.event();
    event["do"] = json!("hold");
    invoke(&host, "one", event).await;
    let mut process = gate.caller().await;

    drop(host);

    assert_eq!(ended(&mut process).await, 0, "the process said something");
}

/// Not a test by itself: a host for the test below to kill. Its function holds a call to the gate.
#[tokio::test]
async fn hosts_until_killed() {
    let Some(gate) = std::env::var_os("HOST_WITH_GATE") else {
        return;
    };
    let host = host(vec![function("one", "serves_events")]).await;
    invoke(
        &host,
        "one",
        json!({ "do": "hold", "gate": gate.to_string_lossy() }),
    )
    .await;
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn an_idle_function_ends_by_itself_when_its_host_is_killed() {
    let gate = Gate::open().await;
    let mut host = tokio::process::Command::new(std::env::current_exe().unwrap())
        .args(["endings::hosts_until_killed", "--exact"])
        .env("HOST_WITH_GATE", gate.event()["gate"].as_str().unwrap())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut process = gate.caller().await;

    host.kill().await.unwrap();

    assert_eq!(ended(&mut process).await, 0, "the process said something");
}

/// Returns when the process at the other end of a held call is gone.
async fn ended(process: &mut TcpStream) -> usize {
    let end = tokio::time::timeout(PATIENCE, process.read(&mut [0])).await;
    end.expect("the process lives on").unwrap_or_default()
}
