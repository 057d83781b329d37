//! An account with ads, and verbs to ask and answer.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{
        BrandId,
        ads::{Destination, ReadAd},
    },
    store::{Database, destinations},
};
use sqlx::PgPool;

use crate::world::{World, at};

const ACCOUNT: &str = "act_1";

pub struct Ads {
    pub world: World,
    db: Database,
}

pub fn now() -> DateTime<Utc> {
    at("2026-11-20T06:00:00Z")
}

pub fn found(ad: &str, path: &str, url_count: usize) -> ReadAd {
    read(
        ad,
        Destination::Found {
            url: format!("https://www.shop.example/{path}?a=1"),
            canonical: format!("https://shop.example/{path}"),
            url_count,
        },
    )
}

pub fn read(ad: &str, destination: Destination) -> ReadAd {
    ReadAd {
        ad: ad.to_owned(),
        creative_id: Some(format!("9{ad}")),
        destination,
    }
}

impl Ads {
    /// An account with ads of these ids, none of which has numbers.
    pub async fn new(pool: PgPool, ads: &[&str]) -> Self {
        let world = World::new(pool).await;
        let db = Database::from_pool(world.pool.clone());
        let it = Self { world, db };
        it.link_account(ACCOUNT).await;
        for ad in ads {
            it.insert_ad(ACCOUNT, ad).await;
        }
        it
    }

    pub async fn run(&self, sql: &str) {
        sqlx::query(sql)
            .bind(self.world.brand)
            .execute(&self.world.pool)
            .await
            .unwrap();
    }

    pub async fn link_account(&self, account: &str) {
        self.run(&format!(
            "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id, is_primary)
             select organization_id, id, '{account}', '{account}' = '{ACCOUNT}' from brands where id = $1"
        ))
        .await;
    }

    pub async fn insert_ad(&self, account: &str, ad: &str) {
        self.run(&format!(
            "insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id)
             select organization_id, id, '{account}', '{ad}' from brands where id = $1"
        ))
        .await;
    }

    pub async fn insert_day(&self, ad: &str, date: &str, spend: &str) {
        self.run(&format!(
            "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id,
                    meta_campaign_id, date, spend)
             select organization_id, id, '{ACCOUNT}', '{ad}', '1', '{date}', {spend} from brands where id = $1"
        ))
        .await;
    }

    /// What the store counts as found, as with a status, and as silent.
    pub async fn store(&self, read: &[ReadAd], now: DateTime<Utc>) -> (u64, u64, u64) {
        let brand = (BrandId(self.world.brand), ACCOUNT);
        let mut tx = self.db.begin().await.unwrap();
        let counts = (
            destinations::store_found(&mut tx, brand, read, now)
                .await
                .unwrap(),
            destinations::store_status(&mut tx, brand, read, now)
                .await
                .unwrap(),
            destinations::store_inconclusive(&mut tx, brand, read, now)
                .await
                .unwrap(),
        );
        tx.commit().await.unwrap();
        counts
    }

    /// A worker that is cut short after the first of three writes.
    pub async fn store_only_found(&self, read: &[ReadAd]) {
        let mut tx = self.db.begin().await.unwrap();
        let brand = (BrandId(self.world.brand), ACCOUNT);
        destinations::store_found(&mut tx, brand, read, now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    pub async fn candidates_of(
        &self,
        brand: BrandId,
        limit: u32,
        now: DateTime<Utc>,
    ) -> Vec<String> {
        let mut tx = self.db.begin().await.unwrap();
        let since = (now - TimeDelta::days(30)).date_naive();
        let found = destinations::candidates(&mut tx, (brand, ACCOUNT), since, limit, now)
            .await
            .unwrap();
        found.into_iter().map(|it| it.ad).collect()
    }

    pub async fn candidates(&self, now: DateTime<Utc>) -> Vec<String> {
        self.candidates_of(BrandId(self.world.brand), 10, now).await
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
