//! `GET /console/strip`: the last runs of a type and brand as a row of cells, small enough for a frame in another page.
//!
//! Who may show it in a frame, `SUNDIAL_EMBED_ORIGINS` says; who sees it has a session, like everywhere in the console.

use askama::Template;
use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use shared::{
    domain::{BrandId, JobType, RunStatus},
    store::{
        Tx, brands,
        runs::read::{self, Filter, RunView},
    },
};

use super::{
    assets::Assets,
    guard::Visitor,
    moment::Moment,
    page,
    run_row::{self, took},
    words::{Standing, spaced},
};
use crate::{State, problem::Problem, query::Query};

/// Where it is.
pub(super) const PATH: &str = "/console/strip";

/// Runs that are shown.
const RUNS_MAX: i64 = 50;
const RUNS_DEFAULT: i64 = 20;

#[derive(Template)]
#[template(path = "console/strip.html")]
struct StripPage {
    assets: Assets,
    title: String,
    cells: Vec<Cell>,
    /// Where all of them are listed.
    all: String,
}

#[derive(Template)]
#[template(path = "console/strip_door.html")]
struct DoorPage {
    assets: Assets,
}

/// A run.
struct Cell {
    url: String,
    look: &'static str,
    /// Tells states apart for those who do not see colours.
    sign: &'static str,
    word: &'static str,
    at: Moment,
    took: Option<String>,
}

/// The address of the strip of a type, of one brand or of all.
pub(super) fn url(job_type: &str, brand: Option<BrandId>) -> String {
    address(
        PATH,
        [
            ("job_type", Some(job_type.to_owned())),
            ("brand_id", brand.map(|id| id.to_string())),
        ],
    )
}

fn address<const N: usize>(path: &str, pairs: [(&str, Option<String>); N]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.extend_pairs(value.map(|value| (name, value)));
    }
    format!("{path}?{}", query.finish())
}

/// The strip, the newest run last.
///
/// # Errors
/// 400 without a type; 404 without such a brand; when the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(_): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let brand_id = query.id("brand_id")?;
    let job_type: Option<JobType> = query.word("job_type")?;
    let job_type = job_type.ok_or_else(|| Problem::address("job_type", "is missing"))?;
    let limit = query.number("runs", 1..=RUNS_MAX, RUNS_DEFAULT)?;
    query.finish()?;
    let filter = Filter {
        brand_id,
        job_type: Some(job_type),
        ..Filter::default()
    };
    let mut tx = state.db.begin().await?;
    let brand = name_of(&mut tx, brand_id).await?;
    let runs = read::list_of_all_brands(&mut tx, filter, limit).await?;
    tx.commit().await?;
    let now = state.clock.now();
    let brand_id = brand_id.map(|id| id.to_string());
    Ok(page::html(&StripPage {
        assets: Assets,
        title: match brand {
            Some(brand) => format!("{}, {brand}", spaced(job_type.name())),
            None => spaced(job_type.name()),
        },
        cells: runs.iter().rev().map(|run| Cell::of(run, now)).collect(),
        all: address(
            "/console/runs",
            [
                ("type", Some(job_type.name().to_owned())),
                ("brand", brand_id),
            ],
        ),
    }))
}

/// The name of a brand, if one is asked for.
///
/// # Errors
/// 404 without such a brand; when the database does not answer.
pub(super) async fn name_of(
    tx: &mut Tx,
    brand_id: Option<BrandId>,
) -> Result<Option<String>, Problem> {
    let Some(id) = brand_id else {
        return Ok(None);
    };
    let name = brands::name(tx, id).await?;
    name.map(Some).ok_or_else(|| Problem::missing("brand"))
}

/// What a frame shows to somebody without a session: the way in opens beside it.
pub(super) fn door() -> Response {
    (
        StatusCode::UNAUTHORIZED,
        page::html(&DoorPage { assets: Assets }),
    )
        .into_response()
}

impl Cell {
    fn of(run: &RunView, now: DateTime<Utc>) -> Self {
        let badge = Standing::of(run, now).badge();
        Self {
            url: run_row::url(run.id),
            look: badge.look,
            sign: sign(run.status),
            word: badge.word,
            at: Moment::seen_from(run.started_at.unwrap_or(run.scheduled_for), now),
            took: took(run.started_at, run.completed_at, now),
        }
    }
}

/// What tells a state apart for those who do not see colours.
pub(super) const fn sign(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Completed => "✓",
        RunStatus::Failed => "✕",
        RunStatus::Skipped => "⤼",
        RunStatus::Cancelled => "■",
        RunStatus::Running => "▶",
        RunStatus::Pending => "…",
    }
}
