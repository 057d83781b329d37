//! Everything around the functions, each at its distance.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use sundial_local::{
    events::EventBridge,
    lambda::Host,
    objects::{ACCESS_KEY, Objects, SECRET_KEY},
    postgres::{Postgres, Source},
    server::Server,
    stack::{
        ACCOUNT, BUCKET, BUS, REGION,
        functions::{self, Function},
    },
};

use super::month;
use crate::{bus, distance::Line, files, graph::Graph, nginx::Nginx};

/// How far away things are: assumed round trips, within a region and to Meta.
pub(crate) const DISTANCES: [(&str, Duration); 4] = [
    ("PostgreSQL", Duration::from_millis(2)),
    ("S3 and EventBridge", AWS_ROUND_TRIP),
    ("Meta's Graph API", Duration::from_millis(150)),
    ("Meta's CDN", Duration::from_millis(20)),
];
/// To an API of AWS and back, with its work.
pub(crate) const AWS_ROUND_TRIP: Duration = Duration::from_millis(20);

/// The bearer token is `bench`; this is its SHA-256.
const TOKEN_SHA256: &str = "1b32c28cb38c05480eccc1bd60ff97029b57a05c96718b96dad7e9d84894f549";
/// The token itself.
pub(crate) const TOKEN: &str = "bench";
/// As `infra/aws/settings.tf.json` sets it.
const CALLS_PER_SECOND: u32 = 10;
/// The most the setting takes.
const CALLS_PER_SECOND_MAX: u32 = 1_000;

/// The database, the cloud and Meta.
pub(crate) struct Place {
    pub(crate) db: PgConnection,
    pub(crate) programs: PathBuf,
    pub(crate) functions: BTreeMap<String, Function>,
    /// Whether EventBridge is near and takes any number of calls: what is only made ready need not last.
    pub(crate) is_hurried: bool,
    postgres: Postgres,
    host: Host,
    bridge: EventBridge,
    server: Server,
    events_url: String,
    logs: PathBuf,
    settings: Vec<(&'static str, String)>,
    _parts: (Objects, Nginx, Graph, [Line; 5]),
}

impl Place {
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Self> {
        let home = data.join("cost");
        let logs = home.join("logs");
        std::fs::create_dir_all(&logs)?;
        let postgres = Postgres::start(Source::Kept(home.join("postgres"))).await?;
        sundial_local::stack::migrate(postgres.url()).await?;
        let db = PgConnection::connect(postgres.url()).await?;
        let bound = Server::bind(0).await?;
        let (host, bridge) = bridge().await?;
        let objects = Objects::start(&home.join("s3"), 0).await?;
        objects.create_bucket(BUCKET)?;
        let nginx = Nginx::start(&files::origin(data), &home.join("nginx")).await?;
        let [database, aws, meta, cdn] = DISTANCES.map(|(_, round_trip)| round_trip);
        let cdn = Line::open(&nginx.origin(), cdn).await?;
        let graph = Graph::start(cdn.url()).await?;
        let meta = Line::open(&graph.url(), meta).await?;
        let database = Line::open(postgres.url(), database).await?;
        let s3 = Line::open(&objects.url(), aws).await?;
        let events = Line::open(&bound.url(), aws).await?;
        let settings = settings([&database, &s3, &meta, &cdn]);
        let server = bound.serve(bridge.router());
        let program = std::env::current_exe().context("finding the programs beside this one")?;
        let programs = program.parent().context("no folder")?.to_owned();
        Ok(Self {
            db,
            programs,
            functions: functions::all()?,
            is_hurried: false,
            postgres,
            host,
            bridge,
            server,
            events_url: events.url(),
            logs,
            settings,
            _parts: (objects, nginx, graph, [database, s3, events, meta, cdn]),
        })
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.server.stop().await;
        self.host.shutdown().await;
        self.db.close().await?;
        self.postgres.stop().await
    }

    /// The memory of a function, by the map.
    pub(crate) fn memory_mb(&self, function: &str) -> anyhow::Result<u32> {
        let function = self.functions.get(function).context("no such function")?;
        Ok(function.memory_mb)
    }

