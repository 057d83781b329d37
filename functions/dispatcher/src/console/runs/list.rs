//! `GET /console/runs`: what ran, how long, and how it ended; newest first.

use askama::Template;
use axum::{Extension, response::Response};
use shared::{
    domain::RunStatus,
    store::{brands, runs::read},
};

use crate::{
    State,
    console::{
        guard::Visitor,
        jobs::list::{BRANDS_MAX, Choice, brand_choices},
        page::{self, RUNS, Shell},
        run_row::RunRow,
    },
    problem::Problem,
    query::Query,
};

/// Runs on the page.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "console/runs.html")]
struct RunsPage {
    shell: Shell,
    brands: Vec<Choice>,
    statuses: Vec<Choice>,
    job: Option<String>,
    rows: Vec<RunRow>,
    is_filtered: bool,
}

/// The list.
///
/// # Errors
/// 400 for a filter that is none; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let filter = read::Filter {
        job_id: query.id("job")?,
        brand_id: query.id("brand")?,
        status: query.word("status")?,
    };
    query.finish()?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let brands = brands::all(&mut tx, BRANDS_MAX).await?;
    let runs = read::list_of_all_brands(&mut tx, filter, ROWS).await?;
    tx.commit().await?;
    let restricts = [
        filter.job_id.is_some(),
        filter.brand_id.is_some(),
        filter.status.is_some(),
    ];
    Ok(page::html(&RunsPage {
        shell: Shell::new(&visitor, RUNS, "Runs", now),
        brands: brand_choices(&brands, filter.brand_id),
        statuses: statuses(filter.status),
        job: filter.job_id.map(|id| id.to_string()),
        rows: RunRow::all(now, &runs),
        is_filtered: restricts.contains(&true),
    }))
}

fn statuses(chosen: Option<RunStatus>) -> Vec<Choice> {
    let choice = |status: &RunStatus| Choice {
        value: status.name().to_owned(),
        name: status.name().to_owned(),
        is_chosen: chosen == Some(*status),
    };
    RunStatus::ALL.iter().map(choice).collect()
}
