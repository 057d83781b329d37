//! What the ledger's words mean, for people.

use shared::{
    domain::{
        ErrorKind, JobStatus, RunStatus,
        run::{SkipReason, WaitReason},
    },
    store::runs::read::RunView,
};

/// A state as a page shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Badge {
    /// How it looks: `good`, `bad`, `busy`, `warn` or nothing.
    pub(super) look: &'static str,
    /// The ledger's word.
    pub(super) word: &'static str,
    /// What that means here.
    pub(super) why: Option<&'static str>,
}

/// Where a run stands, by what its row says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    pub(super) status: RunStatus,
    pub(super) reason: Option<&'a str>,
    pub(super) is_due: bool,
    pub(super) is_retried: bool,
    pub(super) is_acknowledged: bool,
    pub(super) has_warnings: bool,
}

impl Standing<'_> {
    /// The badge of a run.
    pub(super) fn badge(self) -> Badge {
        let (look, why) = match self.status {
            RunStatus::Pending => ("", Some(self.wait())),
            RunStatus::Running => ("busy", None),
            RunStatus::Completed if self.has_warnings => ("good", Some("with warnings")),
            RunStatus::Completed => ("good", None),
            RunStatus::Failed if self.is_retried => ("warn", Some("another attempt follows")),
            RunStatus::Failed if self.is_acknowledged => ("", Some("acknowledged")),
            RunStatus::Failed => ("bad", Some("no attempt is left")),
            RunStatus::Skipped => ("warn", self.reason.and_then(skipped)),
            RunStatus::Cancelled => ("", Some("on request")),
        };
        Badge {
            look,
            word: self.status.name(),
            why,
        }
    }

    fn wait(self) -> &'static str {
        let named = |reason: &&WaitReason| Some(reason.name()) == self.reason;
        match WaitReason::ALL.iter().find(named) {
            Some(WaitReason::Capped) => "waits for a slot of its job type or brand",
            Some(WaitReason::Overlap) => "waits for another run of its job",
            Some(WaitReason::Snoozed) => "waits, as the other side asked",
            Some(WaitReason::Continued) => "goes on with its next segment",
            None if self.is_due => "waits for a function to take it",
            None => "waits for its time",
        }
    }
}

impl<'a> Standing<'a> {
    /// Of a run, seen from `now`.
    pub(super) fn of(run: &'a RunView, now: chrono::DateTime<chrono::Utc>) -> Self {
        Self {
            status: run.status,
            reason: run.reason.as_deref(),
            is_due: run.run_after <= now,
            is_retried: run.retry_run_id.is_some(),
            is_acknowledged: run.acknowledged_at.is_some(),
            has_warnings: !run.warnings.is_empty(),
        }
    }
}

fn skipped(reason: &str) -> Option<&'static str> {
    let reason = SkipReason::ALL.iter().find(|it| it.name() == reason)?;
    Some(match reason {
        SkipReason::Overlap => "the run before it was still at work",
        SkipReason::Missed => "nobody delivered it in time",
        SkipReason::Paused => "its job was paused",
        SkipReason::Superseded => "its schedule was changed, or its job ended",
        SkipReason::Requested => "a person left it out",
    })
}

/// Where a job stands.
pub(super) const fn job_badge(status: JobStatus) -> Badge {
    let look = match status {
        JobStatus::Active => "good",
        JobStatus::Paused => "warn",
        JobStatus::Completed | JobStatus::Archived => "",
    };
    Badge {
        look,
        word: status.name(),
        why: None,
    }
}

/// What to do about a failure.
pub(super) const fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Retry => {
            "A passing trouble by the looks of it. Retry it when what the message names is well again."
        }
        ErrorKind::Permanent => {
            "Another attempt ends the same way. Mend what the message names first: parameters, the \
             connection of the ad account, a missing setting. Then retry it."
        }
        ErrorKind::Lost => {
            "The worker vanished: killed, out of memory, or cut off from the database. Retry it; if it is \
             lost again, look into the function's log and its memory."
        }
        ErrorKind::Timeout => {
            "The work did not stop before the function's deadline. Retry it with smaller parameters, or \
             give the function more time."
        }
        ErrorKind::Panic => {
            "A fault in the program. Tell the engineers, with this page's address; a retry hits it again."
        }
        ErrorKind::Throttled => {
            "The other side asked for patience more often than runs have. Retry it later, or run less at \
             the same time (`schedules limits`)."
        }
        ErrorKind::Segments => {
            "It was continued more often than any honest run is. Retry it with smaller parameters, or tell \
             the engineers."
        }
    }
}

/// Words of a name, as in "ad classification" of `ad_classification`.
pub(super) fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_that_nobody_cares_for_is_the_only_bad_one() {
        let standing = Standing {
            status: RunStatus::Failed,
            reason: None,
            is_due: true,
            is_retried: false,
            is_acknowledged: false,
            has_warnings: false,
        };
        assert_eq!(standing.badge().look, "bad");
        let retried = Standing {
            is_retried: true,
            ..standing
        };
        assert_eq!(retried.badge().look, "warn");
        let acknowledged = Standing {
            is_acknowledged: true,
            ..standing
        };
        assert_eq!(acknowledged.badge().look, "");
    }

    #[test]
    fn every_reason_of_the_ledger_is_explained() {
        for reason in SkipReason::ALL {
            assert!(skipped(reason.name()).is_some(), "{reason}");
        }
        let standing = |reason| Standing {
            status: RunStatus::Pending,
            reason,
            is_due: true,
            is_retried: false,
            is_acknowledged: false,
            has_warnings: false,
        };
        let words: std::collections::BTreeSet<_> = WaitReason::ALL
            .iter()
            .map(|it| standing(Some(it.name())).wait())
            .collect();
        assert_eq!(words.len(), WaitReason::ALL.len());
        assert!(!words.contains(standing(None).wait()));
    }
}
