//! What is known of ads, repeated in the rows of their numbers.

use chrono::{DateTime, Utc};

use super::Owner;
use crate::store::Tx;

/// The next `limit` ads after `after`, in the order of their ids, of which something was read since `began`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn ads(
    tx: &mut Tx,
    owner: &Owner,
    began: DateTime<Utc>,
    (after, limit): (&str, i64),
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select meta_ad_id from meta_ads
         where brand_id = $1 and meta_ad_account_id = $2 and meta_ad_id > $4
           and (numbers_read_at >= $3 or status_read_at >= $3 or creative_read_at >= $3)
         order by meta_ad_id
         limit $5
        "#,
        owner.brand_id.0,
        owner.account,
        began,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Repeats what is known of `ads` in their numbers. The status goes to rows read since `began`, as it says nothing
/// about earlier days; a campaign whose objective was never known is `UNKNOWN`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn repeat_in_numbers(
    tx: &mut Tx,
    owner: &Owner,
    began: DateTime<Utc>,
    ads: &[String],
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        -- Read first, and named again below: without statistics Postgres would look for each row of numbers among all ads.
        with part as materialized (
            select a.*, c.objective
              from meta_ads a
              left join meta_campaigns c
                on (c.meta_ad_account_id, c.meta_campaign_id) = (a.meta_ad_account_id, a.meta_campaign_id)
             where a.brand_id = $1 and a.meta_ad_account_id = $2 and a.meta_ad_id = any ($4)
        )
        update meta_ads_performance p
           set ad_status = case when p.fetched_at >= $3 then coalesce(a.effective_status, p.ad_status) else p.ad_status end,
               campaign_objective = coalesce(a.objective, p.campaign_objective, 'UNKNOWN'),
               thumbnail_url = coalesce(a.thumbnail_url, p.thumbnail_url),
               meta_video_id = coalesce(a.meta_video_id, p.meta_video_id),
               is_video = a.is_video or p.is_video,
               object_type = coalesce(a.object_type, p.object_type),
               ad_copy = coalesce(a.ad_copy, p.ad_copy),
               destination_url = coalesce(a.destination_url, p.destination_url)
          from part a
         where p.brand_id = $1 and p.meta_ad_id = a.meta_ad_id and p.meta_ad_id = any ($4) and p.meta_ad_account_id = $2
           and ((p.fetched_at >= $3 and p.ad_status is distinct from coalesce(a.effective_status, p.ad_status))
                or (p.campaign_objective, p.thumbnail_url, p.meta_video_id, p.is_video, p.object_type, p.ad_copy, p.destination_url)
                   is distinct from
                   (coalesce(a.objective, p.campaign_objective, 'UNKNOWN'), coalesce(a.thumbnail_url, p.thumbnail_url),
                    coalesce(a.meta_video_id, p.meta_video_id), a.is_video or p.is_video, coalesce(a.object_type, p.object_type),
                    coalesce(a.ad_copy, p.ad_copy), coalesce(a.destination_url, p.destination_url)))
        "#,
        owner.brand_id.0,
        owner.account,
        began,
        ads,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
