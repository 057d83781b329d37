//! Targets of rules.

use serde::Deserialize;
use serde_json::{Value, json};

use super::given_target::GivenTarget;
use super::{EventBridge, bus_name};
use crate::aws::checks::{BUS, Checks, NAME, Shape, Text};
use crate::aws::error::ApiError;
use crate::aws::pages::{PAGE_MAX, TOKEN_CHARS_MAX, page, with_token};

/// Most targets of a rule. **Source:** AWS, "Amazon EventBridge quotas".
const TARGETS_MAX: usize = 5;
/// Most targets put or removed by one request. **Source:** AWS, API model (the API reference says 10).
const TARGETS_PER_REQUEST: usize = 100;
/// ARNs of targets. **Source:** AWS, API model.
pub(super) const ARN: Text = Text {
    max: 1600,
    shape: Shape::Any,
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PutTargets {
    rule: Option<String>,
    event_bus_name: Option<String>,
    targets: Option<Vec<GivenTarget>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RemoveTargets {
    rule: Option<String>,
    event_bus_name: Option<String>,
    ids: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListTargetsByRule {
    rule: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListRuleNamesByTarget {
    target_arn: Option<String>,
    event_bus_name: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

impl PutTargets {
    fn check(&self) -> Result<(), ApiError> {
        let mut checks = Checks::default();
        checks.required("rule", self.rule.as_deref(), NAME);
        checks.optional("eventBusName", self.event_bus_name.as_deref(), BUS);
        match &self.targets {
            None => checks.null("targets"),
            Some(targets) => {
                checks.count("targets", targets.len(), 1, TARGETS_PER_REQUEST);
                for (target, number) in targets.iter().zip(1..) {
                    target.check(&mut checks, number);
                }
            }
        }
        checks.finish()?;
        self.targets
            .iter()
            .flatten()
            .try_for_each(GivenTarget::check_meaning)
    }
}

impl EventBridge {
    pub(super) fn put_targets(&self, request: PutTargets) -> Result<Value, ApiError> {
        request.check()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        self.change(|books| {
            let rule = books.rule_mut(bus, request.rule.as_deref().unwrap_or_default())?;
            let mut targets = rule.targets.clone();
            for target in request
                .targets
                .into_iter()
                .flatten()
                .map(GivenTarget::accepted)
            {
                targets.insert(target.id.clone(), target);
            }
            if targets.len() > TARGETS_MAX {
                return Err(ApiError::limit());
            }
            rule.targets = targets;
            Ok(json!({ "FailedEntryCount": 0, "FailedEntries": [] }))
        })
    }

    pub(super) fn remove_targets(&self, request: RemoveTargets) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let rule = checks.required("rule", request.rule.as_deref(), NAME);
        checks.optional("eventBusName", request.event_bus_name.as_deref(), BUS);
        match &request.ids {
            None => checks.null("ids"),
            Some(ids) => {
                checks.count("ids", ids.len(), 1, TARGETS_PER_REQUEST);
                for (id, number) in ids.iter().zip(1..) {
                    checks.required(&format!("ids.{number}.member"), Some(id), NAME);
                }
            }
        }
        checks.finish()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        self.change(|books| {
            let targets = &mut books.rule_mut(bus, rule)?.targets;
            let missing = request
                .ids
                .iter()
                .flatten()
                .filter(|id| targets.remove(*id).is_none());
            let failed: Vec<Value> = missing.map(|id| no_target(id, rule)).collect();
            Ok(json!({ "FailedEntryCount": failed.len(), "FailedEntries": failed }))
        })
    }

    pub(super) fn list_targets_by_rule(
        &self,
        request: ListTargetsByRule,
    ) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let rule = checks.required("rule", request.rule.as_deref(), NAME);
        checks.optional("eventBusName", request.event_bus_name.as_deref(), BUS);
        checks.length("nextToken", request.next_token.as_deref(), TOKEN_CHARS_MAX);
        checks.number("limit", request.limit, 1, PAGE_MAX);
        checks.finish()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        self.read(|books| {
            let targets = books
                .rule(bus, rule)?
                .targets
                .iter()
                .map(|(id, target)| (id.clone(), json!(target)));
            let (targets, token) = page(targets, request.next_token.as_deref(), request.limit)?;
            Ok(with_token(json!({ "Targets": targets }), token))
        })
    }

    pub(super) fn list_rule_names_by_target(
        &self,
        request: ListRuleNamesByTarget,
    ) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let arn = checks.required("targetArn", request.target_arn.as_deref(), ARN);
        checks.optional("eventBusName", request.event_bus_name.as_deref(), BUS);
        checks.length("nextToken", request.next_token.as_deref(), TOKEN_CHARS_MAX);
        checks.number("limit", request.limit, 1, PAGE_MAX);
        checks.finish()?;
        let bus = bus_name(request.event_bus_name.as_deref());
        self.read(|books| {
            let rules = books.bus(bus)?.rules.iter();
            let rules =
                rules.filter(|(_, rule)| rule.targets.values().any(|target| target.arn == arn));
            let names = rules.map(|(name, _)| (name.clone(), name.clone()));
            let (names, token) = page(names, request.next_token.as_deref(), request.limit)?;
            Ok(with_token(json!({ "RuleNames": names }), token))
        })
    }
}

fn no_target(id: &str, rule: &str) -> Value {
    json!({
        "TargetId": id,
        "ErrorCode": "ResourceNotFoundException",
        "ErrorMessage": format!("Target {id} does not exist on Rule {rule}."),
    })
}
