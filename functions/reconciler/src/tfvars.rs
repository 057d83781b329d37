//! The rules as a file of variables for Terraform, for installations where Terraform makes them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::desired::DesiredRule;

/// The content of a `.tfvars.json` of `infra/aws`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tfvars {
    rules_owner: &'static str,
    desired_rules: BTreeMap<String, Variable>,
}

/// One rule, as the variable `desired_rules` declares it. Its name is the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Variable {
    job_type: String,
    expression: String,
    is_enabled: bool,
    description: String,
    input_template: String,
}

impl Tfvars {
    /// The same rules that the reconciler would make: those that will fire again.
    #[must_use]
    pub fn new(rules: Vec<DesiredRule>) -> Self {
        let firing = rules.into_iter().filter(|it| it.next_fire.is_some());
        Self {
            rules_owner: "terraform",
            desired_rules: firing.map(variable).collect(),
        }
    }
}

fn variable(desired: DesiredRule) -> (String, Variable) {
    let rule = desired.rule;
    let variable = Variable {
        job_type: desired.job_type,
        expression: rule.expression,
        is_enabled: rule.is_enabled,
        description: rule.description,
        input_template: rule.target.input_template,
    };
    (rule.name, variable)
}
