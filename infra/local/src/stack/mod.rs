//! Everything together: PostgreSQL, S3, EventBridge, Scheduler, Lambda with the function binaries, and Meta and
//! Gemini or their stand-ins, each on loopback, data below one folder.
//!
//! Starting it after it was killed works: nothing it leaves behind is in the way.

mod cloud;
mod environment;
pub mod functions;
mod lock;
mod options;
mod report;
mod secrets;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use shared::{
    config::{Pooling, Secret},
    store::Database,
};

pub use cloud::EventsClient;
pub use lock::Lock;
pub use options::{GeminiApi, GraphApi, Ports, StackOptions, default_media};
pub use report::Line;

use crate::{gemini::Gemini, meta::Meta, objects::Objects, postgres::Postgres, server::Server};
use cloud::Cloud;
use environment::{Places, of_functions};
use functions::Kind;
use secrets::{kept, new_token, new_token_key, new_webhook_secret};

/// The region we pretend to be in.
pub const REGION: &str = "eu-central-1";

/// The account number we pretend to have; the one AWS uses in its examples.
pub const ACCOUNT: &str = "123456789012";

/// The bus our events travel on.
pub const BUS: &str = "sundial";

/// The group of our schedules.
pub const GROUP: &str = "sundial";

/// The bucket of the media.
pub const BUCKET: &str = "sundial-assets";

/// How long the functions may take to start. Unoptimised ones on a busy machine have needed 4 s.
const READY_WAIT: Duration = Duration::from_secs(45);

/// The running stack.
pub struct Stack {
    /// The database.
    pub postgres: Postgres,
    /// S3.
    pub objects: Objects,
    /// The stand-in for Meta; `None` when Meta itself is used.
    pub meta: Option<Meta>,
    /// The Graph API the functions use.
    pub graph: GraphApi,
    /// The stand-in for Gemini; `None` when Gemini itself is used.
    pub gemini: Option<Gemini>,
    /// The Gemini API the functions use.
    pub gemini_api: GeminiApi,
    /// The dispatcher's bearer token.
    pub api_token: String,
    /// What webhooks to the dispatcher are signed with.
    pub webhook_secret: String,
    /// Speaks to EventBridge.
    pub events: EventsClient,
    api: Server,
    cloud: Cloud,
    data: PathBuf,
    _lock: Lock,
}

impl Stack {
    /// Starts every part and waits until the functions ask for work.
    ///
    /// # Errors
    /// What could not be started and why. What had been started is stopped again.
    pub async fn start(options: StackOptions) -> anyhow::Result<Self> {
        let lock = Lock::take(&options.data)?;
        let data = std::path::absolute(&options.data)?;
        let postgres = Postgres::start(options.database.clone()).await?;
        match Self::start_beside(&postgres, &options, &data).await {
            Ok(parts) => Ok(Self {
                postgres,
                objects: parts.objects,
                meta: parts.meta,
                graph: parts.graph,
                gemini: parts.gemini,
                gemini_api: parts.gemini_api,
                api_token: parts.api_token,
                webhook_secret: parts.webhook_secret,
                events: parts.events,
                api: parts.api,
                cloud: parts.cloud,
                data,
                _lock: lock,
            }),
            Err(error) => {
                postgres.stop().await?;
                Err(error)
            }
        }
    }

