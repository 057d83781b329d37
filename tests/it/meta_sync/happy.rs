//! When all goes well.

use serde_json::json;
use sqlx::PgPool;
use sundial_local::meta::AccountSpec;

use super::office::{ACCOUNT, Office, day};
use crate::world::at;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_sync_stores_exactly_what_meta_has(pool: PgPool) {
    let office = Office::new(pool, json!({})).await;

    let run = office.sync().await;

    assert_eq!(
        (run.status.as_str(), run.error.as_deref()),
        ("completed", None)
    );
    assert_eq!(office.warnings(&run).await, [""; 0]);
    let truth = office.truth("2026-10-23", "2026-11-20").await;
    assert!(truth.0 > 500, "{truth:?}");
    assert_eq!(office.stored().await, truth);
    let days = "select count(*) from meta_sync_days where kind = 'performance'";
    assert_eq!(office.world.count(days).await, 29);
    let ads = office.world.count("select count(*) from meta_ads").await;
    assert_eq!(run.metadata["ads_synced"], json!(ads));
    assert_eq!(run.metadata["rows_inserted"], json!(truth.0));
    let datasets: Vec<_> = office.datasets().await.into_iter().collect();
    let fresh = [
        "ad_baselines",
        "ad_destinations",
        "ad_statuses",
        "ad_thumbnails",
        "demographic_performance",
        "meta_ads_performance",
        "meta_campaigns",
    ];
    let fresh: Vec<_> = fresh
        .iter()
        .map(|it| ((*it).to_owned(), "completed".to_owned()))
        .collect();
    assert_eq!(datasets, fresh);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn rows_know_their_ad_its_campaign_and_what_it_shows(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 7, "restatement_days": 0})).await;

    office.sync().await;

    for (what, lacks) in [
        ("a status", "ad_status is null"),
        (
            "an objective",
            "campaign_objective is null or campaign_objective = 'UNKNOWN'",
        ),
        (
            "names",
            "ad_name is null or adset_name is null or campaign_name is null",
        ),
        ("impressions", "impressions is null or spend is null"),
        (
            "its actions as they came",
            "raw_actions is null and video_views is not null",
        ),
    ] {
        let sql = format!("select count(*) from meta_ads_performance where {lacks}");
        assert_eq!(office.world.count(&sql).await, 0, "rows without {what}");
    }
    for (what, has) in [
        ("copy", "ad_copy is not null"),
        ("a destination", "destination_url is not null"),
        ("a video", "is_video"),
        ("a thumbnail", "thumbnail_url is not null"),
    ] {
        let sql = format!("select count(*) from meta_ads_performance where {has}");
        assert!(office.world.count(&sql).await > 0, "no row with {what}");
    }
    let account =
        "select account_name || ' ' || currency || ' ' || timezone_name from brand_ad_accounts";
    let account = office.value(account).await.unwrap();
    assert!(account.ends_with("USD Europe/Berlin"), "{account}");
    let provisional = "select string_agg(distinct date::text, ',') from meta_ads_performance where is_provisional";
    assert_eq!(
        office.value(provisional).await.as_deref(),
        Some("2026-11-20")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn numbers_are_read_again_until_meta_corrects_them_no_more(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 35, "skip_demographics": true})).await;
    office.sync().await;
    let before = office.stored().await;
    office.set_now(at("2026-11-22T06:00:00Z"));
    let pages = office.performance_pages().len();

    office.sync().await;

    let asked: Vec<_> = office.performance_pages()[pages..]
        .iter()
        .map(|page| page.since)
        .collect();
    assert_eq!(
        asked.iter().min(),
        Some(&day("2026-10-24")),
        "the day before was read at the age of 28"
    );
    assert_eq!(asked.iter().max(), Some(&day("2026-11-22")));
    let truth = office.truth("2026-10-16", "2026-11-22").await;
    assert_eq!(office.stored().await, truth);
    assert_ne!(before.1, truth.1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_day_is_a_day_of_the_account(pool: PgPool) {
    for (zone, today) in [
        (chrono_tz::Pacific::Kiritimati, "2026-11-20"),
        (chrono_tz::Pacific::Pago_Pago, "2026-11-19"),
    ] {
        sqlx::query("truncate organizations cascade")
            .execute(&pool)
            .await
            .unwrap();
        let spec = AccountSpec {
            timezone: zone,
            ads: 5,
            ..AccountSpec::default()
        };
        let params = json!({"days_back": 1, "restatement_days": 0, "skip_demographics": true});
        let office = Office::with(pool.clone(), spec, params).await;

        office.sync().await;

        let newest = "select max(date) from meta_sync_days";
        assert_eq!(office.value(newest).await.as_deref(), Some(today), "{zone}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_backfill_reads_its_days_and_says_what_meta_does_not_keep(pool: PgPool) {
    let params = json!({"since": "2023-10-19", "until": "2023-10-24", "skip_demographics": true});
    let office = Office::new(pool, params).await;

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let days = "select min(date) || ' ' || max(date) from meta_sync_days";
    assert_eq!(
        office.value(days).await.as_deref(),
        Some("2023-10-21 2023-10-24")
    );
    assert!(office.warnings(&run).await[0].contains("37 months"));
    let truth = office.truth("2023-10-21", "2023-10-24").await;
    assert_eq!(office.stored().await, truth);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn demographics_sum_up_to_the_numbers_themselves(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 3, "restatement_days": 3})).await;

    office.sync().await;

    let sum = |of: &str| format!("select sum(spend) || ' ' || sum(impressions) from {of}");
    let whole = office.value(&sum("meta_ads_performance")).await.unwrap();
    for kind in ["age_gender", "placement"] {
        let part = sum(&format!(
            "meta_ads_demographic_performance where breakdown_type = '{kind}'"
        ));
        assert_eq!(office.value(&part).await.unwrap(), whole, "{kind}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_without_delivery_is_fresh_and_empty(pool: PgPool) {
    let spec = AccountSpec {
        ads: 3,
        delivery_percent: 0,
        inactive_percent: 0,
        ..AccountSpec::default()
    };
    let office = Office::with(pool, spec, json!({"days_back": 2, "restatement_days": 0})).await;

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(office.datasets().await["meta_ads_performance"], "completed");
    let line = "select count(*) from job_run_logs where message like 'No insights returned%'";
    let line = line.replace("job_run_logs", &office.value("select string_agg(c.relname, '') from pg_class c where c.relname like '%run_logs' and c.relkind = 'r'").await.unwrap());
    assert_eq!(office.world.count(&line).await, 1);
    assert!(
        office
            .performance_pages()
            .iter()
            .all(|page| page.account == ACCOUNT)
    );
}
