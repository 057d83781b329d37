//! Recorded facts in plain sentences. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{JobStatus, RunStatus, schedule::Explained},
    store::runs::why::AttemptFacts,
};

use super::{
    JobNow, RuleState, Why, attempts, then,
    words::{span, utc},
};

/// Within so long the reconciler gives a fire time that nobody delivered its verdict: 90 s of
/// grace, and its next sweep.
const VERDICT_WITHIN: TimeDelta = TimeDelta::minutes(3);

/// Everything, in the order of a conversation: the job, the time, the verdict, what comes next.
pub(super) fn of(why: &Why) -> Vec<String> {
    let mut told = vec![job(&why.job)];
    if let Some(error) = &why.schedule_error {
        told.push(format!("Its schedule cannot be read: {error}."));
    }
    match why.at {
        None => told.push(
            "It has no fire time: it was asked for at once, and its run is not a tick.".to_owned(),
        ),
        Some(at) => {
            told.extend(time(why, at));
            if at <= why.now && at > why.job.created_at {
                told.extend(then::told(&why.job, why.then.as_ref()));
            }
            match why.attempts.as_slice() {
                [] => told.push(no_row(why, at)),
                rows => {
                    told.extend(revisions(why, rows));
                    told.extend(rows.iter().map(|it| attempts::told(it, why)));
                }
            }
        }
    }
    told.extend(next_attempt(&why.attempts));
    told.push(next_fire(&why.job));
    told.push(rule(&why.rule));
    told
}

fn job(job: &JobNow) -> String {
    let what = match (&job.cron_expression, &job.sentence, job.scheduled_at) {
        (Some(cron), Some(sentence), _) => format!("runs by `{cron}` ({sentence})"),
        (Some(cron), None, _) => format!("runs by `{cron}` in {}", job.timezone),
        (None, _, Some(time)) => format!("runs once, at {}", utc(time)),
        (None, _, None) => "runs once".to_owned(),
    };
    let until = job.paused_until.map(|time| format!(" until {}", utc(time)));
    let reason = job.pause_reason.as_ref().map(|it| format!(" ({it})"));
    let (until, reason) = (until.unwrap_or_default(), reason.unwrap_or_default());
    let status = format!("{}{until}{reason}", job.status);
    let (name, job_type, revision) = (&job.name, job.job_type, job.revision);
    format!("Job \"{name}\" ({job_type}) {what}; it is {status}, at revision {revision}.")
}

fn time(why: &Why, at: DateTime<Utc>) -> Vec<String> {
    let Some(explained) = &why.schedule else {
        let is_its = [why.job.scheduled_at, why.job.next_run_at].contains(&Some(at));
        let verb = if is_its { "is" } else { "is not" };
        return vec![format!("{} {verb} its fire time.", utc(at))];
    };
    let there = &explained.wall_clock;
    let mut told = vec![match explained.is_fire {
        true => format!(
            "{} is {there}, a fire time of its present schedule.",
            utc(at)
        ),
        false => format!(
            "{} is {there}, not a fire time of its present schedule; {}.",
            utc(at),
            neighbours(explained)
        ),
    }];
    told.extend(period(&why.job, at));
    let change = explained.clock_change.as_ref();
    told.extend(change.map(|change| format!("Clock change: {change}.")));
    told
}

/// What the present period says about a time outside of it.
fn period(job: &JobNow, at: DateTime<Utc>) -> Option<String> {
    let before = job.starts_at.filter(|start| at < *start);
    let after = job.ends_at.filter(|end| at > *end);
    match (before, after) {
        (Some(start), _) => Some(format!("Its period begins later, at {}.", utc(start))),
        (_, Some(end)) => Some(format!("Its period ended before, at {}.", utc(end))),
        (None, None) => None,
    }
}

fn neighbours(explained: &Explained) -> String {
    match (explained.before, explained.after) {
        (Some(before), Some(after)) => {
            format!("the nearest are {} and {}", utc(before), utc(after))
        }
        (Some(before), None) => format!("the last was {}", utc(before)),
        (None, Some(after)) => format!("the first is {}", utc(after)),
        (None, None) => "it has none at all".to_owned(),
    }
}

