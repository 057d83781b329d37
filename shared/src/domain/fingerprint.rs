//! Which failures have one cause: by job type, kind of error, and what is left of the message without
//! the parts that differ from run to run. Pure.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::LazyLock,
};

use chrono::{DateTime, Utc};
use regex::Regex;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{BrandId, ErrorKind, JobType, RunId};

/// Hexadecimal digits of a fingerprint, 48 bits: it tells a few thousand causes apart.
const DIGITS: usize = 12;

/// Characters of a message that count. What comes later is a quotation.
const CHARS_MAX: usize = 500;

/// URLs, up to the space or quotation mark behind them.
static URL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>]+"#).ok());

/// UUIDs, and long words of letters and digits: keys, hashes, names of objects.
static ID: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
        r"|\b(?:[a-z_-]+\d|\d+[a-z_-])[a-z0-9_-]{10,}\b",
    ))
    .ok()
});

static NUMBER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\d+(?:[.,:]\d+)*").ok());

/// Runs that failed in the same way and in the same words.
#[derive(Clone, Debug)]
pub struct Alike {
    /// What they should have done.
    pub job_type: JobType,
    /// In which way they failed.
    pub error_kind: ErrorKind,
    /// In which words.
    pub message: String,
    /// Of how many another attempt can be asked for: they wait in no batch for one, and their job is not archived.
    pub idle: usize,
    /// The runs.
    pub runs: Vec<FailedRun>,
}

/// A run that failed.
#[derive(Clone, Copy, Debug)]
pub struct FailedRun {
    /// The run.
    pub run_id: RunId,
    /// For whom; `None` for the platform.
    pub brand_id: Option<BrandId>,
    /// When.
    pub failed_at: DateTime<Utc>,
}

/// Failures of one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Group {
    /// The same for the same type, kind and pattern.
    pub fingerprint: String,
    /// What the runs should have done.
    pub job_type: JobType,
    /// In which way they failed.
    pub error_kind: ErrorKind,
    /// What their messages have in common.
    pub pattern: String,
    /// How many.
    pub count: usize,
    /// When the first of them failed.
    pub first_seen: DateTime<Utc>,
    /// When the last of them failed.
    pub last_seen: DateTime<Utc>,
    /// The last of them.
    pub last_run_id: RunId,
    /// For whom, in order of their ids. The platform is nobody.
    pub brand_ids: BTreeSet<BrandId>,
}

/// A message without URLs, ids and numbers.
#[must_use]
pub fn pattern(message: &str) -> String {
    let mut text: String = message.chars().take(CHARS_MAX).collect();
    for (part, sign) in [(&URL, "<url>"), (&ID, "<id>"), (&NUMBER, "<n>")] {
        if let Some(part) = part.as_ref() {
            text = part.replace_all(&text, sign).into_owned();
        }
    }
    text
}

