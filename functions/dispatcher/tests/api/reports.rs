//! What is said of a brand's ads.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

/// A brand with three classified ads: a question that sold, a question that did not, and a video.
struct Shop {
    world: World,
    brand: Uuid,
}

impl Shop {
    async fn new(pool: PgPool) -> anyhow::Result<Self> {
        let world = World::new(pool)?;
        let brand = world.given_brand().await?;
        let shop = Self { world, brand };
        shop.sql(
            "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
             select organization_id, id, 'act_1' from brands where id = $brand",
        )
        .await?;
        for (ad, day, spend, clicks, purchases) in [
            ("1", "2026-11-19", 30, 100, 3),
            ("1", "2026-11-20", 10, 20, 1),
            ("1", "2026-09-01", 999, 1, 1),
            ("2", "2026-11-20", 25, 10, 0),
            ("3", "2026-11-20", 25, 5, 0),
        ] {
            shop.sql(&format!(
                "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_campaign_id,
                        date, spend, impressions, link_clicks, purchases, purchase_value)
                 select organization_id, id, 'act_1', '{ad}', '9', '{day}', {spend}, 1000, {clicks}, {purchases}, {purchases} * 20
                   from brands where id = $brand"
            ))
            .await?;
        }
        shop.sql(
            "insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id, name, ad_copy, effective_status)
             select organization_id, id, 'act_1', '1', 'Spring', 'Sleep well', 'ACTIVE' from brands where id = $brand",
        )
        .await?;
        shop.classify("1", "fear", "1", "2026-11-01").await?;
        shop.classify("1", "question", "0.75", "2026-11-02").await?;
        shop.classify("2", "question", "0.50", "2026-11-02").await?;
        shop.watch().await?;
        Ok(shop)
    }

    async fn sql(&self, sql: &str) -> anyhow::Result<()> {
        let brand = format!("'{}'", self.brand);
        self.world.sql(&sql.replace("$brand", &brand)).await
    }

    /// A picture, with a score of its levels.
    async fn classify(&self, ad: &str, hook: &str, score: &str, day: &str) -> anyhow::Result<()> {
        self.sql(&format!(
            "insert into ad_creative_classifications (organization_id, brand_id, meta_ad_id, creative_awareness_level,
                    copy_awareness_level, creative_format, hook_type, congruence_score, congruence_notes, source,
                    prompt_version, schema_version, content_hash, model_used, raw_classification, classified_at)
             select organization_id, id, '{ad}', 'unaware', 'unaware', 'image_product', '{hook}', {score}, 'so far apart',
                    'gemini_light_stored', 'v', '1', sha256('{ad}{day}'), 'stand-in', '{{\"a\": 1}}', '{day}'
               from brands where id = $brand"
        ))
        .await
    }

    /// A video, without a score, beside its page.
    async fn watch(&self) -> anyhow::Result<()> {
        self.sql(
            "with brand as (select * from brands where id = $brand),
                  page as (
                      insert into brand_landing_pages (organization_id, brand_id, url, canonical_url, scrape_status, page_title,
                             extracted_data, content_hash, scraped_at, created_at)
                      select organization_id, id, 'https://shop.example/a', 'https://shop.example/a', 'scraped', 'A',
                             '{\"markdown\": \"Cool\"}', sha256('a'), '2026-11-01', '2026-11-01' from brand
                      returning id),
                  video as (
                      insert into ad_video_analysis (organization_id, brand_id, meta_ad_id, storage_path, input_hash,
                             prompt_version, status, model_used, raw_response, analyzed_at, full_transcript)
                      select organization_id, id, '3', 'a.mp4', sha256('v'), 'v', 'ok', 'gemini', '{}', '2026-11-02', 'Hello'
                        from brand
                      returning id)
             insert into ad_creative_classifications (organization_id, brand_id, meta_ad_id, creative_awareness_level,
                    congruence_components, congruence_overall, landing_page_id, video_analysis_id, source, prompt_version,
                    schema_version, content_hash, model_used, raw_classification, classified_at)
             select organization_id, brand.id, '3', 'most_aware',
                    '[{\"dimension\": \"hook_headline\", \"assessment\": \"weak\", \"explanation\": null, \"suggestion\": null}]',
                    0.5, page.id, video.id, 'gemini_video', 'v', '1', sha256('3'), 'gemini', '{}', '2026-11-02'
               from brand, page, video",
        )
        .await
    }

    async fn get(&self, path: &str) -> anyhow::Result<crate::world::Answer> {
        let path = format!("/api/brands/{}/{path}", self.brand);
        self.world.get(&path).await
    }

    /// The ads of a list, by a link of an answer or a path.
    async fn ads(&self, url: &str) -> anyhow::Result<Vec<String>> {
        let answer = match url.starts_with('/') {
            true => self.world.get(url).await?,
            false => self.get(url).await?,
        };
        let ads = answer.at("/ads").as_array().cloned();
        let ads = ads.ok_or_else(|| anyhow::anyhow!("no list: {answer:?}"))?;
        let id = |ad: Value| ad.get("meta_ad_id")?.as_str().map(str::to_owned);
        Ok(ads.into_iter().filter_map(id).collect())
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ads_are_listed_by_spend_with_their_newest_classification(
    pool: PgPool,
) -> anyhow::Result<()> {
    let shop = Shop::new(pool).await?;

    let answer = shop.get("classifications").await?;

    assert_eq!(shop.ads("classifications").await?, ["1", "2", "3"]);
    assert_eq!(answer.at("/days"), &json!(["2026-10-22", "2026-11-20"]));
    assert_eq!(answer.text("/ads/0/name"), "Spring");
    assert_eq!(answer.text("/ads/0/hook_type"), "question");
    assert_eq!(answer.text("/ads/0/spend"), "40");
    assert_eq!(answer.text("/ads/0/ctr"), "0.06");
    assert_eq!(answer.text("/ads/0/cost_per_purchase"), "10");
    assert_eq!(answer.text("/ads/0/roas"), "2");
    assert_eq!(answer.at("/ads/1/cost_per_purchase"), &Value::Null);
    assert_eq!(answer.text("/ads/0/model_used"), "stand-in");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_list_is_read_piece_by_piece(pool: PgPool) -> anyhow::Result<()> {
    let shop = Shop::new(pool).await?;

    let first = shop.get("classifications?limit=2").await?;
    assert_eq!(first.text("/next_after"), "2");
    let rest = shop.get("classifications?limit=2&after=2").await?;

    assert_eq!(rest.text("/ads/0/meta_ad_id"), "3", "it cost the same as 2");
    assert_eq!(rest.at("/next_after"), &Value::Null);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn hooks_are_summed_up_and_lead_to_their_ads(pool: PgPool) -> anyhow::Result<()> {
    let shop = Shop::new(pool).await?;

    let answer = shop.get("hook-types").await?;

    let told = |at: usize, name: &str| answer.text(&format!("/hook_types/{at}/{name}"));
    assert_eq!(answer.at("/hook_types").as_array().map(Vec::len), Some(2));
    assert_eq!([told(0, "hook_type"), told(0, "spend")], ["question", "65"]);
    assert_eq!(answer.at("/hook_types/0/ads"), 2);
    assert_eq!(answer.at("/hook_types/0/link_clicks"), 130);
    assert_eq!([told(1, "hook_type"), told(1, "spend")], ["unknown", "25"]);
    assert_eq!(shop.ads(&told(0, "ads_url")).await?, ["1", "2"]);
    assert_eq!(shop.ads(&told(1, "ads_url")).await?, ["3"]);

    let today = shop.get("hook-types?days_back=1").await?;
    assert_eq!(today.text("/hook_types/0/spend"), "35");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn congruence_is_summed_up_and_leads_to_its_ads(pool: PgPool) -> anyhow::Result<()> {
    let shop = Shop::new(pool).await?;

    let answer = shop.get("congruence").await?;

    for (at, verdict, ad) in [
        (0, "aligned", "1"),
        (1, "misaligned", "2"),
        (2, "unscored", "3"),
    ] {
        let told = |name: &str| answer.text(&format!("/congruence/{at}/{name}"));
        assert_eq!(told("congruence"), verdict);
        assert_eq!(shop.ads(&told("ads_url")).await?, [ad], "{verdict}");
    }
    assert_eq!(answer.text("/congruence/0/spend"), "40");
    assert_eq!(answer.text("/dimensions/0/dimension"), "hook_headline");
    assert_eq!(answer.text("/dimensions/0/assessment"), "weak");
    assert_eq!(answer.text("/dimensions/0/weight"), "0.25");
    assert_eq!(answer.at("/dimensions/0/ads"), 1);
    assert_eq!(
        shop.ads(&answer.text("/dimensions/0/ads_url")).await?,
        ["3"]
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn filters_choose_ads(pool: PgPool) -> anyhow::Result<()> {
    let shop = Shop::new(pool).await?;
    for (filter, ads) in [
        ("awareness_level=most_aware", &["3"][..]),
        ("awareness_level=unaware&congruence=misaligned", &["2"]),
        ("creative_format=image_product", &["1", "2"]),
        ("hook_type=fear", &[]),
        ("dimension=hook_headline&assessment=aligned", &[]),
    ] {
        let path = format!("classifications?{filter}");
        assert_eq!(shop.ads(&path).await?, ads, "{filter}");
    }
    for (filter, field) in [
        ("awareness_level=clueless", "awareness_level"),
        ("dimension=hook_headline", "assessment"),
        ("days_back=91", "days_back"),
        ("hook=fear", "hook"),
        ("after=%00", "after"),
        ("hook_type=%00", "hook_type"),
    ] {
        let answer = shop.get(&format!("classifications?{filter}")).await?;
        assert_eq!(answer.fields(), [field], "{filter}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_is_shown_with_what_was_looked_at(pool: PgPool) -> anyhow::Result<()> {
    let shop = Shop::new(pool).await?;

    let video = shop.get("classifications/3").await?;
    assert_eq!(
        video.text("/evidence/video_analysis/full_transcript"),
        "Hello"
    );
    assert_eq!(video.text("/evidence/landing_page/title"), "A");
    assert_eq!(video.text("/congruence_components/0/assessment"), "weak");
    let picture = shop.get("classifications/1").await?;
    assert_eq!(picture.text("/evidence/copy"), "Sleep well");
    assert_eq!(picture.at("/raw_classification"), &json!({"a": 1}));
    assert_eq!(picture.text("/hook_type"), "question");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn another_brand_has_none_of_it(pool: PgPool) -> anyhow::Result<()> {
    let shop = Shop::new(pool).await?;
    let other = shop.world.given_brand().await?;

    let ads = shop
        .ads(&format!("/api/brands/{other}/classifications"))
        .await?;

    assert_eq!(ads, Vec::<String>::new());
    for path in [
        format!("/api/brands/{other}/classifications/1"),
        format!("/api/brands/{other}/classifications/%00"),
        format!("/api/brands/{}/classifications", Uuid::new_v4()),
        format!("/api/brands/{}/hook-types", Uuid::new_v4()),
        format!("/api/brands/{}/congruence", Uuid::new_v4()),
    ] {
        let answer = shop.world.get(&path).await?;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    Ok(())
}
