//! The states of jobs and runs, and the policies that decide between them.

use super::words::words;

words! {
    /// Where a job stands.
    JobStatus {
        /// Runs on its schedule.
        Active = "active",
        /// Keeps its schedule; its ticks are recorded as skipped.
        Paused = "paused",
        /// Has nothing left to run.
        Completed = "completed",
        /// Put away by a person, or a finished request of one.
        Archived = "archived",
    }

    /// Where a run stands.
    RunStatus {
        /// Waits for its time, for a slot, or for the bus.
        Pending = "pending",
        /// Claimed; holds a lease.
        Running = "running",
        /// Done; may carry warnings.
        Completed = "completed",
        /// This attempt failed; `retry_run_id` names the next one, or none is left.
        Failed = "failed",
        /// Should have run and did not.
        Skipped = "skipped",
        /// Asked to stop, and did.
        Cancelled = "cancelled",
    }

    /// Why a tick was skipped.
    SkipReason {
        /// The run before it was still at work.
        Overlap = "overlap",
        /// Nobody delivered it in time.
        Missed = "missed",
        /// Its job was paused.
        Paused = "paused",
        /// Its schedule was changed, or its job ended before it could begin.
        Superseded = "superseded",
        /// A person wanted this one left out.
        Requested = "requested",
    }

    /// What a pending run waits for, besides its time.
    WaitReason {
        /// A slot of its job type or brand.
        Capped = "capped",
        /// The end of another run of its job.
        Overlap = "overlap",
        /// The delay the other side asked for.
        Snoozed = "snoozed",
        /// The bus, to go on with its next segment.
        Continued = "continued",
    }

    /// Who wanted a run.
    Origin {
        /// The schedule.
        Tick = "tick",
        /// A person or a program, now.
        Manual = "manual",
        /// Another run.
        FollowUp = "follow_up",
    }

    /// What failed.
    ErrorKind {
        /// Something worth trying again.
        Retry = "retry",
        /// Something no further attempt can mend.
        Permanent = "permanent",
        /// The worker vanished and its lease ran out.
        Lost = "lost",
        /// The handler did not stop before the function's deadline.
        Timeout = "timeout",
        /// The handler panicked.
        Panic = "panic",
        /// The other side asked us to wait more often than we are willing to.
        Throttled = "throttled",
        /// The run was continued more often than any honest run is.
        Segments = "segments",
    }

    /// What happens to a tick while the run before it is still at work.
    OverlapPolicy {
        /// The tick is skipped.
        Skip = "skip",
        /// The tick waits its turn.
        Queue = "queue",
        /// Both run at the same time.
        Allow = "allow",
    }

    /// What happens to ticks that nobody delivered in time.
    MisfirePolicy {
        /// The newest runs, the others are skipped.
        Latest = "latest",
        /// All are skipped.
        Skip = "skip",
        /// The newest few run, oldest first.
        All = "all",
    }
}
