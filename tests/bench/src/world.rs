//! The whole stack with an origin and a Graph API of our own, and the calls that the groups make of it.

use std::path::Path;

use anyhow::Context;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use sundial_local::{
    clock::Clock,
    stack::{GraphApi, Stack, StackOptions},
};
use uuid::Uuid;

use crate::{files, graph::Graph, nginx::Nginx, report::say, starts::Starts};

/// The version the functions ask for.
const GRAPH_VERSION: &str = "v25.0";
/// The job that is measured; its function and binary have the same name.
pub(crate) const JOB: &str = "asset_download";

/// Everything that runs.
pub(crate) struct World {
    pub(crate) stack: Stack,
    pub(crate) nginx: Nginx,
    pub(crate) db: PgConnection,
    pub(crate) clock: Clock,
    pub(crate) starts: Starts,
    http: reqwest::Client,
    _graph: Graph,
}

impl World {
    /// Starts everything, with its data in a folder of `data`. Rules fire by `clock`.
    pub(crate) async fn start(data: &Path, name: &str, clock: Clock) -> anyhow::Result<Self> {
        let home = data.join(name);
        std::fs::create_dir_all(files::origin(data))?;
        let nginx = Nginx::start(&files::origin(data), &home.join("nginx")).await?;
        let graph = Graph::start(nginx.origin()).await?;
        let mut options = StackOptions::new(&home)?;
        options.clock = clock.clone();
        options.graph = Some(GraphApi {
            url: graph.url(),
            version: GRAPH_VERSION.to_owned(),
            access_token: "bench".to_owned(),
            app_id: None,
            app_secret: None,
            trusted_origin: Some(nginx.origin()),
        });
        let stack = Stack::start(options).await?;
        stack.ready().await?;
        let db = PgConnection::connect(stack.postgres.url()).await?;
        let starts = Starts::listen(stack.host().logs());
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut world = Self {
            stack,
            nginx,
            db,
            clock,
            starts,
            http,
            _graph: graph,
        };
        world.lift_caps().await?;
        world.say_settings().await?;
        Ok(world)
    }

    pub(crate) async fn stop(self) -> anyhow::Result<()> {
        self.db.close().await?;
        self.stack.stop().await
    }

    /// Queues a one-time job over HTTP and gives its run's id.
    pub(crate) async fn post_run(&self, brand: Uuid, parameters: &Value) -> anyhow::Result<Uuid> {
        let body = json!({"job_type": JOB, "brand_id": brand, "parameters": parameters});
        let request = self.http.post(format!("{}/api/runs", self.stack.api_url()));
        let response = request
            .bearer_auth(&self.stack.api_token)
            .json(&body)
            .send()
            .await?;
        run_id(response).await
    }

    /// Asks for a run of a job over HTTP and gives the run's id.
    pub(crate) async fn post_job_run(&self, job: Uuid) -> anyhow::Result<Uuid> {
        let request = self
            .http
            .post(format!("{}/api/jobs/{job}/run", self.stack.api_url()));
        let response = request.bearer_auth(&self.stack.api_token).send().await?;
        run_id(response).await
    }

    /// Start latency is measured, not how many may run at a time.
    async fn lift_caps(&mut self) -> sqlx::Result<()> {
        sqlx::query("update job_types set running_max = null, running_per_brand_max = null")
            .execute(&mut self.db)
            .await?;
        Ok(())
    }

    async fn say_settings(&mut self) -> anyhow::Result<()> {
        let mut settings = Vec::new();
        for name in [
            "server_version",
            "fsync",
            "synchronous_commit",
            "shared_buffers",
        ] {
            let (value,): (String,) = sqlx::query_as("select current_setting($1)")
                .bind(name)
                .fetch_one(&mut self.db)
                .await?;
            settings.push(format!("{name} {value}"));
        }
        say([format!("PostgreSQL: {}", settings.join(", "))])?;
        Ok(())
    }
}

async fn run_id(response: reqwest::Response) -> anyhow::Result<Uuid> {
    let (status, text) = (response.status(), response.text().await?);
    anyhow::ensure!(status == 202, "asking for a run: {status} {text}");
    let answer: Value = serde_json::from_str(&text)?;
    let id = answer
        .get("run_id")
        .and_then(Value::as_str)
        .context("the answer names no run")?;
    Ok(id.parse()?)
}
