//! `GET /console/dead-letters`: failures by their cause, cared for in bulk, and what was done about others lately.

pub(super) mod act;
pub(super) mod batch;
mod cause;
mod chosen;
mod preview;
pub(super) mod undo;

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::{
    domain::{ErrorKind, fingerprint},
    store::{
        Database,
        brands::{self, BrandRow},
        retry_batches::{self, Listed},
        runs::{
            acknowledged::{self, Acknowledged},
            dead::{self, Filter},
        },
    },
};

use self::cause::Cause;
use super::{
    guard::Visitor,
    jobs::list::{BRANDS_MAX, Choice, brand_choices, type_choices},
    moment::Moment,
    page::{self, DEAD_LETTERS, Done, Shell},
};
use crate::{
    State,
    problem::Problem,
    query::{Query, is_full},
    runs::dead::GROUPED_MAX,
};

/// Causes that are shown.
const CAUSES: usize = 100;
/// Batches, and what was acknowledged at once, that are shown.
const PAST_SHOWN: i64 = 5;

#[derive(Template)]
#[template(path = "console/dead_letters.html")]
struct DeadLettersPage {
    shell: Shell,
    brands: Vec<Choice>,
    is_platform: bool,
    types: Vec<Choice>,
    kinds: Vec<Choice>,
    job: Option<String>,
    is_filtered: bool,
    /// Of the page's address, with its question mark.
    query: String,
    causes: Vec<Cause>,
    count: usize,
    is_complete: bool,
    /// What failed later is not meant by a click on this page.
    until: String,
    batches: Vec<BatchRow>,
    acknowledged: Vec<AcknowledgedRow>,
}

/// A retry of many failures.
struct BatchRow {
    url: String,
    is_active: bool,
    at: Moment,
    batch: Listed,
}

/// What somebody acknowledged at once.
struct AcknowledgedRow {
    at: Moment,
    /// Names it in the form that takes it back.
    exactly: String,
    it: Acknowledged,
}

/// What stands beside the causes.
struct Beside {
    brands: Vec<BrandRow>,
    batches: Vec<Listed>,
    acknowledged: Vec<Acknowledged>,
}

/// The causes, the most frequent first.
///
/// # Errors
/// 400 for a filter that is none; when the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let filter = chosen::read(&mut query)?;
    let done: Option<Done> = query.word("done")?;
    query.finish()?;
    let now = state.clock.now();
    let (groups, beside) = tokio::try_join!(groups(&state.db, filter), beside(&state.db))?;

    let count = groups.iter().map(|(group, _)| group.count).sum();
    let is_complete = groups.len() <= CAUSES && !is_full(count, GROUPED_MAX);
    let causes = groups.into_iter().take(CAUSES);
    let causes = causes.map(|(group, words)| Cause::of(group, &words, &beside.brands, now));
    Ok(page::html(&DeadLettersPage {
        shell: Shell::new(&visitor, DEAD_LETTERS, "Failures", now).with_notice(done),
        causes: causes.collect(),
        count,
        is_complete,
        until: now.to_rfc3339(),
        brands: brand_choices(&beside.brands, filter.brand_id),
        is_platform: filter.is_platform,
        types: type_choices(filter.job_type),
        kinds: kinds(filter.error_kind),
        job: filter.job_id.map(|id| id.to_string()),
        is_filtered: filter != Filter::default(),
        query: chosen::query(&filter, None),
        batches: BatchRow::all(beside.batches, now),
        acknowledged: AcknowledgedRow::all(beside.acknowledged, now),
    }))
}

async fn groups(db: &Database, filter: Filter) -> sqlx::Result<Vec<cause::Failures>> {
    let mut tx = db.begin().await?;
    let failures = dead::failures_of_all_brands(&mut tx, filter, GROUPED_MAX).await?;
    tx.commit().await?;
    Ok(fingerprint::groups(failures))
}

async fn beside(db: &Database) -> sqlx::Result<Beside> {
    let mut tx = db.begin().await?;
    let beside = Beside {
        brands: brands::all(&mut tx, BRANDS_MAX).await?,
        batches: retry_batches::newest(&mut tx, PAST_SHOWN).await?,
        acknowledged: acknowledged::newest_of_all_brands(&mut tx, PAST_SHOWN).await?,
    };
    tx.commit().await?;
    Ok(beside)
}

fn kinds(chosen: Option<ErrorKind>) -> Vec<Choice> {
    let choice = |kind: &ErrorKind| Choice {
        value: kind.name().to_owned(),
        name: kind.name().to_owned(),
        is_chosen: chosen == Some(*kind),
    };
    ErrorKind::ALL.iter().map(choice).collect()
}

impl BatchRow {
    fn all(batches: Vec<Listed>, now: DateTime<Utc>) -> Vec<Self> {
        let row = |batch: Listed| Self {
            url: batch::url(batch.id),
            is_active: batch.status == "active",
            at: Moment::seen_from(batch.created_at, now),
            batch,
        };
        batches.into_iter().map(row).collect()
    }
}

impl AcknowledgedRow {
    fn all(acknowledged: Vec<Acknowledged>, now: DateTime<Utc>) -> Vec<Self> {
        let row = |it: Acknowledged| Self {
            at: Moment::seen_from(it.at, now),
            exactly: it.at.to_rfc3339(),
            it,
        };
        acknowledged.into_iter().map(row).collect()
    }
}
