//! Which ads a run has to look at, in which order.

use std::ops::RangeInclusive;

use chrono::NaiveDate;

use crate::{
    domain::{BrandId, RunId},
    store::Tx,
};

/// Which ads are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those that were shown or spent money within the window, and are not switched off.
    Active,
    /// Those that spent money within the window, switched off or not.
    Spend,
}

/// Writes down which ads the run has to look at, the highest spend of all days first, then by id; a run that has
/// its plan keeps it. Returns how many ads it has.
///
/// An ad is switched off when the newest that is known of its status is `PAUSED`, `DELETED`, `ARCHIVED` or
/// `DISAPPROVED`. A paused campaign or ad set does not count. **Source:** the system before.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or if there is no such run.
pub async fn plan(
    tx: &mut Tx,
    run: RunId,
    brand: BrandId,
    window: &RangeInclusive<NaiveDate>,
    scope: Scope,
) -> sqlx::Result<i64> {
    // Of two who plan the same run, the second waits here and then sees the plan of the first.
    sqlx::query_scalar!(
        "select id from scheduled_job_runs where id = $1 for no key update",
        run.0
    )
    .fetch_one(&mut **tx)
    .await?;
    let count = count(tx, run).await?;
    if count > 0 {
        return Ok(count);
    }
    let written = sqlx::query!(
        r#"
        with numbers as (
            select meta_ad_id as ad, coalesce(sum(spend), 0) as spend,
                   sum(spend) filter (where date between $3 and $4) > 0 as has_spent,
                   sum(impressions) filter (where date between $3 and $4) > 0 as was_shown
              from meta_ads_performance
             where brand_id = $2
             group by meta_ad_id
        ), known as (
            select meta_ad_id as ad, max(effective_status) as status
              from meta_ads
             where brand_id = $2
             group by meta_ad_id
        ), wanted as (
            select numbers.ad, numbers.spend
              from numbers
              left join known on known.ad = numbers.ad
             where case when $5
                        then (has_spent or was_shown)
                             and coalesce(known.status, (
                                     select day.ad_status
                                       from meta_ads_performance as day
                                      where day.brand_id = $2 and day.meta_ad_id = numbers.ad
                                        and day.ad_status is not null
                                      order by day.date desc
                                      limit 1), '') not in ('PAUSED', 'DELETED', 'ARCHIVED', 'DISAPPROVED')
                        else has_spent end
        )
        insert into ad_classification_units (run_id, organization_id, brand_id, position, meta_ad_id, spend)
        select $1, brands.organization_id, brands.id,
               row_number() over (order by wanted.spend desc, wanted.ad), wanted.ad, wanted.spend
          from wanted
          join brands on brands.id = $2
        "#,
        run.0,
        brand.0,
        window.start(),
        window.end(),
        scope == Scope::Active,
    )
    .execute(&mut **tx)
    .await?;
    Ok(i64::try_from(written.rows_affected()).unwrap_or(i64::MAX))
}

async fn count(tx: &mut Tx, run: RunId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from ad_classification_units where run_id = $1"#,
        run.0
    )
    .fetch_one(&mut **tx)
    .await
}
