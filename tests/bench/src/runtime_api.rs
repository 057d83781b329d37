//! A Runtime API that gives one process one event after the other, and notes when the process does what.

use std::{sync::Arc, time::Duration};

use anyhow::Context;
use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
    serve::ListenerExt as _,
};
use chrono::TimeDelta;
use sundial_local::clock::Clock;
use tokio::{
    net::TcpListener,
    sync::{
        Mutex,
        mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    },
    task::JoinHandle,
    time::{Instant, timeout},
};

/// How long an invocation may take unless it is said.
const DEADLINE: TimeDelta = TimeDelta::minutes(1);
/// A process that needs so much longer than it may does not work.
const PATIENCE: Duration = Duration::from_secs(30);

/// The API of one process. Dropping it closes it.
pub(crate) struct RuntimeApi {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    seen: UnboundedReceiver<Seen>,
    events: UnboundedSender<String>,
    serving: JoinHandle<()>,
    patience: Duration,
}

/// What it sees.
#[derive(Debug)]
enum Seen {
    Asked(Instant),
    Answered(Instant, String),
    Failed(String),
}

impl RuntimeApi {
    /// Opens it on a port of the kernel's choice. An invocation may take a minute.
    pub(crate) async fn start() -> anyhow::Result<Self> {
        Self::start_with(DEADLINE).await
    }

    /// The same, where an invocation may take so long.
    pub(crate) async fn start_with(deadline: TimeDelta) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (sender, seen) = unbounded_channel();
        let (events, to_give) = unbounded_channel();
        let listener = listener.tap_io(|connection| {
            // Without it an answer waits for the acknowledgement of the one before.
            let _is_set = connection.set_nodelay(true);
        });
        let serving = tokio::spawn(async move {
            // An error ends the process's waiting, which the caller sees.
            axum::serve(listener, api(sender, to_give, deadline))
                .await
                .ok();
        });
        Ok(Self {
            address,
            seen,
            events,
            serving,
            patience: deadline.to_std()? + PATIENCE,
        })
    }

    /// Gives the process an event: at once when it waits for work, else when it asks next.
    pub(crate) fn give(&self, event: String) {
        // Nobody takes it when serving has ended, which the caller sees when it waits for the answer.
        let _is_taken = self.events.send(event);
    }

    /// When the process asks for work.
    pub(crate) async fn asked(&mut self) -> anyhow::Result<Instant> {
        match self.next().await? {
            Seen::Asked(at) => Ok(at),
            other => anyhow::bail!("the function does not ask for work: {other:?}"),
        }
    }

    /// When the process answers, and what.
    pub(crate) async fn answered(&mut self) -> anyhow::Result<(Instant, String)> {
        match self.next().await? {
            Seen::Answered(at, answer) => Ok((at, answer)),
            other => anyhow::bail!("the function does not answer: {other:?}"),
        }
    }

    async fn next(&mut self) -> anyhow::Result<Seen> {
        let next = timeout(self.patience, self.seen.recv()).await;
        let next = next.context("the function does nothing")?;
        match next.context("the Runtime API is closed")? {
            Seen::Failed(error) => anyhow::bail!("the function failed: {error}"),
            seen => Ok(seen),
        }
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Api {
    events: Mutex<UnboundedReceiver<String>>,
    sender: UnboundedSender<Seen>,
    deadline: TimeDelta,
}

impl Api {
    fn see(&self, seen: Seen) -> StatusCode {
        // Nobody listens any more when a start has failed.
        let _is_heard = self.sender.send(seen);
        StatusCode::ACCEPTED
    }
}

/// **Source:** Lambda developer guide, "Using the Lambda runtime API".
fn api(
    sender: UnboundedSender<Seen>,
    events: UnboundedReceiver<String>,
    deadline: TimeDelta,
) -> Router {
    let api = Api {
        events: Mutex::new(events),
        sender,
        deadline,
    };
    Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(give))
        .route(
            "/2018-06-01/runtime/invocation/{id}/response",
            post(async |State(api): State<Arc<Api>>, answer: String| {
                api.see(Seen::Answered(Instant::now(), answer))
            }),
        )
        .route("/2018-06-01/runtime/invocation/{id}/error", post(fail))
        .route("/2018-06-01/runtime/init/error", post(fail))
        .with_state(Arc::new(api))
}

/// The next event, when there is one.
async fn give(State(api): State<Arc<Api>>) -> impl IntoResponse {
    api.see(Seen::Asked(Instant::now()));
    let Some(event) = api.events.lock().await.recv().await else {
        return std::future::pending().await;
    };
    let deadline = Clock::system().now() + api.deadline;
    let headers = [
        ("lambda-runtime-aws-request-id", "one".to_owned()),
        (
            "lambda-runtime-deadline-ms",
            deadline.timestamp_millis().to_string(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event)
}

async fn fail(State(api): State<Arc<Api>>, error: String) -> StatusCode {
    api.see(Seen::Failed(error))
}
