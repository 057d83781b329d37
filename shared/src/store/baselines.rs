//! Rows of `ad_intelligence_baselines`, and the days they are made of.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;

use crate::{
    domain::{
        BrandId,
        baseline::{ALL, AdDay, Baseline},
    },
    store::Tx,
};

/// Most days of ads read for one brand: 2,000 ads over 90 days, about 50 MB. Where there are more, the
/// newest are read.
pub const DAYS_MAX: i64 = 180_000;

/// The days of a brand's ads within `range`, newest first, at most [`DAYS_MAX`].
///
/// An ad is a video when any row of it within the range says so, an image otherwise. Its awareness level
/// is not in this table and is left open.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn days(
    tx: &mut Tx,
    brand: BrandId,
    range: &RangeInclusive<NaiveDate>,
) -> sqlx::Result<Vec<AdDay>> {
    sqlx::query_as!(
        AdDay,
        r#"
        select meta_ad_id as ad, date, spend, impressions::int8 as impressions, link_clicks::int8 as link_clicks,
               add_to_carts::int8 as add_to_carts, purchases::int8 as purchases, purchase_value,
               video_views::int8 as video_views, video_p25_watched::int8 as video_p25,
               video_p100_watched::int8 as video_p100, frequency, null as "awareness: String",
               case when bool_or(is_video) over (partition by meta_ad_id) then 'video' else 'image' end as format
          from meta_ads_performance
         where brand_id = $1 and date between $2 and $3
         order by date desc, meta_ad_id
         limit $4
        "#,
        brand.0,
        range.start(),
        range.end(),
        DAYS_MAX,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Makes these the brand's baselines of `range`: cohorts that are there already are overwritten, and those
/// that are not among `baselines` go. Baselines by length of video or by objective stay. Returns how many
/// were written; none for a brand that is not there.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or if two of them are of one cohort.
pub async fn replace(
    tx: &mut Tx,
    brand: BrandId,
    range: &RangeInclusive<NaiveDate>,
    baselines: &[Baseline],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let awareness: Vec<_> = baselines.iter().map(|it| it.awareness.clone()).collect();
    let formats: Vec<_> = baselines.iter().map(|it| it.format.clone()).collect();
    delete_others(tx, brand, range, (&awareness, &formats)).await?;
    let metrics: Vec<_> = baselines.iter().map(|it| Json(&it.metrics)).collect();
    let written = sqlx::query!(
        r#"
        insert into ad_intelligence_baselines (
            organization_id, brand_id, awareness_level, creative_format, range_start, range_end,
            daily_rows, ads, impressions, spend, is_sufficient, metrics, computed_at)
        select brands.organization_id, brands.id, awareness, format, $2, $3, daily_rows, ads, impressions, spend,
               is_sufficient, metrics, $12
          from brands,
               unnest($4::text[], $5::text[], $6::int[], $7::int[], $8::bigint[], $9::numeric[], $10::bool[],
                      $11::jsonb[])
                   as new (awareness, format, daily_rows, ads, impressions, spend, is_sufficient, metrics)
         where brands.id = $1
        on conflict (brand_id, awareness_level, creative_format, video_length_bucket, campaign_objective,
                     range_start, range_end) do update
           set (organization_id, daily_rows, ads, impressions, spend, is_sufficient, metrics, computed_at)
             = (excluded.organization_id, excluded.daily_rows, excluded.ads, excluded.impressions,
                excluded.spend, excluded.is_sufficient, excluded.metrics, excluded.computed_at)
        "#,
        brand.0,
        range.start(),
        range.end(),
        &awareness,
        &formats,
        &counts(baselines, |it| it.daily_rows),
        &counts(baselines, |it| it.ads),
        &baselines.iter().map(|it| it.impressions).collect::<Vec<_>>(),
        &baselines.iter().map(|it| it.spend).collect::<Vec<_>>(),
        &baselines.iter().map(|it| it.is_sufficient).collect::<Vec<_>>(),
        &metrics as _,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// A cohort that no ad belongs to any more would go on telling what was usual.
async fn delete_others(
    tx: &mut Tx,
    brand: BrandId,
    range: &RangeInclusive<NaiveDate>,
    (awareness, formats): (&[String], &[String]),
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from ad_intelligence_baselines
         where brand_id = $1 and range_start = $2 and range_end = $3
           and video_length_bucket = $4 and campaign_objective = $4
           and (awareness_level, creative_format) not in (select * from unnest($5::text[], $6::text[]))
        "#,
        brand.0,
        range.start(),
        range.end(),
        ALL,
        awareness,
        formats,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts as the column has them. There are no two thousand million ads.
fn counts(baselines: &[Baseline], of: fn(&Baseline) -> usize) -> Vec<i32> {
    let count = |it| i32::try_from(of(it)).unwrap_or(i32::MAX);
    baselines.iter().map(count).collect()
}
