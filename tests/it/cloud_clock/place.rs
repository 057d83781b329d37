//! Stand-ins of AWS, and what of them the suite looks at with AWS's own SDK.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use aws_config::SdkConfig;
use aws_sdk_eventbridge::{
    config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider},
    types::{RuleState, Target},
};
use aws_sdk_scheduler::types::{FlexibleTimeWindow, FlexibleTimeWindowMode};
use shared::config::ClockBackend;
use sundial_local::{
    clock::Clock,
    events::{EventBridge, EventBridgeOptions},
    lambda::{Host, HostOptions},
    scheduler::{Scheduler, SchedulerOptions},
    server::Server,
};

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "123456789012";

/// The group of all schedules.
pub(super) const GROUP: &str = "sundial-test";

/// One stand-in; it ends with the value.
pub(super) struct Place {
    aws: SdkConfig,
    _local: Option<(Host, Server)>,
    moto: Option<Child>,
}

impl Place {
    /// The local stack's EventBridge and Scheduler. Nothing runs, so nothing fires.
    pub(super) async fn local() -> Self {
        let clock = Clock::system();
        let options = HostOptions {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            log_dir: None,
            clock: clock.clone(),
        };
        let host = Host::start(vec![], options).await.unwrap();
        let options = EventBridgeOptions {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            buses: vec![],
            data_dir: None,
            clock: clock.clone(),
        };
        let bridge = EventBridge::new(options, host.clone()).unwrap();
        let options = SchedulerOptions {
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
            groups: vec![],
            data_dir: None,
            clock,
        };
        let scheduler = Scheduler::new(options, host.clone()).unwrap();
        let router = bridge.router().merge(scheduler.router());
        let server = Server::start(0, router).await.unwrap();
        Self::at(&server.url(), Some((host, server)), None).await
    }

    /// A moto server of its own. `None`: it is not installed, which a machine that promises all
    /// tests may not say.
    pub(super) async fn moto() -> Option<Self> {
        let Some(program) = std::env::var_os("MOTO_SERVER") else {
            assert!(std::env::var_os("CI").is_none(), "MOTO_SERVER is not set");
            eprintln!("SKIPPED: moto (MOTO_SERVER names no program)");
            return None;
        };
        // Port 0: the kernel chooses, and the server tells.
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", "0"]);
        command.env("PYTHONUNBUFFERED", "1").stderr(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let told = lines.find_map(|line| {
            let line = line.unwrap();
            Some(line.split_once("Running on ")?.1.trim().to_owned())
        });
        // What it says further on must go somewhere, or it would wait.
        std::thread::spawn(move || lines.for_each(drop));
        let url = told.expect("moto tells its address");
        Some(Self::at(&url, None, Some(child)).await)
    }

    async fn at(url: &str, local: Option<(Host, Server)>, moto: Option<Child>) -> Self {
        let credentials = Credentials::new("id", "secret", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(url)
            .region(Region::new(REGION))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        let place = Self {
            aws,
            _local: local,
            moto,
        };
        let made = place.scheduler().create_schedule_group().name(GROUP);
        made.send().await.expect("a group");
        place
    }

    pub(super) fn aws(&self) -> &SdkConfig {
        &self.aws
    }

    fn events(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.aws)
    }

    fn scheduler(&self) -> aws_sdk_scheduler::Client {
        aws_sdk_scheduler::Client::new(&self.aws)
    }

    /// Expression and zone of a rule.
    pub(super) async fn says(&self, clock: ClockBackend, name: &str) -> (String, String) {
        match clock {
            ClockBackend::Rules => {
                let rule = self.events().describe_rule().name(name).send().await;
                let expression = rule.expect("a rule").schedule_expression;
                (expression.expect("a schedule"), "UTC".to_owned())
            }
            ClockBackend::Scheduler => {
                let call = self.scheduler().get_schedule().group_name(GROUP);
                let it = call.name(name).send().await.expect("a schedule");
                (
                    it.schedule_expression.expect("an expression"),
                    it.schedule_expression_timezone.expect("a zone"),
                )
            }
        }
    }

    /// Somebody else's, with our prefix.
    pub(super) async fn make_stranger(&self, clock: ClockBackend, name: &str) {
        match clock {
            ClockBackend::Rules => {
                let call = self.events().put_rule().name(name);
                let call = call.schedule_expression("rate(1 day)");
                call.send().await.expect("a rule");
            }
            ClockBackend::Scheduler => {
                self.put_schedule(name, "arn:aws:lambda:us-east-1:1:function:theirs", true)
                    .await
            }
        }
    }

    /// Somebody makes a rule of ours wake something else, and nothing at another time.
    pub(super) async fn meddle(&self, clock: ClockBackend, name: &str) {
        let theirs = "arn:aws:lambda:us-east-1:1:function:theirs";
        match clock {
            ClockBackend::Rules => {
                let events = self.events();
                let call = events.put_rule().name(name).state(RuleState::Enabled);
                let call = call.schedule_expression("rate(1 day)");
                call.send().await.expect("a rule");
                let target = Target::builder().id("function").arn(theirs).build();
                let call = events.put_targets().rule(name).targets(target.unwrap());
                call.send().await.expect("a target");
            }
            ClockBackend::Scheduler => self.put_schedule(name, theirs, false).await,
        }
    }

    async fn put_schedule(&self, name: &str, arn: &str, is_new: bool) {
        let scheduler = self.scheduler();
        let target = aws_sdk_scheduler::types::Target::builder().arn(arn);
        let role = "arn:aws:iam::123456789012:role/theirs";
        let target = target.role_arn(role).build().unwrap();
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
        let window = window.build().unwrap();
        if is_new {
            let call = scheduler.create_schedule().group_name(GROUP).name(name);
            let call = call.schedule_expression("rate(1 day)").target(target);
            call.flexible_time_window(window)
                .send()
                .await
                .map(drop)
                .expect("a schedule");
        } else {
            let call = scheduler.update_schedule().group_name(GROUP).name(name);
            let call = call.schedule_expression("rate(2 days)").target(target);
            call.flexible_time_window(window)
                .send()
                .await
                .map(drop)
                .expect("a schedule");
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(moto) = &mut self.moto {
            moto.kill().unwrap();
            moto.wait().unwrap();
        }
    }
}
