//! `GET /api/dataset-limits`, `PUT` and `DELETE /api/dataset-limits/{dataset}`: how old data may be before somebody should look.
//!
//! A limit is of a dataset of every brand, and so an administrator of the installation sets it.

use std::ops::RangeInclusive;

use axum::{Extension, Json, extract::Path, http::StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::store::dataset_limits::{self, DatasetLimit, FRESH_FOR_HOURS};

use crate::{State, auth::Caller, body::JsonBody, problem::Problem, query::Query};

/// Hours in a year, the longest limit, as the table has it.
pub(crate) const HOURS_MAX: i32 = 8_760;
/// How long a word for a dataset may be, as the table has it.
const KEY_CHARS: RangeInclusive<usize> = 2..=41;

/// The answer of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Limits {
    /// By key.
    limits: Vec<LimitView>,
    /// Of every other dataset, in hours.
    otherwise_fresh_for_hours: i32,
}

/// A limit as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct LimitView {
    dataset_key: String,
    /// Since the last success, to count as fresh; up to twice that it is ageing.
    fresh_for_hours: i32,
}

/// What a dataset's limit shall be.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitBody {
    /// From 1 to 8760.
    fresh_for_hours: i32,
}

/// The limits.
pub(crate) async fn list(state: State, query: Query) -> Result<Json<Limits>, Problem> {
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let limits = dataset_limits::all(&mut tx).await?;
    tx.commit().await?;
    Ok(Json(Limits {
        limits: limits.into_iter().map(LimitView::from).collect(),
        otherwise_fresh_for_hours: FRESH_FOR_HOURS,
    }))
}

/// Sets a dataset's limit. May be repeated.
pub(crate) async fn set(
    state: State,
    Extension(caller): Extension<Caller>,
    Path(dataset): Path<String>,
    JsonBody { value: body, .. }: JsonBody<LimitBody>,
) -> Result<Json<LimitView>, Problem> {
    permit(&caller)?;
    let fresh_for_hours = body.fresh_for_hours;
    if !(1..=HOURS_MAX).contains(&fresh_for_hours) {
        return Err(no_such_hours());
    }
    let limit = DatasetLimit {
        dataset_key: key(dataset)?,
        fresh_for_hours,
    };
    let mut tx = state.db.begin().await?;
    if !dataset_limits::set(&mut tx, &limit).await? {
        return Err(Problem::missing("dataset"));
    }
    tx.commit().await?;
    let (dataset, by) = (&limit.dataset_key, &caller.name);
    tracing::info!(dataset, fresh_for_hours, by, "a dataset's limit was set");
    Ok(Json(limit.into()))
}

/// Takes a dataset's limit away. May be repeated.
pub(crate) async fn remove(
    state: State,
    Extension(caller): Extension<Caller>,
    Path(dataset): Path<String>,
) -> Result<StatusCode, Problem> {
    permit(&caller)?;
    let dataset = key(dataset)?;
    let mut tx = state.db.begin().await?;
    dataset_limits::remove(&mut tx, &dataset).await?;
    tx.commit().await?;
    let by = &caller.name;
    tracing::info!(dataset, by, "a dataset's limit was taken away");
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses callers of one organization.
///
/// # Errors
/// 403.
pub(crate) fn permit(caller: &Caller) -> Result<(), Problem> {
    caller.require_installation("says how old data may be")
}

/// Refuses a number of hours.
pub(crate) fn no_such_hours() -> Problem {
    let detail = format!("must be a whole number from 1 to {HOURS_MAX}");
    Problem::field("fresh_for_hours", detail)
}

/// A word that a dataset may have.
fn key(text: String) -> Result<String, Problem> {
    let is_of_it = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_';
    let is_word = KEY_CHARS.contains(&text.len()) && text.bytes().all(is_of_it);
    let begins = text.starts_with(|it: char| it.is_ascii_lowercase());
    (is_word && begins)
        .then_some(text)
        .ok_or_else(|| Problem::missing("dataset"))
}

impl From<DatasetLimit> for LimitView {
    fn from(it: DatasetLimit) -> Self {
        Self {
            dataset_key: it.dataset_key,
            fresh_for_hours: it.fresh_for_hours,
        }
    }
}
