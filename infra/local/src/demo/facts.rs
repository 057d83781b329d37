//! What the sync should have found out about ads, and which datasets should be fresh.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::{seed::BRAND, verdict::Promise};

/// What a sync and its download keep fresh.
const DATASETS: &[&str] = &[
    "ad_assets",
    "ad_baselines",
    "ad_destinations",
    "ad_statuses",
    "ad_thumbnails",
    "demographic_performance",
    "meta_ads_performance",
    "meta_campaigns",
];

#[derive(Debug, sqlx::FromRow)]
struct Known {
    rows: i64,
    ads: i64,
    without_status: i64,
    without_objective: i64,
    without_names: i64,
    with_other_copy: i64,
    ads_with_copy: i64,
}

/// Every row must know the status, the objective and the names of its ad, and its copy where there is one.
pub(super) async fn of_ads(db: &mut PgConnection, ads: usize) -> sqlx::Result<Promise> {
    let known: Known = sqlx::query_as(
        "select count(*) as rows, count(distinct p.meta_ad_id) as ads,
                count(*) filter (where p.ad_status is null) as without_status,
                count(*) filter (where coalesce(p.campaign_objective, 'UNKNOWN') = 'UNKNOWN') as without_objective,
                count(*) filter (where p.ad_name is null or p.adset_name is null or p.campaign_name is null)
                    as without_names,
                count(*) filter (where p.ad_copy is distinct from a.ad_copy) as with_other_copy,
                count(distinct p.meta_ad_id) filter (where p.ad_copy is not null) as ads_with_copy
           from meta_ads_performance p
           left join meta_ads a using (meta_ad_account_id, meta_ad_id)
          where p.brand_id = $1",
    )
    .bind(BRAND)
    .fetch_one(db)
    .await?;
    let mut problems = Vec::new();
    for (count, what) in [
        (known.without_status, "have no status"),
        (known.without_objective, "have no objective"),
        (known.without_names, "have not all names"),
        (known.with_other_copy, "have another copy than their ad"),
    ] {
        if count > 0 {
            problems.push(format!("{count} rows {what}"));
        }
    }
    if known.ads_with_copy == 0 {
        problems.push("no ad has copy".to_owned());
    }
    if usize::try_from(known.ads) != Ok(ads) {
        problems.push(format!("{} of {ads} ads have numbers", known.ads));
    }
    let text = format!(
        "each of {} rows has status, objective and names, and {} of {ads} ads have copy",
        known.rows, known.ads_with_copy
    );
    Ok(Promise { text, problems })
}

/// Every dataset must have succeeded since the second sync began.
pub(super) async fn fresh(
    db: &mut PgConnection,
    since: Option<DateTime<Utc>>,
) -> sqlx::Result<Promise> {
    let fresh: Vec<String> = sqlx::query_scalar(
        "select dataset_key from dataset_status
          where brand_id = $1 and last_status = 'completed' and last_success_at >= $2",
    )
    .bind(BRAND)
    .bind(since)
    .fetch_all(db)
    .await?;
    let stale = DATASETS
        .iter()
        .filter(|it| !fresh.iter().any(|key| key == *it));
    let problems = stale.map(|it| format!("{it} is not fresh")).collect();
    let count = DATASETS.len();
    let text = format!("all {count} datasets are fresh, from media to baselines");
    Ok(Promise { text, problems })
}
