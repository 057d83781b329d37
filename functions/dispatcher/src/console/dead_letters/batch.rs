//! `GET /console/retry-batches/{id}`: how far a retry of many failures has come.

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::{
    domain::{BatchId, Role},
    store::retry_batches::{self, Batch},
};

use crate::{
    State,
    auth::Caller,
    console::{
        guard::Visitor,
        moment::Moment,
        page::{self, DEAD_LETTERS, Done, Shell},
    },
    problem::Problem,
    query::{Id, Query},
    runs::batches,
};

/// The page of a batch.
pub(super) fn url(id: BatchId) -> String {
    format!("/console/retry-batches/{id}")
}

#[derive(Template)]
#[template(path = "console/batch.html")]
struct BatchPage {
    shell: Shell,
    id: BatchId,
    live: BatchLive,
}

/// The part that is fetched anew while the batch goes on.
#[derive(Template)]
#[template(path = "console/batch_live.html")]
struct BatchLive {
    proof: String,
    batch: Batch,
    created_at: Moment,
    ended_at: Option<Moment>,
    is_active: bool,
    /// Whether it can be ended, and by this visitor.
    can_operate: bool,
    goes_on: bool,
}

impl HtmlSafe for BatchLive {}

/// How far a batch has come.
///
/// # Errors
/// 404 without such a batch; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<BatchId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done: Option<Done> = query.word("done")?;
    query.finish()?;
    let now = state.clock.now();
    let live = read(&state, id, &visitor, now).await?;
    let shell = Shell::new(&visitor, DEAD_LETTERS, "Retry of failures", now).with_notice(done);
    Ok(page::html(&BatchPage { shell, id, live }))
}

/// The part of its page that changes.
///
/// # Errors
/// As the page.
pub(in crate::console) async fn live(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<BatchId>,
) -> Result<Response, Problem> {
    let live = read(&state, id, &visitor, state.clock.now()).await?;
    Ok(page::html(&live))
}

async fn read(
    state: &State,
    id: BatchId,
    visitor: &Visitor,
    now: DateTime<Utc>,
) -> Result<BatchLive, Problem> {
    let mut tx = state.db.begin().await?;
    let batch = retry_batches::get(&mut tx, id).await?;
    tx.commit().await?;
    let batch = batch.ok_or_else(|| Problem::missing("batch"))?;
    let is_active = batch.status == "active";
    Ok(BatchLive {
        proof: visitor.proof.clone(),
        created_at: Moment::seen_from(batch.created_at, now),
        ended_at: batch.ended_at.map(|at| Moment::seen_from(at, now)),
        is_active,
        can_operate: is_active && visitor.caller.role >= Role::Operator,
        goes_on: is_active || batch.waiting > 0,
        batch,
    })
}

/// Ends a batch; what was released goes on.
///
/// # Errors
/// As the API.
pub(in crate::console) async fn cancel(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(id): Id<BatchId>,
) -> Result<Response, Problem> {
    drop(batches::cancel(state, Extension(caller), Id(id)).await?);
    Ok(page::see_other(&url(id)))
}
