//! `GET /console/freshness`: how old each brand's data is.

pub(super) mod limits;

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{BrandId, JobType, Role, freshness::Freshness},
    store::{
        brands::BrandRow,
        dataset_limits::{self, DatasetLimit, FRESH_FOR_HOURS},
        freshness::{self, Counted, Dataset, Listed},
        job_types::{self, JobTypeRow},
    },
};

use super::{
    guard::Visitor,
    jobs,
    moment::{Moment, coarse},
    page::{self, Done, FRESHNESS, Shell},
    run_row,
    runs::once,
    strip,
    words::spaced,
};
use crate::{
    State,
    problem::Problem,
    query::{self, Query},
};

/// Brands on a page.
const BRANDS_SHOWN: i64 = 100;
/// Datasets of the brands of a page.
const DATASETS_MAX: i64 = 5_000;

/// Characters of an error that are shown: in an outage, every dataset has one, and the run has the whole.
const ERROR_CHARACTERS: usize = 300;

/// What a brand without a name is: data that all share.
const PLATFORM: &str = "Platform";

#[derive(Template)]
#[template(path = "console/freshness.html")]
struct FreshnessPage {
    shell: Shell,
    columns: Vec<Column>,
    /// Whether this visitor may say how old data may be.
    sets_limits: bool,
    brands: Vec<Row>,
    counted: Counted,
    /// The page of the brands behind these.
    next: Option<String>,
    /// Whether there are brands before these.
    is_later: bool,
}

struct Column {
    key: String,
    name: String,
    /// As in "24 h", and exactly.
    allowed: String,
}

struct Row {
    name: String,
    /// One for each column, in their order.
    places: Vec<Place>,
}

enum Place {
    Tried(Box<Cell>),
    /// Nobody has tried yet; where one has it made, if there is work that does.
    Untried(Option<String>),
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
        let freshness = Freshness::of(it.last_success_at, fresh_for(it), now);
        let look = match freshness {
            Freshness::Fresh => "good",
            Freshness::Ageing => "warn",
            Freshness::Stale | Freshness::Never => "bad",
        };
        Self {
            brand_name: it.brand_name.clone().unwrap_or_else(|| PLATFORM.to_owned()),
            key: spaced(&it.key),
            look,
            word: freshness.name(),
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

fn fresh_for(it: &Dataset) -> TimeDelta {
    TimeDelta::hours(i64::from(it.fresh_for_hours))
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
    let after = query.id("after")?;
    let done: Option<Done> = query.word("done")?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let brands = crate::brands::behind(&mut tx, after, BRANDS_SHOWN + 1).await?;
    let (brands, next) = query::page(brands, BRANDS_SHOWN, |it| it.id);
    let mut datasets = match after {
        None => freshness::of_all_brands(&mut tx, Listed::OfPlatform, DATASETS_MAX).await?,
        Some(_) => vec![],
    };
    let ids: Vec<_> = brands.iter().map(|brand| brand.id).collect();
    datasets.extend(freshness::of_all_brands(&mut tx, Listed::OfBrands(&ids), DATASETS_MAX).await?);
    freshness::name_work(&mut tx, &mut datasets).await?;
    let counted = freshness::count_of_all_brands(&mut tx, now).await?;
    let types = job_types::all(&mut tx).await?;
    let limits = dataset_limits::all(&mut tx).await?;
    tx.commit().await?;

    let next = next.map(|id| format!("/console/freshness?after={id}"));
    let matrix = Matrix::of(&datasets, &types);
    Ok(page::html(&FreshnessPage {
        shell: Shell::new(&visitor, FRESHNESS, "Freshness", now).with_notice(done),
        columns: matrix.columns(&limits),
        sets_limits: visitor.caller.role == Role::Admin && visitor.caller.organization().is_none(),
        brands: matrix.rows(&brands, now),
        counted,
        next,
        is_later: after.is_some(),
    }))
}

/// What is in which place.
struct Matrix<'a> {
    /// What makes each dataset, where a type of jobs is made for it.
    keys: BTreeMap<&'a str, Option<JobType>>,
    datasets: HashMap<(Option<BrandId>, &'a str), &'a Dataset>,
}

impl<'a> Matrix<'a> {
    fn of(datasets: &'a [Dataset], types: &'a [JobTypeRow]) -> Self {
        let tried = datasets.iter().map(|it| (it.key.as_str(), None));
        let of_brands = types.iter().filter(|it| it.scope == "brand");
        let made =
            of_brands.filter_map(|it| Some((it.dataset_key.as_deref()?, it.name.parse().ok())));
        let keyed = datasets.iter();
        Self {
            keys: tried.chain(made).collect(),
            datasets: keyed
                .map(|it| ((it.brand_id, it.key.as_str()), it))
                .collect(),
        }
    }

    fn columns(&self, limits: &[DatasetLimit]) -> Vec<Column> {
        let limits = limits.iter();
        let limits: HashMap<_, _> = limits
            .map(|it| (it.dataset_key.as_str(), it.fresh_for_hours))
            .collect();
        let column = |key: &&str| {
            let hours = limits.get(key).copied().unwrap_or(FRESH_FOR_HOURS);
            Column {
                key: (*key).to_owned(),
                name: spaced(key),
                allowed: match hours {
                    days if days % 24 == 0 && days > 24 => format!("{} d", days / 24),
                    hours => format!("{hours} h"),
                },
            }
        };
        self.keys.keys().map(column).collect()
    }

    /// The platform's, where it has datasets, and those of `brands`.
    fn rows(&self, brands: &[BrandRow], now: DateTime<Utc>) -> Vec<Row> {
        let of_platform = self.datasets.keys().any(|(brand, _)| brand.is_none());
        let platform = of_platform.then(|| self.row(None, PLATFORM, now));
        let brands = brands.iter().map(|it| self.row(Some(it.id), &it.name, now));
        platform.into_iter().chain(brands).collect()
    }

    fn row(&self, brand: Option<BrandId>, name: &str, now: DateTime<Utc>) -> Row {
        let place = |(key, made_by): (&&'a str, &Option<JobType>)| match self
            .datasets
            .get(&(brand, *key))
        {
            Some(dataset) => Place::Tried(Box::new(Cell::of(dataset, now))),
            None => Place::Untried(brand.and(*made_by).map(|it| once::url(it, brand))),
        };
        Row {
            name: name.to_owned(),
            places: self.keys.iter().map(place).collect(),
        }
    }
}
