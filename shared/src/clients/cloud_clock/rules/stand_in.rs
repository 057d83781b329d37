//! A stand-in EventBridge for tests: keeps rules in memory and speaks the AWS JSON protocol on a
//! loopback port, so that the real SDK is part of what is tested.
//!
//! Not imitated: buses, patterns, tags, the grammar of expressions, name limits, firing.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use aws_sdk_eventbridge::config::{
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider, retry::RetryConfig,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::method};

use self::books::State;
use super::ClockRules;

mod books;

/// A rule in the stand-in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandInRule {
    /// `ENABLED` or `DISABLED`.
    pub state: String,
    /// The schedule.
    pub expression: String,
    /// What it is described as.
    pub description: String,
    /// Target ids and the JSON of each target.
    pub targets: BTreeMap<String, Value>,
}

/// An EventBridge in memory.
#[derive(Debug)]
pub struct StandInEventBridge {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

impl StandInEventBridge {
    /// Starts an empty one on a free loopback port.
    pub async fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            rules: BTreeMap::new(),
            calls: Vec::new(),
            page_size: 50,
            rules_max: super::RULES_PER_BUS,
            failing: Vec::new(),
            failing_entries: Vec::new(),
        }));
        let server = MockServer::start().await;
        let answers = Answers(Arc::clone(&state));
        Mock::given(method("POST"))
            .respond_with(answers)
            .mount(&server)
            .await;
        Self { server, state }
    }

    /// SDK settings that lead here.
    #[must_use]
    pub fn aws(&self) -> SdkConfig {
        let credentials = Credentials::new("id", "secret", None, None, "stand-in");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .endpoint_url(self.server.uri())
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build()
    }

    /// The real client, leading here, without waits between calls or before it tries again.
    #[must_use]
    pub fn client(&self) -> ClockRules {
        let retries = RetryConfig::standard().with_initial_backoff(Duration::from_millis(1));
        ClockRules::with(&self.aws(), Duration::ZERO, retries)
    }

    /// All rules by name.
    #[must_use]
    pub fn rules(&self) -> BTreeMap<String, StandInRule> {
        self.with(|state| state.rules.clone())
    }

    /// Puts a rule there behind the client's back, or changes one.
    pub fn set(&self, name: &str, rule: StandInRule) {
        self.with(|state| state.rules.insert(name.to_owned(), rule));
    }

    /// Operations and the rule, prefix or target each was about, since the last look.
    pub fn take_calls(&self) -> Vec<(String, String)> {
        self.with(|state| std::mem::take(&mut state.calls))
    }

    /// Lists `size` rules per page, whatever was asked for.
    pub fn set_page_size(&self, size: usize) {
        self.with(|state| state.page_size = size.max(1));
    }

    /// Holds at most `count` rules.
    pub fn set_rules_max(&self, count: usize) {
        self.with(|state| state.rules_max = count);
    }

    /// From now on `operation` about `subject` fails with `code`.
    pub fn fail(&self, operation: &str, subject: &str, code: &str) {
        let failing = (operation.to_owned(), subject.to_owned(), code.to_owned());
        self.with(|state| state.failing.push(failing));
    }

    /// From now on answers about the targets of rules whose name starts with `prefix` are HTTP 200
    /// with a failed entry.
    pub fn fail_entries(&self, prefix: &str) {
        self.with(|state| state.failing_entries.push(prefix.to_owned()));
    }

    /// Everything works again.
    pub fn heal(&self) {
        self.with(|state| {
            state.failing.clear();
            state.failing_entries.clear();
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct Answers(Arc<Mutex<State>>);

impl Respond for Answers {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let target = request.headers.get("x-amz-target");
        let target = target
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let operation = target.trim_start_matches("AWSEvents.").to_owned();
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (status, body) = match state.answer(&operation, &body) {
            Ok(body) => (200, body),
            Err(code) => (400, json!({"__type": code, "message": "says the stand-in"})),
        };
        ResponseTemplate::new(status).set_body_raw(body.to_string(), "application/x-amz-json-1.1")
    }
}