/// Why there is no row.
fn no_row(why: &Why, at: DateTime<Utc>) -> String {
    let Why { job, now, .. } = why;
    if at > *now {
        return "It has not come yet, so there is no row.".to_owned();
    }
    if at <= job.created_at {
        let created = utc(job.created_at);
        return format!("There is no row: the job was created later, at {created}.");
    }
    match job.next_run_at {
        Some(watermark) if at >= watermark && is_fire_now(why) => return overdue(job, at, *now),
        _ => {}
    }
    let Some(then) = &why.then else {
        return "There is no row, and nobody knows whether this was a fire time.".to_owned();
    };
    match (then.is_fire, then.status, job.next_run_at) {
        (Some(false), ..) => "There is no row, as there should be none.".to_owned(),
        (None, ..) => "There is no row: the schedule could not be read.".to_owned(),
        (_, JobStatus::Completed | JobStatus::Archived, _) | (.., None) if then.until.is_none() => {
            format!(
                "There is no row: the job is {}, and ended before this time or never had it.",
                job.status
            )
        }
        (_, status @ (JobStatus::Completed | JobStatus::Archived), _) => {
            format!("There is no row: the job was {status}, or ended before it had this time.")
        }
        _ => "There is no row although there should be one: the fire time is lost, or its row is \
              no longer kept."
            .to_owned(),
    }
}

fn is_fire_now(why: &Why) -> bool {
    why.schedule.as_ref().is_none_or(|it| it.is_fire)
}

fn overdue(job: &JobNow, at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    if job.status == JobStatus::Paused && job.cron_expression.is_none() {
        return "There is no row: the job is paused, and its one time waits until it is resumed."
            .to_owned();
    }
    match now - at <= VERDICT_WITHIN {
        true => {
            "There is no row yet: it is due, and gets its verdict within three minutes.".to_owned()
        }
        false => format!(
            "There is no row: it has been due for {} and nobody has given it a verdict; neither \
             the job's function nor the reconciler's sweep has come by.",
            span(now - at)
        ),
    }
}

/// Which revision made the row, when the sentences before do not tell.
fn revisions(why: &Why, attempts: &[AttemptFacts]) -> Option<String> {
    let made_by = attempts.first()?.job_revision;
    let told = why.then.as_ref().map(|then| then.revision);
    let present = why.job.revision;
    (told != Some(made_by)).then(|| {
        format!("Its row was made by revision {made_by}; the present one is revision {present}.")
    })
}

/// What follows the last attempt.
fn next_attempt(attempts: &[AttemptFacts]) -> Option<String> {
    let last = attempts.last()?;
    if last.status != RunStatus::Failed {
        return None;
    }
    Some(match (last.retry_run_id, last.acknowledged_at) {
        (Some(run), _) => format!("It goes on as run {run}."),
        (None, Some(time)) => {
            format!(
                "No attempt is left; that was acknowledged at {}.",
                utc(time)
            )
        }
        (None, None) => {
            "No attempt is left: it is a dead letter until somebody retries or acknowledges it."
                .to_owned()
        }
    })
}

fn next_fire(job: &JobNow) -> String {
    match (job.next_run_at, job.status) {
        (None, status) => format!("The job is {status} and has no next fire time."),
        (Some(next), JobStatus::Paused) if job.paused_until.is_none_or(|end| next < end) => {
            format!(
                "The next fire time is {}, and is skipped while the job is paused.",
                utc(next)
            )
        }
        (Some(next), _) => format!("The next fire time without a verdict is {}.", utc(next)),
    }
}

fn rule(rule: &RuleState) -> String {
    let name = &rule.name;
    if let Some(error) = &rule.error {
        return format!("The cloud's rule {name} could not be looked at: {error}.");
    }
    let enabled = |is_enabled| if is_enabled { "enabled" } else { "disabled" };
    match (&rule.expression, &rule.desired_expression) {
        (_, None) if !rule.exists => "The job needs no rule in the cloud and has none.".to_owned(),
        (_, None) => format!("The cloud's rule {name} exists although the job needs none."),
        (_, Some(desired)) if !rule.exists => {
            format!("The cloud's rule {name} is missing; it should say {desired}.")
        }
        (actual, Some(desired)) => {
            let actual = actual.as_deref().unwrap_or("nothing");
            let is_right = actual == desired && rule.is_enabled == rule.should_be_enabled;
            let is = enabled(rule.is_enabled);
            match is_right {
                true => format!("The cloud's rule {name} is {is} and says {actual}, as it should."),
                false => format!(
                    "The cloud's rule {name} is {is} and says {actual}; it should be {} and say \
                     {desired}. The next sweep mends it.",
                    enabled(rule.should_be_enabled)
                ),
            }
        }
    }
}
