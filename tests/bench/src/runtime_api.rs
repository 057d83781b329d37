//! A Runtime API that gives one process one event, and notes when the process does what.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

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
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
    time::{Instant, timeout},
};

/// A process that needs longer for anything does not work.
const PATIENCE: Duration = Duration::from_secs(30);

/// The API of one process. Dropping it closes it.
pub(crate) struct RuntimeApi {
    /// For `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    seen: UnboundedReceiver<Seen>,
    serving: JoinHandle<()>,
}

/// What it sees.
#[derive(Debug)]
enum Seen {
    Asked(Instant),
    Answered(Instant, String),
    Failed(String),
}

impl RuntimeApi {
    /// Opens it on a port of the kernel's choice. Whoever asks first for work is given `event`.
    pub(crate) async fn start(event: String) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (sender, seen) = unbounded_channel();
        let listener = listener.tap_io(|connection| {
            // Without it an answer waits for the acknowledgement of the one before.
            let _is_set = connection.set_nodelay(true);
        });
        let serving = tokio::spawn(async move {
            // An error ends the process's waiting, which the caller sees.
            axum::serve(listener, api(sender, event)).await.ok();
        });
        Ok(Self {
            address,
            seen,
            serving,
        })
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
        let next = timeout(PATIENCE, self.seen.recv()).await;
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
    event: String,
    is_given: AtomicBool,
    sender: UnboundedSender<Seen>,
}

impl Api {
    fn see(&self, seen: Seen) -> StatusCode {
        // Nobody listens any more when a start has failed.
        let _is_heard = self.sender.send(seen);
        StatusCode::ACCEPTED
    }
}

/// **Source:** Lambda developer guide, "Using the Lambda runtime API".
fn api(sender: UnboundedSender<Seen>, event: String) -> Router {
    let api = Api {
        event,
        is_given: AtomicBool::new(false),
        sender,
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

/// The event to whoever asks first; who asks again waits.
async fn give(State(api): State<Arc<Api>>) -> impl IntoResponse {
    api.see(Seen::Asked(Instant::now()));
    if api.is_given.swap(true, Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
    let deadline = Clock::system().now() + TimeDelta::minutes(1);
    let headers = [
        ("lambda-runtime-aws-request-id", "one".to_owned()),
        (
            "lambda-runtime-deadline-ms",
            deadline.timestamp_millis().to_string(),
        ),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, api.event.clone())
}

async fn fail(State(api): State<Arc<Api>>, error: String) -> StatusCode {
    api.see(Seen::Failed(error))
}
