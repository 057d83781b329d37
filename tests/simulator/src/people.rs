//! People at the API: they create, edit, pause, resume, skip, run and archive at any moment.

use axum::http::Method;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::{domain::JobId, runtime::Event};
use uuid::Uuid;

use crate::{
    calendar::Calendar,
    jobs::{Job, Order},
    policies::Policies,
    report::Violation,
    rules::is_of,
    world::{Step, What, World},
};

/// So many jobs there are at least.
const JOBS_MIN: usize = 2;
/// The moment of a one-time job that is nearer than this is not moved any more.
const TOO_NEAR: TimeDelta = TimeDelta::minutes(5);

impl World {
    /// Somebody does something to some job, and somebody else some hours later.
    pub(crate) async fn person(&mut self) -> Step {
        if self.is_calm {
            return Ok(Ok(()));
        }
        let delay = self.chance.seconds(1_800, 12 * 3_600);
        self.schedule(delay, What::Person);
        let is_live = |index: &usize| self.jobs.get(*index).is_some_and(Job::is_live);
        let live: Vec<usize> = (0..self.jobs.len()).filter(is_live).collect();
        if live.len() < JOBS_MIN {
            return self.create_job().await;
        }
        let index = self.chance.pick(&live, usize::MAX);
        if self.is_paused(index) && self.chance.hits(50.0) {
            return self.press(index, "resume").await;
        }
        match self.chance.number(0, 27) {
            0..=4 => self.edit(index).await,
            5..=7 => self.pause_or_resume(index).await,
            8..=9 => self.pause_until(index).await,
            10 => self.press(index, "run").await,
            11..=15 => self.rush(index),
            16..=17 => self.skip_next(index).await,
            18..=20 => self.cancel(None).await,
            21..=22 => self.care("retry").await,
            23 => self.care("acknowledge").await,
            24..=25 => self.retry_many().await,
            26 => self.replace(index).await,
            _ => self.stray(index),
        }
    }

    fn is_paused(&self, index: usize) -> bool {
        let job = self.jobs.get(index);
        job.is_some_and(|job| job.is_paused(self.now))
    }

    /// Somebody is about to run a job by hand right before its rule fires, or to change it right
    /// after, while its event is still on its way.
    fn rush(&mut self, index: usize) -> Step {
        let next = self.cloud.next_timer();
        let (next, timer) = next.unwrap_or((self.now, String::new()));
        let fires = self.jobs.iter().find(|job| is_of(&timer, job.id));
        let job = fires.or_else(|| self.jobs.get(index)).map(|job| job.id);
        let actions = ["run", "run", "edit", "edit", "edit", "pause", "skip-next"];
        let action = self.chance.pick(&actions, "run");
        let moment = match action {
            "run" => next - self.chance.seconds(1, 40),
            _ => next + self.chance.seconds(1, 90),
        };
        let delay = (moment - self.now).max(TimeDelta::zero());
        if let Some(job) = job {
            self.schedule(delay, What::Press(job, action));
        }
        Ok(Ok(()))
    }

    pub(crate) async fn press_job(&mut self, id: JobId, action: &'static str) -> Step {
        let live = |job: &Job| job.id == id && job.archived_at.is_none();
        let index = self.jobs.iter().position(live);
        match (index.filter(|_| !self.is_calm), action) {
            (None, _) => Ok(Ok(())),
            (Some(index), "edit") => self.edit(index).await,
            (Some(index), "replace") => self.replace(index).await,
            (Some(_), "cancel") => self.cancel(Some(id)).await,
            (Some(index), "skip-next") => self.skip_next(index).await,
            (Some(index), _) => self.press(index, action).await,
        }
    }

    async fn replace(&mut self, index: usize) -> Step {
        match self.press(index, "archive").await? {
            Err(violation) => Ok(Err(violation)),
            Ok(()) => self.create_job().await,
        }
    }

    pub(crate) async fn create_job(&mut self) -> Step {
        self.tally.action("create");
        let now = self.desk_now();
        let order = Order::draw(&mut self.chance, &self.brands, self.jobs_made, now);
        self.jobs_made += 1;
        let path = "/api/jobs".to_owned();
        let outcome = self.call(Method::POST, path, Some(&order.body())).await?;
        let sql = "select id from scheduled_jobs where name = $1";
        let id: Option<Uuid> = sqlx::query_scalar(sql)
            .bind(&order.name)
            .fetch_optional(&self.ledger)
            .await?;
        self.jobs.extend(id.map(|id| order.job(JobId(id), now)));
        Ok(outcome)
    }

