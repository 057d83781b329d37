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
    BehaviorVersion, Credentials, Region, SharedCredentialsProvider,
};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::method};

use super::ClockRules;

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

#[derive(Debug)]
struct State {
    rules: BTreeMap<String, StandInRule>,
    calls: Vec<(String, String)>,
    page_size: usize,
    rules_max: usize,
    failing: Vec<(String, String, String)>,
    failing_entries: Vec<String>,
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

    /// The real client, leading here, without waits between calls.
    #[must_use]
    pub fn client(&self) -> ClockRules {
        ClockRules::new(&self.aws(), Duration::ZERO)
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

    /// From now on answers about the targets of `rule` are HTTP 200 with a failed entry.
    pub fn fail_entries(&self, rule: &str) {
        self.with(|state| state.failing_entries.push(rule.to_owned()));
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

fn text(body: &Value, key: &str) -> String {
    body.get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

impl State {
    fn answer(&mut self, operation: &str, body: &Value) -> Result<Value, String> {
        let keys = ["Name", "Rule", "NamePrefix", "TargetArn"];
        let subject = keys
            .iter()
            .map(|key| text(body, key))
            .find(|text| !text.is_empty());
        let subject = subject.unwrap_or_default();
        self.calls.push((operation.to_owned(), subject.clone()));
        let failing = self
            .failing
            .iter()
            .find(|(of, about, _)| of == operation && *about == subject);
        if let Some((_, _, code)) = failing {
            return Err(code.clone());
        }
        let is_about_targets = matches!(operation, "PutTargets" | "RemoveTargets");
        if is_about_targets && self.failing_entries.contains(&subject) {
            return Ok(failed_entry());
        }
        match operation {
            "ListRules" => Ok(self.list_rules(&subject, body)),
            "ListRuleNamesByTarget" => Ok(self.names_by_target(&subject, body)),
            "PutRule" => self.put_rule(&subject, body),
            "EnableRule" => self.set_state(&subject, "ENABLED"),
            "DisableRule" => self.set_state(&subject, "DISABLED"),
            "DeleteRule" => self.delete_rule(&subject),
            "PutTargets" => self.put_targets(&subject, body),
            "RemoveTargets" => self.remove_targets(&subject, body),
            "ListTargetsByRule" => self.list_targets(&subject),
            _ => Err("UnknownOperationException".to_owned()),
        }
    }

    /// Cuts a page out of `all`; the token is the number of entries before it.
    fn page(&self, key: &str, all: Vec<Value>, body: &Value) -> Value {
        let start = text(body, "NextToken").parse().unwrap_or(0_usize);
        let end = start + self.page_size;
        let more = (end < all.len()).then(|| end.to_string());
        let page: Vec<_> = all.into_iter().skip(start).take(self.page_size).collect();
        json!({key: page, "NextToken": more})
    }

    fn list_rules(&self, prefix: &str, body: &Value) -> Value {
        let rules = self
            .rules
            .iter()
            .filter(|(name, _)| name.starts_with(prefix));
        let rules = rules.map(|(name, rule)| {
            json!({"Name": name, "Arn": format!("arn:aws:events:us-east-1:1:rule/{name}"),
                   "State": rule.state, "ScheduleExpression": rule.expression,
                   "Description": rule.description, "EventBusName": "default"})
        });
        self.page("Rules", rules.collect(), body)
    }

    fn names_by_target(&self, arn: &str, body: &Value) -> Value {
        let leads_there = |rule: &StandInRule| {
            rule.targets
                .values()
                .any(|target| text(target, "Arn") == arn)
        };
        let rules = self.rules.iter().filter(|(_, rule)| leads_there(rule));
        self.page(
            "RuleNames",
            rules.map(|(name, _)| name.as_str().into()).collect(),
            body,
        )
    }

    fn put_rule(&mut self, name: &str, body: &Value) -> Result<Value, String> {
        if !self.rules.contains_key(name) && self.rules.len() >= self.rules_max {
            return Err("LimitExceededException".to_owned());
        }
        let rule = self.rules.entry(name.to_owned()).or_default();
        rule.state = text(body, "State");
        rule.expression = text(body, "ScheduleExpression");
        rule.description = text(body, "Description");
        Ok(json!({"RuleArn": format!("arn:aws:events:us-east-1:1:rule/{name}")}))
    }

    fn rule(&mut self, name: &str) -> Result<&mut StandInRule, String> {
        let missing = || "ResourceNotFoundException".to_owned();
        self.rules.get_mut(name).ok_or_else(missing)
    }

    fn set_state(&mut self, name: &str, state: &str) -> Result<Value, String> {
        self.rule(name)?.state = state.to_owned();
        Ok(json!({}))
    }

    fn delete_rule(&mut self, name: &str) -> Result<Value, String> {
        if self
            .rules
            .get(name)
            .is_some_and(|rule| !rule.targets.is_empty())
        {
            return Err("ValidationException".to_owned());
        }
        self.rules.remove(name);
        Ok(json!({}))
    }

    fn put_targets(&mut self, name: &str, body: &Value) -> Result<Value, String> {
        let rule = self.rule(name)?;
        for target in body
            .get("Targets")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            rule.targets.insert(text(target, "Id"), target.clone());
        }
        Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
    }

    fn remove_targets(&mut self, name: &str, body: &Value) -> Result<Value, String> {
        let rule = self.rule(name)?;
        for id in body
            .get("Ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            rule.targets.remove(id.as_str().unwrap_or_default());
        }
        Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
    }

    fn list_targets(&mut self, name: &str) -> Result<Value, String> {
        let targets: Vec<_> = self.rule(name)?.targets.values().cloned().collect();
        Ok(json!({"Targets": targets}))
    }
}

fn failed_entry() -> Value {
    let entry = json!({"TargetId": "function", "ErrorCode": "ConcurrentModificationException",
                       "ErrorMessage": "says the stand-in"});
    json!({"FailedEntryCount": 1, "FailedEntries": [entry]})
}
