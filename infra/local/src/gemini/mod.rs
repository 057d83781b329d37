//! A stand-in for Google's Gemini API on a loopback port, used when no real key is set.
//!
//! It looks at nothing: its answers have the shape of the schema they are asked with, and follow from the bytes and
//! texts it was given, the same each time. Every answer says that its model is `stand-in`, and every response what it
//! is in the header `x-sundial-stand-in: gemini`.
//!
//! What is imitated: `generateContent` with a JSON Schema (`generate`, `answer`), the Files API with resumable uploads
//! (`files`, `upload`), errors, and quotas (`limits`). Each of these files lists at its top what it does not imitate.
//! `control` has the switches by which a test makes it slow, strict, or wrong.

mod answer;
mod control;
mod draw;
pub mod faults;
mod files;
mod generate;
mod ledger;
mod limits;
mod numbers;
mod pieces;
mod question;
mod refusal;
mod spoil;
mod upload;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
    routing::{get, post},
};

use crate::server::Server;
use faults::{Fault, Faults};
use files::Files;
pub use files::{Kept, Processing};
use ledger::Ledger;
pub use ledger::{Seen, SeenPart};
use limits::Limits;
pub use limits::Rate;
use pieces::Uploads;
use refusal::Refusal;

/// The header by which every answer can be told from Google's own.
const STAND_IN: HeaderName = HeaderName::from_static("x-sundial-stand-in");

/// The only key accepted.
pub const KEY: &str = "stand-in";

/// `modelVersion` of every answer.
pub const MODEL: &str = "stand-in";

/// The models it has unless told otherwise.
const MODELS: [&str; 2] = ["gemini-flash-latest", "gemini-pro-latest"];

/// What all requests share.
#[derive(Debug)]
struct Shared {
    origin: String,
    models: Mutex<BTreeSet<String>>,
    files: Files,
    faults: Faults,
    limits: Limits,
    ledger: Ledger,
    uploads: Uploads,
}

impl Shared {
    fn set_models(&self, names: impl IntoIterator<Item = String>) {
        *lock(&self.models) = names.into_iter().collect();
    }

    /// As Google does: no key and a wrong key are two things.
    fn check_key(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        match headers.get("x-goog-api-key") {
            None => Err(Refusal::no_key()),
            Some(key) if key == KEY => Ok(()),
            Some(_) => Err(Refusal::wrong_key()),
        }
    }
}

/// A running stand-in.
#[derive(Debug)]
pub struct Gemini {
    shared: Arc<Shared>,
    server: Server,
}

impl Gemini {
    /// Answers on `port`; 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16) -> anyhow::Result<Self> {
        let server = Server::bind(port).await?;
        let shared = Arc::new(Shared {
            origin: server.url(),
            models: Mutex::new(MODELS.map(str::to_owned).into()),
            files: Files::default(),
            faults: Faults::default(),
            limits: Limits::default(),
            ledger: Ledger::default(),
            uploads: Uploads::default(),
        });
        let server = server.serve(router(shared.clone()));
        Ok(Self { shared, server })
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Says which models there are; all others have been retired.
    pub fn set_models(&self, names: &[&str]) {
        let names = names.iter().map(|name| (*name).to_owned());
        self.shared.set_models(names);
    }

    /// Orders a failure.
    ///
    /// # Errors
    /// When too many are open.
    pub fn order(&self, fault: Fault) -> anyhow::Result<()> {
        self.shared.faults.order(fault).map_err(anyhow::Error::msg)
    }

    /// Forgets the failures that are still to come.
    pub fn forget_faults(&self) {
        self.shared.faults.clear();
    }

    /// Says how long every answer of a model takes.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.limits.set_latency(latency);
    }

    /// Puts a quota of requests into force; `None` lifts it.
    pub fn set_rate(&self, rate: Option<Rate>) {
        self.shared.limits.set_rate(rate);
    }

    /// Says how files uploaded from now on are processed; `None` goes back to one look for videos and none for others.
    pub fn set_processing(&self, processing: Option<Processing>) {
        self.shared.files.set_processing(processing);
    }

    /// The most questions that were being answered at the same time.
    #[must_use]
    pub fn at_once_max(&self) -> usize {
        self.shared.limits.at_once_max()
    }

    /// The requests that came so far, at most the last 100,000.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.ledger.seen()
    }

    /// The files that are there.
    #[must_use]
    pub fn files(&self) -> Vec<Kept> {
        self.shared.files.all()
    }

    /// Stops answering.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .merge(control::router())
        .route("/v1beta/models/{call}", post(generate::serve))
        .route("/upload/v1beta/files", post(upload::serve))
        .route("/v1beta/files", get(files::list))
        .route("/v1beta/files/{id}", get(files::one).delete(files::delete))
        .fallback(async || Refusal::not_found("Requested entity was not found."))
        .layer(axum::middleware::map_response(label))
        .with_state(shared)
}

async fn label(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(STAND_IN, HeaderValue::from_static("gemini"));
    response
}

/// A panic while something was locked leaves it as it was.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
