//! What goes wrong between Meta, its CDN and us.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::studio::Studio;

const HTML: &str = "<!DOCTYPE html><html><title>Log in</title></html>";

async fn only(studio: &Studio, name: &str) -> String {
    let ad = studio.ad_of(name);
    let others = format!("delete from meta_ads_performance where meta_ad_id <> '{ad}'");
    sqlx::query(&others)
        .execute(&studio.world.pool)
        .await
        .unwrap();
    ad
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_poses_as_a_picture_does_not_stop_the_others(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio.order(json!({"on": "cdn", "contains": "rocket.jpg", "status": 200, "body": HTML, "times": 99})).await;

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let bad = studio.assets_of(&studio.ad_of("rocket.jpg (")).await;
    assert_eq!(
        (bad[0].status.as_str(), bad[0].reason.as_deref()),
        ("failed", Some("bad_content"))
    );
    assert!(
        studio
            .assets()
            .await
            .iter()
            .filter(|asset| asset.status == "downloaded")
            .count()
            > 5
    );
    let warned =
        "select count(*) from scheduled_job_runs where warnings::text like '%could not be saved%'";
    assert_eq!(
        studio.world.count(warned).await,
        1,
        "partial success carries its warning"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_expired_address_is_asked_for_again(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let ad = only(&studio, "rocket.jpg (").await;
    studio
        .order(json!({"on": "cdn", "contains": "rocket.jpg", "status": 403}))
        .await;

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(studio.assets_of(&ad).await[0].status, "downloaded");
    assert_eq!(studio.downloads().await["rocket.jpg"], 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_address_that_stays_forbidden_fails_and_is_given_up_after_five_times(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let ad = only(&studio, "rocket.jpg (").await;
    studio
        .order(json!({"on": "cdn", "contains": "", "status": 403, "times": 999}))
        .await;

    for attempt in 1..=5 {
        let run = studio.run().await;
        assert_eq!(run.status, "failed", "none of what was tried was saved");
        let assets = studio.assets_of(&ad).await;
        assert_eq!(
            (assets[0].reason.as_deref(), assets[0].attempts),
            (Some("http_403"), attempt)
        );
        studio.world.clock.advance(TimeDelta::hours(1));
    }
    let run = studio.run().await;
    assert_eq!(
        (run.status.as_str(), &run.metadata["images_attempted"]),
        ("completed", &0.into())
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_truncated_file_fails_waits_and_comes_whole_the_next_time(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let ad = only(&studio, "rocket.jpg (").await;
    studio
        .order(json!({"on": "cdn", "truncate_at_bytes": 1000}))
        .await;

    let run = studio.run().await;
    assert_eq!(run.status, "failed");
    assert!(run.retry.is_some(), "the ledger tries again");
    assert_eq!(
        run.metadata["images_failed"], 1,
        "figures are kept: {}",
        run.metadata
    );
    assert_eq!(
        studio.assets_of(&ad).await[0].reason.as_deref(),
        Some("length_mismatch")
    );
    assert_eq!(studio.objects(), 0, "nothing half-written");

    let too_early = studio.run().await;
    assert_eq!(
        too_early.metadata["images_attempted"], 0,
        "a failed medium waits"
    );
    studio.world.clock.advance(TimeDelta::minutes(6));
    let retry = studio.row(run.retry.unwrap()).await;
    assert_eq!(studio.deliver(&retry).await.status, "completed");
    assert_eq!(studio.assets_of(&ad).await[0].status, "downloaded");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn throttling_puts_the_run_to_sleep_for_as_long_as_meta_says(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .control("usage", json!({"percent": 100, "regain_minutes": 38}))
        .await;
    studio
        .order(json!({"on": "graph", "contains": "/ads", "status": 400, "code": 80004}))
        .await;

    let run = studio.run().await;

    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("pending", Some("snoozed"))
    );
    assert_eq!(run.attempt, 1, "being asked to wait is no attempt");
    assert!(run.run_after - studio.world.clock.now() >= TimeDelta::minutes(37));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_revoked_token_ends_the_run_for_good(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .order(json!({"on": "graph", "status": 400, "code": 190, "subcode": 463, "times": 9}))
        .await;

    let run = studio.run().await;

    assert_eq!(
        (run.status.as_str(), run.error_kind.as_deref()),
        ("failed", Some("permanent"))
    );
    assert!(run.error.unwrap().contains("reconnect"));
    assert!(run.retry.is_none() && studio.assets().await.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_empty_answer_for_all_ads_is_taken_for_an_outage(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .order(json!({"on": "graph", "contains": "/ads", "status": 200, "body": "{\"data\":[]}"}))
        .await;

    let run = studio.run().await;

    assert_eq!(
        (run.status.as_str(), run.error_kind.as_deref()),
        ("failed", Some("retry"))
    );
    assert!(
        studio.assets().await.is_empty(),
        "nothing may be concluded from it"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_cannot_be_had_says_why_and_is_not_tried_again(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio.run().await;
    for (name, status, reason) in [
        (
            "Old ad without media",
            "not_downloadable",
            "no_url_from_api",
        ),
        (
            "Video without a source",
            "not_downloadable",
            "no_source_url",
        ),
        ("Video of a partner", "failed", "video_read_failed"),
    ] {
        let assets = studio.assets_of(&studio.ad_of(name)).await;
        assert_eq!(
            (assets[0].status.as_str(), assets[0].reason.as_deref()),
            (status, Some(reason)),
            "{name}"
        );
    }
    let again = studio.run().await;
    assert_eq!(again.metadata["videos_attempted"], 0, "{}", again.metadata);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn addresses_off_the_list_are_never_fetched(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let ad = only(&studio, "rocket.jpg (").await;
    for (address, reason) in [
        ("https://evil.example/a.jpg", "host_not_allowed"),
        (
            "https://169.254.169.254/latest/meta-data/",
            "url_not_allowed",
        ),
        ("http://127.0.0.1:1/a.jpg", "url_not_allowed"),
    ] {
        sqlx::query("delete from meta_ad_assets")
            .execute(&studio.world.pool)
            .await
            .unwrap();
        let body = json!({"data": [{"id": ad, "creative": {"id": "1", "image_url": address}}]})
            .to_string();
        studio
            .order(json!({"on": "graph", "contains": "/ads", "status": 200, "body": body}))
            .await;

        studio.run().await;

        let assets = studio.assets_of(&ad).await;
        assert_eq!(
            (assets[0].status.as_str(), assets[0].reason.as_deref()),
            ("not_downloadable", Some(reason)),
            "{address}"
        );
    }
    assert!(studio.downloads().await.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_render_is_marked_and_replaced_when_the_picture_appears(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let ad = only(&studio, "rocket.jpg (").await;
    let render = format!(
        "{}/ads/image/?d={}",
        studio.meta.url(),
        sundial_local::meta::catalogue::image_hash("cat.png")
    );
    let body =
        json!({"data": [{"id": ad, "creative": {"id": "1", "thumbnail_url": render}}]}).to_string();
    studio
        .order(json!({"on": "graph", "contains": "/ads", "status": 200, "body": body}))
        .await;
    studio.run().await;
    let assets = studio.assets_of(&ad).await;
    assert_eq!(
        (assets.len(), assets[0].quality.as_deref()),
        (1, Some("render_1080"))
    );

    studio.world.clock.advance(TimeDelta::days(8));
    studio.run().await;

    let assets = studio.assets_of(&ad).await;
    assert_eq!(
        (assets.len(), assets[0].quality.as_deref()),
        (1, Some("full")),
        "{assets:?}"
    );
    assert_eq!(
        assets[0].sha256.as_deref(),
        Some(&studio.meta.origin_of("rocket.jpg").await.unwrap().0[..])
    );
}
