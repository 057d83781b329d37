//! The HTTP side of Sundial: run now, look after jobs and ad accounts, ask what happened. An API for
//! programs, and a console for people that does what it does by the API's functions.
//!
//! Reads and writes `scheduled_jobs`, `scheduled_job_changes`, `scheduled_job_runs`,
//! `retry_batches`, `organizations`, `brand_ad_accounts`, `dataset_limits`, `members`, `api_tokens`, `api_request_counts`, `console_sessions` and `notification_reads`; asks Meta about
//! accounts that shall be linked; answers JSON, and problem details (RFC 9457) when it cannot do what is asked.
//! A write commits first and tells the bus after; what does not reach the bus, the reconciler finds
//! in the rows. Asking twice is safe for reads, for linking and unlinking an account, for pause, resume, archive, cancel, acknowledge and
//! the retry of one run, for skip-next that names the fire time, for a new job that names its id, for a dataset's limit, for the old system's
//! calls, and for run-now with an `Idempotency-Key`; a token that names its id is given out once. Handlers see what their caller may see: [`State`] is within its scope.

mod access;
mod accounted;
mod ad_accounts;
mod announce;
mod auth;
mod body;
mod brands;
mod calendar;
mod channels;
mod console;
mod dataset_limits;
mod health;
mod idempotency;
mod job_types;
mod jobs;
mod lambda;
mod media;
mod members;
mod notifications;
mod openapi;
mod organizations;
mod problem;
mod query;
mod reports;
mod routes;
mod runs;
mod schedules;
mod tokens;
mod webhooks;

use std::sync::Arc;

use shared::{
    clients::bus::Bus,
    config::{Core, Dispatcher, Meta, WebhookKeys},
    domain::Clock,
    runtime,
    store::Database,
    telemetry::{self, traces::Traces},
};

pub use access::{ROUTES, Route, SIGNED};
pub use ad_accounts::Graph;
pub use auth::Tokens;
pub use lambda::{answer, serve};
pub use media::Media;
pub use routes::router;

/// What every request needs. Clones share it. The transactions of a handler's see what its caller may see.
#[derive(Clone, Debug)]
pub struct State {
    /// The rows.
    pub db: Database,
    /// The way to the functions and to the reconciler.
    pub bus: Bus,
    /// The time.
    pub clock: Clock,
    /// Who may call.
    pub tokens: Tokens,
    /// The way to Meta, for ad accounts that are linked.
    pub graph: Graph,
    /// The stored media, as far as they can be shown.
    pub media: Media,
    /// What webhooks are signed with.
    pub webhook_keys: WebhookKeys,
    /// Whose pages may show a strip of runs in a frame, as in `https://intranet.example.com`.
    pub embed_origins: Arc<[String]>,
}

impl State {
    /// Reads the environment and opens what it names.
    ///
    /// # Errors
    /// When the environment is incomplete or the database does not answer.
    pub async fn from_process() -> anyhow::Result<Self> {
        let aws = runtime::aws().await;
        let mut environment = runtime::environment(&aws).await?;
        let core = Core::read(&mut environment);
        let dispatcher = Dispatcher::read(&mut environment);
        let meta = Meta::read(&mut environment);
        let log = environment.required("SUNDIAL_LOG");
        environment.finish()?;
        telemetry::start(&log, &Traces::none());
        Ok(Self {
            db: runtime::connect(&core).await?,
            bus: Bus::new(&aws, core.bus.as_str()),
            clock: Clock::system(),
            tokens: Tokens::of(&dispatcher),
            graph: Graph::open(meta),
            media: Media::open(&aws, &dispatcher.asset_bucket).await,
            webhook_keys: dispatcher.webhook_keys,
            embed_origins: dispatcher.embed_origins.into(),
        })
    }
}
