//! `GET /console/freshness`: how old each brand's data is.

use std::collections::BTreeSet;

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::{
    domain::{BrandId, JobType, freshness::Freshness},
    store::freshness::{self, Counted, Dataset, Listed},
};

use super::{
    guard::Visitor,
    jobs,
    moment::{Moment, coarse},
    page::{self, FRESHNESS, Shell},
    run_row,
    runs::once,
    strip,
    words::spaced,
};
use crate::{State, problem::Problem, query::Query};

/// Datasets on a page; of a brand, all or none.
const DATASETS_SHOWN: i64 = 400;

/// Characters of an error that are shown: in an outage, every dataset has one, and the run has the whole.
const ERROR_CHARACTERS: usize = 300;

/// What a brand without a name is: data that all share.
const PLATFORM: &str = "Platform";

#[derive(Template)]
#[template(path = "console/freshness.html")]
struct FreshnessPage {
    shell: Shell,
    keys: Vec<String>,
    brands: Vec<Row>,
    counted: Counted,
    /// The page of the brands behind these.
    next: Option<String>,
    /// Whether there are brands before these.
    is_later: bool,
}

struct Row {
    name: String,
    /// One for each key, in their order.
    cells: Vec<Option<Cell>>,
}

/// A dataset of a brand.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) brand_name: String,
    pub(super) key: String,
    pub(super) look: &'static str,
    /// As in "fresh", or "never".
    pub(super) word: &'static str,
    pub(super) age: Option<String>,
    pub(super) last_success_at: Option<Moment>,
    pub(super) error: Option<String>,
    pub(super) run_url: Option<String>,
    /// Where one has it refreshed now: by the job that feeds it, or once where there is none.
    pub(super) run_now_url: Option<String>,
    /// The last runs of what feeds it.
    pub(super) strip_url: Option<String>,
    pub(super) is_running: bool,
}

impl Cell {
    /// A dataset as it is at `now`.
    pub(super) fn of(it: &Dataset, now: DateTime<Utc>) -> Self {
        let (look, word) = match Freshness::of(it.last_success_at, now) {
            Freshness::Fresh => ("good", "fresh"),
            Freshness::Ageing => ("warn", "ageing"),
            Freshness::Stale => ("bad", "stale"),
            Freshness::Never => ("bad", "never"),
        };
        Self {
            brand_name: it.brand_name.clone().unwrap_or_else(|| PLATFORM.to_owned()),
            key: spaced(&it.key),
            look,
            word,
            age: it.last_success_at.map(|at| coarse(now - at)),
            last_success_at: it.last_success_at.map(|at| Moment::seen_from(at, now)),
            error: it
                .error_message
                .as_ref()
                .filter(|_| it.has_failed)
                .map(|error| error.chars().take(ERROR_CHARACTERS).collect()),
            run_url: it.last_run_id.map(run_row::url),
            run_now_url: run_now_url(it),
            strip_url: feeding(it).map(|job_type| strip::url(job_type.name(), it.brand_id)),
            is_running: it.is_running,
        }
    }
}

/// The type of the jobs that feed a dataset; `None`: this version has none that does.
fn feeding(it: &Dataset) -> Option<JobType> {
    it.job_type.as_deref()?.parse().ok()
}

fn run_now_url(it: &Dataset) -> Option<String> {
    let job = it.job_id.map(|id| format!("{}/run", jobs::url(id)));
    job.or_else(|| Some(once::url(feeding(it)?, it.brand_id)))
}

/// The matrix of brands and datasets.
///
/// # Errors
/// 400 for a brand that is none; when the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let listed = Listed {
        after: query.id("after")?,
        ..Listed::default()
    };
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let mut datasets = freshness::of_all_brands(&mut tx, listed, DATASETS_SHOWN + 1).await?;
    let next = cut(&mut datasets);
    freshness::name_work(&mut tx, &mut datasets).await?;
    let counted = freshness::count_of_all_brands(&mut tx, Freshness::fresh_since(now)).await?;
    tx.commit().await?;

    let keys: BTreeSet<_> = datasets.iter().map(|it| it.key.clone()).collect();
    let brands = datasets
        .chunk_by(|a, b| a.brand_id == b.brand_id)
        .map(|of_brand| row(of_brand, &keys, now));
    Ok(page::html(&FreshnessPage {
        shell: Shell::new(&visitor, FRESHNESS, "Freshness", now),
        keys: keys.iter().map(|key| spaced(key)).collect(),
        brands: brands.collect(),
        counted,
        next: next.map(|brand| format!("/console/freshness?after={brand}")),
        is_later: listed.after.is_some(),
    }))
}

/// Leaves whole brands, and names the last of them when there are more; the only brand of a page may be cut.
fn cut(datasets: &mut Vec<Dataset>) -> Option<BrandId> {
    let shown = usize::try_from(DATASETS_SHOWN).unwrap_or(usize::MAX);
    let beyond = datasets.get(shown)?.brand_id;
    let of_others = datasets.partition_point(|it| it.brand_id != beyond);
    datasets.truncate(if of_others > 0 { of_others } else { shown });
    datasets.last()?.brand_id
}

fn row(of_brand: &[Dataset], keys: &BTreeSet<String>, now: DateTime<Utc>) -> Row {
    let name = of_brand.first().and_then(|it| it.brand_name.clone());
    let cell = |key: &String| {
        let dataset = of_brand.iter().find(|it| it.key == *key)?;
        Some(Cell::of(dataset, now))
    };
    Row {
        name: name.unwrap_or_else(|| PLATFORM.to_owned()),
        cells: keys.iter().map(cell).collect(),
    }
}
