//! What the brand has: ads, and their media in the bucket.

use super::{ACCOUNT, Agency};

impl Agency {
    /// An ad that was shown yesterday.
    pub async fn ad(&self, ad: &str, spend: i32) {
        self.ad_with(ad, spend, "null", "false").await;
    }

    /// An ad with a thumbnail, or one that is a video, in SQL.
    pub async fn ad_with(&self, ad: &str, spend: i32, thumbnail: &str, is_video: &str) {
        let sql = format!(
            "with brand as (select organization_id, id from brands where id = $1),
                  known as (
                      insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id, name, ad_copy,
                             effective_status, thumbnail_url, is_video)
                      select organization_id, id, '{ACCOUNT}', $2, 'Ad ' || $2, 'Buy ' || $2 || ' now', 'ACTIVE',
                             {thumbnail}, {is_video} from brand)
             insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id,
                    meta_campaign_id, date, spend, impressions)
             select organization_id, id, '{ACCOUNT}', $2, '1', '2026-11-19', $3, 100 from brand"
        );
        let insert = sqlx::query(&sql)
            .bind(self.world.brand)
            .bind(ad)
            .bind(spend);
        insert.execute(&self.world.pool).await.unwrap();
    }

    /// A picture of an ad in the bucket.
    pub async fn image(&self, ad: &str, number: u8) {
        let bytes = [&[0xff, 0xd8, 0xff, number], ad.as_bytes()].concat();
        self.asset(ad, ("image", "image/jpeg"), number, bytes).await;
    }

    /// A picture with so many bytes.
    pub async fn large_image(&self, ad: &str, bytes: usize) {
        let mut body = vec![0xff, 0xd8, 0xff];
        body.resize(bytes, b'.');
        self.asset(ad, ("image", "image/jpeg"), 9, body).await;
    }

    /// A video of an ad in the bucket.
    pub async fn video(&self, ad: &str, bytes: usize) {
        let mut body = format!("a video of {ad}").into_bytes();
        body.resize(bytes, b'.');
        self.asset(ad, ("video", "video/mp4"), 0, body).await;
    }

    async fn asset(
        &self,
        ad: &str,
        (kind, mime): (&str, &'static str),
        number: u8,
        bytes: Vec<u8>,
    ) {
        let path = format!("{kind}/{ad}/{number}");
        let length = i64::try_from(bytes.len()).unwrap();
        let mut staging = self.clients.objects.stage(path.clone(), mime);
        staging.push(bytes.into()).await.unwrap();
        let staged = staging.seal().await.unwrap();
        let sha256 = *staged.sha256();
        staged.publish().await.unwrap();
        let insert = sqlx::query(
            "insert into meta_ad_assets (organization_id, brand_id, meta_ad_account_id, meta_ad_id, asset_type,
                    source_id, is_primary, status, storage_path, mime_type, file_size_bytes, sha256, fetched_at)
             select organization_id, id, $2, $3, $4, $5, $6, 'downloaded', $7, $8, $9, $10,
                    timestamptz '2026-11-20' + make_interval(secs => $11)
               from brands where id = $1",
        );
        insert
            .bind(self.world.brand)
            .bind(ACCOUNT)
            .bind(ad)
            .bind(kind)
            .bind(&path)
            .bind(number == 0)
            .bind(&path)
            .bind(mime)
            .bind(length)
            .bind(sha256)
            .bind(f64::from(number))
            .execute(&self.world.pool)
            .await
            .unwrap();
    }
}
