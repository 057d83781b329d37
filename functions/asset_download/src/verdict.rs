//! What became of a medium, and when it may be tried again. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clients::meta::media::Kind,
    store::assets::{Copy, Verdict},
};

use crate::copy::Miss;

/// How often a medium is tried before it is given up: a run, its three retries, and the next run.
const ATTEMPTS_MAX: i32 = 5;
/// First wait after a failure; it doubles. Just below the ledger's 5, 10 and 20 minutes, so that a retried
/// run finds what it is to try again.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(4);

/// What became of a medium, for the counts.
#[derive(Debug)]
pub(crate) enum Fate {
    Downloaded { bytes: u64 },
    Reused,
    NotDownloadable { reason: String },
    Failed { reason: String, cause: Option<Miss> },
    Skipped,
}

/// A verdict on the way to its row.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    pub(crate) fate: Fate,
}

/// The copy that is there does.
pub(crate) fn reused(copy: Copy) -> Judged {
    Judged {
        verdict: Verdict::Downloaded(copy),
        fate: Fate::Reused,
    }
}

/// What the misses come to: passing if any of them is, final otherwise.
pub(crate) fn verdict_of(
    misses: Vec<Miss>,
    kind: Kind,
    attempts: i32,
    now: DateTime<Utc>,
) -> Judged {
    let mut last_final = None;
    for miss in misses {
        match miss {
            Miss::Gone {
                is_final: true,
                reason,
                ..
            } => _ = last_final.get_or_insert(reason),
            Miss::Unusable {
                is_final: true,
                reason,
                ..
            } => _ = last_final.get_or_insert_with(|| reason.to_owned()),
            miss => return failed(Some(miss), attempts, now),
        }
    }
    let nowhere = match kind {
        Kind::Video => "no_source_url",
        Kind::Image => "no_url_from_api",
    };
    let reason = last_final.unwrap_or_else(|| nowhere.to_owned());
    Judged {
        verdict: Verdict::NotDownloadable {
            reason: reason.clone(),
        },
        fate: Fate::NotDownloadable { reason },
    }
}

/// Not this time.
pub(crate) fn failed(cause: Option<Miss>, attempts: i32, now: DateTime<Utc>) -> Judged {
    let reason = cause
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let wait = if matches!(cause, Some(Miss::OutOfTime)) {
        Some(TimeDelta::zero())
    } else {
        wait_after(attempts + 1)
    };
    let verdict = failure(reason.clone(), attempts + 1, wait, now);
    Judged {
        verdict,
        fate: Fate::Failed { reason, cause },
    }
}

/// A failed attempt's verdict: tried again after `wait`, or given up.
pub(crate) fn failure(
    reason: String,
    attempts: i32,
    wait: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Verdict {
    let next_attempt_at = wait
        .filter(|_| attempts < ATTEMPTS_MAX)
        .map(|wait| now + wait);
    Verdict::Failed {
        reason,
        attempts,
        next_attempt_at,
    }
}

/// How long to wait after so many attempts in vain; `None` after the last.
pub(crate) fn wait_after(attempts: i32) -> Option<TimeDelta> {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    (attempts < ATTEMPTS_MAX).then(|| FIRST_WAIT * 2_i32.pow(doublings))
}
