//! What the tests need: hosts, an EventBridge with its SDK, servers, and ears for what functions say.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use aws_sdk_eventbridge::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_eventbridge::error::ProvideErrorMetadata;
use aws_sdk_eventbridge::types::Target;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sundial_local::clock::Clock;
use sundial_local::events::{EventBridge, EventBridgeOptions};
use sundial_local::lambda::{FunctionSpec, Host, HostOptions, LogLine};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{broadcast, oneshot};

/// Longest wait for anything before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const ACCOUNT: &str = "000000000000";

pub(crate) fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub(crate) fn options(clock: Clock) -> HostOptions {
    HostOptions {
        region: REGION.to_owned(),
        account: ACCOUNT.to_owned(),
        log_dir: None,
        clock,
    }
}

/// A function of this binary: `serves_events` or `serves_http`.
pub(crate) fn function(name: &str, test: &str) -> FunctionSpec {
    let mut spec = FunctionSpec::new(name, std::env::current_exe().unwrap());
    spec.arguments = [
        format!("function::{test}"),
        "--exact".into(),
        "--nocapture".into(),
    ]
    .into();
    spec.timeout = PATIENCE;
    spec
}

pub(crate) async fn host(specs: Vec<FunctionSpec>) -> Host {
    let host = Host::start(specs, options(Clock::system())).await.unwrap();
    assert!(host.ready(PATIENCE).await, "the functions did not come up");
    host
}

pub(crate) async fn invoke(host: &Host, function: &str, event: Value) -> (Option<String>, Value) {
    let invocation = host.invoke(function, Bytes::from(event.to_string()));
    let invocation = tokio::time::timeout(PATIENCE, invocation)
        .await
        .expect("no answer")
        .unwrap();
    (
        invocation.function_error,
        serde_json::from_slice(&invocation.payload).unwrap(),
    )
}

/// The next event a function says it was given.
pub(crate) async fn heard(logs: &mut broadcast::Receiver<LogLine>) -> Value {
    let heard = async {
        loop {
            if let Some(event) = logs.recv().await.unwrap().text.strip_prefix("GOT ") {
                return serde_json::from_str(event).unwrap();
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard)
        .await
        .expect("no function was given an event")
}

/// `listener` is given nothing: what is sent to it now is the next thing heard. Who fires, if anybody is to, has
/// had its turn by then.
pub(crate) async fn heard_nothing(host: &Host, logs: &mut broadcast::Receiver<LogLine>) {
    tokio::task::yield_now().await;
    host.invoke_async("listener", Bytes::from_static(br#""silence""#))
        .unwrap();
    assert_eq!(heard(logs).await, "silence", "something was delivered");
}

/// A place where functions told to `wait` call and stay until they are let go.
pub(crate) struct Gate(TcpListener);

impl Gate {
    pub(crate) async fn open() -> Self {
        Self(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap())
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::json!({ "do": "wait", "gate": self.0.local_addr().unwrap().to_string() })
    }

    /// The next caller; dropping it lets the function go on.
    pub(crate) async fn caller(&self) -> TcpStream {
        tokio::time::timeout(PATIENCE, self.0.accept())
            .await
            .expect("nobody called")
            .unwrap()
            .0
    }
}

/// Serves a router on a port of its own; returns its address.
pub(crate) async fn serve(router: axum::Router) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}")
}

/// An EventBridge with its own time, its SDK and one function, `listener`, that says what it is given.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) host: Host,
    pub(crate) bridge: EventBridge,
    pub(crate) sdk: aws_sdk_eventbridge::Client,
    pub(crate) logs: broadcast::Receiver<LogLine>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<tokio::task::JoinHandle<()>>,
}

impl World {
    /// Without a function: for what needs no delivery.
    pub(crate) async fn empty() -> Self {
        Self::with(Vec::new(), None).await
    }

    pub(crate) async fn listening() -> Self {
        Self::with(vec![function("listener", "serves_events")], None).await
    }

    pub(crate) async fn with(specs: Vec<FunctionSpec>, data_dir: Option<PathBuf>) -> Self {
        let host = host(specs).await;
        let clock = Clock::manual(moment("2026-11-20T10:34:30Z"));
        let options = EventBridgeOptions {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            buses: vec!["sundial".to_owned()],
            data_dir,
            clock: clock.clone(),
        };
        let bridge = EventBridge::new(options, host.clone()).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let runner = bridge.clone();
        let running = tokio::spawn(async move {
            runner
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        });
        let sdk = sdk(&serve(bridge.router()).await);
        let logs = host.logs();
        Self {
            clock,
            host,
            bridge,
            sdk,
            logs,
            stop: Some(stop),
            running: Some(running),
        }
    }

    pub(crate) async fn schedule(&self, rule: &str, expression: &str) {
        let put = self
            .sdk
            .put_rule()
            .name(rule)
            .schedule_expression(expression);
        put.send().await.unwrap();
    }

    pub(crate) fn arn(&self) -> String {
        self.host.arn("listener")
    }

    pub(crate) async fn heard(&mut self) -> Value {
        heard(&mut self.logs).await
    }

    pub(crate) async fn heard_nothing(&mut self) {
        heard_nothing(&self.host, &mut self.logs).await;
    }

    /// Stops firing and waits until the books are saved.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        self.running.take().unwrap().await.unwrap();
    }
}

/// A Lambda function that need not be there.
pub(crate) fn lambda_target(id: &str) -> Target {
    let arn = format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:somebody");
    Target::builder().id(id).arn(arn).build().unwrap()
}

/// Code and message of a refusal.
pub(crate) fn refusal<T, E: ProvideErrorMetadata>(answer: Result<T, E>) -> (String, String) {
    let error = answer.err().expect("it was accepted");
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    (text(error.code()), text(error.message()))
}

pub(crate) fn sdk(endpoint: &str) -> aws_sdk_eventbridge::Client {
    let config = aws_sdk_eventbridge::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    aws_sdk_eventbridge::Client::from_conf(config)
}
