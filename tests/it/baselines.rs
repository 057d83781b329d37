//! From days of ads to the baselines that are kept.

use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use shared::{
    domain::{
        BrandId,
        baseline::{AdDay, Baseline, baselines},
    },
    store::{self, Database},
};
use sqlx::PgPool;

use crate::world::{World, at};

const ACCOUNT: &str = "act_1";

struct Numbers {
    world: World,
    db: Database,
}

fn now() -> DateTime<Utc> {
    at("2026-11-20T06:00:00Z")
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn november() -> RangeInclusive<NaiveDate> {
    date("2026-11-01")..=date("2026-11-30")
}

impl Numbers {
    async fn new(pool: PgPool) -> Self {
        let world = World::new(pool).await;
        let db = Database::from_pool(world.pool.clone());
        let it = Self { world, db };
        it.run(&format!(
            "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
             select organization_id, id, '{ACCOUNT}' from brands where id = $1"
        ))
        .await;
        it
    }

    async fn run(&self, sql: &str) {
        sqlx::query(sql)
            .bind(self.world.brand)
            .execute(&self.world.pool)
            .await
            .unwrap();
    }

    /// A day of an ad; `columns` and `values` are what Meta told of it.
    async fn insert_day(&self, ad: &str, date: &str, columns: &str, values: &str) {
        self.run(&format!(
            "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id,
                    meta_campaign_id, date, {columns})
             select organization_id, id, '{ACCOUNT}', '{ad}', '1', '{date}', {values} from brands where id = $1"
        ))
        .await;
    }

    async fn days(&self, brand: BrandId) -> Vec<AdDay> {
        let mut tx = self.db.begin().await.unwrap();
        store::baselines::days(&mut tx, brand, &november())
            .await
            .unwrap()
    }

    async fn replace(&self, brand: BrandId, baselines: &[Baseline]) -> u64 {
        let mut tx = self.db.begin().await.unwrap();
        let count = store::baselines::replace(&mut tx, brand, &november(), baselines, now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        count
    }

    fn brand(&self) -> BrandId {
        BrandId(self.world.brand)
    }

    async fn rows(&self, columns: &str) -> Vec<String> {
        let sql =
            format!("select concat_ws(' ', {columns}) from ad_intelligence_baselines order by 1");
        sqlx::query_scalar(&sql)
            .fetch_all(&self.world.pool)
            .await
            .unwrap()
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_day_is_read_as_it_was_stored(pool: PgPool) {
    let numbers = Numbers::new(pool).await;
    let columns =
        "spend, impressions, link_clicks, add_to_carts, purchases, purchase_value, video_views,
                   video_p25_watched, video_p100_watched, frequency, is_video";
    numbers
        .insert_day(
            "1",
            "2026-11-30",
            columns,
            "80.123456, 4000, 1, 2, 3, 4.5, 400, 200, 40, 1.25, true",
        )
        .await;
    numbers.insert_day("1", "2026-11-01", "spend", "null").await;
    numbers.insert_day("2", "2026-11-01", "spend", "0").await;
    for outside in ["2026-10-31", "2026-12-01"] {
        numbers.insert_day("1", outside, "spend", "1").await;
    }

    let days = numbers.days(numbers.brand()).await;

    let full = AdDay {
        ad: "1".to_owned(),
        date: date("2026-11-30"),
        spend: Some("80.123456".parse().unwrap()),
        impressions: Some(4_000),
        link_clicks: Some(1),
        add_to_carts: Some(2),
        purchases: Some(3),
        purchase_value: Some("4.5".parse().unwrap()),
        video_views: Some(400),
        video_p25: Some(200),
        video_p100: Some(40),
        frequency: Some("1.25".parse().unwrap()),
        awareness: None,
        format: Some("video".to_owned()),
    };
    let empty = |ad: &str, format: &str| AdDay {
        ad: ad.to_owned(),
        date: date("2026-11-01"),
        format: Some(format.to_owned()),
        ..AdDay::default()
    };
    let still = AdDay {
        spend: Some(0.into()),
        ..empty("2", "image")
    };
    assert_eq!(days, [full, empty("1", "video"), still]);
    assert!(
        numbers.days(BrandId::new()).await.is_empty(),
        "another brand"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn baselines_are_kept_with_their_figures_in_full(pool: PgPool) {
    let numbers = Numbers::new(pool).await;
    numbers
        .insert_day(
            "1",
            "2026-11-02",
            "spend, impressions, link_clicks",
            "80, 4000, 1",
        )
        .await;
    numbers
        .insert_day(
            "1",
            "2026-11-03",
            "spend, impressions, link_clicks",
            "20, 6000, 99",
        )
        .await;
    numbers
        .insert_day(
            "2",
            "2026-11-03",
            "spend, impressions, link_clicks, is_video",
            "1, 3, 3, true",
        )
        .await;

    let made = baselines(&numbers.days(numbers.brand()).await);
    assert_eq!(numbers.replace(numbers.brand(), &made).await, 3);

    let rows = numbers.rows("awareness_level, creative_format, video_length_bucket, campaign_objective, daily_rows, ads, impressions, spend, is_sufficient").await;
    assert_eq!(
        rows,
        [
            "all all all all 3 2 10003 101 f",
            "all image all all 2 1 10000 100 f",
            "all video all all 1 1 3 1 f"
        ]
    );
    let rows = numbers.rows("creative_format, metrics->'cpc'->>'p50', metrics->'cpc'->>'ads', range_start, range_end").await;
    assert_eq!(
        rows,
        [
            "all 0.6666666666666666666666666667 2 2026-11-01 2026-11-30",
            "image 1 1 2026-11-01 2026-11-30",
            "video 0.3333333333333333333333333333 1 2026-11-01 2026-11-30"
        ]
    );
    let rows = numbers
        .rows("jsonb_typeof(metrics->'cpc'->'p50'), jsonb_typeof(metrics->'roas'->'p50')")
        .await;
    assert_eq!(rows[0], "string null");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn baselines_of_a_range_take_the_place_of_those_before(pool: PgPool) {
    let numbers = Numbers::new(pool).await;
    numbers
        .insert_day("1", "2026-11-02", "spend, is_video", "1, true")
        .await;
    let first = baselines(&numbers.days(numbers.brand()).await);
    numbers.replace(numbers.brand(), &first).await;
    numbers
        .run(
            "insert into ad_intelligence_baselines (organization_id, brand_id, creative_format, video_length_bucket,
                    range_start, range_end, daily_rows, ads, impressions, spend, is_sufficient, metrics, computed_at)
             select organization_id, id, bucket, bucket, since, '2026-11-30', 0, 0, 0, 0, false, '{}', now()
               from brands, (values ('short', date '2026-11-01'), ('all', date '2026-10-01')) as other (bucket, since)
              where id = $1",
        )
        .await;
    let ids = numbers.rows("creative_format, range_start, id").await;

    let second = baselines(&[]);
    assert_eq!(numbers.replace(numbers.brand(), &second).await, 1);

    let rows = numbers.rows("creative_format, range_start, ads").await;
    assert_eq!(
        rows,
        ["all 2026-10-01 0", "all 2026-11-01 0", "short 2026-11-01 0"]
    );
    let kept = numbers.rows("creative_format, range_start, id").await;
    assert!(
        kept.iter().all(|row| ids.contains(row)),
        "what is overwritten keeps its id"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_that_is_not_there_gets_no_baselines(pool: PgPool) {
    let numbers = Numbers::new(pool).await;
    assert_eq!(numbers.replace(BrandId::new(), &baselines(&[])).await, 0);
    assert_eq!(numbers.replace(numbers.brand(), &baselines(&[])).await, 1);
    assert_eq!(
        numbers.replace(numbers.brand(), &baselines(&[])).await,
        1,
        "twice is the same"
    );
    assert_eq!(numbers.rows("ads").await, ["0"]);
}
