//! What must hold of the cloud's clocks: the one in use knows the jobs that fire and no others, and
//! the one that was left is empty once the move is done.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use shared::domain::JobId;
use uuid::Uuid;

use crate::{
    checks::SKEW,
    report::Violation,
    verdicts::broken,
    world::{Step, World},
};

impl World {
    /// After a sweep that nothing disturbed the clock in use knows every job that fires, and no
    /// other, and nothing of one twice.
    pub(crate) async fn check_rules(&mut self) -> Step {
        // A pause that ends by itself keeps its rule, for the first tick after it.
        let sql = "select id, case when status = 'active' then next_run_at end
                     from scheduled_jobs where status = 'active' or paused_until is not null";
        let jobs: Vec<(Uuid, Option<DateTime<Utc>>)> =
            sqlx::query_as(sql).fetch_all(&self.ledger).await?;
        let held = self.cloud.held(self.moving.settings.clock);
        if let Err(violation) = self.check_single(&held).and_then(|()| self.check_left()) {
            return Ok(Err(violation));
        }
        let (mut firing, mut stale) = (BTreeSet::new(), held.clone());
        for (id, next) in &jobs {
            let mut names = held.keys().filter(|name| is_of(name, JobId(*id)));
            let name = names.next();
            let next = next.filter(|next| *next > self.now + SKEW);
            if let Some(missed) = self.missed(JobId(*id), name, next)? {
                let invariant = "the cloud's clock knows every job that fires";
                let found = format!("{} at {missed} by {name:?}", self.name(JobId(*id)));
                return Ok(broken(invariant, found));
            }
            firing.extend(name);
        }
        stale.retain(|name, is_enabled| *is_enabled && !firing.contains(name));
        if !stale.is_empty() {
            let invariant = "the cloud's clock knows no job that does not fire";
            return Ok(broken(invariant, format!("{stale:?}")));
        }
        Ok(Ok(()))
    }

    /// The first fire time that a job's rule does not know: the next one, or one in a year around
    /// the changes of the clocks in its zone, which are looked for when the rule is new.
    fn missed(
        &mut self,
        id: JobId,
        name: Option<&String>,
        next: Option<DateTime<Utc>>,
    ) -> anyhow::Result<Option<DateTime<Utc>>> {
        let Some(next) = next else { return Ok(None) };
        let Some(name) = name else {
            return Ok(Some(next));
        };
        let mut fires = BTreeSet::from([next]);
        if let Some(job) = self.jobs.iter().find(|job| job.id == id)
            && let Some(calendar) = job.calendar()
            && self.judged.insert((name.clone(), job.revision))
        {
            fires.extend(calendar.fires_at_changes(self.now + SKEW));
        }
        for fire in fires {
            if !self.cloud.fires_at(name, fire)? {
                return Ok(Some(fire));
            }
        }
        Ok(None)
    }

    /// Whatever was interrupted, in the end a job has one rule.
    fn check_single(&self, held: &BTreeMap<String, bool>) -> Result<(), Violation> {
        let mut of_jobs: BTreeMap<Uuid, &String> = BTreeMap::new();
        for name in held.keys() {
            let job = self.jobs.iter().find(|job| is_of(name, job.id));
            if let Some(other) = job.and_then(|job| of_jobs.insert(job.id.0, name)) {
                let found = format!("{other} and {name}");
                return broken("the cloud's clock knows no job twice", found);
            }
        }
        Ok(())
    }

    /// Once a move is done, nothing of ours is left behind.
    pub(crate) fn check_left(&self) -> Result<(), Violation> {
        let left = self.cloud.held(self.moving.settings.clock.other());
        match self.moving.is_done && !left.is_empty() {
            false => Ok(()),
            true => broken("the clock that was left is empty", format!("{left:?}")),
        }
    }

    /// Whoever changes rules, and whatever fails meanwhile: a job that a clock woke, and that is
    /// to fire, is woken still. `before` are the timers that would have fired.
    pub(crate) async fn check_kept(&mut self, before: &BTreeSet<String>) -> Step {
        self.cloud.look(self.now)?;
        let after = self.cloud.waking();
        for name in before.difference(&after) {
            let Some(job) = self.jobs.iter().find(|job| is_of(name, job.id)) else {
                continue;
            };
            if after.iter().any(|name| is_of(name, job.id)) {
                continue;
            }
            let sql = "select exists (select from scheduled_jobs
                        where id = $1 and status = 'active' and next_run_at > $2)";
            let is_to_fire = sqlx::query_scalar(sql).bind(job.id.0).bind(self.now + SKEW);
            if is_to_fire.fetch_one(&self.ledger).await? {
                let found = format!("{} by {name}", job.name);
                return Ok(broken("a job that fires keeps its rule", found));
            }
        }
        Ok(Ok(()))
    }
}

/// What a job's rule is called, and what the name of its schedule begins with.
pub(crate) fn rule_of(job: JobId) -> String {
    let tail = reconciler::names::tail(job);
    format!("sundial-asset_download-{tail}")
}

/// Whether a rule or schedule of this name is the job's.
pub(crate) fn is_of(name: &str, job: JobId) -> bool {
    let digest = name.strip_prefix(&rule_of(job));
    digest.is_some_and(|digest| digest.is_empty() || digest.starts_with('-'))
}
