//! The rules part: look at the cloud, look at the rows, do what differs.
//!
//! The cloud is always looked at first. A rule seen there whose job is missing in the rows read
//! afterwards is truly unwanted; the other way round, a rule made in between would be deleted.

mod applied;
mod look;
mod noted;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use shared::{
    clients::cloud_clock::{CloudClock, CloudClockError},
    config::{Rules, RulesOwner},
    domain::{Clock, JobId},
    store::{
        Database,
        jobs::rules::{self, RuleJob},
    },
};

pub use self::{
    applied::Applied,
    look::{Look, look_of},
};
use crate::{
    budget::Budget,
    desired::{self, DesiredRule},
    error::{Failure, Failures},
    names,
    plan::{Actual, Change, Plan, plan},
};

/// Rows read at a time.
const ROWS_PER_PAGE: i64 = 1_000;

/// Pages of rows read before giving up: 20,000 jobs, far more than any rule quota seen holds.
/// Planning with a part of the rows would delete the rules of the others.
const ROW_PAGES_MAX: usize = 20;

/// Rules of which is told what they were, where that takes a call each.
const DESCRIBED_MAX: usize = 100;

/// Rows, cloud and settings of the rules part.
#[derive(Clone, Debug)]
pub struct Schedules {
    /// The rows.
    pub db: Database,
    /// The cloud's clock.
    pub cloud: Arc<dyn CloudClock>,
    /// Prefix and functions.
    pub settings: Rules,
    /// The time.
    pub clock: Clock,
}

impl Schedules {
    /// Compares all rows with all rules of our prefix. Rows that cannot be read are failures; their
    /// rules are left as they are.
    ///
    /// # Errors
    /// [`Failure`] when the cloud or the database does not answer.
    pub async fn plan(&self, look: Look) -> Result<(Plan, Vec<Failure>), Failure> {
        let actual = self.see(&names::prefix(&self.settings)).await?;
        self.compare(actual, look).await
    }

