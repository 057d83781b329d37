//! Environment in, types out. The only file that reads the environment, and it reads it once.
//!
//! A variable called `NAME_PARAMETER` says where the secret `NAME` is kept: the name of a parameter in
//! AWS's Parameter Store, which whoever starts a function reads ([`Environment::parameters`]).
//!
//! Every problem is reported, together and on one line. Defaults stand in `infra/aws` and
//! `.env.sample`, not here: a variable is required, or empty means "none".

mod core;
mod rules;
mod sections;

use std::{collections::BTreeMap, fmt, ops::RangeInclusive};

pub use self::core::{Collector, Core, Pooling, Telemetry};
pub use rules::{ClockBackend, Rules, RulesOwner, Scheduler};
pub use sections::{Dispatcher, Email, Media, Meta, Notify, Retention};

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
mod tests {
    use super::*;

    fn environment(pairs: &'static [(&str, &str)]) -> Environment {
        Environment::from_lookup(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_secret_comes_from_its_parameter() {
        let mut env = environment(&[("META_ACCESS_TOKEN", "of the environment")]);
        env.parameters = [
            ("DATABASE_URL", "/sundial/prod/DATABASE_URL"),
            ("META_APP_SECRET", "/sundial/prod/META_APP_SECRET"),
        ]
        .map(|(name, parameter)| (name.to_owned(), parameter.to_owned()))
        .into();
        assert_eq!(env.parameters().len(), 2);
        let url = (
            "/sundial/prod/DATABASE_URL".to_owned(),
            Secret::new("postgres://"),
        );
        let mut env = env.with_values([url].into());

        assert_eq!(env.required("DATABASE_URL"), "postgres://");
        assert_eq!(env.required("META_ACCESS_TOKEN"), "of the environment");
        assert_eq!(env.optional("META_APP_SECRET"), None);
        env.required("META_APP_SECRET");

        let problem = env.finish().unwrap_err().to_string();
        let wanted =
            "META_APP_SECRET is not set: parameter /sundial/prod/META_APP_SECRET does not exist";
        assert!(problem.contains(wanted), "{problem}");
    }

    #[test]
    fn every_problem_is_reported_at_once() {
        let mut env = environment(&[
            ("SUNDIAL_BUS", "sundial"),
            ("META_GRAPH_URL", "graph"),
            ("META_API_VERSION", "25"),
            ("MEDIA_IMAGE_BYTES_MAX", "ten"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much"),
        ]);
        Core::read(&mut env);
        Meta::read(&mut env);
        Media::read(&mut env);

        let line = env.finish().unwrap_err().to_string();

        assert!(
            line.starts_with("bad environment: DATABASE_URL is not set; "),
            "{line}"
        );
        for problem in [
            "META_GRAPH_URL is not an http(s) address: \"graph\"",
            "META_API_VERSION is not like v25.0: \"25\"",
            "META_ACCESS_TOKEN is not set",
            "ASSET_BUCKET is not set",
            "MEDIA_IMAGE_BYTES_MAX is not a whole number",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE is not a whole number",
        ] {
            assert!(line.contains(problem), "{problem} is missing in: {line}");
        }
    }

    #[test]
    fn a_good_environment_is_read() {
        let digest = "00".repeat(32);
        let mut env = Environment::from_lookup(move |_| Some(digest.clone()));

        assert_eq!(Dispatcher::read(&mut env).token_digests, [[0; 32]]);
        assert!(env.finish().is_ok());
    }

    #[test]
    fn memory_is_known_on_lambda_and_not_elsewhere() {
        let elsewhere = [("DATABASE_URL", "postgres://"), ("SUNDIAL_BUS", "sundial")];
        let lambda = ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
        let memory_mb = |pairs: &[(&'static str, &'static str)]| {
            let pairs: BTreeMap<_, _> = pairs.iter().copied().collect();
            let mut env =
                Environment::from_lookup(move |it| pairs.get(it).map(ToString::to_string));
            let core = Core::read(&mut env);
            env.finish().unwrap();
            core.memory_mb
        };

        assert_eq!(memory_mb(&elsewhere), None);
        assert_eq!(memory_mb(&[&elsewhere[..], &[lambda]].concat()), Some(512));
    }

    #[test]
    fn an_empty_token_list_is_a_problem() {
        let mut env = environment(&[("SUNDIAL_API_TOKEN_SHA256", "")]);
        Dispatcher::read(&mut env);

        assert!(env.finish().is_err());
    }

    #[test]
    fn channels_are_optional_and_email_is_whole_or_not_at_all() {
        let mut env = environment(&[]);
        let notify = Notify::read(&mut env);
        assert!(notify.slack_webhook.is_none() && notify.email.is_none());
        assert!(env.finish().is_ok());

        let mut env = environment(&[
            ("SUNDIAL_SLACK_WEBHOOK", "no-address"),
            ("SUNDIAL_RESEND_KEY", "re_1"),
        ]);
        Notify::read(&mut env);
        let line = env.finish().unwrap_err().to_string();
        for problem in [
            "SUNDIAL_SLACK_WEBHOOK is not an address",
            "SUNDIAL_RESEND_URL is not set",
            "SUNDIAL_EMAIL_FROM is not set",
            "SUNDIAL_EMAIL_TO is not set",
        ] {
            assert!(line.contains(problem), "{problem} is missing in: {line}");
        }
        assert!(
            !line.contains("no-address"),
            "a webhook is a secret: {line}"
        );
    }

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "***");
    }
}
