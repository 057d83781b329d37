//! Which failures have one cause: by job type, kind of error, and what is left of the message without
//! the parts that differ from run to run. Pure.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    sync::{Arc, LazyLock},
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

/// A run that failed.
#[derive(Clone, Debug)]
pub struct FailedRun {
    /// The run.
    pub run_id: RunId,
    /// What it should have done.
    pub job_type: JobType,
    /// For whom; `None` for the platform.
    pub brand_id: Option<BrandId>,
    /// In which way it failed.
    pub error_kind: ErrorKind,
    /// In which words, which many share.
    pub message: Arc<str>,
    /// When.
    pub failed_at: DateTime<Utc>,
    /// Whether another attempt can be asked for: it waits in no batch for one, and its job is not archived.
    pub is_idle: bool,
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

/// Groups failures by their cause, the most frequent first, and of these the last one first; each group with its runs, in
/// the order in which they came.
#[must_use]
pub fn groups(failed: impl IntoIterator<Item = FailedRun>) -> Vec<(Group, Vec<FailedRun>)> {
    let mut groups: Vec<(Group, Vec<FailedRun>)> = vec![];
    // Most failures share their words with others, and finding the pattern of words costs more than all else.
    let mut of_words: HashMap<_, usize> = HashMap::new();
    let mut of_fingerprint: HashMap<String, usize> = HashMap::new();
    for run in failed {
        let kind = (run.job_type.name(), run.error_kind.name());
        let words = (kind, Arc::clone(&run.message));
        let place = *of_words.entry(words).or_insert_with(|| {
            let pattern = pattern(&run.message);
            let fingerprint = fingerprint(&run, &pattern);
            let place = of_fingerprint.entry(fingerprint.clone());
            *place.or_insert_with(|| {
                groups.push((Group::new(fingerprint, pattern, &run), vec![]));
                groups.len() - 1
            })
        });
        if let Some((group, runs)) = groups.get_mut(place) {
            group.add(&run);
            runs.push(run);
        }
    }
    groups.sort_by_key(|(it, _)| {
        let fingerprint = it.fingerprint.clone();
        (Reverse(it.count), Reverse(it.last_seen), fingerprint)
    });
    groups
}

fn fingerprint(run: &FailedRun, pattern: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [run.job_type.name(), run.error_kind.name(), pattern] {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    let mut digest = hex::encode(hasher.finalize());
    digest.truncate(DIGITS);
    digest
}

impl Group {
    fn new(fingerprint: String, pattern: String, run: &FailedRun) -> Self {
        Self {
            fingerprint,
            job_type: run.job_type,
            error_kind: run.error_kind,
            pattern,
            count: 0,
            first_seen: run.failed_at,
            last_seen: run.failed_at,
            last_run_id: run.run_id,
            brand_ids: BTreeSet::new(),
        }
    }

    fn add(&mut self, run: &FailedRun) {
        self.count += 1;
        self.first_seen = self.first_seen.min(run.failed_at);
        if run.failed_at >= self.last_seen {
            self.last_seen = run.failed_at;
            self.last_run_id = run.run_id;
        }
        self.brand_ids.extend(run.brand_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(message: &str, minute: i64) -> FailedRun {
        FailedRun {
            run_id: RunId::new(),
            job_type: JobType::AssetDownload,
            brand_id: Some(BrandId::new()),
            error_kind: ErrorKind::Retry,
            message: message.into(),
            failed_at: DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(minute),
            is_idle: true,
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
        let runs = [
            failed("waited 5 s", 2),
            failed("no such brand", 9),
            failed("waited 60 s", 7),
            failed("waited 5 s", 1),
        ];
        let last = runs[2].run_id;

        let groups = groups(runs);

        let counts: Vec<_> = groups
            .iter()
            .map(|(it, runs)| (&*it.pattern, it.count, runs.len()))
            .collect();
        assert_eq!(counts, [("waited <n> s", 3, 3), ("no such brand", 1, 1)]);
        let (waited, runs) = &groups[0];
        assert!(runs.iter().all(|run| run.message.starts_with("waited")));
        let minutes = [waited.first_seen, waited.last_seen].map(|it| it.timestamp() / 60);
        assert_eq!((minutes, waited.last_run_id), ([1, 7], last));
        assert_eq!(waited.brand_ids.len(), 3);
        assert_eq!(waited.fingerprint.len(), DIGITS);
    }

    #[test]
    fn another_kind_of_error_is_another_cause() {
        let lost = FailedRun {
            error_kind: ErrorKind::Lost,
            ..failed("waited 5 s", 1)
        };

        let groups = groups([failed("waited 5 s", 1), lost]);

        assert_eq!(groups.len(), 2);
        assert_ne!(groups[0].0.fingerprint, groups[1].0.fingerprint);
    }
}
