//! From rows to rules: what the cloud's clock should hold for each job. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::{
    clients::clock_rules::{DESCRIPTION_MAX, NAME_MAX, Rule, Target},
    config::Rules,
    domain::{
        JobId,
        schedule::{Period, Schedule, ScheduleError},
    },
    store::jobs::rules::RuleJob,
};

use crate::mark::{Mark, When, bounds};

/// Hexadecimal digits of the job's id in a rule's name: the random end of the id, 48 bits.
const ID_DIGITS: usize = 12;

/// Hexadecimal digits of the digest in a description, 48 bits: it tells a rule from its own
/// earlier versions, not from an attacker's.
const DIGEST_DIGITS: usize = 12;

/// Changes when this program starts to write rules in another way, so that all are written anew.
const FORMAT: &str = "1";

/// The last year a rule can name. **Source:** EventBridge user guide, "Cron expressions".
const YEAR_MAX: i32 = 2199;

/// How long a one-time rule stays after its minute. The cloud fires within the minute; a rule
/// removed at its start might not fire at all.
const KEPT_AFTER: TimeDelta = TimeDelta::minutes(5);

/// A rule the cloud should hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredRule {
    /// The type of its job, which is the key of the function it wakes.
    pub job_type: String,
    /// Its job and schedule, as the finished rule's description tells them.
    pub mark: Mark,
    /// When it fires, in words for people.
    pub sentence: String,
    /// The rule itself.
    pub rule: Rule,
    /// Its description while it is not complete.
    pub draft: String,
    /// The first fire after now; `None` when there is none, and creating the rule is no use.
    pub next_fire: Option<DateTime<Utc>>,
    /// When a pause ends by itself: the rule fires before, and nothing runs.
    pub paused_until: Option<DateTime<Utc>>,
}

/// The rule of a job, or `None` when it needs none (ended, or its one time is past).
///
/// # Errors
/// [`ScheduleError`] when the row's schedule cannot be read.
pub fn desired(
    job: &RuleJob,
    rules: &Rules,
    now: DateTime<Utc>,
) -> Result<Option<DesiredRule>, ScheduleError> {
    let (Some(next_run_at), true) = (job.next_run_at, job.is_live) else {
        return Ok(None);
    };
    let Some(when) = when_of(job, next_run_at, now) else {
        return Ok(None);
    };
    let (expression, sentence, next_fire) = match when.schedule()? {
        Some(it) => recurring(it, counted_after(job.paused_until, now), now),
        None => once(next_run_at, now),
    };
    let target = Target {
        arn: rules.function_arn(&job.job_type),
        input_paths: BTreeMap::from([("time".to_owned(), "$.time".to_owned())]),
        input_template: input_template(job.id),
    };
    let (words, period) = (words(&job.name, &sentence), bounds(job.period()));
    // A schedule without bounds has the digest that it had before there were any.
    let parts = [
        FORMAT,
        &expression,
        &target.arn,
        &target.input_template,
        &words,
        &period,
    ];
    let parts = match period.is_empty() {
        true => parts.split_last().map_or(&parts[..], |(_, rest)| rest),
        false => &parts[..],
    };
    let unfinished = Mark {
        job_id: job.id,
        when,
        digest: None,
    };
    let draft = describe(&words, &unfinished);
    let mark = Mark {
        digest: Some(digest(parts)),
        ..unfinished
    };
    let rule = Rule {
        name: name(&rules.prefix, job),
        expression,
        is_enabled: !job.is_paused,
        description: describe(&words, &mark),
        target,
    };
    Ok(Some(DesiredRule {
        job_type: job.job_type.clone(),
        mark,
        sentence,
        rule,
        draft,
        next_fire,
        paused_until: job.paused_until,
    }))
}

