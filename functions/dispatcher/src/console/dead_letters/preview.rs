//! What a retry of many failures will do, before it is asked for.

use askama::Template;
use axum::response::Response;
use chrono::TimeDelta;
use shared::{
    domain::{RunId, fingerprint::Group},
    store::{
        Tx,
        runs::{dead, read},
    },
};

use crate::{
    State,
    console::{
        form::Form,
        guard::Visitor,
        moment::duration,
        page::{self, DEAD_LETTERS, Shell},
        run_row::RunRow,
        words::spaced,
    },
    problem::Problem,
};

/// Runs that are shown one by one, those that are released first.
const RUNS_SHOWN: usize = 50;
/// Brands that are named.
const BRANDS_NAMED: usize = 20;

#[derive(Template)]
#[template(path = "console/retry_preview.html")]
struct PreviewPage {
    shell: Shell,
    fingerprint: String,
    /// Of the address of the failures, with its question mark.
    query: String,
    job_type: String,
    pattern: String,
    until: String,
    rate_per_minute: String,
    stop_after_failures: String,
    count: usize,
    jobs: i64,
    brands: Vec<String>,
    brands_untold: usize,
    /// How long the releases take, if the rate is a number.
    takes: Option<String>,
    rows: Vec<RunRow>,
}

/// The page.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn show(
    state: &State,
    mut tx: Tx,
    (visitor, form): (&Visitor, &Form),
    query: String,
    (group, ids): (&Group, &[RunId]),
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let mut reach = dead::reach(&mut tx, ids).await?;
    let first = ids.get(..RUNS_SHOWN).unwrap_or(ids);
    let runs = read::with_ids(&mut tx, first).await?;
    tx.commit().await?;
    let brands_untold = reach.brands.len().saturating_sub(BRANDS_NAMED);
    reach.brands.truncate(BRANDS_NAMED);
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let rate = text("rate_per_minute");
    Ok(page::html(&PreviewPage {
        shell: Shell::new(visitor, DEAD_LETTERS, "Retry of failures", now),
        fingerprint: group.fingerprint.clone(),
        query,
        job_type: spaced(group.job_type.name()),
        pattern: group.pattern.clone(),
        until: text("until"),
        takes: takes(ids.len(), &rate),
        rate_per_minute: rate,
        stop_after_failures: text("stop_after_failures"),
        count: ids.len(),
        jobs: reach.jobs,
        brands: reach.brands,
        brands_untold,
        rows: RunRow::all(now, &runs),
    }))
}

/// The minutes until the last of `count` runs is released.
fn takes(count: usize, rate: &str) -> Option<String> {
    let rate = rate.trim().parse().ok().filter(|rate: &usize| *rate > 0)?;
    let minutes = i64::try_from(count.div_ceil(rate)).ok()?;
    Some(duration(TimeDelta::minutes(minutes)))
}
