//! Rows of `brand_landing_pages`: the pages that a brand's ads lead to, and what is written there.
//!
//! What was read once stays when reading it again fails.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::Value;

use super::classifications::level;
use crate::{
    domain::{
        BrandId, LandingPageId, RunId,
        classification::{Awareness, Digest, Level, without_nul},
    },
    store::Tx,
};

/// A page to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuePage {
    /// Its id.
    pub id: LandingPageId,
    /// What is asked for.
    pub url: String,
    /// How often in a row it could not be read.
    pub attempts: i32,
}

/// What is written on a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Its title.
    pub page_title: Option<String>,
    /// `markdown`, `links` and `metadata`; an object.
    pub extracted_data: Value,
    /// Digest of what is written there, without what changes at every reading.
    pub content_hash: Digest,
}

/// A page that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadPage {
    /// What is written there.
    pub content: Content,
    /// To whom it speaks, once that was found out.
    pub level: Option<Level>,
}

/// The first `limit` pages that ads of a run's plan lead to and that are not taken in yet, as [`ensure`] takes them;
/// those of the ads that come first in the plan.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn unknown_of_run(
    tx: &mut Tx,
    (brand, run): (BrandId, RunId),
    limit: i64,
) -> sqlx::Result<Vec<(String, String)>> {
    let rows = sqlx::query!(
        r#"
        select url as "url!", canonical as "canonical!"
          from (select distinct on (found.canonical_url)
                       found.destination_url as url, found.canonical_url as canonical, unit.position
                  from ad_classification_units as unit
                  join meta_ad_destinations as found
                    on found.brand_id = unit.brand_id and found.meta_ad_id = unit.meta_ad_id
                 where unit.run_id = $2 and unit.brand_id = $1
                   and not exists (
                           select from brand_landing_pages as known
                            where known.brand_id = $1 and known.canonical_url = found.canonical_url)
                 order by found.canonical_url, unit.position, found.destination_url) as page
         order by position, canonical
         limit $3
        "#,
        brand.0,
        run.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let pages = rows.into_iter().map(|row| (row.url, row.canonical));
    Ok(pages.collect())
}

/// The first `limit` pages that ads of a run's plan lead to, that were read and of which nobody found out to whom they
/// speak; those of the ads that come first in the plan.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn unjudged_of_run(
    tx: &mut Tx,
    (brand, run): (BrandId, RunId),
    limit: i64,
) -> sqlx::Result<Vec<LandingPageId>> {
    sqlx::query_scalar!(
        r#"
        select page.id as "id: LandingPageId"
          from ad_classification_units as unit
          join meta_ad_destinations as found
            on found.brand_id = unit.brand_id and found.meta_ad_id = unit.meta_ad_id
          join brand_landing_pages as page
            on page.brand_id = found.brand_id and page.canonical_url = found.canonical_url
         where unit.run_id = $2 and unit.brand_id = $1 and page.scrape_status = 'scraped'
         group by page.id
         order by min(unit.position), page.id
         limit $3
        "#,
        brand.0,
        run.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Takes in pages by what is asked for and what they are compared by; those that are known stay as they are.
/// Returns how many are new.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn ensure(
    tx: &mut Tx,
    brand: BrandId,
    pages: &[(String, String)],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let (urls, canonicals): (Vec<&str>, Vec<&str>) = pages
        .iter()
        .map(|(url, canonical)| (url.as_str(), canonical.as_str()))
        .unzip();
    let done = sqlx::query!(
        r#"
        insert into brand_landing_pages (organization_id, brand_id, url, canonical_url, created_at)
        select brands.organization_id, brands.id, new.url, new.canonical, $4
          from brands, unnest($2::text[], $3::text[]) as new (url, canonical)
         where brands.id = $1
         -- In one order, so that two writers never wait for each other.
         order by new.canonical
        on conflict (brand_id, canonical_url) do nothing
        "#,
        brand.0,
        &urls as &[&str],
        &canonicals as &[&str],
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// The first `limit` pages of the brand to be read at `now`: those never read, those that could not be read and
/// waited long enough, and those last read before `stale`; the ones that waited longest first.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn due(
    tx: &mut Tx,
    brand: BrandId,
    (now, stale): (DateTime<Utc>, DateTime<Utc>),
    limit: i64,
) -> sqlx::Result<Vec<DuePage>> {
    sqlx::query_as!(
        DuePage,
        r#"
        select id as "id: LandingPageId", url, attempts
          from brand_landing_pages
         where brand_id = $1
           and case scrape_status when 'pending' then true
                                  when 'failed' then next_attempt_at <= $2
                                  else scraped_at < $3 and (scrape_error is null or next_attempt_at <= $2) end
         order by scraped_at nulls first, created_at, id
         limit $4
        "#,
        brand.0,
        now,
        stale,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Writes what was read. A page that says the same as before keeps its level. False when it is not the brand's.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn scraped(
    tx: &mut Tx,
    (brand, page): (BrandId, LandingPageId),
    content: &Content,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update brand_landing_pages
           set page_title = $3, extracted_data = $4, content_hash = $5, scraped_at = $6,
               scrape_error = null, attempts = 0, next_attempt_at = null,
               scrape_status = case when content_hash = $5 and scrape_status = 'analyzed' then 'analyzed' else 'scraped' end,
               awareness_level = case when content_hash = $5 then awareness_level end,
               awareness_confidence = case when content_hash = $5 then awareness_confidence end
         where brand_id = $1 and id = $2
        "#,
        brand.0,
        page.0,
        content.page_title.as_deref().map(|it| it.replace('\0', "")),
        without_nul(content.extracted_data.clone()),
        &content.content_hash,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes why a page could not be read, and when it may be tried again; `None` gives it up until somebody asks.
/// False when it is not the brand's.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn failed(
    tx: &mut Tx,
    (brand, page): (BrandId, LandingPageId),
    error: &str,
    next_attempt_at: Option<DateTime<Utc>>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update brand_landing_pages
           set scrape_status = case when content_hash is null then 'failed' else scrape_status end,
               scrape_error = $3, attempts = attempts + 1, next_attempt_at = $4
         where brand_id = $1 and id = $2
        "#,
        brand.0,
        page.0,
        error.replace('\0', ""),
        next_attempt_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Writes to whom a page speaks, `None` where it speaks to nobody. False when it is not the brand's, or says something
/// else by now.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn analyzed(
    tx: &mut Tx,
    (brand, page): (BrandId, LandingPageId),
    content_hash: &Digest,
    level: Option<Level>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update brand_landing_pages
           set scrape_status = 'analyzed', awareness_level = $4, awareness_confidence = $5
         where brand_id = $1 and id = $2 and content_hash = $3
        "#,
        brand.0,
        page.0,
        content_hash,
        level.map(|it| it.awareness.name()),
        level.and_then(|it| it.confidence),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// What is written on a page; `None` when it was never read or is not the brand's.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn read(
    tx: &mut Tx,
    brand: BrandId,
    page: LandingPageId,
) -> sqlx::Result<Option<ReadPage>> {
    let row = sqlx::query!(
        r#"
        select page_title, extracted_data as "extracted_data!", content_hash as "content_hash!: Digest",
               awareness_level as "awareness: Awareness", awareness_confidence as "confidence: Decimal"
          from brand_landing_pages
         where brand_id = $1 and id = $2 and content_hash is not null
        "#,
        brand.0,
        page.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| ReadPage {
        content: Content {
            page_title: row.page_title,
            extracted_data: row.extracted_data,
            content_hash: row.content_hash,
        },
        level: level(row.awareness, row.confidence),
    }))
}
