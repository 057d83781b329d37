//! `GET /api/brands`: whose data there is, and how fresh it is.

use std::collections::HashMap;

use axum::Json;
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{BrandId, RunId, freshness::Freshness},
    store::{
        Tx,
        brands::{self, BrandRow},
        freshness::{self, Dataset, Listed},
    },
};

use crate::{
    State,
    problem::Problem,
    query::{self, Query},
};

/// Brands in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;
/// Datasets in one answer.
const DATASETS_MAX: i64 = 10_000;

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Brands {
    /// By name.
    brands: Vec<BrandView>,
    /// Data of no brand, on the first page; empty for callers of one organization.
    platform_datasets: Vec<DatasetView>,
    /// What `after` must be for the brands behind these; null: there are none.
    next_after: Option<BrandId>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BrandView {
    id: BrandId,
    name: String,
    /// Runs at the same time, of whatever type; null: no limit.
    running_max: Option<i32>,
    /// What was ever tried, by key.
    datasets: Vec<DatasetView>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DatasetView {
    key: String,
    /// By the last success and `fresh_for_hours`.
    freshness: Freshness,
    fresh_for_hours: i32,
    last_success_at: Option<DateTime<Utc>>,
    last_attempt_at: Option<DateTime<Utc>>,
    /// Whether that attempt failed.
    has_failed: bool,
    error_message: Option<String>,
    records_affected: i64,
    last_run_id: Option<RunId>,
    /// Whether a run whose type is made for it is at work.
    is_running: bool,
}

impl DatasetView {
    fn of(it: Dataset, now: DateTime<Utc>) -> Self {
        let fresh_for = TimeDelta::hours(it.fresh_for_hours.into());
        Self {
            freshness: Freshness::of(it.last_success_at, fresh_for, now),
            key: it.key,
            fresh_for_hours: it.fresh_for_hours,
            last_success_at: it.last_success_at,
            last_attempt_at: it.last_attempt_at,
            has_failed: it.has_failed,
            error_message: it.error_message,
            records_affected: it.records_affected,
            last_run_id: it.last_run_id,
            is_running: it.is_running,
        }
    }
}

/// The next brands by name behind `after`, at most `limit`.
///
/// # Errors
/// 400 when `after` is no brand, or no longer; when the database does not answer.
pub(crate) async fn behind(
    tx: &mut Tx,
    after: Option<BrandId>,
    limit: i64,
) -> Result<Vec<BrandRow>, Problem> {
    if let Some(after) = after
        && brands::name(tx, after).await?.is_none()
    {
        return Err(Problem::address(
            "after",
            "is no brand; begin again without it",
        ));
    }
    Ok(brands::behind(tx, after, limit).await?)
}

/// Brands by name, with their data.
pub(crate) async fn list(state: State, mut query: Query) -> Result<Json<Brands>, Problem> {
    let now = state.clock.now();
    let after = query.id("after")?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let brands = behind(&mut tx, after, limit + 1).await?;
    let (brands, next_after) = query::page(brands, limit, |it| it.id);
    let ids: Vec<_> = brands.iter().map(|brand| brand.id).collect();
    let of_brands = freshness::of_all_brands(&mut tx, Listed::OfBrands(&ids), DATASETS_MAX).await?;
    let of_platform = match after {
        None => freshness::of_all_brands(&mut tx, Listed::OfPlatform, DATASETS_MAX).await?,
        Some(_) => vec![],
    };
    tx.commit().await?;
    let mut datasets: HashMap<_, Vec<_>> = HashMap::new();
    for it in of_brands {
        let of_brand = datasets.entry(it.brand_id).or_default();
        of_brand.push(DatasetView::of(it, now));
    }
    let brands = brands.into_iter().map(|brand| BrandView {
        datasets: datasets.remove(&Some(brand.id)).unwrap_or_default(),
        id: brand.id,
        name: brand.name,
        running_max: brand.running_max,
    });
    Ok(Json(Brands {
        brands: brands.collect(),
        platform_datasets: of_platform
            .into_iter()
            .map(|it| DatasetView::of(it, now))
            .collect(),
        next_after,
    }))
}
