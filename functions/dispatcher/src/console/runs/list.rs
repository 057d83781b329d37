//! `GET /console/runs`: what ran, how long, and how it ended; newest first.

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::{
    domain::RunStatus,
    store::{brands, runs::read},
};

use crate::{
    State,
    console::{
        guard::Visitor,
        jobs::{
            list::{BRANDS_MAX, Choice, brand_choices, type_choices},
            search::{brand_word, owners},
        },
        moment::{Moment, written},
        page::{self, RUNS, Shell},
        run_row::RunRow,
    },
    problem::Problem,
    query::{Owners, Query, is_full, place},
};

/// Runs on the page.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "console/runs.html")]
struct RunsPage {
    shell: Shell,
    is_platform: bool,
    brands: Vec<Choice>,
    types: Vec<Choice>,
    statuses: Vec<Choice>,
    job: Option<String>,
    /// Between which nominal times, as the address says.
    since: Option<String>,
    until: Option<String>,
    /// The same, for people.
    period: Option<(Moment, Moment)>,
    rows: Vec<RunRow>,
    is_filtered: bool,
    /// Where older ones are.
    next: Option<String>,
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
    let Owners {
        brand_id,
        is_platform,
    } = owners(&mut query)?;
    let filter = read::Filter {
        job_id: query.id("job")?,
        brand_id,
        is_platform,
        job_type: query.word("type")?,
        status: query.word("status")?,
        since: query.moment("since")?,
        until: query.moment("until")?,
        after: query.place("after")?,
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
        filter.is_platform,
        filter.job_type.is_some(),
        filter.status.is_some(),
        filter.since.is_some(),
        filter.until.is_some(),
    ];
    Ok(page::html(&RunsPage {
        shell: Shell::new(&visitor, RUNS, "Runs", now),
        is_platform: filter.is_platform,
        brands: brand_choices(&brands, filter.brand_id),
        types: type_choices(filter.job_type),
        statuses: statuses(filter.status),
        since: filter.since.map(written),
        until: filter.until.map(written),
        period: filter.since.zip(filter.until).map(both),
        job: filter.job_id.map(|id| id.to_string()),
        rows: RunRow::all(now, &runs),
        is_filtered: restricts.contains(&true),
        next: next(&filter, &runs),
    }))
}

/// The page behind this one, when there may be one.
fn next(filter: &read::Filter, runs: &[read::RunView]) -> Option<String> {
    let last = runs.last().filter(|_| is_full(runs.len(), ROWS))?;
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("after", &place(last.created_at, last.id.0));
    let kept = [
        ("job", filter.job_id.map(|id| id.to_string())),
        ("brand", brand_word(filter.brand_id, filter.is_platform)),
        ("type", filter.job_type.map(|it| it.name().to_owned())),
        (
            "status",
            filter.status.map(|status| status.name().to_owned()),
        ),
        ("since", filter.since.map(written)),
        ("until", filter.until.map(written)),
    ];
    for (name, value) in kept {
        query.extend_pairs(value.map(|value| (name, value)));
    }
    Some(format!("/console/runs?{}", query.finish()))
}

fn both((since, until): (DateTime<Utc>, DateTime<Utc>)) -> (Moment, Moment) {
    (Moment::exact(since), Moment::exact(until))
}

fn statuses(chosen: Option<RunStatus>) -> Vec<Choice> {
    let choice = |status: &RunStatus| Choice {
        value: status.name().to_owned(),
        name: status.name().to_owned(),
        is_chosen: chosen == Some(*status),
    };
    RunStatus::ALL.iter().map(choice).collect()
}
