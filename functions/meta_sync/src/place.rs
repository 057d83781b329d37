//! How far a sync has come. This is the run's cursor.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{JobError, MetaSyncParams},
    runtime::Run,
    steps::destinations::Tally,
    store::slices::SyncId,
};
use uuid::Uuid;

/// Warnings kept; those beyond are counted.
const WARNINGS_MAX: usize = 40;

/// What is done one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    /// Which days to read.
    Plan,
    /// Numbers per ad and day. Without them the run fails; without any later step it does not.
    Performance,
    /// Campaigns with their objectives.
    Campaigns,
    /// Which ads there are, and whether they are delivered.
    Ads,
    /// What ads show and say.
    Looks,
    /// What is known of ads, in their numbers.
    Repeat,
    /// Where ads lead to.
    Destinations,
    /// Numbers by age, gender and placement.
    Demographics,
    /// What is usual for the brand.
    Baselines,
    /// Nothing is left.
    End,
}

impl Step {
    fn next(self) -> Self {
        match self {
            Self::Plan => Self::Performance,
            Self::Performance => Self::Campaigns,
            Self::Campaigns => Self::Ads,
            Self::Ads => Self::Looks,
            Self::Looks => Self::Repeat,
            Self::Repeat => Self::Destinations,
            Self::Destinations => Self::Demographics,
            Self::Demographics => Self::Baselines,
            Self::Baselines | Self::End => Self::End,
        }
    }
}

/// How far a sync has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    sync: Uuid,
    account: String,
    pub(crate) began: DateTime<Utc>,
    /// The day in the account's time zone when it began.
    pub(crate) began_on: NaiveDate,
    pub(crate) step: Step,
    /// Where within the step: a cursor of Meta's, or the last ad.
    pub(crate) after: Option<String>,
    counts: BTreeMap<String, u64>,
    pub(crate) destinations: Tally,
    /// Datasets, with the records written or why not.
    datasets: BTreeMap<String, Result<u64, String>>,
    warnings: Vec<String>,
    warnings_dropped: u64,
}

impl Place {
    /// The beginning.
    pub(crate) fn new(run: &Run<MetaSyncParams>, account: &str, today: NaiveDate) -> Self {
        Self {
            sync: run.id.0,
            account: account.to_owned(),
            began: run.now(),
            began_on: today,
            step: Step::Plan,
            after: None,
            counts: BTreeMap::new(),
            destinations: Tally::default(),
            datasets: BTreeMap::new(),
            warnings: vec![],
            warnings_dropped: 0,
        }
    }

    /// Where the segment or attempt before has come to. A cursor that cannot be read is a beginning.
    ///
    /// # Errors
    /// `GiveUp` when the brand has another primary account by now: what is planned is of the one before.
    pub(crate) fn resume(
        run: &Run<MetaSyncParams>,
        account: &str,
    ) -> Result<Option<Self>, JobError> {
        let read = run
            .cursor
            .as_ref()
            .and_then(|cursor| Self::deserialize(cursor).ok());
        match read {
            Some(place) if place.account != account => Err(JobError::give_up(format!(
                "the brand's primary ad account was {} when this run began, and is {account} now: run it anew",
                place.account
            ))),
            read => Ok(read),
        }
    }

    pub(crate) fn cursor(&self) -> Result<Value, JobError> {
        serde_json::to_value(self)
            .map_err(JobError::retry("writing down how far the sync has come"))
    }

    pub(crate) fn sync(&self) -> SyncId {
        SyncId(self.sync)
    }

    pub(crate) fn advance(&mut self) {
        self.step = self.step.next();
        self.after = None;
    }

    pub(crate) fn warn(&mut self, line: impl Into<String>) {
        if self.warnings.len() < WARNINGS_MAX {
            self.warnings.push(line.into());
        } else {
            self.warnings_dropped += 1;
        }
    }

    pub(crate) fn succeeded(&mut self, run: &Run<MetaSyncParams>, dataset: &str, records: u64) {
        run.step_succeeded(dataset, records);
        self.datasets.insert(dataset.to_owned(), Ok(records));
    }

    pub(crate) fn failed(&mut self, run: &Run<MetaSyncParams>, dataset: &str, error: &str) {
        run.step_failed(dataset, error);
        self.datasets
            .insert(dataset.to_owned(), Err(error.to_owned()));
        self.warn(format!("{dataset} was not refreshed: {error}"));
    }

    /// Tells again what earlier segments have told: a run's datasets are written when it ends.
    pub(crate) fn tell_again(&self, run: &Run<MetaSyncParams>) {
        for (dataset, result) in &self.datasets {
            match result {
                Ok(records) => run.step_succeeded(dataset, *records),
                Err(error) => run.step_failed(dataset, error),
            }
        }
        for (name, value) in &self.counts {
            run.count(name, *value);
        }
    }

    /// Sets a figure.
    pub(crate) fn set(&mut self, run: &Run<MetaSyncParams>, name: &str, value: u64) {
        self.counts.insert(name.to_owned(), value);
        run.count(name, value);
    }

    /// A figure so far.
    pub(crate) fn counted(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or_default()
    }

    /// Adds to a figure.
    pub(crate) fn count(&mut self, run: &Run<MetaSyncParams>, name: &str, more: u64) {
        self.set(run, name, self.counted(name) + more);
    }

    /// Every figure by name.
    pub(crate) fn all_counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
    }

    /// Every warning, and how many were left out.
    pub(crate) fn all_warnings(&self) -> Vec<String> {
        let mut warnings = self.warnings.clone();
        if self.warnings_dropped > 0 {
            warnings.push(format!(
                "{} more warnings are in the log only",
                self.warnings_dropped
            ));
        }
        warnings
    }
}