/// After which moment fire times count: now, or just before the end of a pause.
#[must_use]
pub fn counted_after(paused_until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> DateTime<Utc> {
    paused_until.map_or(now, |until| now.max(until - TimeDelta::nanoseconds(1)))
}

/// What every rule's name of ours starts with.
#[must_use]
pub fn name_prefix(rules: &Rules) -> String {
    format!("{}-", rules.prefix)
}

/// The name of a job's rule: readable, and the same for the job's whole life.
#[must_use]
pub fn name(prefix: &str, job: &RuleJob) -> String {
    let id = tail(job.id);
    let room = NAME_MAX.saturating_sub(prefix.len() + id.len() + 2);
    let job_type: String = job.job_type.chars().take(room).collect();
    format!("{prefix}-{job_type}-{id}")
}

/// The end of a rule's name that belongs to the job.
#[must_use]
pub fn tail(id: JobId) -> String {
    let id = id.0.simple().to_string();
    id.chars()
        .skip(id.len().saturating_sub(ID_DIGITS))
        .collect()
}

fn when_of(job: &RuleJob, next_run_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<When> {
    match &job.cron_expression {
        Some(expression) => Some(When::Cron {
            expression: expression.trim().to_owned(),
            zone: job.timezone.clone(),
            gap: job.dst_gap_policy,
            repeat: job.dst_repeat_policy,
            period: job.period(),
        }),
        None => {
            let minute = minute_of(next_run_at);
            let has_rule = now < minute + KEPT_AFTER && minute.year() <= YEAR_MAX;
            has_rule.then_some(When::At(next_run_at))
        }
    }
}

/// Expression, sentence and next fire after `after`. The rule itself knows no period.
fn recurring(
    schedule: Schedule,
    after: DateTime<Utc>,
    now: DateTime<Utc>,
) -> (String, String, Option<DateTime<Utc>>) {
    let next_fire = schedule.next_after(after);
    let always = schedule.within(Period::default());
    (always.rule_expression(now), always.sentence(), next_fire)
}

/// Expression, sentence and next fire of a single time. Rules know the year, and no zone but UTC.
fn once(time: DateTime<Utc>, now: DateTime<Utc>) -> (String, String, Option<DateTime<Utc>>) {
    let minute = minute_of(time);
    let expression = minute.format("cron(%-M %-H %-d %-m ? %Y)").to_string();
    let sentence = time.format("Once, at %Y-%m-%d %H:%M:%S UTC").to_string();
    (expression, sentence, (now < minute).then_some(minute))
}

/// The first whole minute at or after a time: an event before the time would find nothing due.
fn minute_of(time: DateTime<Utc>) -> DateTime<Utc> {
    let minute = TimeDelta::minutes(1);
    time.duration_trunc(minute).map_or(
        time,
        |start| {
            if start == time { start } else { start + minute }
        },
    )
}

/// The function's input. `<time>` becomes the event's time, quotes included.
fn input_template(job_id: JobId) -> String {
    let fixed = json!({"kind": "tick", "job_id": job_id}).to_string();
    format!(r#"{},"time":<time>}}"#, fixed.trim_end_matches('}'))
}

/// The part of a description for people. Control characters would garble a listing.
fn words(name: &str, sentence: &str) -> String {
    let name: String = name.chars().filter(|letter| !letter.is_control()).collect();
    format!("{name}: {sentence}")
}

/// Words and mark in at most 512 characters; the words give way.
fn describe(words: &str, mark: &Mark) -> String {
    let mark = mark.to_string();
    let room = DESCRIPTION_MAX.saturating_sub(mark.chars().count() + 1);
    let shown: String = match words.chars().count() <= room {
        true => words.to_owned(),
        false => words
            .chars()
            .take(room.saturating_sub(1))
            .chain(['…'])
            .collect(),
    };
    format!("{shown} {mark}")
}

fn digest(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let mut digest = hex::encode(hasher.finalize());
    digest.truncate(DIGEST_DIGITS);
    digest
}

#[cfg(test)]
mod tests;
