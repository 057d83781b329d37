//! Bugs in what people ask for and what follows from it: limits, pauses, periods, policies, caps,
//! follow-ups, letters, batches.

use super::Mutant;

const STORE_JOBS: &str = "shared/src/store/jobs/ledger.rs";
const PAUSE: &str = "shared/src/runtime/pause.rs";
const PERIOD: &str = "shared/src/domain/schedule/period.rs";
const SKIP: &str = "functions/dispatcher/src/jobs/skip.rs";
const CHANGE: &str = "functions/dispatcher/src/jobs/change.rs";
const STORE_CLAIM: &str = "shared/src/store/runs/claim.rs";
const SETTLE: &str = "shared/src/runtime/settle.rs";
const STORE_DATASETS: &str = "shared/src/store/datasets.rs";
const STORE_NOTES: &str = "shared/src/store/notifications.rs";
const BATCHES: &str = "shared/src/runtime/batches.rs";
const STORE_DEAD: &str = "shared/src/store/runs/dead.rs";

/// Bugs in what a job is.
pub(super) const ALL: &[Mutant] = &[
    Mutant {
        bug: "a job with a limit has one run too many",
        changes: &[(
            STORE_JOBS,
            "job.runs_completed + 1 >= most",
            "job.runs_completed >= most",
        )],
    },
    Mutant {
        bug: "a run on demand uses up the moment of a one-time job",
        changes: &[(
            STORE_JOBS,
            "None => job.next_run_at.is_none() && !wake::has_more(tx, job.id).await?,",
            "None => true,",
        )],
    },
    Mutant {
        bug: "a pause does not end by itself",
        changes: &[(
            PAUSE,
            "job.paused_until.filter(|until| *until <= now) else",
            "job.paused_until.filter(|until| *until <= now && false) else",
        )],
    },
    Mutant {
        bug: "the end of a period is ignored",
        changes: &[(
            PERIOD,
            "self.ends_at.is_none_or(|end| at <= end)",
            "self.ends_at.is_none_or(|end| at <= end || true)",
        )],
    },
    Mutant {
        bug: "a fire time that is skipped on request has no row",
        changes: &[(
            SKIP,
            "tick::insert_requested_skip(&mut tx, &locked, next, &caller.name, now).await?;",
            "let _ = (&caller, tick::insert_requested_skip);",
        )],
    },
    Mutant {
        bug: "an edit of the policies alone is not written",
        changes: &[(
            CHANGE,
            "self.name == job.name && self.parameters == job.parameters && self.timing == job.timing",
            "self.name == job.name && self.parameters == job.parameters
            && matches!(self.replan, shared::domain::timing::Replan::Kept(_))",
        )],
    },
    Mutant {
        bug: "the cap of a brand is left out",
        changes: &[(
            STORE_CLAIM,
            "or coalesce(taken.of_brand >= b.running_max, false) as \"is_capped!\"",
            "or coalesce(taken.of_brand >= b.running_max and false, false) as \"is_capped!\"",
        )],
    },
    Mutant {
        bug: "the cap of a brand within a type is left out",
        changes: &[(
            STORE_CLAIM,
            "or coalesce(taken.of_both >= t.running_per_brand_max, false)",
            "or coalesce(taken.of_both >= t.running_per_brand_max and false, false)",
        )],
    },
    Mutant {
        bug: "follow-ups are not made",
        changes: &[(
            SETTLE,
            "if status == RunStatus::Completed {
        let wishes",
            "if status == RunStatus::Skipped {
        let wishes",
        )],
    },
    Mutant {
        bug: "follow-ups are made before their run completes",
        changes: &[(
            SETTLE,
            "if status == RunStatus::Completed {
        let wishes",
            "if status != RunStatus::Failed {
        let wishes",
        )],
    },
    Mutant {
        bug: "a failure leaves what its dataset says",
        changes: &[(
            STORE_DATASETS,
            "last_status = excluded.last_status,",
            "last_status = coalesce(dataset_status.last_status, excluded.last_status),",
        )],
    },
    Mutant {
        bug: "a dead letter stands for ever",
        changes: &[(
            STORE_NOTES,
            "and recovered_at is null
            returning",
            "and recovered_at < $3
            returning",
        )],
    },
    Mutant {
        bug: "a batch passes over the runs it should retry",
        changes: &[(
            BATCHES,
            "if standing.is_next_open {",
            "if standing.is_next_open && false {",
        )],
    },
    Mutant {
        bug: "the retry of a person leaves no trace at what failed",
        changes: &[(
            STORE_DEAD,
            "set retry_run_id = attempt.id",
            "set retry_run_id = r.retry_run_id",
        )],
    },
];
