//! Bugs on the way of a run, from its claim to its ending.

use super::Mutant;

const ACCOUNT: &str = "shared/src/runtime/account.rs";
const CLAIM: &str = "shared/src/runtime/claim.rs";
const ANNOUNCE: &str = "shared/src/runtime/announce.rs";
const SETTLE: &str = "shared/src/runtime/settle.rs";
const STORE_CLAIM: &str = "shared/src/store/runs/claim.rs";
const STORE_SETTLE: &str = "shared/src/store/runs/settle.rs";
const STORE_OUTBOX: &str = "shared/src/store/runs/outbox.rs";
const STORE_JOBS: &str = "shared/src/store/jobs/ledger.rs";
const STORE_DATASETS: &str = "shared/src/store/datasets.rs";
const RETRY: &str = "shared/src/domain/retry.rs";
const TIMING: &str = "shared/src/domain/timing.rs";
const EDIT: &str = "shared/src/runtime/edit.rs";

/// Bugs in what becomes of a run.
pub(super) const ALL: &[Mutant] = &[
    Mutant {
        bug: "the reaper fails a run whatever its lease",
        changes: &[(
            STORE_SETTLE,
            "metadata = metadata || $6, lease_token = null, lease_expires_at = null
         where id = $1 and lease_token = $2 and status = 'running'",
            "metadata = metadata || $6, lease_token = null, lease_expires_at = null
         where id = $1 and $2::uuid is not null and status = 'running'",
        )],
    },
    Mutant {
        bug: "a success is written without the lease",
        changes: &[(
            STORE_SETTLE,
            "warnings = warnings || $5::text[], lease_token = null, lease_expires_at = null
         where id = $1 and lease_token = $2 and status = 'running'",
            "warnings = warnings || $5::text[], lease_token = null, lease_expires_at = null,
               error_kind = null, error_message = null, retry_run_id = null
         where id = $1 and $2::uuid is not null",
        )],
    },
    Mutant {
        bug: "leases are reaped ten minutes early",
        changes: &[(
            STORE_OUTBOX,
            "where status = 'running' and lease_expires_at < $1",
            "where status = 'running' and lease_expires_at < $1::timestamptz + interval '10 minutes'",
        )],
    },
    Mutant {
        bug: "a run is started whatever its status",
        changes: &[
            (
                CLAIM,
                "if queued.status != RunStatus::Pending {",
                "if queued.status == RunStatus::Completed {",
            ),
            (
                STORE_CLAIM,
                "where id = $1 and status = 'pending' and run_after <= $5",
                "where id = $1 and run_after <= $5",
            ),
        ],
    },
    Mutant {
        bug: "an edit keeps the old next fire time",
        changes: &[(
            TIMING,
            "return self.first_fire(now).map(Replan::Anew);",
            "return self.first_fire(now).map(|first| Replan::Anew(watermark.unwrap_or(first)));",
        )],
    },
    Mutant {
        bug: "an edit forgets fire times that are due",
        changes: &[(
            EDIT,
            "skip_overdue(tx, job, SkipReason::Superseded, author.now).await?;
            edit::supersede_waiting",
            "let _ = (skip_overdue, SkipReason::Superseded);
            edit::supersede_waiting",
        )],
    },
    Mutant {
        bug: "the retry is left out",
        changes: &[(
            SETTLE,
            "Some(delay) => settle::insert_retry(tx, run_id, delay, now).await.map(drop),",
            "Some(_) => Ok(()),",
        )],
    },
    Mutant {
        bug: "one retry too few",
        changes: &[(
            RETRY,
            "if attempt_number > max_retries {",
            "if attempt_number >= max_retries {",
        )],
    },
    Mutant {
        bug: "a dead letter is not written",
        changes: &[(
            SETTLE,
            "None => notifications::dead_letter(tx, job, run_id, message, now).await,",
            "None => Ok(()),",
        )],
    },
    Mutant {
        bug: "the watermark does not rise",
        changes: &[(
            STORE_JOBS,
            "set next_run_at = $3,",
            "set next_run_at = least($3, $2::timestamptz),",
        )],
    },
    Mutant {
        bug: "the overlap check is left out",
        changes: &[(
            ACCOUNT,
            "let is_busy = room.is_busy && job.is_exclusive();",
            "let is_busy = false;",
        )],
    },
    Mutant {
        bug: "the caps are left out",
        changes: &[(ACCOUNT, "} else if room.is_capped {", "} else if false {")],
    },
    Mutant {
        bug: "endings count as told although the bus was down",
        changes: &[(
            ANNOUNCE,
            "let refused = bus.publish(&events).await?;",
            "let refused = bus.publish(&events).await.unwrap_or_default();",
        )],
    },
    Mutant {
        bug: "the newest tick that nobody delivered is forgotten",
        changes: &[(
            ACCOUNT,
            "for scheduled_for in due.run {",
            "for scheduled_for in due.run.into_iter().filter(|_| lease_expires_at.is_some()) {",
        )],
    },
    Mutant {
        bug: "a paused job's ticks run",
        changes: &[
            (
                ACCOUNT,
                "    if job.status == JobStatus::Paused {
        let ticks",
                "    if false {
        let ticks",
            ),
            (
                CLAIM,
                "if job.status == JobStatus::Paused && is_tick",
                "if false && is_tick",
            ),
        ],
    },
    Mutant {
        bug: "an archived job is still claimed",
        changes: &[(
            CLAIM,
            "let is_stopped = job.status == JobStatus::Archived;",
            "let is_stopped = false;",
        )],
    },
    Mutant {
        bug: "a continuation loses its cursor",
        changes: &[(
            STORE_SETTLE,
            "cursor = coalesce($5, cursor), metadata = metadata || $6,",
            "cursor = nullif(coalesce($5, cursor), $5), metadata = metadata || $6,",
        )],
    },
    Mutant {
        bug: "a cancelled run starts again",
        changes: &[(
            CLAIM,
            "if queued.is_cancel_requested || is_stopped {",
            "if is_stopped {",
        )],
    },
    Mutant {
        bug: "a checkpoint does not see that it should stop",
        changes: &[(
            STORE_SETTLE,
            "Some(row) if row.is_cancel_requested =>",
            "Some(row) if row.is_cancel_requested && false =>",
        )],
    },
    Mutant {
        bug: "successes are not counted",
        changes: &[(
            STORE_JOBS,
            "set runs_completed = runs_completed + 1,",
            "set runs_completed = runs_completed + 0,",
        )],
    },
    Mutant {
        bug: "a failure takes a dataset's freshness away",
        changes: &[(
            STORE_DATASETS,
            "last_success_at = coalesce(excluded.last_success_at, dataset_status.last_success_at),",
            "last_success_at = coalesce(excluded.last_success_at, excluded.last_attempt_at),",
        )],
    },
];
