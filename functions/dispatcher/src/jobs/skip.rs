//! `POST /api/jobs/{id}/skip-next`: leaves out the next fire time, and no other.

use axum::Extension;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Deserialize;
use shared::{
    domain::JobId,
    store::{
        Tx,
        jobs::{
            changes,
            ledger::{self, LockedJob},
        },
        runs::tick,
    },
};

use super::{
    edit::{finish, open},
    fields,
    view::JobView,
};
use crate::{
    State,
    auth::Caller,
    body::{JsonBody, OptionalJsonBody},
    problem::Problem,
    query::Id,
};

/// Which fire time the caller means. Naming it makes the request safe to repeat.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkipBody {
    next_run_at: Option<String>,
}

/// Gives the next fire time the verdict that somebody wanted it left out.
pub(crate) async fn skip_next(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<JobId>,
    OptionalJsonBody(JsonBody { value: body, .. }): OptionalJsonBody<SkipBody>,
) -> Result<JobView, Problem> {
    let wanted = body.next_run_at.as_deref();
    let wanted = wanted.map(|text| fields::moment("next_run_at", text));
    let wanted = wanted
        .transpose()
        .map_err(|error| Problem::fields(vec![error]))?;

    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let (locked, job) = open(&mut tx, id, now).await?;
    let (Ok(Some(schedule)), Some(next)) = (locked.schedule(), locked.next_run_at) else {
        let detail = "the job has no schedule that goes on after this; archive it instead";
        return Err(Problem::conflict("nothing-to-skip", detail));
    };
    let wanted = wanted.unwrap_or(next);
    if wanted != next {
        require_skipped(&mut tx, &locked, wanted, next).await?;
        return Ok(JobView::in_full(job, now));
    }
    tick::insert_requested_skip(&mut tx, &locked, next, &caller.name, now).await?;
    ledger::advance(&mut tx, id, next, schedule.next_after(next)).await?;
    changes::record_skip(&mut tx, id, next, caller.author(now)).await?;
    finish(&state, tx, id, now).await
}

/// A fire time that was skipped before stays skipped; another one is not what comes next.
async fn require_skipped(
    tx: &mut Tx,
    job: &LockedJob,
    wanted: DateTime<Utc>,
    next: DateTime<Utc>,
) -> Result<(), Problem> {
    if tick::is_skipped_on_request(tx, job.id, wanted).await? {
        return Ok(());
    }
    let detail = format!("the job fires next at {}", next.to_rfc3339());
    Err(Problem::conflict("not-next", detail))
}
