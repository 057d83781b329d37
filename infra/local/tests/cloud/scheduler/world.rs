//! What the tests of Scheduler need.

use std::path::{Path, PathBuf};

use aws_sdk_scheduler::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_scheduler::operation::create_schedule::builders::CreateScheduleFluentBuilder;
use aws_sdk_scheduler::operation::get_schedule::GetScheduleOutput;
use aws_sdk_scheduler::operation::update_schedule::builders::UpdateScheduleFluentBuilder;
use aws_sdk_scheduler::primitives::DateTime;
use aws_sdk_scheduler::types::builders::TargetBuilder;
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode, Target};
use serde_json::Value;
use sundial_local::clock::Clock;
use sundial_local::lambda::{FunctionSpec, Host, LogLine};
use sundial_local::scheduler::{Scheduler, SchedulerOptions};
use tokio::sync::{broadcast, oneshot};

use crate::world::{ACCOUNT, REGION, function, heard, heard_nothing, host, moment, serve};

/// A Scheduler with its own time, its SDK, a group `sundial`, and a function, `listener`, that says what it is
/// given.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) scheduler: Scheduler,
    pub(crate) sdk: aws_sdk_scheduler::Client,
    pub(crate) url: String,
    host: Host,
    logs: broadcast::Receiver<LogLine>,
    stop: Option<oneshot::Sender<()>>,
    running: Option<tokio::task::JoinHandle<()>>,
}

impl World {
    /// Without a function: for what needs no delivery.
    pub(crate) async fn empty() -> Self {
        Self::with(Vec::new(), None, "2026-11-20T10:34:30Z").await
    }

    /// Without a function, with a folder to keep the books in.
    pub(crate) async fn keeping(data_dir: &Path, now: &str) -> Self {
        Self::with(Vec::new(), Some(data_dir.to_owned()), now).await
    }

    pub(crate) async fn listening() -> Self {
        Self::listening_since("2026-11-20T10:34:30Z").await
    }

    pub(crate) async fn listening_since(now: &str) -> Self {
        Self::with(vec![function("listener", "serves_events")], None, now).await
    }

    /// With a function and a folder to keep the books in.
    pub(crate) async fn listening_keeping(data_dir: &Path, now: &str) -> Self {
        let listener = function("listener", "serves_events");
        Self::with(vec![listener], Some(data_dir.to_owned()), now).await
    }

    async fn with(specs: Vec<FunctionSpec>, data_dir: Option<PathBuf>, now: &str) -> Self {
        let host = host(specs).await;
        let clock = Clock::manual(moment(now));
        let options = SchedulerOptions {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            groups: vec!["sundial".to_owned()],
            data_dir,
            clock: clock.clone(),
        };
        let scheduler = Scheduler::new(options, host.clone()).unwrap();
        let url = serve(scheduler.router()).await;
        let logs = host.logs();
        let mut world = Self {
            clock,
            scheduler,
            sdk: sdk(&url),
            url,
            host,
            logs,
            stop: None,
            running: None,
        };
        world.run();
        world
    }

    /// Begins to fire.
    pub(crate) fn run(&mut self) {
        let (stop, stopped) = oneshot::channel::<()>();
        let scheduler = self.scheduler.clone();
        let running = async move {
            scheduler
                .run(async {
                    let _ = stopped.await;
                })
                .await;
        };
        self.stop = Some(stop);
        self.running = Some(tokio::spawn(running));
    }

    /// Stops firing and waits until the books are saved.
    pub(crate) async fn stop(&mut self) {
        drop(self.stop.take());
        self.running.take().unwrap().await.unwrap();
    }

    /// A schedule of the group `sundial` for `listener`, to be sent or changed before.
    pub(crate) fn create(&self, name: &str, expression: &str) -> CreateScheduleFluentBuilder {
        self.sdk
            .create_schedule()
            .group_name("sundial")
            .name(name)
            .schedule_expression(expression)
            .flexible_time_window(off())
            .target(target().build().unwrap())
    }

    /// The same, for a schedule that is there.
    pub(crate) fn update(&self, name: &str, expression: &str) -> UpdateScheduleFluentBuilder {
        self.sdk
            .update_schedule()
            .group_name("sundial")
            .name(name)
            .schedule_expression(expression)
            .flexible_time_window(off())
            .target(target().build().unwrap())
    }

    pub(crate) async fn get(&self, name: &str) -> GetScheduleOutput {
        let get = self.sdk.get_schedule().group_name("sundial").name(name);
        get.send().await.unwrap()
    }

    pub(crate) async fn is_there(&self, name: &str) -> bool {
        let get = self.sdk.get_schedule().group_name("sundial").name(name);
        match get.send().await {
            Ok(_) => true,
            Err(error) => {
                assert!(error.into_service_error().is_resource_not_found_exception());
                false
            }
        }
    }

    pub(crate) fn set(&self, now: &str) {
        self.clock.set(moment(now));
    }

    pub(crate) async fn heard(&mut self) -> Value {
        heard(&mut self.logs).await
    }

    pub(crate) async fn heard_nothing(&mut self) {
        heard_nothing(&self.host, &mut self.logs).await;
    }
}

/// `listener`, which is told the nominal time.
pub(crate) fn target() -> TargetBuilder {
    Target::builder()
        .arn(format!(
            "arn:aws:lambda:{REGION}:{ACCOUNT}:function:listener"
        ))
        .role_arn(format!("arn:aws:iam::{ACCOUNT}:role/scheduler"))
        .input(r#""<aws.scheduler.scheduled-time>""#)
}

pub(crate) fn off() -> FlexibleTimeWindow {
    let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
    window.build().unwrap()
}

pub(crate) fn date(text: &str) -> DateTime {
    DateTime::from_millis(moment(text).timestamp_millis())
}

fn sdk(endpoint: &str) -> aws_sdk_scheduler::Client {
    let config = aws_sdk_scheduler::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .credentials_provider(Credentials::new("local", "local", None, None, "test"))
        .endpoint_url(endpoint)
        .build();
    aws_sdk_scheduler::Client::from_conf(config)
}