    async fn start_beside(
        postgres: &Postgres,
        options: &StackOptions,
        data: &Path,
    ) -> anyhow::Result<Parts> {
        migrate(postgres.url()).await?;
        let objects = Objects::start(&data.join("s3"), options.ports.s3).await?;
        objects.create_bucket(BUCKET)?;
        let (meta, graph) = match &options.graph {
            Some(graph) => (None, graph.clone()),
            None => {
                let meta = Meta::start(&options.media, options.ports.meta, None).await?;
                let graph = GraphApi::stand_in(meta.url());
                (Some(meta), graph)
            }
        };
        let (gemini, gemini_api) = match &options.gemini {
            Some(api) => (None, api.clone()),
            None => {
                let gemini = Gemini::start(options.ports.gemini).await?;
                let api = GeminiApi::stand_in(gemini.url());
                (Some(gemini), api)
            }
        };
        let api_token = kept(&data.join("token"), new_token)?;
        let token_keys = kept(&data.join("token-keys"), new_token_key)?;
        let webhook_secret = kept(&data.join("webhook-secret"), new_webhook_secret)?;
        let bound = Server::bind(options.ports.aws).await?;
        let mut environment = of_functions(&Places {
            database_url: postgres.url(),
            aws_url: &bound.url(),
            s3_url: &objects.url(),
            graph: &graph,
            gemini: &gemini_api,
            api_token: &api_token,
            token_keys: &token_keys,
            webhook_secret: &webhook_secret,
        });
        environment.extend(options.environment.iter().cloned());

        let all = functions::all()?;
        let specs = all.iter().map(|(name, function)| {
            functions::spec(name, function, &options.binaries, &environment)
        });
        let cloud = Cloud::start(bound, specs.collect(), data, options.clock.clone()).await?;
        let events = EventsClient::new(&cloud.url())?;
        events.put_static_rules(&cloud.host, &all).await?;
        let http = all.iter().find(|(_, function)| function.kind == Kind::Http);
        let (dispatcher, _) = http.context("no function answers HTTP")?;
        let api = Server::start(options.ports.api, cloud.host.url_router(dispatcher)).await?;
        Ok(Parts {
            objects,
            meta,
            graph,
            gemini,
            gemini_api,
            api_token,
            webhook_secret,
            events,
            api,
            cloud,
        })
    }

    /// Where the dispatcher answers.
    #[must_use]
    pub fn api_url(&self) -> String {
        self.api.url()
    }

    /// Where EventBridge, Scheduler and Lambda answer.
    #[must_use]
    pub fn aws_url(&self) -> String {
        self.cloud.url()
    }

    /// The host of the functions.
    #[must_use]
    pub fn host(&self) -> &crate::lambda::Host {
        &self.cloud.host
    }

    /// The clock and the bus.
    #[must_use]
    pub fn bridge(&self) -> &crate::events::EventBridge {
        &self.cloud.bridge
    }

    /// The clock that knows time zones.
    #[must_use]
    pub fn scheduler(&self) -> &crate::scheduler::Scheduler {
        &self.cloud.scheduler
    }

    /// Where everything is kept.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Waits until every function asks for work. What those that do not have written last is the
    /// error.
    ///
    /// # Errors
    /// When some have not within 45 s.
    pub async fn ready(&self) -> anyhow::Result<()> {
        if self.cloud.host.ready(READY_WAIT).await {
            return Ok(());
        }
        let mut problems = Vec::new();
        for name in self.cloud.host.names() {
            if self.cloud.host.processes(&name).is_empty() {
                problems.push(format!("{name}: {}", self.last_line(&name)));
            }
        }
        anyhow::bail!("not every function has started: {}", problems.join("; "))
    }

    fn last_line(&self, function: &str) -> String {
        let path = self.data.join("logs").join(format!("{function}.log"));
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().rev().find(|line| !line.trim().is_empty());
        line.unwrap_or("it has written nothing").to_owned()
    }

    /// Stops every part, whatever happens to the others.
    ///
    /// # Errors
    /// The first thing that did not stop as it should.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.api.stop().await;
        let cloud = self.cloud.stop().await;
        if let Some(meta) = self.meta {
            meta.stop().await;
        }
        if let Some(gemini) = self.gemini {
            gemini.stop().await;
        }
        self.objects.stop().await;
        self.postgres.stop().await?;
        cloud
    }
}

struct Parts {
    objects: Objects,
    meta: Option<Meta>,
    graph: GraphApi,
    gemini: Option<Gemini>,
    gemini_api: GeminiApi,
    api_token: String,
    webhook_secret: String,
    events: EventsClient,
    api: Server,
    cloud: Cloud,
}

/// Brings the schema up to date, and returns what a person must know, line by line.
///
/// # Errors
/// When a migration fails.
pub async fn migrate(url: &str) -> anyhow::Result<Vec<String>> {
    let database = Database::open(&Secret::new(url), Pooling::Session)
        .context("reading the database's address")?;
    let migrated = database.migrate().await.context("migrating the database");
    database.close().await;
    migrated
}