    /// Changes the calendar, the policies, or both.
    async fn edit(&mut self, index: usize) -> Step {
        self.tally.action("edit");
        let now = self.desk_now();
        self.observe(index).await?;
        let Some(job) = self.jobs.get(index) else {
            return Ok(Ok(()));
        };
        let kind = self.chance.number(0, 9);
        let calendar = Some(self.new_calendar(job.calendar().cloned(), now)).filter(|_| kind > 2);
        let calendar = calendar.flatten();
        let policies = Policies::draw(&mut self.chance);
        let policies = Some(policies).filter(|_| kind <= 5 || calendar.is_none());
        let mut body = calendar.as_ref().map(Calendar::fields).unwrap_or_default();
        let fields = policies.map(Policies::fields).unwrap_or_default();
        body.extend(fields.as_object().cloned().unwrap_or_default());
        let Some(job) = self.jobs.get(index) else {
            return Ok(Ok(()));
        };
        let (path, revision) = (format!("/api/jobs/{}", job.id), job.revision);
        let body = Value::Object(body);
        let outcome = self.call(Method::PATCH, path, Some(&body)).await?;
        self.observe(index).await?;
        let Some(job) = self.jobs.get_mut(index) else {
            return Ok(outcome);
        };
        let old = job.policies.last().map(|(_, policies)| *policies);
        let is_new = calendar.is_some() && job.calendar() != calendar.as_ref();
        let is_other = is_new || policies.is_some_and(|it| Some(it) != old);
        if job.revision == revision && is_other && self.is_answered {
            let (invariant, found) = ("an edit that was answered is written", body.to_string());
            return Ok(Err(Violation { invariant, found }));
        }
        if job.revision != revision {
            job.policies.extend(policies.map(|it| (now, it)));
            if is_new {
                job.change(now, calendar);
            }
        }
        Ok(outcome)
    }

    /// Another calendar of the same kind; none when the only moment of the old one is too near.
    fn new_calendar(&mut self, old: Option<Calendar>, now: DateTime<Utc>) -> Option<Calendar> {
        match old?.once {
            None => Some(Calendar::draw(&mut self.chance, now)),
            Some(once) if once < now + TOO_NEAR => None,
            Some(_) => Some(Calendar::draw_once(&mut self.chance, now)),
        }
    }

    async fn pause_or_resume(&mut self, index: usize) -> Step {
        let action = if self.is_paused(index) {
            "resume"
        } else {
            "pause"
        };
        self.press(index, action).await
    }

    /// Pauses a job, or changes its pause to one that ends by itself.
    async fn pause_until(&mut self, index: usize) -> Step {
        let minutes = self.chance.number(2, 3_000).into();
        let until = self.desk_now() + TimeDelta::minutes(minutes);
        // The cloud's clock knows no seconds, so the dispatcher would move it to the next minute.
        let until = until - TimeDelta::seconds(until.timestamp().rem_euclid(60));
        let body = json!({ "until": until.to_rfc3339_opts(SecondsFormat::Secs, true) });
        self.ask(index, "pause", Some(&body)).await
    }

    /// Leaves out the fire time that is next.
    async fn skip_next(&mut self, index: usize) -> Step {
        let Some(job) = self.jobs.get(index).filter(|job| !job.is_once()) else {
            return Ok(Ok(()));
        };
        let id = job.id;
        let sql = "select next_run_at from scheduled_jobs where id = $1";
        let next: Option<DateTime<Utc>> = sqlx::query_scalar(sql)
            .bind(id.0)
            .fetch_one(&self.ledger)
            .await?;
        let Some(next) = next else {
            return Ok(Ok(()));
        };
        let outcome = self
            .ask(index, "skip-next", Some(&json!({ "next_run_at": next })))
            .await?;
        let sql = "select exists (select from scheduled_job_runs
                    where scheduled_job_id = $1 and scheduled_for = $2 and reason = 'requested')";
        let is_skipped: bool = sqlx::query_scalar(sql)
            .bind(id.0)
            .bind(next)
            .fetch_one(&self.ledger)
            .await?;
        if let Some(job) = self.jobs.get_mut(index).filter(|_| is_skipped) {
            job.skips.insert(next);
        }
        Ok(outcome)
    }

    async fn press(&mut self, index: usize, action: &'static str) -> Step {
        self.ask(index, action, None).await
    }

    async fn ask(&mut self, index: usize, action: &'static str, body: Option<&Value>) -> Step {
        self.tally.action(action);
        let Some(job) = self.jobs.get(index) else {
            return Ok(Ok(()));
        };
        let path = format!("/api/jobs/{}/{action}", job.id);
        let outcome = self.call(Method::POST, path, body).await?;
        self.observe(index).await?;
        Ok(outcome)
    }

    /// An event nobody asked for: hours before or after a fire time.
    fn stray(&mut self, index: usize) -> Step {
        self.tally.fault("stray ticks");
        if let Some(job) = self.jobs.get(index) {
            let event = Event::Tick {
                job_id: job.id,
                time: self.now,
            };
            self.schedule(TimeDelta::zero(), What::Deliver(event, 0));
        }
        Ok(Ok(()))
    }
}
