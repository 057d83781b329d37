//! From rows to rules: what the cloud's clock should hold for each job. Pure.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::{
    clients::cloud_clock::{DESCRIPTION_MAX, Rule, SCHEDULED_TIME, Target},
    config::{ClockBackend, Rules},
    domain::{
        JobId,
        load::counted_after,
        schedule::{Period, Schedule, ScheduleError, Zone},
    },
    store::jobs::rules::RuleJob,
};

use crate::{
    mark::{Mark, When, bounds},
    names::{self, DIGEST_DIGITS},
};

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
    /// What its name is or begins with, the same for the job's whole life.
    pub stem: String,
    /// Its job and schedule, as the finished rule's description tells them.
    pub mark: Mark,
    /// When it fires, in words for people.
    pub sentence: String,
    /// The rule itself.
    pub rule: Rule,
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
    let fires = match when.schedule()? {
        Some(it) => recurring(it, rules.clock, counted_after(job.paused_until, now), now),
        None => once(next_run_at, rules.clock, now),
    };
    let target = target(job, rules);
    let words = words(&job.name, &fires.sentence);
    let unfinished = Mark {
        job_id: job.id,
        when,
        digest: None,
    };
    let draft = describe(&words, &unfinished);
    let digest = match rules.clock {
        ClockBackend::Rules => rule_digest(&fires, &target, &words, job.period()),
        ClockBackend::Scheduler => schedule_digest(&fires, &target, &draft, job.is_paused),
    };
    let stem = names::stem(rules, job);
    let name = names::name(rules.clock, &stem, &digest);
    let mark = Mark {
        digest: Some(digest),
        ..unfinished
    };
    let rule = Rule {
        name,
        expression: fires.expression,
        zone: fires.zone.name().to_owned(),
        is_enabled: !job.is_paused,
        description: describe(&words, &mark),
        draft,
        target,
    };
    Ok(Some(DesiredRule {
        job_type: job.job_type.clone(),
        stem,
        mark,
        sentence: fires.sentence,
        rule,
        next_fire: fires.next,
        paused_until: job.paused_until,
    }))
}

/// When a rule fires, for the cloud and for people.
struct Fires {
    expression: String,
    zone: Zone,
    sentence: String,
    next: Option<DateTime<Utc>>,
}

/// Everything that a listing of rules does not show. A schedule without bounds has the digest that it
/// had before there were any.
fn rule_digest(fires: &Fires, target: &Target, words: &str, period: Period) -> String {
    let period = bounds(period);
    let parts = [
        FORMAT,
        &fires.expression,
        &target.arn,
        &target.input_template,
        words,
    ];
    let bounds = (!period.is_empty()).then_some(period.as_str());
    digest(parts.into_iter().chain(bounds))
}

/// Everything that a schedule is: a change of any of it is another schedule.
fn schedule_digest(fires: &Fires, target: &Target, draft: &str, is_paused: bool) -> String {
    digest([
        FORMAT,
        &fires.expression,
        fires.zone.name(),
        &target.arn,
        &target.input_template,
        &target.role_arn,
        &target.queue_arn,
        draft,
        if is_paused { "paused" } else { "" },
    ])
}

fn target(job: &RuleJob, rules: &Rules) -> Target {
    let arn = rules.function_arn(&job.job_type);
    match rules.clock {
        ClockBackend::Rules => Target {
            arn,
            input_paths: BTreeMap::from([("time".to_owned(), "$.time".to_owned())]),
            // `<time>` becomes the event's time, quotes included.
            input_template: input_template(job.id, "<time>"),
            ..Target::default()
        },
        ClockBackend::Scheduler => Target {
            arn,
            input_template: input_template(job.id, &format!("\"{SCHEDULED_TIME}\"")),
            role_arn: rules.scheduler.role_arn.clone(),
            queue_arn: rules.queue_arn(&job.job_type),
            ..Target::default()
        },
    }
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

/// The rule itself knows no period.
fn recurring(
    schedule: Schedule,
    clock: ClockBackend,
    after: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Fires {
    let next = schedule.next_after(after);
    let always = schedule.within(Period::default());
    let (expression, zone) = match clock {
        ClockBackend::Rules => (always.rule_expression(now), Zone::UTC),
        ClockBackend::Scheduler => always.zoned_expression(now),
    };
    Fires {
        expression,
        zone,
        sentence: always.sentence(),
        next,
    }
}

/// A single time. Rules know the year, and no zone but UTC.
fn once(time: DateTime<Utc>, clock: ClockBackend, now: DateTime<Utc>) -> Fires {
    let minute = minute_of(time);
    let expression = minute.format(match clock {
        ClockBackend::Rules => "cron(%-M %-H %-d %-m ? %Y)",
        ClockBackend::Scheduler => "at(%Y-%m-%dT%H:%M:%S)",
    });
    Fires {
        expression: expression.to_string(),
        zone: Zone::UTC,
        sentence: time.format("Once, at %Y-%m-%d %H:%M:%S UTC").to_string(),
        next: (now < minute).then_some(minute),
    }
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

/// The function's input, with the clock's own placeholder for the time.
fn input_template(job_id: JobId, time: &str) -> String {
    let fixed = json!({"kind": "tick", "job_id": job_id}).to_string();
    format!(r#"{},"time":{time}}}"#, fixed.trim_end_matches('}'))
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

fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
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
mod schedule_tests;
#[cfg(test)]
mod tests;
