//! Which ads a run looks at, in which order.

use std::ops::RangeInclusive;

use chrono::NaiveDate;
use shared::{
    domain::{AdScope, BrandId, RunId, classification::SkipReason},
    store::classifications::{Ending, Existing, finish_unit, pending, plan, started},
};
use sqlx::PgPool;

use super::studio::{Studio, classification, now, usd};

fn november() -> RangeInclusive<NaiveDate> {
    "2026-11-01".parse().unwrap()..="2026-11-30".parse().unwrap()
}

impl Studio {
    async fn plan(&self, run: RunId, brand: BrandId, scope: AdScope) -> i64 {
        let mut tx = self.tx().await;
        let count = plan(&mut tx, run, brand, &november(), scope).await.unwrap();
        tx.commit().await.unwrap();
        count
    }

    /// The ads of a run, as in `1 7 12.5`: place, ad, spend.
    async fn planned(&self, run: RunId) -> Vec<String> {
        let mut tx = self.tx().await;
        let units = pending(&mut tx, run, 0, 1_000).await.unwrap();
        let told = units.iter();
        told.map(|it| format!("{} {} {}", it.position, it.ad, it.spend.normalize()))
            .collect()
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ads_come_by_all_they_ever_spent_and_then_by_id(pool: PgPool) {
    let studio = Studio::new(pool).await;
    for (ad, date, spend) in [
        ("1", "2026-11-01", "5"),
        ("2", "2026-11-02", "1"),
        ("2", "2025-01-01", "11.5"),
        ("4", "2026-11-30", "5"),
        ("3", "2026-11-30", "5"),
        ("5", "2026-10-31", "500"),
        ("6", "2026-12-01", "500"),
        ("7", "2026-11-02", "0"),
        ("8", "2026-11-02", "null"),
    ] {
        studio.insert_day(ad, date, "spend", spend).await;
    }

    assert_eq!(
        studio
            .plan(studio.run, studio.brand(), AdScope::Active)
            .await,
        4
    );

    assert_eq!(
        studio.planned(studio.run).await,
        ["1 2 12.5", "2 1 5", "3 3 5", "4 4 5"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ads_that_are_switched_off_are_left_out_unless_spend_counts(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let statuses = [
        "ACTIVE",
        "PAUSED",
        "DELETED",
        "ARCHIVED",
        "DISAPPROVED",
        "CAMPAIGN_PAUSED",
        "ADSET_PAUSED",
    ];
    for (ad, status) in statuses.iter().enumerate() {
        let ad = format!("{}", ad + 1);
        studio
            .insert_ad(&ad, "effective_status", &format!("'{status}'"))
            .await;
        studio.insert_day(&ad, "2026-11-02", "spend", "1").await;
    }
    // The ad itself says what is so now; where it does not, its newest day does.
    studio
        .insert_day("1", "2026-11-03", "ad_status", "'PAUSED'")
        .await;
    for (ad, old, new) in [("8", "PAUSED", "ACTIVE"), ("9", "ACTIVE", "PAUSED")] {
        studio
            .insert_day(ad, "2026-11-02", "spend, ad_status", &format!("1, '{old}'"))
            .await;
        studio
            .insert_day(ad, "2026-11-03", "ad_status", &format!("'{new}'"))
            .await;
        studio.insert_day(ad, "2026-11-04", "spend", "null").await;
    }
    studio
        .insert_day("10", "2026-11-02", "impressions", "1")
        .await;

    studio
        .plan(studio.run, studio.brand(), AdScope::Active)
        .await;
    let spending = studio.another_run().await;
    studio.plan(spending, studio.brand(), AdScope::Spend).await;

    assert_eq!(
        studio.planned(studio.run).await,
        ["1 1 1", "2 6 1", "3 7 1", "4 8 1", "5 10 0"]
    );
    assert_eq!(
        studio.planned(spending).await.len(),
        9,
        "all but the one that spent nothing"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_has_its_plan_keeps_it(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_day("1", "2026-11-02", "spend", "1").await;
    assert_eq!(
        studio
            .plan(studio.run, studio.brand(), AdScope::Active)
            .await,
        1
    );
    studio.insert_day("2", "2026-11-02", "spend", "2").await;

    assert_eq!(
        studio
            .plan(studio.run, studio.brand(), AdScope::Active)
            .await,
        1
    );

    assert_eq!(studio.planned(studio.run).await, ["1 1 1"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_two_that_plan_at_once_the_second_finds_the_plan_of_the_first(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_day("1", "2026-11-02", "spend", "1").await;
    let mut first = studio.tx().await;
    plan(
        &mut first,
        studio.run,
        studio.brand(),
        &november(),
        AdScope::Active,
    )
    .await
    .unwrap();
    studio.insert_day("2", "2026-11-02", "spend", "2").await;

    let second = studio.plan(studio.run, studio.brand(), AdScope::Active);
    let (count, ()) = tokio::join!(second, studio.commit_when_waited_for(first));

    assert_eq!(count, 1);
    assert_eq!(studio.planned(studio.run).await, ["1 1 1"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn another_brand_has_no_part_in_the_plan(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    studio.insert_day("1", "2026-11-02", "spend", "1").await;

    assert_eq!(studio.plan(studio.run, other, AdScope::Active).await, 0);
    let mut tx = studio.tx().await;
    assert!(
        plan(&mut tx, RunId::new(), other, &november(), AdScope::Active)
            .await
            .is_err(),
        "no such run"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ten_thousand_ads_are_planned_without_reading_other_brands_days(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    for (brand, account, ads, days) in [
        (studio.brand(), "act_1", 10_000, 2),
        (other, "act_2", 30_000, 3),
    ] {
        let first = if account == "act_1" { 1 } else { 100_001 };
        studio
            .run(
                brand,
                &format!(
                    "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id,
                            meta_campaign_id, date, spend)
                     select organization_id, id, '{account}', ad, '1', date '2026-11-01' + day, ad % 97
                       from brands, generate_series({first}, {first} + {ads} - 1) as ad, generate_series(1, {days}) as day
                      where id = $1"
                ),
            )
            .await;
    }
    for sql in [
        "analyze",
        // Of these, there are no statistics yet.
        "insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id, effective_status)
         select distinct organization_id, brand_id, meta_ad_account_id, meta_ad_id, 'ACTIVE'
           from meta_ads_performance where meta_ad_account_id = 'act_1'",
    ] {
        sqlx::query(sql).execute(&studio.world.pool).await.unwrap();
    }

    let mut tx = studio.tx().await;
    let count = plan(
        &mut tx,
        studio.run,
        studio.brand(),
        &november(),
        AdScope::Active,
    )
    .await
    .unwrap();
    let scans: i64 = sqlx::query_scalar(
        "select seq_scan from pg_stat_xact_user_tables where relname = 'meta_ads_performance'",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();

    // Ads whose number is a multiple of 97 spent nothing.
    assert_eq!(count, 10_000 - 103);
    assert_eq!(scans, 0, "an index leads to the brand's own days");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_next_attempt_takes_the_plan_over_and_looks_at_what_came_to_nothing(pool: PgPool) {
    let studio = Studio::new(pool).await;
    for ad in ["1", "2", "3", "4"] {
        studio.insert_day(ad, "2026-11-02", "spend", "1").await;
    }
    studio
        .plan(studio.run, studio.brand(), AdScope::Active)
        .await;
    let known = studio.keep(&classification("1", 1), Existing::Kept).await;
    let mut tx = studio.tx().await;
    for (position, ending) in [
        (1, Ending::Classified(known)),
        (
            2,
            Ending::Failed {
                kind: "blocked",
                message: "no".to_owned(),
            },
        ),
        (
            3,
            Ending::Skipped {
                reason: SkipReason::MissingImage,
                detail: None,
            },
        ),
    ] {
        let place = (studio.run, position);
        started(&mut tx, studio.run, position).await.unwrap();
        finish_unit(&mut tx, place, &ending, usd("0.1"), now())
            .await
            .unwrap();
    }
    started(&mut tx, studio.run, 4).await.unwrap();
    tx.commit().await.unwrap();
    let next = studio.another_run().await;
    sqlx::query(
        "update scheduled_job_runs set status = 'failed', retry_run_id = $2, completed_at = now(), error_kind = 'retry',
                error_message = 'x' where id = $1",
    )
    .bind(studio.run.0)
    .bind(next.0)
    .execute(&studio.world.pool)
    .await
    .unwrap();
    studio.insert_day("5", "2026-11-02", "spend", "9").await;

    let count = studio.plan(next, studio.brand(), AdScope::Active).await;

    assert_eq!(count, 4);
    let columns = "meta_ad_id, run_id = (select id from scheduled_job_runs where status <> 'failed'), state, attempts, cost_usd";
    assert_eq!(
        studio.rows(columns, "ad_classification_units").await,
        [
            "1 t classified 1 0.100000",
            "2 t pending 0 0.100000",
            "3 t pending 1 0.100000",
            "4 t pending 1 0.000000"
        ]
    );
}
