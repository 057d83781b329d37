//! EventBridge, Scheduler and Lambda on one port, and the rules that Terraform makes on AWS: one per job type
//! on our bus, and two that wake the reconciler.

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    ACCOUNT, BUS, GROUP, REGION,
    functions::{Function, Kind},
};
use crate::{
    clock::Clock,
    events::{EventBridge, EventBridgeOptions},
    lambda::{FunctionSpec, Host, HostOptions},
    scheduler::{Scheduler, SchedulerOptions},
    server::{Bound, Server},
};

/// The running clouds' share of the stack.
pub(super) struct Cloud {
    /// Runs the functions.
    pub(super) host: Host,
    /// The clock and the bus.
    pub(super) bridge: EventBridge,
    /// The clock that knows time zones.
    pub(super) scheduler: Scheduler,
    server: Server,
    stop: oneshot::Sender<()>,
    firing: JoinHandle<()>,
}

impl Cloud {
    /// Starts the functions and the clock. The port was taken before, because the functions must
    /// be told it.
    pub(super) async fn start(
        bound: Bound,
        specs: Vec<FunctionSpec>,
        data: &Path,
        clock: Clock,
    ) -> anyhow::Result<Self> {
        let host = Host::start(
            specs,
            HostOptions {
                region: REGION.to_owned(),
                account: ACCOUNT.to_owned(),
                log_dir: Some(data.join("logs")),
                clock: clock.clone(),
            },
        )
        .await
        .context("starting the functions")?;
        let options = EventBridgeOptions {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            buses: vec![BUS.to_owned()],
            data_dir: Some(data.to_owned()),
            clock: clock.clone(),
        };
        let bridge = EventBridge::new(options, host.clone()).context("starting EventBridge")?;
        let options = SchedulerOptions {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            groups: vec![GROUP.to_owned()],
            data_dir: Some(data.to_owned()),
            clock,
        };
        let scheduler = Scheduler::new(options, host.clone()).context("starting Scheduler")?;
        let router = bridge.router().merge(scheduler.router());
        let server = bound.serve(router.merge(host.api_router()));
        let (stop, stopped) = oneshot::channel();
        let firing = tokio::spawn(fire(bridge.clone(), scheduler.clone(), stopped));
        Ok(Self {
            host,
            bridge,
            scheduler,
            server,
            stop,
            firing,
        })
    }

    pub(super) fn url(&self) -> String {
        self.server.url()
    }

    /// Kills the functions last, so that none starts anew in between.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        self.stop.send(()).ok();
        self.firing
            .await
            .context("stopping EventBridge and Scheduler")?;
        self.server.stop().await;
        self.host.shutdown().await;
        Ok(())
    }
}

/// Keeps both clocks going until `stopped`.
async fn fire(bridge: EventBridge, scheduler: Scheduler, stopped: oneshot::Receiver<()>) {
    let stopped = async {
        // A sender that is gone means the same.
        stopped.await.ok();
    }
    .shared();
    tokio::join!(bridge.run(stopped.clone()), scheduler.run(stopped));
}

/// Calls EventBridge the way any client does.
#[derive(Debug, Clone)]
pub struct EventsClient {
    url: String,
    http: reqwest::Client,
}

impl EventsClient {
    /// A client of the EventBridge at `url`.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            url: url.to_owned(),
            http: reqwest::Client::builder().no_proxy().build()?,
        })
    }

    /// Performs one operation, as in `PutRule`.
    ///
    /// # Errors
    /// When EventBridge refuses; its words are part of the message.
    pub async fn call(&self, operation: &str, request: &Value) -> anyhow::Result<Value> {
        let response = self
            .http
            .post(&self.url)
            .header("x-amz-target", format!("AWSEvents.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(request.to_string())
            .send()
            .await
            .with_context(|| format!("calling {operation}"))?;
        let (status, text) = (response.status(), response.text().await?);
        anyhow::ensure!(status.is_success(), "{operation}: {status} {text}");
        let answer: Value = match text.is_empty() {
            true => Value::Null,
            false => serde_json::from_str(&text)?,
        };
        let failed = answer.get("FailedEntryCount").and_then(Value::as_u64);
        anyhow::ensure!(failed.unwrap_or(0) == 0, "{operation}: {text}");
        Ok(answer)
    }

    /// Makes the rules that are not the reconciler's to make.
    pub(super) async fn put_static_rules(
        &self,
        host: &Host,
        functions: &BTreeMap<String, Function>,
    ) -> anyhow::Result<()> {
        for (name, function) in functions {
            match function.kind {
                Kind::Job => self.put_run_rule(name, &host.arn(name)).await?,
                Kind::Sweep => self.put_sweep_rules(name, &host.arn(name)).await?,
                Kind::Http => {}
            }
        }
        Ok(())
    }

    async fn put_run_rule(&self, job_type: &str, arn: &str) -> anyhow::Result<()> {
        let rule = format!("run-requested-{}", job_type.replace('_', "-"));
        let pattern = json!({"source": [shared::clients::bus::SOURCE],
            "detail-type": ["RunRequested"], "detail": {"job_type": [job_type]}});
        let transformer = json!({"InputPathsMap": {"run_id": "$.detail.run_id"},
            "InputTemplate": r#"{"kind":"run","run_id":<run_id>}"#});
        self.put_bus_rule(&rule, &pattern, arn, &transformer).await
    }

    async fn put_sweep_rules(&self, name: &str, arn: &str) -> anyhow::Result<()> {
        let pattern = json!({"source": [shared::clients::bus::SOURCE],
            "detail-type": ["ScheduleChanged"]});
        let transformer = json!({"InputPathsMap": {"job_id": "$.detail.job_id"},
            "InputTemplate": r#"{"kind":"schedule_changed","job_id":<job_id>}"#});
        let rule = "schedule-changed";
        self.put_bus_rule(rule, &pattern, arn, &transformer).await?;

        let rule = format!("{name}-every-minute");
        let schedule = json!({"Name": rule, "ScheduleExpression": "rate(1 minute)"});
        self.call("PutRule", &schedule).await?;
        let target = json!({"Id": "function", "Arn": arn, "Input": r#"{"kind":"sweep"}"#});
        let targets = json!({"Rule": rule, "Targets": [target]});
        self.call("PutTargets", &targets).await?;
        Ok(())
    }

    async fn put_bus_rule(
        &self,
        rule: &str,
        pattern: &Value,
        arn: &str,
        transformer: &Value,
    ) -> anyhow::Result<()> {
        let put = json!({"Name": rule, "EventBusName": BUS, "EventPattern": pattern.to_string()});
        self.call("PutRule", &put).await?;
        let target = json!({"Id": "function", "Arn": arn, "InputTransformer": transformer});
        let targets = json!({"Rule": rule, "EventBusName": BUS, "Targets": [target]});
        self.call("PutTargets", &targets).await?;
        Ok(())
    }
}
