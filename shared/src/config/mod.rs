//! Environment in, types out. The only file that reads the environment, and it reads it once.
//!
//! A variable called `NAME_PARAMETER` says where the secret `NAME` is kept: the name of a parameter in
//! AWS's Parameter Store, which whoever starts a function reads ([`Environment::parameters`]).
//!
//! Every problem is reported, together and on one line. Defaults stand in `infra/aws` and
//! `.env.sample`, not here: a variable is required, or empty means "none".

mod core;
mod dispatcher;
mod gemini;
mod oidc;
mod origins;
mod rules;
mod sections;
mod token_keys;
mod webhook_keys;

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

pub use self::core::{Collector, Core, Pooling, Telemetry};
pub use dispatcher::Dispatcher;
pub use gemini::{Gemini, Price, Prices};
pub use oidc::Oidc;
pub use rules::{ClockBackend, Rules, RulesOwner, Scheduler};
pub use sections::{Classification, Email, Media, Meta, Notify, Retention};
pub use token_keys::{TokenKey, TokenKeys};
pub use webhook_keys::WebhookKeys;

/// A value that is never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The secret itself, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Everything wrong with the environment.
#[derive(Debug, thiserror::Error)]
#[error("bad environment: {0}")]
pub struct ConfigError(String);

/// What the names of variables end with that hold the name of a parameter.
const PARAMETER: &str = "_PARAMETER";

/// Any source of variables.
type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// Reads variables and gathers what is wrong with them.
pub struct Environment {
    lookup: Lookup,
    /// Names of parameters, by the variable whose value they hold.
    parameters: BTreeMap<String, String>,
    /// Values of parameters, by their names.
    values: BTreeMap<String, Secret>,
    problems: Vec<String>,
}

impl Environment {
    /// The process's own environment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the one reader")]
    pub fn of_process() -> Self {
        let mut it = Self::from_lookup(|name| std::env::var(name).ok());
        it.parameters = std::env::vars()
            .filter_map(|(name, value)| Some((name.strip_suffix(PARAMETER)?.to_owned(), value)))
            .collect();
        it
    }

    /// The names of the parameters that hold secrets.
    #[must_use]
    pub fn parameters(&self) -> Vec<String> {
        self.parameters.values().cloned().collect()
    }

    /// Takes the values of parameters, by their names.
    #[must_use]
    pub fn with_values(self, values: BTreeMap<String, Secret>) -> Self {
        Self { values, ..self }
    }

    /// Any source of strings, so that tests never touch the real environment.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self {
            lookup: Box::new(lookup),
            parameters: BTreeMap::new(),
            values: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`ConfigError`] naming every problem found, when there is one.
    pub fn finish(self) -> Result<(), ConfigError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigError(self.problems.join("; ")))
        }
    }

    /// The variable, or `None` when unset or empty, or when its parameter does not exist.
    pub fn optional(&mut self, name: &str) -> Option<String> {
        let value = match self.parameters.get(name) {
            Some(parameter) => self.values.get(parameter).map(|it| it.expose().to_owned()),
            None => (self.lookup)(name),
        };
        value.filter(|value| !value.is_empty())
    }

    /// The variable; unset is a problem.
    pub fn required(&mut self, name: &str) -> String {
        if let Some(value) = self.optional(name) {
            return value;
        }
        match self.parameters.get(name) {
            Some(parameter) => self.problem(format!(
                "{name} is not set: parameter {parameter} does not exist or is empty"
            )),
            None => self.problem(format!("{name} is not set")),
        }
    }

    /// A whole number within `bounds`.
    pub fn number(&mut self, name: &str, bounds: RangeInclusive<u64>) -> u64 {
        let text = self.required(name);
        if text.is_empty() {
            return 0;
        }
        match text.parse() {
            Ok(number) if bounds.contains(&number) => number,
            _ => {
                let (least, most) = bounds.into_inner();
                self.problem(format!(
                    "{name} is not a whole number from {least} to {most}: {text:?}"
                ))
            }
        }
    }

    /// A comma-separated list; unset means empty.
    pub fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.optional(name).unwrap_or_default();
        text.split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The memory that Lambda gives the function, in MB; `None` elsewhere. No setting of ours.
    ///
    /// **Source:** Lambda developer guide, "Defined runtime environment variables".
    fn memory_mb(&mut self) -> Option<u32> {
        const MEMORY: &str = "AWS_LAMBDA_FUNCTION_MEMORY_SIZE";
        let text = self.optional(MEMORY)?;
        let memory_mb = text.parse().ok();
        memory_mb.or_else(|| self.problem(format!("{MEMORY} is not a whole number: {text:?}")))
    }

    /// Records a problem and stands in with an empty value, which nobody sees: `finish` fails.
    fn problem<T: Default>(&mut self, problem: String) -> T {
        self.problems.push(problem);
        T::default()
    }
}

#[cfg(test)]
mod tests;
