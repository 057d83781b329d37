//! Where ads lead: rows of `meta_ad_destinations` and `meta_ad_destination_status`, and the columns about
//! it of `meta_ads` and `meta_ads_performance`.
//!
//! An ad is *settled* once it has a destination or is known to have none. One whose creative did not tell
//! waits for 1, 2, 4, … days, so that it does not keep others from being read.
//!
//! The `store_…` functions take the same ads, as many as are read at once (50), and each writes what is
//! its own: an ad counts for one of them only, but for a destination among several, which has a status, too.
//! Ads that are not the account's are passed over. Writing the same twice changes nothing but times.

mod settle;

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::{
    domain::{
        BrandId,
        ads::{Destination, ReadAd},
    },
    store::Tx,
};

use settle::{copy_to_days, settle, take_back_status};

/// Longest wait of an ad whose creative does not tell where it leads, as a power of two of days.
const WAIT_DOUBLINGS_MAX: i32 = 6;

/// Why an ad without a link has none.
const NO_LINK: &str = "no_link_in_creative";

/// An ad whose destination is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The ad.
    pub ad: String,
    /// How often in a row it did not tell.
    pub attempts: i32,
}

/// The first `limit` ads of the account to ask at `now` where they lead: highest spend since `since`, then
/// newest, then by id.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn candidates(
    tx: &mut Tx,
    (brand, account): (BrandId, &str),
    since: NaiveDate,
    limit: u32,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Candidate>> {
    sqlx::query_as!(
        Candidate,
        r#"
        with waiting as (
            select meta_ad_id as ad, destination_attempts as attempts
              from meta_ads
             where brand_id = $1 and meta_ad_account_id = $2
               and (destination_attempts = 0 or destination_read_at is null
                    or destination_read_at + interval '24 hours' * 2 ^ least(destination_attempts - 1, $6) <= $5)
               and (destination_is_stale
                    or not exists (
                           select from meta_ad_destinations as found
                            where found.brand_id = $1 and found.meta_ad_id = meta_ads.meta_ad_id)
                       and not exists (
                           select from meta_ad_destination_status as status
                            where status.brand_id = $1 and status.meta_ad_id = meta_ads.meta_ad_id
                              and status.status = 'no_url'))
        )
        select waiting.ad, waiting.attempts
          from waiting
          left join lateral (
              select sum(spend) filter (where date >= $3) as recent_spend, max(date) as newest
                from meta_ads_performance
               where brand_id = $1 and meta_ad_id = waiting.ad
          ) as numbers on true
         order by coalesce(recent_spend, 0) desc, newest desc nulls last, waiting.ad
         limit $4
        "#,
        brand.0,
        account,
        since,
        i64::from(limit),
        now,
        WAIT_DOUBLINGS_MAX,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Writes the destinations that were found, to the ads and to their rows of numbers as well, and takes back
/// what was said of ads that had none, or several. Returns how many were found.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn store_found(
    tx: &mut Tx,
    (brand, account): (BrandId, &str),
    read: &[ReadAd],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let found = Found::of(read);
    settle(tx, (brand, account), (&found.ads, Some(&found.urls)), now).await?;
    let written = sqlx::query!(
        r#"
        insert into meta_ad_destinations (organization_id, brand_id, meta_ad_id, destination_url, canonical_url,
                                          fetched_at)
        select organization_id, brand_id, meta_ad_id, new.url, new.canonical, $6
          from unnest($3::text[], $4::text[], $5::text[]) as new (ad, url, canonical)
          join meta_ads on brand_id = $1 and meta_ad_account_id = $2 and meta_ad_id = new.ad
         order by meta_ad_id
        on conflict (brand_id, meta_ad_id, canonical_url) do update
           set destination_url = excluded.destination_url, fetched_at = excluded.fetched_at
        "#,
        brand.0,
        account,
        &found.ads,
        &found.urls,
        &found.canonicals,
        now,
    )
    .execute(&mut **tx)
    .await?;
    copy_to_days(tx, (brand, account), &found).await?;
    take_back_status(tx, (brand, account), &found).await?;
    Ok(written.rows_affected())
}

/// Writes which ads have no link, for good, and which have several, and how many. Returns how many they are.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn store_status(
    tx: &mut Tx,
    (brand, account): (BrandId, &str),
    read: &[ReadAd],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let without = distinct(read).filter(|it| it.destination == Destination::NoLink);
    let without: Vec<_> = without.map(|it| it.ad.clone()).collect();
    settle(tx, (brand, account), (&without, None), now).await?;
    let told: Vec<_> = distinct(read)
        .filter_map(|it| Some((it, status_of(it)?)))
        .collect();
    let written = sqlx::query!(
        r#"
        insert into meta_ad_destination_status (organization_id, brand_id, meta_ad_id, status, reason, creative_id,
                                                url_count, attempted_at)
        select organization_id, brand_id, meta_ad_id, new.status, new.reason, new.creative, new.url_count, $8
          from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::int[])
                   as new (ad, status, reason, creative, url_count)
          join meta_ads on brand_id = $1 and meta_ad_account_id = $2 and meta_ad_id = new.ad
         order by meta_ad_id
        on conflict (brand_id, meta_ad_id) do update
           set (status, reason, creative_id, url_count, attempted_at)
             = (excluded.status, excluded.reason, excluded.creative_id, excluded.url_count, excluded.attempted_at)
        "#,
        brand.0,
        account,
        &told.iter().map(|(it, _)| it.ad.clone()).collect::<Vec<_>>(),
        &told.iter().map(|(_, told)| told.status.to_owned()).collect::<Vec<_>>(),
        &told.iter().map(|(_, told)| told.reason.clone()).collect::<Vec<_>>(),
        &told.iter().map(|(it, _)| it.creative_id.clone()).collect::<Vec<_>>() as _,
        &told.iter().map(|(_, told)| told.url_count).collect::<Vec<_>>(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// Lets the ads that did not tell wait, each twice as long as the time before. Returns how many they are.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn store_inconclusive(
    tx: &mut Tx,
    (brand, account): (BrandId, &str),
    read: &[ReadAd],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let silent = distinct(read).filter(|it| it.destination == Destination::Inconclusive);
    let silent: Vec<_> = silent.map(|it| it.ad.clone()).collect();
    let written = sqlx::query!(
        r#"
        with silent as (
            select id
              from meta_ads
             where brand_id = $1 and meta_ad_account_id = $2 and meta_ad_id = any($3)
             order by meta_ad_id
               for update
        )
        update meta_ads
           set destination_attempts = destination_attempts + 1, destination_read_at = $4
          from silent
         where meta_ads.id = silent.id and destination_read_at is distinct from $4
        "#,
        brand.0,
        account,
        &silent,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(written.rows_affected())
}

/// Each ad once, in order, so that two writers never wait for each other; of an ad that comes twice, the
/// last one.
fn distinct(read: &[ReadAd]) -> impl Iterator<Item = &ReadAd> {
    let by_ad: BTreeMap<_, _> = read.iter().map(|it| (&it.ad, it)).collect();
    by_ad.into_values()
}

/// Columns of the ads that lead somewhere.
#[derive(Default)]
struct Found {
    ads: Vec<String>,
    urls: Vec<String>,
    canonicals: Vec<String>,
    url_counts: Vec<i32>,
}

impl Found {
    fn of(read: &[ReadAd]) -> Self {
        let mut columns = Self::default();
        for it in distinct(read) {
            if let Destination::Found {
                url,
                canonical,
                url_count,
            } = &it.destination
            {
                columns.ads.push(it.ad.clone());
                columns.urls.push(url.clone());
                columns.canonicals.push(canonical.clone());
                columns.url_counts.push(column_of(*url_count));
            }
        }
        columns
    }
}

struct Status {
    status: &'static str,
    reason: String,
    url_count: i32,
}

fn status_of(read: &ReadAd) -> Option<Status> {
    match read.destination {
        Destination::Found { url_count, .. } if url_count > 1 => Some(Status {
            status: "multi_url",
            reason: format!("{url_count} distinct links"),
            url_count: column_of(url_count),
        }),
        Destination::NoLink => Some(Status {
            status: "no_url",
            reason: NO_LINK.to_owned(),
            url_count: 0,
        }),
        Destination::Found { .. } | Destination::Inconclusive => None,
    }
}

fn column_of(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}