    /// The same, thoroughly and with what the rules to change are now, and how many rules there are in
    /// all, ours and others'.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn survey(&self) -> Result<(Plan, usize, Vec<Failure>), Failure> {
        let mut actual = self.see("").await?;
        let used = actual.rules.len();
        actual
            .rules
            .retain(|rule| rule.name.starts_with(&actual.prefix));
        let (mut plan, failures) = self.compare(actual, Look::Targets).await?;
        let changed = plan.changes.iter_mut().filter_map(Change::was_mut);
        for was in changed.take(DESCRIBED_MAX) {
            let described = self.cloud.describe(was.clone()).await;
            *was = described.map_err(Failure::while_doing("looking at a rule"))?;
        }
        Ok((plan, used, failures))
    }

    /// The rows against what was seen of the cloud before.
    async fn compare(
        &self,
        mut actual: Actual,
        look: Look,
    ) -> Result<(Plan, Vec<Failure>), Failure> {
        let jobs = live_jobs(&self.db).await?;
        let (wanted, untouchable, failures) = self.wanted(&jobs);
        if look == Look::Targets {
            actual.wakers = self.wakers(&wanted).await?;
        }
        let mut plan = plan(wanted, actual, &untouchable);
        plan.is_thorough = look == Look::Targets;
        if !plan.is_thorough {
            // Noting ten thousand rules takes a tenth of a second: that waits for the thorough look.
            plan.confirmed.clear();
        }
        Ok((plan, failures))
    }

    /// The same for one job.
    ///
    /// # Errors
    /// [`Failure`] when the cloud or the database does not answer, or the row cannot be read.
    pub async fn plan_job(&self, id: JobId) -> Result<Plan, Failure> {
        let Some(job) = self.job(id).await? else {
            return Ok(Plan::default());
        };
        let stem = names::stem(&self.settings, &job);
        let mut actual = self.see(&stem).await?;
        let clock = actual.clock;
        actual
            .rules
            .retain(|rule| names::stem_of(clock, &rule.name) == stem);
        // Read again: the rule that was seen may be newer than the first reading.
        let job = self.job(id).await?.unwrap_or(job);
        let (wanted, _, failures) = self.wanted(&[job]);
        match failures.into_iter().next() {
            Some(failure) => Err(failure),
            None => Ok(plan(wanted, actual, &BTreeSet::new())),
        }
    }

    /// The rules of all rows, in the order of their names. Needs no cloud.
    ///
    /// # Errors
    /// [`Failures`] when the database does not answer, or a row cannot be read: without its rule
    /// they are not all.
    pub async fn desired(&self) -> Result<Vec<DesiredRule>, Failures> {
        let jobs = live_jobs(&self.db).await?;
        let (wanted, _, failures) = self.wanted(&jobs);
        Failures::check(failures, wanted)
    }

    /// Does what is planned, in order, while there is time. A change that fails is left for the
    /// next sweep and does not stop the others. All are left where the rules are Terraform's.
    pub async fn apply(&self, plan: &Plan, budget: &Budget) -> (Applied, Vec<Failure>) {
        let mut applied = Applied {
            unchanged: plan.unchanged,
            ..Applied::default()
        };
        if self.settings.owner == RulesOwner::Terraform {
            applied.left = plan.changes.len();
            if let Some(first) = plan.changes.first() {
                let (left, rule) = (applied.left, first.name());
                tracing::warn!(left, rule, "rules differ, and Terraform is their owner");
            }
            return (applied, Vec::from_iter(self.note(plan, &[]).await));
        }
        let mut failures = Vec::new();
        let mut done = Vec::new();
        let mut is_full = false;
        for change in &plan.changes {
            let needs_room = matches!(change, Change::Create(_));
            if budget.is_spent() || (needs_room && is_full) {
                applied.left += 1;
                continue;
            }
            match self.change(change).await {
                Ok(()) => {
                    applied.count(change);
                    done.push(change);
                }
                Err(error) => {
                    is_full |= needs_room && error.is_over_quota();
                    applied.left += 1;
                    failures.push(Failure::new("applying schedules", error));
                }
            }
        }
        failures.extend(self.note(plan, &done).await);
        (applied, failures)
    }

    async fn note(&self, plan: &Plan, done: &[&Change]) -> Option<Failure> {
        let now = self.clock.now();
        noted::note(&self.db, plan, done, now).await.err()
    }

    async fn change(&self, change: &Change) -> Result<(), CloudClockError> {
        tracing::info!(
            rule = change.name(),
            change = change.verb(),
            "changing a rule"
        );
        match change {
            Change::Delete(was) => self.cloud.delete(&was.name).await,
            Change::Disable { desired, was }
            | Change::Update { desired, was }
            | Change::Enable { desired, was } => self.cloud.replace(&desired.rule, &was.name).await,
            Change::Create(desired) => self.cloud.create(&desired.rule).await,
        }
    }

    async fn see(&self, prefix: &str) -> Result<Actual, Failure> {
        let rules = self.cloud.list(prefix).await;
        Ok(Actual {
            clock: self.cloud.backend(),
            prefix: names::prefix(&self.settings),
            rules: rules.map_err(Failure::while_doing("looking at the cloud's rules"))?,
            wakers: BTreeMap::new(),
        })
    }

    async fn wakers(
        &self,
        wanted: &[DesiredRule],
    ) -> Result<BTreeMap<String, BTreeSet<String>>, Failure> {
        let arns: BTreeSet<_> = wanted
            .iter()
            .map(|it| it.rule.target.arn.as_str())
            .collect();
        let mut wakers = BTreeMap::new();
        for arn in arns {
            let names = self.cloud.names_by_target(arn).await;
            let names = names.map_err(Failure::while_doing("looking at the rules' targets"))?;
            let Some(names) = names else { break };
            wakers.insert(arn.to_owned(), names);
        }
        Ok(wakers)
    }

    pub(crate) async fn job(&self, id: JobId) -> Result<Option<RuleJob>, Failure> {
        let job = async {
            let mut tx = self.db.begin().await?;
            let job = rules::find(&mut tx, id).await?;
            tx.commit().await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(job)
        };
        job.await
            .map_err(Failure::while_doing("reading a schedule"))
    }

    /// The rules of `jobs`, the names that must be left alone, and what could not be read.
    fn wanted(&self, jobs: &[RuleJob]) -> (Vec<DesiredRule>, BTreeSet<String>, Vec<Failure>) {
        let now = self.clock.now();
        let mut wanted: BTreeMap<String, DesiredRule> = BTreeMap::new();
        let mut untouchable = BTreeSet::new();
        let mut failures = Vec::new();
        for job in jobs {
            let stem = names::stem(&self.settings, job);
            match desired::desired(job, &self.settings, now) {
                Ok(None) => {}
                Ok(Some(_)) if wanted.contains_key(&stem) => {
                    let problem = format!("rule {stem} belongs to another job already");
                    failures.push(Failure::new(
                        format!("giving job {} a rule", job.id),
                        problem,
                    ));
                }
                Ok(Some(desired)) => drop(wanted.insert(stem, desired)),
                Err(error) => {
                    untouchable.insert(stem);
                    failures.push(Failure::new(
                        format!("reading the schedule of job {}", job.id),
                        error,
                    ));
                }
            }
        }
        (wanted.into_values().collect(), untouchable, failures)
    }
}

/// Every job that may need a rule.
pub(crate) async fn live_jobs(db: &Database) -> Result<Vec<RuleJob>, Failure> {
    let jobs = async {
        let mut tx = db.begin().await?;
        let mut jobs: Vec<RuleJob> = Vec::new();
        for _ in 0..ROW_PAGES_MAX {
            let after = jobs.last().map(|job| job.id);
            let page = rules::live(&mut tx, after, ROWS_PER_PAGE).await?;
            if page.is_empty() {
                tx.commit().await?;
                return Ok::<_, Box<dyn std::error::Error + Send + Sync>>(jobs);
            }
            jobs.extend(page);
        }
        Err(format!("more than {} live schedules", jobs.len()).into())
    };
    jobs.await
        .map_err(Failure::while_doing("reading the schedules"))
}
