//! `GET /console/jobs`: the jobs, when each fires next and how its last run went.

use askama::Template;
use axum::{Extension, response::Response};
use shared::{
    domain::{BrandId, JobType, ProductId},
    store::{
        brands::{self, BrandRow},
        jobs::browse,
        products::{self, ProductRow},
    },
};
use uuid::Uuid;

use super::{
    row::{self, Row},
    search::{Asked, status_choices},
};

use crate::{
    State,
    console::{
        guard::Visitor,
        page::{self, JOBS, Shell},
    },
    problem::Problem,
    query::{self, Query},
};

/// Jobs on a page.
const ROWS: i64 = 50;

/// Products to choose from.
const PRODUCTS_MAX: i64 = 1_000;

/// Brands to choose from.
pub(in crate::console) const BRANDS_MAX: i64 = 1_000;

#[derive(Template)]
#[template(path = "console/jobs.html")]
struct JobsPage {
    shell: Shell,
    text: String,
    brands: Vec<Choice>,
    is_platform: bool,
    /// Empty where no job is of a product.
    products: Vec<Choice>,
    types: Vec<Choice>,
    statuses: Vec<Choice>,
    rows: Vec<Row>,
    next: Option<String>,
    is_filtered: bool,
    /// Makes two clicks on "Run now" one run of each job.
    key: String,
    /// Of the page's address, to come back to it.
    query: String,
}

/// One of the values of a field.
#[derive(Clone, Debug)]
pub(in crate::console) struct Choice {
    pub(in crate::console) value: String,
    pub(in crate::console) name: String,
    pub(in crate::console) is_chosen: bool,
}

/// The list.
///
/// # Errors
/// 400 for a filter that is none; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    query: Query,
) -> Result<Response, Problem> {
    let mut asked = Asked::read(query)?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let brands = brands::all(&mut tx, BRANDS_MAX).await?;
    let products = products::with_jobs(&mut tx, asked.search.brand_id, PRODUCTS_MAX).await?;
    // Whoever chooses another brand does not mean the product of the one before.
    let is_there = |id: &ProductId| products.iter().any(|product| product.id == *id);
    if asked.search.brand_id.is_some() {
        asked.search.product_id = asked.search.product_id.filter(is_there);
    }
    let jobs = browse::list_of_all_brands(&mut tx, &asked.search, ROWS + 1).await?;
    let (jobs, next) = query::page(jobs, ROWS, |it| query::place(it.created_at, it.id.0));
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let runs = browse::recent_runs(&mut tx, &ids, row::DRAWN.into()).await?;
    tx.commit().await?;

    let next = next.map(|place| asked.address_after(&place));
    Ok(page::html(&JobsPage {
        shell: Shell::new(&visitor, JOBS, "Jobs", now).with_notice(asked.done),
        text: asked.search.text.clone().unwrap_or_default(),
        brands: brand_choices(&brands, asked.search.brand_id),
        is_platform: asked.search.is_platform,
        products: product_choices(&products, asked.search.product_id),
        types: type_choices(asked.search.job_type),
        statuses: status_choices(asked.which),
        rows: row::rows(jobs, runs, now),
        key: Uuid::new_v4().to_string(),
        query: asked.query(),
        next,
        is_filtered: asked.is_filtered(),
    }))
}

/// The brands, to choose one.
pub(in crate::console) fn brand_choices(
    brands: &[BrandRow],
    chosen: Option<BrandId>,
) -> Vec<Choice> {
    let choice = |brand: &BrandRow| Choice {
        value: brand.id.to_string(),
        name: brand.name.clone(),
        is_chosen: chosen == Some(brand.id),
    };
    brands.iter().map(choice).collect()
}

fn product_choices(products: &[ProductRow], chosen: Option<ProductId>) -> Vec<Choice> {
    let choice = |product: &ProductRow| Choice {
        value: product.id.to_string(),
        name: format!("{}, {}", product.name, product.brand_name),
        is_chosen: chosen == Some(product.id),
    };
    products.iter().map(choice).collect()
}

/// The job types, to choose one.
pub(in crate::console) fn type_choices(chosen: Option<JobType>) -> Vec<Choice> {
    let choice = |job_type: &JobType| Choice {
        value: job_type.name().to_owned(),
        name: crate::jobs::fields::title(*job_type),
        is_chosen: chosen == Some(*job_type),
    };
    JobType::ALL.iter().map(choice).collect()
}
