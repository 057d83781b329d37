//! Targets of rules.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{PAGE_MAX, TOKEN_CHARS_MAX, page};
use super::books::Target;
use super::checks::{BUS, Checks, NAME, Shape, Text};
use super::error::ApiError;
use super::input::{InputTransformer, PATHS_MAX, is_path};
use super::rules::with_token;
use super::{EventBridge, bus_name};

/// Most targets of a rule. **Source:** AWS, "Amazon EventBridge quotas".
const TARGETS_MAX: usize = 5;
/// Most targets put or removed by one request. **Source:** AWS, API model (the API reference says 10).
const TARGETS_PER_REQUEST: usize = 100;
/// Longest constant input and longest template. **Source:** AWS, API model.
const INPUT_CHARS_MAX: usize = 8192;
const ARN: Text = Text {
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
struct GivenTarget {
    id: Option<String>,
    arn: Option<String>,
    input: Option<String>,
    input_path: Option<String>,
    input_transformer: Option<InputTransformer>,
    #[serde(flatten)]
    rest: Map<String, Value>,
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

impl GivenTarget {
    fn check(&self, checks: &mut Checks, number: usize) {
        let field = |name: &str| format!("targets.{number}.member.{name}");
        checks.required(&field("id"), self.id.as_deref(), NAME);
        checks.required(&field("arn"), self.arn.as_deref(), ARN);
        checks.length(&field("input"), self.input.as_deref(), INPUT_CHARS_MAX);
        checks.length(&field("inputPath"), self.input_path.as_deref(), 256);
        if let Some(transformer) = &self.input_transformer {
            let template = Text {
                max: INPUT_CHARS_MAX,
                shape: Shape::Any,
            };
            checks.required(
                &field("inputTransformer.inputTemplate"),
                transformer.input_template.as_deref(),
                template,
            );
            let paths = transformer.input_paths_map.iter().flatten();
            checks.count(
                &field("inputTransformer.inputPathsMap"),
                paths.clone().count(),
                0,
                PATHS_MAX,
            );
            for (name, path) in paths {
                let field = field("inputTransformer.inputPathsMap");
                checks.required(
                    &field,
                    Some(name),
                    Text {
                        max: 256,
                        shape: Shape::Name,
                    },
                );
                checks.required(
                    &field,
                    Some(path),
                    Text {
                        max: 256,
                        shape: Shape::Any,
                    },
                );
            }
        }
        self.check_delivery(checks, &field);
    }

    /// **Source:** AWS, API model, "RetryPolicy".
    fn check_delivery(&self, checks: &mut Checks, field: &dyn Fn(&str) -> String) {
        let Some(policy) = self.rest.get("RetryPolicy") else {
            return;
        };
        let number = |name: &str| policy.get(name).and_then(Value::as_i64);
        checks.number(
            &field("retryPolicy.maximumRetryAttempts"),
            number("MaximumRetryAttempts"),
            0,
            185,
        );
        checks.number(
            &field("retryPolicy.maximumEventAgeInSeconds"),
            number("MaximumEventAgeInSeconds"),
            60,
            86_400,
        );
    }

    fn check_meaning(&self) -> Result<(), ApiError> {
        let id = self.id.as_deref().unwrap_or_default();
        let arn = self.arn.as_deref().unwrap_or_default();
        if !is_arn(arn) {
            let said = format!(
                "Parameter {arn} is not valid. Reason: Provided Arn is not in correct format."
            );
            return Err(ApiError::validation(said));
        }
        let ways = [
            self.input.is_some(),
            self.input_path.is_some(),
            self.input_transformer.is_some(),
        ];
        if ways.iter().filter(|given| **given).count() > 1 {
            let said = format!(
                "Only one of Input, InputPath, or InputTransformer must be provided for target {id}."
            );
            return Err(ApiError::validation(said));
        }
        if let Some(input) = &self.input
            && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(input)
        {
            return Err(ApiError::validation(format!(
                "JSON syntax error in input for target {id} : {error}"
            )));
        }
        if self.input_path.as_ref().is_some_and(|path| !is_path(path)) {
            return Err(ApiError::validation(format!(
                "Invalid InputPath for target {id}."
            )));
        }
        match &self.input_transformer {
            Some(transformer) => check_transformer(id, transformer),
            None => Ok(()),
        }
    }

    fn accepted(self) -> Target {
        Target {
            id: self.id.unwrap_or_default(),
            arn: self.arn.unwrap_or_default(),
            input: self.input,
            input_path: self.input_path,
            input_transformer: self.input_transformer,
            rest: self.rest,
        }
    }
}

fn check_transformer(id: &str, transformer: &InputTransformer) -> Result<(), ApiError> {
    for (name, path) in transformer.input_paths_map.iter().flatten() {
        if name.to_ascii_uppercase().starts_with("AWS") {
            return Err(ApiError::validation(format!(
                "InputPathsMap for target {id} contains reserved key {name}."
            )));
        }
        if !is_path(path) {
            return Err(ApiError::validation(format!(
                "Invalid InputPathsMap for target {id} : {path}."
            )));
        }
    }
    if let Some(name) = transformer.undefined_placeholder() {
        let said = format!("InputTemplate for target {id} contains invalid placeholder {name}.");
        return Err(ApiError::validation(said));
    }
    match transformer.is_json() {
        true => Ok(()),
        false => Err(ApiError::validation(format!(
            "Invalid InputTemplate for target {id} : it is not valid JSON."
        ))),
    }
}

/// `arn:partition:service:region:account:resource`; region and account may be empty.
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if partition.starts_with("aws") && !service.is_empty() && !resource.is_empty())
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
