//! `POST /api/jobs/{id}/preview`: what an edit would do, before it is made.

use axum::Json;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{
        JobId, JobStatus,
        load::counted_after,
        schedule::diff::{AHEAD, Difference, FIRES_MAX, Fires},
        timing::{Replan, Timing},
    },
    store::jobs::{Job, read},
};

use super::{change::Change, edit, fields::JobFields};
use crate::{State, body::JsonBody, problem::Problem, query::Id, schedules::ScheduleView};

/// Fire times of each kind that are told; the others are counted.
const TOLD_MAX: usize = 50;

/// What an edit would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EditPreview {
    /// Whether it changes anything about the job.
    is_change: bool,
    /// What the schedule means with it.
    schedule: ScheduleView,
    fires: FireChanges,
    /// Whether none of them fires before somebody resumes the job.
    is_paused: bool,
}

/// What it does to the fire times from now, or from the end of the job's pause, until `until`.
#[derive(Debug, Serialize, JsonSchema)]
struct FireChanges {
    until: DateTime<Utc>,
    new: Fires,
    gone: Fires,
    unchanged: Fires,
}

/// Tells what the same body would do to the job as an edit, and refuses what the edit would refuse of its fields.
/// Changes nothing.
pub(crate) async fn show(
    state: State,
    Id(id): Id<JobId>,
    JsonBody { value: body, .. }: JsonBody<JobFields>,
) -> Result<Json<EditPreview>, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let job = read::get(&mut tx, id).await?;
    tx.commit().await?;
    let job = job.ok_or_else(|| Problem::missing("job"))?;
    edit::require_live(&job)?;
    edit::require_revision(&job, body.revision)?;
    let change = Change::of(&job, &body, now)?;
    let timing = change.edited().timing;
    let told = difference(&job, timing, now, TOLD_MAX).unwrap_or_default();
    Ok(Json(EditPreview {
        is_change: !change.is_none(&job),
        schedule: ScheduleView::of(timing, now),
        fires: FireChanges {
            until: now + AHEAD,
            new: told.appear,
            gone: told.vanish,
            unchanged: told.stay,
        },
        is_paused: is_stopped(&job),
    }))
}

/// What saving `job` with `timing` does to the fire times of the next seven days, at most `told_max` of each kind told
/// by their time. `None`: it cannot be saved.
pub(crate) fn difference(
    job: &Job,
    timing: &Timing,
    now: DateTime<Utc>,
    told_max: usize,
) -> Option<Difference> {
    let window = (counted_after(job.paused_until, now), now + AHEAD);
    let first = match timing.replan(&job.timing, job.next_run_at, now).ok()? {
        Replan::Kept(watermark) => watermark,
        Replan::Anew(first) => Some(first),
    };
    let before = (job.timing).fires_within(job.next_run_at, window, FIRES_MAX);
    let after = timing.fires_within(first, window, FIRES_MAX);
    Some(Difference::between(&before, &after, told_max))
}

/// Whether no schedule of the job fires before somebody resumes it.
pub(crate) fn is_stopped(job: &Job) -> bool {
    job.status == JobStatus::Paused && job.paused_until.is_none()
}
