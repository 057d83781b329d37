//! What ads show, in `meta_ads`.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::Owner;
use crate::store::Tx;

/// A creative that was read is read again after this long: addresses of pictures expire.
const CREATIVE_FRESH_FOR: TimeDelta = TimeDelta::days(7);

/// What an ad shows, as Meta tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Looks {
    /// The ad.
    pub ad: String,
    /// Its creative.
    pub creative: Option<String>,
    /// `VIDEO`, `SHARE`, …
    pub object_type: Option<String>,
    /// A render of it.
    pub thumbnail_url: Option<String>,
    /// Its main video.
    pub video_id: Option<String>,
    /// Whether it shows a video.
    pub is_video: bool,
    /// Its text.
    pub copy: Option<String>,
    /// Where it leads to.
    pub destination_url: Option<String>,
}

/// The first `limit` ads whose looks are to be read: with numbers since `recent`, and never read, changed, or
/// read long ago; the highest spend since then first. One that Meta does not tell of waits longer each time,
/// so that it starves no other.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn without_looks(
    tx: &mut Tx,
    owner: &Owner,
    recent: NaiveDate,
    (now, limit): (DateTime<Utc>, i64),
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        with wanted as (
            select meta_ad_id, newest_date
              from meta_ads
             where brand_id = $1 and meta_ad_account_id = $2 and newest_date >= $3
               and (creative_read_at is null
                    or creative_read_at <= $4::timestamptz - case creative_attempts
                        when 0 then make_interval(secs => $5)
                        else interval '24 hours' * 2 ^ least(creative_attempts - 1, 5) end)
        )
        select w.meta_ad_id
          from wanted w
          left join lateral (
              select sum(spend) as spend from meta_ads_performance p
               where p.brand_id = $1 and p.meta_ad_id = w.meta_ad_id and p.date >= $3) s on true
         order by s.spend desc nulls last, w.newest_date desc, w.meta_ad_id
         limit $6
        "#,
        owner.brand_id.0,
        owner.account,
        recent,
        now,
        CREATIVE_FRESH_FOR.as_seconds_f64(),
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Writes what ads show, in the ads and in all their numbers; nothing is overwritten by nothing. Of `asked`,
/// those that Meta did not tell of wait longer the next time.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn record_looks(
    tx: &mut Tx,
    owner: &Owner,
    (asked, looks): (&[&str], &[Looks]),
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let text = |of: fn(&Looks) -> &Option<String>| -> Vec<Option<&str>> {
        looks.iter().map(|it| of(it).as_deref()).collect()
    };
    let ads: Vec<&str> = looks.iter().map(|it| it.ad.as_str()).collect();
    let videos: Vec<bool> = looks.iter().map(|it| it.is_video).collect();
    let done = sqlx::query!(
        r#"
        with looks as (
            select * from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bool[], $9::text[], $10::text[])
                as u (ad, creative, object_type, thumbnail_url, video_id, is_video, copy, destination_url)
        )
        update meta_ads a
           set creative_id = coalesce(l.creative, a.creative_id),
               destination_is_stale = a.destination_is_stale or coalesce(l.creative <> a.creative_id, false),
               object_type = coalesce(l.object_type, a.object_type),
               thumbnail_url = coalesce(l.thumbnail_url, a.thumbnail_url),
               meta_video_id = coalesce(l.video_id, a.meta_video_id),
               is_video = coalesce(l.is_video, false) or a.is_video,
               ad_copy = coalesce(l.copy, a.ad_copy),
               destination_url = coalesce(l.destination_url, a.destination_url),
               creative_read_at = $11,
               creative_attempts = case when l.ad is null then a.creative_attempts + 1 else 0 end
          from unnest($12::text[]) as asked (ad)
          left join looks l on l.ad = asked.ad
         where a.brand_id = $1 and a.meta_ad_account_id = $2 and a.meta_ad_id = asked.ad
        "#,
        owner.brand_id.0,
        owner.account,
        &ads as &[&str],
        &text(|it| &it.creative) as &[Option<&str>],
        &text(|it| &it.object_type) as &[Option<&str>],
        &text(|it| &it.thumbnail_url) as &[Option<&str>],
        &text(|it| &it.video_id) as &[Option<&str>],
        &videos,
        &text(|it| &it.copy) as &[Option<&str>],
        &text(|it| &it.destination_url) as &[Option<&str>],
        now,
        asked as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
