//! Which ads a run has to look at, in which order.

use std::ops::RangeInclusive;

use chrono::NaiveDate;

use crate::{
    domain::{AdScope, BrandId, RunId},
    store::Tx,
};

/// Writes down which ads the run has to look at, the highest spend of all days first, then by id; a run that has
/// its plan keeps it, and the next attempt of a run that failed takes it over. Returns how many ads it has.
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
    scope: AdScope,
) -> sqlx::Result<i64> {
    // Of two who plan the same run, the second waits here and then sees the plan of the first.
    sqlx::query_scalar!(
        "select id from scheduled_job_runs where id = $1 for no key update",
        run.0
    )
    .fetch_one(&mut **tx)
    .await?;
    take_over(tx, run).await?;
    let count = count(tx, run).await?;
    if count > 0 {
        return Ok(count);
    }
    let written = sqlx::query!(
        r#"
        with numbers as (
            select meta_ad_id as ad, coalesce(sum(spend), 0) as spend,
                   sum(spend) filter (where date between $3 and $4) > 0 as has_spent,
                   sum(impressions) filter (where date between $3 and $4) > 0 as was_shown,
                   (array_agg(ad_status order by date desc) filter (where ad_status is not null))[1] as day_status
              from meta_ads_performance
             where brand_id = $2
             group by meta_ad_id
        ), wanted as (
            select numbers.ad, numbers.spend
              from numbers
              -- Ad by ad, whatever statistics there are: a plain join may count all ads again for each.
              left join lateral (
                  select effective_status as status from meta_ads
                   where brand_id = $2 and meta_ad_id = numbers.ad
                   order by status_read_at desc nulls last
                   limit 1) as known on true
             where case when $5
                        then (has_spent or was_shown)
                             and coalesce(known.status, day_status, '') not in ('PAUSED', 'DELETED', 'ARCHIVED', 'DISAPPROVED')
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
        scope == AdScope::Active,
    )
    .execute(&mut **tx)
    .await?;
    Ok(i64::try_from(written.rows_affected()).unwrap_or(i64::MAX))
}

/// Goes on where the attempt before has stopped: what it has classified is not paid again, and all else is looked at.
/// An ad that it gave up may be begun as often as a new one.
async fn take_over(tx: &mut Tx, run: RunId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update ad_classification_units
           set run_id = $1,
               state = case when classification_id is null then 'pending' else state end,
               finished_at = case when classification_id is null then null else finished_at end,
               attempts = case when state = 'failed' then 0 else attempts end,
               reason = null, message = null
         where run_id = (select id from scheduled_job_runs where retry_run_id = $1)
        "#,
        run.0,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn count(tx: &mut Tx, run: RunId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from ad_classification_units where run_id = $1"#,
        run.0
    )
    .fetch_one(&mut **tx)
    .await
}
