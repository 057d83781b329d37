//! The names of rules: what a name tells of its job, and which names are ours. Pure.
//!
//! `PREFIX-TYPE-ID` is called a rule's stem and stays the same for the job's whole life. It is the name of
//! a rule of EventBridge. A schedule of Scheduler is called `PREFIX-TYPE-ID-DIGEST`, because a listing
//! shows nothing else that would tell it from its own earlier versions.

use shared::{
    clients::cloud_clock::{ListedRule, NAME_MAX},
    config::{ClockBackend, Rules},
    domain::JobId,
    store::jobs::rules::RuleJob,
};

use crate::mark::Mark;

/// Hexadecimal digits of the job's id in a name: the random end of the id, 48 bits.
const ID_DIGITS: usize = 12;

/// Hexadecimal digits of a digest, 48 bits: it tells a rule from its own earlier versions, not from
/// an attacker's.
pub(crate) const DIGEST_DIGITS: usize = 12;

/// What every name of ours starts with.
#[must_use]
pub fn prefix(rules: &Rules) -> String {
    format!("{}-", rules.prefix)
}

/// What the name of a job's rule is or begins with.
#[must_use]
pub fn stem(rules: &Rules, job: &RuleJob) -> String {
    let id = tail(job.id);
    let ending = match rules.clock {
        ClockBackend::Rules => 0,
        ClockBackend::Scheduler => DIGEST_DIGITS + 1,
    };
    let room = NAME_MAX.saturating_sub(rules.prefix.len() + id.len() + 2 + ending);
    let job_type: String = job.job_type.chars().take(room).collect();
    format!("{}-{job_type}-{id}", rules.prefix)
}

/// The name of the rule with this stem and digest.
#[must_use]
pub fn name(clock: ClockBackend, stem: &str, digest: &str) -> String {
    match clock {
        ClockBackend::Rules => stem.to_owned(),
        ClockBackend::Scheduler => format!("{stem}-{digest}"),
    }
}

/// The stem of a name. A name that cannot be ours is all stem.
#[must_use]
pub fn stem_of(clock: ClockBackend, name: &str) -> &str {
    match (clock, name.rsplit_once('-')) {
        (ClockBackend::Scheduler, Some((stem, digest))) if is_hex(digest, DIGEST_DIGITS) => stem,
        _ => name,
    }
}

/// Whether a rule is ours. Between prefix and id stands a job type and thus no hyphen: the rules of an
/// installation `sundial-dev` are not those of `sundial`. A rule's mark must be readable and belong to its
/// name, so that a description copied to another rule does not give that one away; schedules are in a
/// group of ours, and their listing has no mark.
#[must_use]
pub fn is_owned(clock: ClockBackend, rule: &ListedRule, prefix: &str) -> bool {
    let stem = stem_of(clock, &rule.name);
    let inner = stem.strip_prefix(prefix);
    let Some((job_type, id)) = inner.and_then(|inner| inner.rsplit_once('-')) else {
        return false;
    };
    let is_its_own = match clock {
        ClockBackend::Scheduler => is_hex(id, ID_DIGITS),
        ClockBackend::Rules => {
            let mark = rule.description.as_deref().and_then(Mark::find);
            mark.is_some_and(|mark| tail(mark.job_id) == id)
        }
    };
    is_its_own && !job_type.is_empty() && !job_type.contains('-')
}

/// The part of a name that belongs to the job.
#[must_use]
pub fn tail(id: JobId) -> String {
    let id = id.0.simple().to_string();
    id.chars()
        .skip(id.len().saturating_sub(ID_DIGITS))
        .collect()
}

fn is_hex(text: &str, digits: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == digits && text.bytes().all(is_digit)
}