    /// What a function is told.
    pub(crate) fn environment(&self, function: &str) -> anyhow::Result<Vec<(String, String)>> {
        let own = [
            ("AWS_LAMBDA_FUNCTION_NAME", function.to_owned()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                self.memory_mb(function)?.to_string(),
            ),
        ];
        let pace = match self.is_hurried {
            true => (CALLS_PER_SECOND_MAX, self.server.url()),
            false => (CALLS_PER_SECOND, self.events_url.clone()),
        };
        let clock = [
            ("SUNDIAL_RULE_CALLS_PER_SECOND", pace.0.to_string()),
            ("AWS_ENDPOINT_URL_EVENTBRIDGE", pace.1),
        ];
        let all = self.settings.iter().cloned().chain(own).chain(clock);
        Ok(all.map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// Where a function's output goes.
    pub(crate) fn log(&self, function: &str) -> PathBuf {
        self.logs.join(function)
    }

    /// Events put on the bus so far: each call of ours brings one.
    pub(crate) fn events(&self) -> f64 {
        let calls = self.bridge.calls().get("PutEvents").copied();
        calls.map_or(0.0, |calls| {
            u32::try_from(calls).map_or(f64::NAN, f64::from)
        })
    }

    /// How many metrics the functions have told of, in how many dimensions each: CloudWatch bills each pair.
    pub(crate) fn metrics(&self) -> anyhow::Result<usize> {
        let mut metrics = BTreeSet::new();
        for function in self.functions.keys() {
            let log = std::fs::read_to_string(self.log(function))?;
            metrics.extend(log.lines().flat_map(told));
        }
        Ok(metrics.len())
    }
}

/// The metrics that a line of a log tells of, with their dimensions.
fn told(line: &str) -> Vec<String> {
    let line: Value = serde_json::from_str(line).unwrap_or_default();
    let Some(directive) = line.pointer("/_aws/CloudWatchMetrics/0") else {
        return vec![];
    };
    let list = |name: &str| {
        let list = directive.get(name).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    };
    let dimensions = list("Dimensions");
    let metrics = list("Metrics").into_iter();
    let pairs = metrics.flat_map(|it| {
        let name = it.get("Name").cloned().unwrap_or_default();
        let pair = |dimensions: &Value| format!("{name} by {dimensions}");
        dimensions.iter().map(pair).collect::<Vec<_>>()
    });
    pairs.collect()
}

async fn bridge() -> anyhow::Result<(Host, EventBridge)> {
    let (host, bridge) = bus::open(vec![], None).await?;
    bridge.grant_rules(2 * usize::try_from(month::JOBS)?);
    Ok((host, bridge))
}

/// What all functions are told, as the stack on AWS does.
fn settings([database, s3, meta, cdn]: [&Line; 4]) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "one".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", SECRET_KEY.to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ("AWS_ENDPOINT_URL_S3", s3.url()),
        ("DATABASE_URL", database.url()),
        ("SUNDIAL_BUS", BUS.to_owned()),
        ("SUNDIAL_LOG", "info".to_owned()),
        ("SUNDIAL_RETENTION_DAYS", "90".to_owned()),
        ("SUNDIAL_RULE_PREFIX", "sundial".to_owned()),
        (
            "SUNDIAL_FUNCTION_ARN",
            format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{function}}"),
        ),
        ("SUNDIAL_API_TOKEN_SHA256", TOKEN_SHA256.to_owned()),
        ("SUNDIAL_REQUESTS_PER_MINUTE", "0".to_owned()),
        ("META_GRAPH_URL", meta.url()),
        ("META_API_VERSION", "v25.0".to_owned()),
        ("META_ACCESS_TOKEN", "bench".to_owned()),
        ("ASSET_BUCKET", BUCKET.to_owned()),
        ("MEDIA_HOSTS", "fbcdn.net".to_owned()),
        ("MEDIA_TRUSTED_ORIGINS", cdn.url()),
        ("MEDIA_IMAGE_BYTES_MAX", "31457280".to_owned()),
        ("MEDIA_VIDEO_BYTES_MAX", "1073741824".to_owned()),
        ("MEDIA_DOWNLOADS_AT_ONCE", "6".to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_counts_once_for_each_set_of_dimensions() {
        let line = r#"{"_aws":{"CloudWatchMetrics":[{"Dimensions":[["A"],["A","B"]],"Metrics":[{"Name":"Cost"},{"Name":"Retries"}]}]},"Cost":1}"#;

        assert_eq!(told(line).len(), 4);
        assert!(told(line).contains(&r#""Cost" by ["A","B"]"#.to_owned()));
        assert!(told(r#"{"message":"run ended"}"#).is_empty());
        assert!(told("no JSON").is_empty());
    }
}
