//! What went wrong in a sweep. One failure never stops the rest, so there may be many.

use std::{error::Error, fmt};

/// Failures told one by one; more are only counted. A line of a log has to end somewhere.
const TOLD_MAX: usize = 10;

type Cause = Box<dyn Error + Send + Sync>;

/// One step that failed.
#[derive(Debug, thiserror::Error)]
#[error("{doing}")]
pub struct Failure {
    doing: String,
    #[source]
    source: Cause,
}

impl Failure {
    /// Wraps a cause with what was being done, as in "listing schedules".
    pub fn new(doing: impl Into<String>, source: impl Into<Cause>) -> Self {
        Self {
            doing: doing.into(),
            source: source.into(),
        }
    }

    /// For `map_err`.
    pub fn while_doing<E: Into<Cause>>(doing: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::new(doing, source)
    }

    /// What was being done and every cause below it, in one line.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut line = self.doing.clone();
        let mut cause: Option<&(dyn Error + 'static)> = Some(self.source.as_ref());
        while let Some(error) = cause {
            let text = error.to_string();
            // Some errors repeat their cause in their own text.
            if !line.contains(&text) {
                line.push_str(": ");
                line.push_str(&text);
            }
            cause = error.source();
        }
        line
    }
}

/// Everything that went wrong in one invocation. The rest was done.
#[derive(Debug, thiserror::Error)]
pub struct Failures(Vec<Failure>);

impl Failures {
    /// `Err` when there are failures, else `value`.
    ///
    /// # Errors
    /// All of `failures`.
    pub fn check<T>(failures: Vec<Failure>, value: T) -> Result<T, Self> {
        match failures.is_empty() {
            true => Ok(value),
            false => Err(Self(failures)),
        }
    }
}

impl From<Failure> for Failures {
    fn from(failure: Failure) -> Self {
        Self(vec![failure])
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<_> = self.0.iter().take(TOLD_MAX).map(Failure::chain).collect();
        f.write_str(&told.join("; "))?;
        match self.0.len() - told.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_every_cause_once() {
        let inner = Failure::new("asking the bus", "no answer");
        let failure = Failure::new("sending runs", inner);
        assert_eq!(failure.chain(), "sending runs: asking the bus: no answer");
    }

    #[test]
    fn many_failures_are_told_up_to_a_bound() {
        let failures = (0..12)
            .map(|n| Failure::new(format!("step {n}"), "no"))
            .collect();
        let line = Failures::check(failures, ())
            .expect_err("failures")
            .to_string();
        assert!(line.starts_with("step 0: no; step 1: no; "), "{line}");
        assert!(line.ends_with("step 9: no; and 2 more"), "{line}");
    }

    #[test]
    fn no_failures_are_success() {
        assert_eq!(Failures::check(vec![], 7).expect("success"), 7);
    }
}
