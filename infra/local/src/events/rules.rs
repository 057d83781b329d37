//! Rules: what they are, and the operations on them.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use serde::Deserialize;
use serde_json::{Value, json};

use super::books::{Books, DEFAULT_BUS, Rule};
use super::pattern::{PATTERN_CHARS_MAX, Pattern};
use super::schedule::Schedule;
use super::{EventBridge, bus_name};
use crate::aws::checks::{BUS, Checks, NAME};
use crate::aws::error::ApiError;
use crate::aws::pages::{PAGE_MAX, TOKEN_CHARS_MAX, page, with_token};
use crate::aws::tags::{Tag, check_tags};

/// Most rules of a bus. **Source:** AWS, "Amazon EventBridge quotas" (300 in most regions).
pub(super) const RULES_MAX: usize = 300;

const STATES: [&str; 3] = [
    "ENABLED",
    "DISABLED",
    "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutRule {
    name: Option<String>,
    schedule_expression: Option<String>,
    event_pattern: Option<String>,
    state: Option<String>,
    description: Option<String>,
    role_arn: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    event_bus_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedRule {
    name: Option<String>,
    event_bus_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRules {
    name_prefix: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

impl PutRule {
    fn check(&self) -> Result<(Option<Schedule>, Option<Pattern>), ApiError> {
        let mut checks = Checks::default();
        checks.required("name", self.name.as_deref(), NAME);
        checks.length(
            "scheduleExpression",
            self.schedule_expression.as_deref(),
            256,
        );
        checks.length(
            "eventPattern",
            self.event_pattern.as_deref(),
            PATTERN_CHARS_MAX,
        );
        checks.length("description", self.description.as_deref(), 512);
        checks.length("roleArn", self.role_arn.as_deref(), 1600);
        checks.optional("eventBusName", self.event_bus_name.as_deref(), BUS);
        if let Some(state) = &self.state {
            checks.one_of("state", state, &STATES);
        }
        checks.finish()?;
        check_tags(&self.tags)?;
        let expression = self
            .schedule_expression
            .as_deref()
            .filter(|text| !text.is_empty());
        let pattern = self
            .event_pattern
            .as_deref()
            .filter(|text| !text.is_empty());
        if expression.is_none() && pattern.is_none() {
            return Err(ApiError::validation(
                "Parameter(s) EventPattern or ScheduleExpression must be specified.",
            ));
        }
        let schedule = expression.map(|text| {
            Schedule::parse(text)
                .ok_or_else(|| ApiError::validation("Parameter ScheduleExpression is not valid."))
        });
        Ok((
            schedule.transpose()?,
            pattern.map(Pattern::parse).transpose()?,
        ))
    }
}

impl EventBridge {
    pub(super) fn put_rule(&self, request: PutRule) -> Result<Value, ApiError> {
        let (schedule, pattern) = request.check()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        if schedule.is_some() && bus != DEFAULT_BUS {
            let said = "ScheduleExpression is supported only on the default event bus.";
            return Err(ApiError::validation(said));
        }
        let name = request.name.unwrap_or_default();
        let arn = self.rule_arn(bus, &name);
        let now = self.0.options.clock.now();
        let rules_max = self.0.rules_max.load(Ordering::Relaxed);
        self.change(|books| {
            let rules = &mut books.bus_mut(bus)?.rules;
            if !rules.contains_key(&name) && rules.len() >= rules_max {
                return Err(ApiError::limit());
            }
            let before = rules.remove(&name);
            let mut rule = Rule {
                description: request.description,
                schedule_expression: request.schedule_expression.filter(|text| !text.is_empty()),
                event_pattern: request.event_pattern.filter(|text| !text.is_empty()),
                role_arn: request.role_arn,
                state: request.state.unwrap_or_else(|| "ENABLED".to_owned()),
                scheduled_at: now,
                tags: request.tags.into_iter().map(Tag::into_pair).collect(),
                targets: BTreeMap::new(),
                schedule,
                pattern,
                next_fire: None,
            };
            rule.reckon(now);
            if let Some(before) = before {
                rule.succeed(before);
            }
            rules.insert(name, rule);
            Ok(json!({ "RuleArn": arn }))
        })
    }

    pub(super) fn describe_rule(&self, request: NamedRule) -> Result<Value, ApiError> {
        let (bus, name) = request.check()?;
        self.read(|books| {
            let rule = books.rule(bus, name)?;
            let mut description = self.rule_json(bus, name, rule);
            if let Value::Object(fields) = &mut description {
                fields.insert("CreatedBy".to_owned(), json!(self.0.options.account));
            }
            Ok(description)
        })
    }

    pub(super) fn list_rules(&self, request: ListRules) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        checks.optional("namePrefix", request.name_prefix.as_deref(), NAME);
        checks.optional("eventBusName", request.event_bus_name.as_deref(), BUS);
        checks.length("nextToken", request.next_token.as_deref(), TOKEN_CHARS_MAX);
        checks.number("limit", request.limit, 1, PAGE_MAX);
        checks.finish()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        let prefix = request.name_prefix.unwrap_or_default();
        self.read(|books| {
            let rules = books
                .bus(bus)?
                .rules
                .iter()
                .filter(|(name, _)| name.starts_with(&prefix));
            let rules = rules.map(|(name, rule)| (name.clone(), self.rule_json(bus, name, rule)));
            let (rules, token) = page(rules, request.next_token.as_deref(), request.limit)?;
            Ok(with_token(json!({ "Rules": rules }), token))
        })
    }

    pub(super) fn set_state(&self, request: NamedRule, state: &str) -> Result<Value, ApiError> {
        let (bus, name) = request.check()?;
        let now = self.0.options.clock.now();
        self.change(|books| {
            let rule = books.rule_mut(bus, name)?;
            if !rule.is_enabled() {
                rule.reckon(now);
            }
            state.clone_into(&mut rule.state);
            Ok(Value::Null)
        })
    }

    /// A rule that is not there is deleted successfully, as on AWS.
    pub(super) fn delete_rule(&self, request: NamedRule) -> Result<Value, ApiError> {
        let (bus, name) = request.check()?;
        self.change(|books: &mut Books| {
            let Ok(bus) = books.bus_mut(bus) else {
                return Ok(Value::Null);
            };
            if bus
                .rules
                .get(name)
                .is_some_and(|rule| !rule.targets.is_empty())
            {
                return Err(ApiError::validation(
                    "Rule can't be deleted since it has targets.",
                ));
            }
            bus.rules.remove(name);
            Ok(Value::Null)
        })
    }

    fn rule_json(&self, bus: &str, name: &str, rule: &Rule) -> Value {
        let mut fields = json!({
            "Name": name,
            "Arn": self.rule_arn(bus, name),
            "State": rule.state,
            "EventBusName": bus,
        });
        let given = [
            ("Description", &rule.description),
            ("ScheduleExpression", &rule.schedule_expression),
            ("EventPattern", &rule.event_pattern),
            ("RoleArn", &rule.role_arn),
        ];
        for (field, value) in given {
            if let (Some(value), Value::Object(fields)) = (value, &mut fields) {
                fields.insert(field.to_owned(), json!(value));
            }
        }
        fields
    }
}

impl NamedRule {
    fn check(&self) -> Result<(&str, &str), ApiError> {
        let mut checks = Checks::default();
        let name = checks.required("name", self.name.as_deref(), NAME);
        checks.optional("eventBusName", self.event_bus_name.as_deref(), BUS);
        checks.finish()?;
        Ok((bus_name(self.event_bus_name.as_deref()), name))
    }
}

impl Rule {
    /// Takes over what replacing a rule leaves alone: targets and tags, and, if the schedule is the same, its
    /// phase and the fire time that is due. Otherwise a rule put again at the minute would miss that minute.
    fn succeed(&mut self, before: Self) {
        if self.schedule_expression == before.schedule_expression {
            self.scheduled_at = before.scheduled_at;
            if before.is_enabled() {
                self.next_fire = before.next_fire;
            }
        }
        self.targets = before.targets;
        self.tags = before.tags;
    }
}