/// Groups failures by their cause, the most frequent first, and of these the last one first; each group with its runs.
#[must_use]
pub fn groups(failures: Vec<Alike>) -> Vec<(Group, Vec<Alike>)> {
    let mut groups: HashMap<String, (Group, Vec<Alike>)> = HashMap::new();
    for alike in failures {
        let Some(first) = alike.runs.first().copied() else {
            continue;
        };
        let pattern = pattern(&alike.message);
        let fingerprint = fingerprint(&alike, &pattern);
        let group = groups.entry(fingerprint.clone());
        let (group, words) =
            group.or_insert_with(|| (Group::new(fingerprint, pattern, &alike, first), vec![]));
        group.add(&alike.runs);
        words.push(alike);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    for (group, words) in &mut groups {
        let runs = words.iter().flat_map(|it| &it.runs);
        group.brand_ids = runs.filter_map(|run| run.brand_id).collect();
    }
    groups.sort_by(|(a, _), (b, _)| {
        let place = |it: &Group| (Reverse(it.count), Reverse(it.last_seen));
        place(a)
            .cmp(&place(b))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
    groups
}

fn fingerprint(alike: &Alike, pattern: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [alike.job_type.name(), alike.error_kind.name(), pattern] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let mut digest = hex::encode(hasher.finalize());
    digest.truncate(DIGITS);
    digest
}

impl Group {
    fn new(fingerprint: String, pattern: String, alike: &Alike, first: FailedRun) -> Self {
        Self {
            fingerprint,
            job_type: alike.job_type,
            error_kind: alike.error_kind,
            pattern,
            count: 0,
            first_seen: first.failed_at,
            last_seen: first.failed_at,
            last_run_id: first.run_id,
            brand_ids: BTreeSet::new(),
        }
    }

    fn add(&mut self, runs: &[FailedRun]) {
        self.count += runs.len();
        for run in runs {
            self.first_seen = self.first_seen.min(run.failed_at);
            if run.failed_at >= self.last_seen {
                self.last_seen = run.failed_at;
                self.last_run_id = run.run_id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(message: &str, minutes: &[i64]) -> Alike {
        let run = |minute: &i64| FailedRun {
            run_id: RunId::new(),
            brand_id: Some(BrandId::new()),
            failed_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(*minute),
        };
        Alike {
            job_type: JobType::AssetDownload,
            error_kind: ErrorKind::Retry,
            message: message.to_owned(),
            idle: minutes.len(),
            runs: minutes.iter().map(run).collect(),
        }
    }

    #[test]
    fn what_differs_from_run_to_run_is_taken_out() {
        for (message, left) in [
            (
                "copying an asset: 403 from https://cdn.example/a/b.jpg?x=1 after 3.5 s",
                "copying an asset: <n> from <url> after <n> s",
            ),
            (
                "no brand 0192f0c1-2345-7abc-8def-0123456789ab in act_1234567890123",
                "no brand <id> in <id>",
            ),
            (
                r#"object "v1_9f86d081884c7d65" is gone at 12:30:05"#,
                r#"object "<id>" is gone at <n>"#,
            ),
            ("the token was revoked", "the token was revoked"),
            ("error #17 (code 190)", "error #<n> (code <n>)"),
        ] {
            assert_eq!(pattern(message), left);
        }
    }

    #[test]
    fn failures_of_one_cause_are_one_group_with_its_first_and_last() {
        let failures = vec![
            failed("no such brand", &[9]),
            failed("waited 5 s", &[2, 1]),
            failed("waited 60 s", &[7]),
        ];
        let last = failures[2].runs[0].run_id;

        let groups = groups(failures);

        let counts: Vec<_> = groups
            .iter()
            .map(|(it, words)| (&*it.pattern, it.count, words.len()))
            .collect();
        assert_eq!(counts, [("waited <n> s", 3, 2), ("no such brand", 1, 1)]);
        let (waited, words) = &groups[0];
        assert!(words.iter().all(|it| it.message.starts_with("waited")));
        let minutes = [waited.first_seen, waited.last_seen].map(|it| it.timestamp() / 60);
        assert_eq!((minutes, waited.last_run_id), ([1, 7], last));
        assert_eq!(waited.brand_ids.len(), 3);
        assert_eq!(waited.fingerprint.len(), DIGITS);
    }

    #[test]
    fn of_equally_frequent_causes_the_one_seen_last_is_first() {
        let groups = groups(vec![
            failed("one", &[2]),
            failed("two", &[3]),
            failed("three", &[1]),
        ]);

        let patterns: Vec<_> = groups.iter().map(|(it, _)| &*it.pattern).collect();
        assert_eq!(patterns, ["two", "one", "three"]);
    }

    #[test]
    fn another_kind_of_error_is_another_cause() {
        let lost = Alike {
            error_kind: ErrorKind::Lost,
            ..failed("waited 5 s", &[1])
        };

        let groups = groups(vec![failed("waited 5 s", &[1]), lost]);

        assert_eq!(groups.len(), 2);
        assert_ne!(groups[0].0.fingerprint, groups[1].0.fingerprint);
    }
}
