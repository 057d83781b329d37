//! A target as a request gives it: what AWS checks before it is kept.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::books::Target;
use super::input::{InputTransformer, PATHS_MAX, is_path};
use super::targets::ARN;
use crate::aws::checks::{Checks, NAME, Shape, Text, is_arn};
use crate::aws::error::ApiError;

/// Longest constant input and longest template. **Source:** AWS, API model.
const INPUT_CHARS_MAX: usize = 8192;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GivenTarget {
    id: Option<String>,
    arn: Option<String>,
    input: Option<String>,
    input_path: Option<String>,
    input_transformer: Option<InputTransformer>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl GivenTarget {
    pub(super) fn check(&self, checks: &mut Checks, number: usize) {
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

    pub(super) fn check_meaning(&self) -> Result<(), ApiError> {
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

    pub(super) fn accepted(self) -> Target {
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
