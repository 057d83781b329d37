//! What Gemini has refused is not asked, and paid, again.

use serde_json::json;
use sqlx::PgPool;
use sundial_local::gemini::faults::Wrong;

use super::agency::Agency;

/// One ad of each kind that Gemini refuses, and one that it does not: a picture, a thumbnail, a video beside a text.
async fn refused(pool: PgPool) -> Agency {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad("1", 40).await;
    agency.image("1", 0).await;
    let url = format!("'{}/a.jpg?oh=1'", agency.cdn);
    agency.ad_with("2", 30, &url, "false").await;
    agency.ad_with("3", 20, "null", "true").await;
    agency.video("3", 1_000).await;
    agency.ad("4", 10).await;
    agency.image("4", 0).await;
    for (ad, wrong) in [
        ("1", Wrong::Block("SAFETY".into())),
        ("2", Wrong::PromptBlock("PROHIBITED_CONTENT".into())),
        ("3", Wrong::Block("RECITATION".into())),
    ] {
        agency.goes_wrong(&format!("Buy {ad} now"), 99, wrong);
    }
    agency
}

/// An ad with a picture that Gemini refuses, after its first run.
async fn picture(pool: PgPool) -> Agency {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad("1", 10).await;
    agency.image("1", 0).await;
    agency.goes_wrong("Buy 1 now", 99, Wrong::Block("SAFETY".into()));
    agency.run().await;
    agency
}

impl Agency {
    async fn change(&self, sql: &str) {
        let done = sqlx::query(sql).execute(&self.world.pool).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_refused_is_asked_once_and_left_out_with_its_reason(pool: PgPool) {
    let agency = refused(pool).await;
    let first = agency.run().await;
    let failed = agency.unit(&first, "1").await;
    assert!(failed.starts_with("failed blocked "), "{failed}");
    let (asked, seen) = (agency.asked(), agency.gemini.seen().len());
    // What is remembered outlives what retention deletes.
    agency.change("delete from ad_classification_units").await;

    let run = agency.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(agency.asked(), asked, "of {:?}", agency.units(&run).await);
    assert_eq!(agency.gemini.seen().len(), seen, "nor is a file uploaded");
    for (ad, operation, why) in [
        ("1", "light", "SAFETY"),
        ("2", "light", "PROHIBITED_CONTENT"),
        ("3", "copy", "RECITATION"),
    ] {
        let left_out = agency.unit(&run, ad).await;
        let because = format!(
            "skipped refused_before {operation} on 2026-11-20: Gemini refuses this input ({why})"
        );
        assert!(left_out.starts_with(&because), "{left_out}");
    }
    assert_eq!(
        ["skipped_refused_before", "cached_count", "cost_usd_micros"]
            .map(|name| run.metadata[name].as_u64()),
        [Some(3), Some(1), Some(0)]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_that_was_refused_is_not_watched_again_whatever_its_text(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad_with("1", 10, "null", "true").await;
    agency.video("1", 1_000).await;
    agency.goes_wrong("", 1, Wrong::Block("SAFETY".into()));
    agency.run().await;
    agency
        .change("update meta_ads set ad_copy = 'Something else'")
        .await;

    let run = agency.run().await;

    assert_eq!((run.status.as_str(), agency.asked()), ("completed", 1));
    let left_out = agency.unit(&run, "1").await;
    assert!(
        left_out.starts_with("skipped refused_before video on "),
        "{left_out}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn other_content_and_whoever_asks_otherwise_ask_again(pool: PgPool) {
    let agency = picture(pool).await;
    assert_eq!(agency.asked(), 1);
    for (asked, change) in [
        (2, "update meta_ads set ad_copy = 'Buy 1 now!'"),
        (
            3,
            "update ad_classification_refusals set prompt_version = 'v0'",
        ),
        (
            4,
            "update ad_classification_refusals set schema_version = '0'",
        ),
        (
            5,
            "update ad_classification_refusals set model = 'gemini-older'",
        ),
    ] {
        agency.change(change).await;
        agency.run().await;
        assert_eq!(agency.asked(), asked, "{change}");
        agency.run().await;
        assert_eq!(agency.asked(), asked, "{change}, and no further");
    }
    agency.image("1", 1).await;
    agency.run().await;
    assert_eq!(agency.asked(), 6, "another card");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn force_asks_again_and_what_is_answered_then_is_no_longer_refused(pool: PgPool) {
    let agency = picture(pool).await;
    agency
        .change("update scheduled_jobs set parameters = '{\"force\": true}'")
        .await;
    let again = agency.run().await;
    assert!(
        agency
            .unit(&again, "1")
            .await
            .starts_with("failed blocked "),
        "it is refused once more"
    );
    assert_eq!(agency.asked(), 2);
    agency.gemini.forget_faults();

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    let kept = "select count(*) from ad_classification_refusals";
    assert_eq!(agency.value(kept).await.as_deref(), Some("0"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_next_attempt_of_a_forced_run_does_not_ask_again(pool: PgPool) {
    let agency = refused(pool).await;
    agency
        .change("update scheduled_jobs set parameters = '{\"force\": true}'")
        .await;
    let run = agency.run_now().await;
    let failed = agency.deliver_to(run, async |run| {
        ad_classification::handle(&agency.clients, run).await?;
        Err(shared::domain::JobError::retry("saving")(
            "the disk is full",
        ))
    });
    assert_eq!(failed.await.status, "failed");
    let asked = agency.asked();
    let rows = agency.world.ledger(agency.job).await;
    let next = rows.iter().find(|row| row.status == "pending").unwrap();

    let ended = agency.finish(next.id.0).await;

    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(agency.asked(), asked);
    assert_eq!(ended.metadata["skipped_refused_before"], json!(3));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_went_wrong_otherwise_is_asked_again(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    for (ad, wrong) in [
        ("1", Wrong::Truncated),
        ("2", Wrong::Say("{}".into())),
        ("3", Wrong::Status(400)),
    ] {
        agency.ad(ad, 10).await;
        agency.image(ad, 0).await;
        agency.goes_wrong(&format!("Buy {ad} now"), 2, wrong);
    }
    let first = agency.run().await;
    assert_eq!(first.metadata["error_count"], json!(3));
    agency.gemini.forget_faults();

    let run = agency.run().await;

    assert_eq!(run.metadata["new_count"], json!(3));
}
