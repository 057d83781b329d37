//! What is known of ads before they are looked at.

use shared::{
    domain::classification::{AdMedia, Awareness, Media},
    store::classifications::{AdFacts, facts},
};
use sqlx::PgPool;

use super::studio::{ACCOUNT, Studio, level, now, usd};

impl Studio {
    async fn facts(&self, ads: &[&str]) -> Vec<AdFacts> {
        let ads: Vec<String> = ads.iter().map(|ad| (*ad).to_owned()).collect();
        let mut tx = self.tx().await;
        facts(&mut tx, self.brand(), &ads).await.unwrap()
    }

    /// A medium of an ad that is kept; its bytes are told by `number`.
    async fn insert_asset(&self, ad: &str, asset_type: &str, number: u8, is_primary: bool) {
        self.run(
            self.brand(),
            &format!(
                "insert into meta_ad_assets (organization_id, brand_id, meta_ad_account_id, meta_ad_id, asset_type,
                        source_id, is_primary, status, storage_path, mime_type, file_size_bytes, sha256,
                        duration_seconds, created_at)
                 select organization_id, id, '{ACCOUNT}', '{ad}', '{asset_type}', '{number}', {is_primary}, 'downloaded',
                        'media/{number}', '{asset_type}/x', {number}, decode(repeat(lpad(to_hex({number}), 2, '0'), 32), 'hex'),
                        case '{asset_type}' when 'video' then 12.5 end, timestamptz '2026-11-01' + {number} * interval '1 second'
                   from brands where id = $1"
            ),
        )
        .await;
    }

    async fn insert_destination(&self, ad: &str, path: &str, day: u8) {
        self.run(
            self.brand(),
            &format!(
                "insert into meta_ad_destinations (organization_id, brand_id, meta_ad_id, destination_url, canonical_url, fetched_at)
                 select organization_id, id, '{ad}', 'https://shop.example/{path}?a=1', 'https://shop.example/{path}',
                        '2026-11-{day:02}'
                   from brands where id = $1"
            ),
        )
        .await;
    }
}

fn media(asset_type: &str, number: u8) -> Media {
    Media {
        storage_path: format!("media/{number}"),
        sha256: [number; 32],
        mime_type: format!("{asset_type}/x"),
        bytes: number.into(),
        duration_seconds: (asset_type == "video").then(|| usd("12.5")),
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_comes_with_its_words_and_its_stored_media_the_main_one_first(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let columns =
        "name, ad_copy, meta_campaign_id, creative_id, meta_video_id, object_type, thumbnail_url";
    studio
        .insert_ad(
            "1",
            columns,
            "'Tea 1', ' Hot! ', '5', '91', '81', 'VIDEO', 'https://cdn.example/t'",
        )
        .await;
    studio.insert_asset("1", "image", 4, true).await;
    for (asset_type, number) in [("image", 3), ("image", 2), ("video", 6), ("video", 5)] {
        studio
            .insert_asset("1", asset_type, number, number == 6)
            .await;
    }

    let facts = studio.facts(&["1"]).await;

    let expected = AdFacts {
        ad: "1".to_owned(),
        name: Some("Tea 1".to_owned()),
        copy: "Hot!".to_owned(),
        campaign_id: Some("5".to_owned()),
        creative_id: Some("91".to_owned()),
        video_id: Some("81".to_owned()),
        media: AdMedia {
            is_video: true,
            videos: vec![media("video", 6), media("video", 5)],
            images: vec![media("image", 4), media("image", 2), media("image", 3)],
            thumbnail_url: Some("https://cdn.example/t".to_owned()),
            ..AdMedia::default()
        },
        page: None,
    };
    assert_eq!(facts, [expected]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ads_come_as_they_were_asked_for_known_or_not(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.another_brand("act_2").await;
    studio.insert_ad("2", "name, ad_copy", "'Tea 2', ' '").await;
    studio.insert_ad("1", "name", "'Tea 1'").await;
    studio
        .run(
            studio.brand(),
            "insert into meta_ads (organization_id, brand_id, meta_ad_account_id, meta_ad_id, name, is_video)
             select organization_id, id, 'act_2', '3', 'of another brand', true from brands where id <> $1",
        )
        .await;

    let facts = studio.facts(&["3", "2", "1"]).await;

    let told: Vec<_> = facts
        .iter()
        .map(|it| (it.ad.as_str(), it.copy.as_str(), it.media.is_video))
        .collect();
    assert_eq!(
        told,
        [
            ("3", "", false),
            ("2", "Tea 2", false),
            ("1", "Tea 1", false)
        ]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_was_watched_is_a_video(pool: PgPool) {
    let studio = Studio::new(pool).await;
    for ad in ["1", "2"] {
        studio.insert_ad(ad, "name", "'Tea'").await;
    }
    studio
        .insert_day("1", "2026-11-02", "video_views", "3")
        .await;
    studio
        .insert_day("1", "2026-11-03", "video_views", "0")
        .await;
    studio
        .insert_day("2", "2026-11-03", "video_views", "0")
        .await;

    let facts = studio.facts(&["1", "2"]).await;

    assert_eq!(
        [facts[0].media.is_video, facts[1].media.is_video],
        [true, false]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn media_that_cannot_be_had_are_told_and_others_are_not_there(pool: PgPool) {
    let studio = Studio::new(pool).await;
    for (ad, status, column, why) in [
        (
            "1",
            "not_downloadable",
            "not_downloadable_reason",
            "no_source_url",
        ),
        ("2", "failed", "failure_reason", "http_403"),
    ] {
        studio.insert_ad(ad, "thumbnail_url", "''").await;
        studio
            .run(
                studio.brand(),
                &format!(
                    "insert into meta_ad_assets (organization_id, brand_id, meta_ad_account_id, meta_ad_id, asset_type,
                            source_id, status, {column})
                     select organization_id, id, '{ACCOUNT}', '{ad}', 'image', 'a', '{status}', '{why}' from brands where id = $1"
                ),
            )
            .await;
    }

    let facts = studio.facts(&["1", "2"]).await;

    let refused = AdMedia {
        not_downloadable: Some("no_source_url".to_owned()),
        ..AdMedia::default()
    };
    assert_eq!(facts[0].media, refused);
    assert_eq!(facts[1].media, AdMedia::default());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_several_pages_the_one_found_last_counts_with_what_is_known_of_it(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_destination("1", "old", 2).await;
    studio.insert_destination("1", "new", 3).await;
    studio.insert_destination("2", "elsewhere", 1).await;
    let page = studio.page("https://shop.example/new").await;
    studio.page("https://shop.example/old").await;
    studio.scrape(page, 9, now()).await;
    assert!(studio.analyze(page, 9).await);

    let facts = studio.facts(&["1", "2", "3"]).await;

    let new = facts[0].page.as_ref().unwrap();
    assert_eq!((new.id, new.content_hash), (Some(page), Some([9; 32])));
    assert_eq!(new.level, level(Awareness::ProductAware));
    assert_eq!(new.url, "https://shop.example/new?a=1");
    let unread = facts[1].page.as_ref().unwrap();
    assert_eq!(
        (unread.id, unread.content_hash, unread.level),
        (None, None, None)
    );
    assert_eq!(unread.canonical_url, "https://shop.example/elsewhere");
    assert_eq!(facts[2].page, None);
}
