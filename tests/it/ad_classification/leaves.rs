//! What is looked at of an ad, and what is said of it.

use serde_json::json;
use sqlx::PgPool;
use sundial_local::gemini::faults::{Fault, Wrong};

use super::agency::Agency;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_stored_picture_is_looked_at_with_its_text(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad("1", 10).await;
    agency.image("1", 0).await;

    let run = agency.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(agency.unit(&run, "1").await, "classified");
    let row = agency
        .value(
            "select concat_ws(' ', source, model_used, prompt_version, schema_version, creative_awareness_level is not null,
                    run_id = (select id from scheduled_job_runs)) from ad_creative_classifications",
        )
        .await;
    assert_eq!(
        row.as_deref(),
        Some("gemini_light_stored stand-in v3 2.0 t t")
    );
    let seen = agency.gemini.seen();
    let [question] = seen.as_slice() else {
        panic!("one question, not {}", seen.len());
    };
    assert!(
        question.text.contains(r#"{"ad_text":"Buy 1 now"}"#),
        "{}",
        question.text
    );
    assert!(!question.system.contains("Buy 1 now"));
    let parts: Vec<_> = question
        .parts
        .iter()
        .map(|part| (part.kind, part.mime.as_str()))
        .collect();
    assert_eq!(parts, [("inline", "image/jpeg"), ("text", "")]);
    assert_eq!(run.metadata["new_count"], json!(1));
    assert!(run.metadata["cost_usd_micros"].as_u64() > Some(0));
    let dataset =
        "select records_affected from dataset_status where dataset_key = 'ad_classifications'";
    assert_eq!(agency.value(dataset).await.as_deref(), Some("1"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_card_of_a_carousel_is_looked_at_in_order(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad("1", 10).await;
    for card in 0..3 {
        agency.image("1", card).await;
    }

    agency.run().await;

    let seen = agency.gemini.seen();
    let stored: Vec<String> = sqlx::query_scalar(
        "select encode(sha256, 'hex') from meta_ad_assets order by is_primary desc, fetched_at",
    )
    .fetch_all(&agency.world.pool)
    .await
    .unwrap();
    let sent: Vec<_> = seen[0]
        .parts
        .iter()
        .take(3)
        .map(|part| part.sha256.clone())
        .collect();
    assert_eq!(sent, stored);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_thumbnail_serves_where_nothing_is_stored(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    let url = format!("'{}/a.jpg?oh=1'", agency.cdn);
    agency.ad_with("1", 10, &url, "false").await;

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    let source = agency
        .value("select source from ad_creative_classifications")
        .await;
    assert_eq!(source.as_deref(), Some("gemini_light_thumbnail"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_thumbnail_that_is_gone_leaves_the_ad_out(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    let url = format!("'{}/gone.jpg'", agency.cdn);
    agency.ad_with("1", 10, &url, "false").await;
    agency.ad("2", 5).await;

    let run = agency.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(
        agency.unit(&run, "1").await,
        "skipped missing_image thumbnail_expired"
    );
    assert_eq!(
        agency.unit(&run, "2").await,
        "skipped missing_image no_image_source"
    );
    assert_eq!(run.metadata["skipped_missing_image"], json!(2));
    assert_eq!(
        (agency.asked(), run.metadata["new_count"].as_u64()),
        (0, Some(0))
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_picture_that_the_bucket_has_lost_gives_way_to_the_thumbnail(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    let url = format!("'{}/a.jpg'", agency.cdn);
    agency.ad_with("1", 10, &url, "false").await;
    agency.ad("2", 5).await;
    for ad in ["1", "2"] {
        agency.image(ad, 0).await;
    }
    let lose = "update meta_ad_assets set storage_path = 'lost/' || meta_ad_id";
    sqlx::query(lose).execute(&agency.world.pool).await.unwrap();

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    assert_eq!(
        agency.unit(&run, "2").await,
        "skipped missing_image storage_download_failed"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_is_watched_and_its_text_read(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad_with("1", 10, "null", "true").await;
    agency.video("1", 1_000).await;

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    let row = agency
        .value(
            "select concat_ws(' ', c.source, v.status in ('ok', 'validation_failed'), v.model_used, c.copy_awareness_level is not null,
                    c.congruence_score is not null)
               from ad_creative_classifications c join ad_video_analysis v on v.id = c.video_analysis_id",
        )
        .await;
    assert_eq!(row.as_deref(), Some("gemini_video t stand-in t t"));
    let models: Vec<_> = agency
        .gemini
        .seen()
        .iter()
        .map(|seen| seen.model.clone())
        .filter(|model| !model.is_empty())
        .collect();
    assert_eq!(models, ["gemini-pro-latest", "gemini-flash-latest"]);
    assert_eq!(agency.gemini.files(), [], "it is deleted afterwards");
    assert_eq!(run.metadata["video_count"], json!(1));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_is_never_judged_by_a_still(pool: PgPool) {
    let agency = Agency::new(pool, json!({"max_video": 1})).await;
    let url = format!("'{}/a.jpg'", agency.cdn);
    for (ad, spend) in [("1", 30), ("2", 20), ("3", 10)] {
        agency.ad_with(ad, spend, &url, "true").await;
        agency.image(ad, 0).await;
    }
    agency.video("2", 1_000).await;
    agency.video("3", 1_000).await;

    let run = agency.run().await;

    assert_eq!(
        agency.units(&run).await,
        [
            ("1", "skipped missing_video_file"),
            ("2", "classified"),
            ("3", "skipped video_budget_exhausted")
        ]
        .map(|(ad, state)| (ad.to_owned(), state.to_owned()))
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_that_comes_to_nothing_gives_its_place_back(pool: PgPool) {
    let agency = Agency::new(pool, json!({"max_video": 1})).await;
    for (ad, spend) in [("1", 30), ("2", 20)] {
        agency.ad_with(ad, spend, "null", "true").await;
        agency.video(ad, 1_000).await;
    }
    agency
        .gemini
        .order(Fault::next(Wrong::Block("SAFETY".into())))
        .unwrap();

    let run = agency.run().await;

    let failed = agency.unit(&run, "1").await;
    assert!(
        failed.starts_with("skipped video_classification_failed blocked: "),
        "{failed}"
    );
    assert_eq!(agency.unit(&run, "2").await, "classified");
    assert_eq!(agency.gemini.files(), []);
}
