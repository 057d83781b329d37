//! The parameter `filtering`: which ads count.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::super::{
    accounts::{Account, Line},
    catalogue::Type,
    refusal::Refusal,
    request::{Parameters, plain},
};

/// One element of `filtering`, as it is understood here.
#[derive(Debug)]
pub(super) struct Filter {
    object: Type,
    is_status: bool,
    is_negated: bool,
    values: HashSet<String>,
}

#[derive(Deserialize)]
struct Given {
    field: String,
    operator: String,
    value: Value,
}

impl Filter {
    /// Reads the parameter.
    ///
    /// # Errors
    /// Code 100 for what is not understood.
    pub(super) fn read(parameters: &Parameters) -> Result<Vec<Self>, Refusal> {
        let Some(text) = parameters.get("filtering") else {
            return Ok(Vec::new());
        };
        let given: Vec<Given> = serde_json::from_str(text)
            .map_err(|_| Refusal::parameter("param filtering must be an array."))?;
        given.iter().map(Self::understand).collect()
    }

    fn understand(given: &Given) -> Result<Self, Refusal> {
        let refusal = || {
            Refusal::parameter(format_args!(
                "Filtering field '{}' with operation '{}' is not supported",
                given.field, given.operator
            ))
        };
        let (object, field) = given.field.split_once('.').ok_or_else(refusal)?;
        let object = match object {
            "campaign" => Type::Campaign,
            "adset" => Type::AdSet,
            "ad" => Type::Ad,
            _ => return Err(refusal()),
        };
        let values = match (&given.value, given.operator.as_str()) {
            (Value::Array(values), "IN" | "NOT_IN") => values.iter().map(plain).collect(),
            (value, "EQUAL") => HashSet::from([plain(value)]),
            _ => return Err(refusal()),
        };
        if !matches!(field, "id" | "effective_status") {
            return Err(refusal());
        }
        Ok(Self {
            object,
            is_status: field == "effective_status",
            is_negated: given.operator == "NOT_IN",
            values,
        })
    }

    /// Whether an ad counts.
    pub(super) fn passes(&self, account: &Account, ad: &Line) -> bool {
        let line = match self.object {
            Type::Campaign => account.campaigns.get(ad.campaign),
            Type::AdSet => account.ad_sets.get(ad.ad_set),
            _ => Some(ad),
        };
        let actual = line.map_or("", |line| {
            if self.is_status {
                line.status
            } else {
                &line.id
            }
        });
        self.values.contains(actual) != self.is_negated
    }
}
