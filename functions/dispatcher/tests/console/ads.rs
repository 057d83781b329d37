//! What is said of a brand's ads.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
use axum::http::StatusCode;
use dispatcher::{Media, State};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

impl World {
    /// The same dispatcher with a bucket whose media it can link to.
    async fn open_bucket(&mut self) {
        let credentials = Credentials::new("AKIDEXAMPLE", "a secret", None, None, "test");
        let aws = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        self.router = dispatcher::router(State {
            media: Media::open(&aws, "ads").await,
            ..self.state.clone()
        });
    }
}

/// A brand with a picture that a stand-in looked at, and a video that was compared with its page.
async fn shop(world: &World) -> anyhow::Result<Uuid> {
    let brand: Uuid = sqlx::query_scalar(
        "with o as (insert into organizations (name) values ('Acme') returning id)
         insert into brands (organization_id, name) select id, '<b>Anvils' from o returning id",
    )
    .fetch_one(&world.pool)
    .await?;
    for sql in [
        "insert into brand_ad_accounts (organization_id, brand_id, meta_ad_account_id)
         select organization_id, id, 'act_1' from brands",
        "insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id, name, ad_copy, effective_status)
         select organization_id, id, 'act_1', '1', '<script>alert(1)</script>', 'Sleep & well', 'ACTIVE' from brands",
        "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id, meta_ad_id, meta_campaign_id,
                date, spend, impressions, link_clicks, purchases, purchase_value)
         select organization_id, id, 'act_1', '1', '9', '2026-11-20', 40, 2000, 120, 4, 80 from brands",
        "insert into ad_creative_classifications (organization_id, brand_id, meta_ad_id, creative_awareness_level,
                copy_awareness_level, creative_format, hook_type, congruence_score, congruence_notes, source,
                prompt_version, schema_version, content_hash, model_used, raw_classification, classified_at)
         select organization_id, id, '1', 'unaware', 'most_aware', 'image_product', 'social_proof', 0, '4 steps apart',
                'gemini_light_stored', 'v', '1', sha256('1'), 'stand-in', '{\"a\": \"</pre>\"}', '2026-11-19' from brands",
        "with page as (
             insert into brand_landing_pages (organization_id, brand_id, url, canonical_url, scrape_status, page_title,
                    extracted_data, content_hash, scraped_at, created_at)
             select organization_id, id, 'https://shop.example/a', 'https://shop.example/a', 'scraped', 'The shop',
                    '{\"markdown\": \"Stays cool\"}', sha256('a'), '2026-11-01', '2026-11-01' from brands
             returning id),
              video as (
             insert into ad_video_analysis (organization_id, brand_id, meta_ad_id, storage_path, input_hash, prompt_version,
                    status, model_used, raw_response, analyzed_at, hook_transcript_spoken, claims_made, storyboard)
             select organization_id, id, '3', 'a.mp4', sha256('v'), 'v', 'ok', 'gemini', '{}', '2026-11-02', 'Tired of it?',
                    '[{\"claim\": \"Lasts ten years\", \"timestamp_sec\": 65.5, \"proof_shown\": null}]',
                    '[{\"timestamp_sec\": 0, \"scene_description\": \"A bed\", \"key_elements\": [], \"text_overlay\": null}]'
               from brands
             returning id)
         insert into ad_creative_classifications (organization_id, brand_id, meta_ad_id, creative_awareness_level,
                congruence_components, congruence_overall, landing_page_id, video_analysis_id, source, prompt_version,
                schema_version, content_hash, model_used, raw_classification, classified_at)
         select organization_id, brands.id, '3', 'most_aware',
                '[{\"dimension\": \"hook_headline\", \"assessment\": \"weak\", \"explanation\": \"Half of it\", \"suggestion\": \"Say it\"}]',
                0.5, page.id, video.id, 'gemini_video', 'v', '1', sha256('3'), 'gemini', '{}', '2026-11-02'
           from brands, page, video",
    ] {
        world.sql(sql).await?;
    }
    Ok(brand)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brands_ads_are_shown_with_figures_that_lead_to_them(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = shop(&world).await?;

    let page = world.get("/console/ads").await?;

    for words in [
        "&#60;script&#62;alert(1)&#60;/script&#62;",
        "social proof",
        "40.00",
        "6.0 %",
        "misaligned",
        "4 steps apart",
        "hook headline",
        "made up by the stand-in",
    ] {
        page.assert_says(words);
    }
    page.assert_does_not_say("<script>alert");
    let link =
        format!("brand={brand}&#38;days_back=30&#38;dimension=hook_headline&#38;assessment=weak");
    page.assert_says(&link);

    let weak = world
        .get(&format!(
            "/console/ads?brand={brand}&dimension=hook_headline&assessment=weak"
        ))
        .await?;
    weak.assert_says("dimension: hook headline, assessment: weak");
    weak.assert_says(&format!("/console/brands/{brand}/ads/3"));
    weak.assert_does_not_say(&format!("/console/brands/{brand}/ads/1"));
    weak.assert_does_not_say("made up by the stand-in");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_is_shown_beside_what_was_looked_at(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = shop(&world).await?;

    let picture = world.get(&format!("/console/brands/{brand}/ads/1")).await?;
    for words in [
        "Sleep &#38; well",
        "120, 6.0 % of impressions, 0.33 each",
        "4, worth 80.00, 10.00 each",
        "gemini light stored",
        "no model has looked at this ad",
    ] {
        picture.assert_says(words);
    }
    picture.assert_does_not_say("\"</pre>\"");

    let video = world.get(&format!("/console/brands/{brand}/ads/3")).await?;
    for words in [
        "Tired of it?",
        "1:05.5",
        "Lasts ten years",
        "A bed",
        "The shop",
        "Stays cool",
        "Half of it",
        "Say it",
        "50.0 %",
    ] {
        video.assert_says(words);
    }
    video.assert_does_not_say("no model has looked");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn stored_media_are_shown_by_links_of_their_bucket(pool: PgPool) -> anyhow::Result<()> {
    let mut world = World::signed_in(pool).await?;
    let brand = shop(&world).await?;
    for (ad, kind, mime) in [("1", "image", "image/jpeg"), ("3", "video", "video/mp4")] {
        world
            .sql(&format!(
                "insert into meta_ad_assets (organization_id, brand_id, meta_ad_account_id, meta_ad_id, asset_type, source_id,
                        is_primary, status, storage_path, mime_type, file_size_bytes, sha256, fetched_at)
                 select organization_id, id, 'act_1', '{ad}', '{kind}', 'a', true, 'downloaded', '{kind}/{ad}', '{mime}', 9,
                        sha256('a'), now() from brands"
            ))
            .await?;
    }
    let without = world.get(&format!("/console/brands/{brand}/ads/1")).await?;
    without.assert_says("<code>image/1</code>");
    without.assert_does_not_say("<img");

    world.open_bucket().await;
    let picture = world.get(&format!("/console/brands/{brand}/ads/1")).await?;

    let origin = "https://ads.s3.eu-central-1.amazonaws.com";
    picture.assert_says(&format!("<img src=\"{origin}/image/1?"));
    picture.assert_says("X-Amz-Expires=3600");
    let policy = picture.header("content-security-policy");
    assert!(
        policy.contains(&format!("img-src 'self' {origin}; media-src {origin}")),
        "{policy}"
    );
    let video = world.get(&format!("/console/brands/{brand}/ads/3")).await?;
    video.assert_says(&format!("src=\"{origin}/video/3?"));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_there_is_said(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let none = world.get("/console/ads").await?;
    none.assert_says("Choose a brand");
    let brand: Uuid = world.given_brand("Anvils").await?;

    let page = world.get(&format!("/console/ads?brand={brand}")).await?;
    page.assert_says("was classified yet");
    for path in [
        format!("/console/brands/{brand}/ads/1"),
        "/console/brands/x/ads/1".to_owned(),
    ] {
        assert_eq!(world.get(&path).await?.status, StatusCode::NOT_FOUND);
    }
    let wrong = world
        .get(&format!("/console/ads?brand={brand}&congruence=splendid"))
        .await?;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    Ok(())
}
