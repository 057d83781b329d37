//! What a run has done so far; also what it goes on from.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{clients::meta::Class, domain::Report, store::ad_accounts::Expiring};

use crate::account::Ending;

/// Most warnings kept; what is beyond is counted.
const WARNINGS_MAX: usize = 50;

/// Figures of a run over all its segments.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tally {
    /// The last account that was looked at: when its token expires, and which it is.
    last: Option<(DateTime<Utc>, String)>,
    pub(crate) seen: u64,
    pub(crate) extended: u64,
    young: u64,
    replaced: u64,
    reconnect: u64,
    not_extendable: u64,
    failed: u64,
    /// Of the failed ones, those that may go well another time.
    passing: u64,
    resealed: u64,
    first_failure: Option<String>,
    warnings: Vec<String>,
    warnings_left_out: u64,
}

impl Tally {
    /// The tally of the segment or attempt before, if there was one.
    pub(crate) fn resume(cursor: Option<&Value>) -> Self {
        cursor
            .and_then(|cursor| Self::deserialize(cursor).ok())
            .unwrap_or_default()
    }

    /// Where to go on.
    pub(crate) fn cursor(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The place after which the next account comes.
    pub(crate) fn after(&self) -> Option<(DateTime<Utc>, &str)> {
        let (time, account) = self.last.as_ref()?;
        Some((*time, account))
    }

    /// Counts what became of an account's token.
    pub(crate) fn add(&mut self, expiring: &Expiring, ending: Ending) {
        let account = &expiring.account.account;
        self.last = Some((expiring.expires_at, account.clone()));
        self.seen += 1;
        let line = format!("{account}: {ending}");
        match ending {
            Ending::Extended(_) => self.extended += 1,
            Ending::Young => self.young += 1,
            Ending::Replaced => self.replaced += 1,
            Ending::Lost { .. } => {
                self.reconnect += 1;
                self.warn(line);
            }
            Ending::NoApp { .. } | Ending::NoGain { .. } => {
                self.not_extendable += 1;
                self.warn(line);
            }
            Ending::Unusable(_) => self.fail(line),
            Ending::Failed(error) => {
                if error.class() != Class::Config {
                    self.passing += 1;
                }
                self.fail(line);
            }
        }
    }

    /// Counts a token that has another key now.
    pub(crate) fn add_resealed(&mut self) {
        self.resealed += 1;
    }

    /// Says something that does not make the run a failure.
    pub(crate) fn warn(&mut self, line: String) {
        if self.warnings.len() < WARNINGS_MAX {
            self.warnings.push(line);
        } else {
            self.warnings_left_out += 1;
        }
    }

    fn fail(&mut self, line: String) {
        self.failed += 1;
        self.first_failure.get_or_insert_with(|| line.clone());
        self.warn(line);
    }

    /// The first token that should have been extended and was not.
    pub(crate) fn first_failure(&self) -> Option<&str> {
        self.first_failure.as_deref()
    }

    /// Whether another attempt may do better.
    pub(crate) fn may_pass(&self) -> bool {
        self.passing > 0
    }

    /// For people.
    pub(crate) fn report(&self) -> Report {
        let report = [
            ("tokens_extended", self.extended),
            ("tokens_too_young", self.young),
            ("tokens_replaced", self.replaced),
            ("accounts_to_reconnect", self.reconnect),
            ("tokens_not_extendable", self.not_extendable),
            ("tokens_failed", self.failed),
            ("tokens_resealed", self.resealed),
        ]
        .into_iter()
        .fold(Report::new(), |report, (name, count)| {
            report.count(name, count)
        });
        let report = self.warnings.iter().fold(report, Report::warning);
        match self.warnings_left_out {
            0 => report,
            more => report.warning(format!("{more} more warnings were left out")),
        }
    }
}
