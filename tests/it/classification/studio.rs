//! A brand with ads and a run, beside another brand, and verbs to ask and answer.

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;
use serde_json::json;
use shared::{
    domain::{
        BrandId, ClassificationId, OrganizationId, RunId,
        classification::{Awareness, Components, CreativeFormat, Judgement, Level, Source},
    },
    store::{
        Database, Tx,
        classifications::{self, Classification, Existing},
    },
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{World, at};

pub const ACCOUNT: &str = "act_1";

pub struct Studio {
    pub world: World,
    pub db: Database,
    pub run: RunId,
    pub organization: OrganizationId,
}

pub fn now() -> DateTime<Utc> {
    at("2026-11-20T06:00:00Z")
}

pub fn after(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

pub fn usd(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub fn level(awareness: Awareness) -> Option<Level> {
    Some(Level {
        awareness,
        confidence: Some(usd("0.875")),
    })
}

/// A look at a picture of an ad.
pub fn classification(ad: &str, content: u8) -> Classification {
    Classification {
        ad: ad.to_owned(),
        run: None,
        judgement: Judgement {
            creative: level(Awareness::Unaware),
            creative_format: Some(CreativeFormat::ImageProduct),
            creative_angle: Some("warmth".to_owned()),
            video_length: None,
            video_duration_sec: None,
            copy: level(Awareness::SolutionAware),
            hook_type: Some("fear".to_owned()),
            primary_cta: None,
        },
        landing_page: None,
        landing_page_level: None,
        components: Components::default(),
        video_analysis: None,
        source: Source::GeminiLightStored,
        prompt_version: "v1".to_owned(),
        schema_version: "1.0".to_owned(),
        content_hash: [content; 32],
        model_used: "stand-in".to_owned(),
        raw: json!({"creative_format": "image_product"}),
        classified_at: now(),
    }
}

impl Studio {
    pub async fn new(pool: PgPool) -> Self {
        let world = World::new(pool).await;
        let job = world.daily_job().await;
        let run = world.run_now(job).await;
        let db = Database::from_pool(world.pool.clone());
        let organization: Uuid = sqlx::query_scalar("select id from organizations")
            .fetch_one(&world.pool)
            .await
            .unwrap();
        let it = Self {
            world,
            db,
            run,
            organization: OrganizationId(organization),
        };
        it.link_account(it.brand(), ACCOUNT).await;
        it
    }

    pub fn brand(&self) -> BrandId {
        BrandId(self.world.brand)
    }

    pub async fn tx(&self) -> Tx {
        self.db.begin().await.unwrap()
    }

    /// Returns once a transaction waits for another, at the latest after a thousand looks.
    pub async fn somebody_waits(&self) {
        for _ in 0..1_000 {
            let waiting = self
                .world
                .count(
                    "select count(*) from pg_stat_activity
                      where datname = current_database() and wait_event_type = 'Lock'",
                )
                .await;
            if waiting > 0 {
                return;
            }
        }
    }

    /// Commits once somebody waits for it.
    pub async fn commit_when_waited_for(&self, tx: Tx) {
        self.somebody_waits().await;
        tx.commit().await.unwrap();
    }

    /// Another run, of a job of its own.
    pub async fn another_run(&self) -> RunId {
        let job = self.world.daily_job().await;
        self.world.run_now(job).await
    }

    /// Another brand of another tenant, with an account.
    pub async fn another_brand(&self, account: &str) -> BrandId {
        let brand = BrandId::new();
        sqlx::query(
            "with tenant as (insert into organizations (name) values ('Contoso') returning id)
             insert into brands (id, organization_id, name) select $1, id, 'Coffee' from tenant",
        )
        .bind(brand.0)
        .execute(&self.world.pool)
        .await
        .unwrap();
        self.link_account(brand, account).await;
        brand
    }

    async fn link_account(&self, brand: BrandId, account: &str) {
        self.run(
            brand,
            &format!(
                "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
                 select organization_id, id, '{account}' from brands where id = $1"
            ),
        )
        .await;
    }

    /// A statement about the brand `$1`.
    pub async fn run(&self, brand: BrandId, sql: &str) {
        sqlx::query(sql)
            .bind(brand.0)
            .execute(&self.world.pool)
            .await
            .unwrap();
    }

    /// An ad; `columns` and `values` are what Meta told of it.
    pub async fn insert_ad(&self, ad: &str, columns: &str, values: &str) {
        self.run(
            self.brand(),
            &format!(
                "insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id, {columns})
                 select organization_id, id, '{ACCOUNT}', '{ad}', {values} from brands where id = $1"
            ),
        )
        .await;
    }

    /// A day of an ad; `columns` and `values` are what Meta told of it.
    pub async fn insert_day(&self, ad: &str, date: &str, columns: &str, values: &str) {
        self.run(
            self.brand(),
            &format!(
                "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id,
                        meta_campaign_id, date, {columns})
                 select organization_id, id, '{ACCOUNT}', '{ad}', '1', '{date}', {values} from brands where id = $1"
            ),
        )
        .await;
    }

    /// Units of the run for these ads, none of which was looked at.
    pub async fn insert_units(&self, ads: &[&str]) {
        for (at, ad) in ads.iter().enumerate() {
            sqlx::query(
                "insert into ad_classification_units (run_id, organization_id, brand_id, position, meta_ad_id, spend)
                 select $1, organization_id, id, $2, $3, 1 from brands where id = $4",
            )
            .bind(self.run.0)
            .bind(i32::try_from(at).unwrap() + 1)
            .bind(ad)
            .bind(self.world.brand)
            .execute(&self.world.pool)
            .await
            .unwrap();
        }
    }

    pub async fn keep(&self, new: &Classification, existing: Existing) -> ClassificationId {
        let mut tx = self.tx().await;
        let id = classifications::insert(&mut tx, self.brand(), new, existing)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Rows of a table as text, in order.
    pub async fn rows(&self, columns: &str, table: &str) -> Vec<String> {
        let sql = format!("select concat_ws(' ', {columns}) from {table} order by 1");
        sqlx::query_scalar(&sql)
            .fetch_all(&self.world.pool)
            .await
            .unwrap()
    }
}
