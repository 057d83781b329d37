//! The same ads looked at again.

use serde_json::json;
use shared::domain::JobError;
use sqlx::PgPool;
use sundial_local::gemini::faults::{Fault, Wrong};

use super::agency::Agency;

async fn three(pool: PgPool, params: serde_json::Value) -> Agency {
    let agency = Agency::new(pool, params).await;
    agency.ad("1", 30).await;
    agency.image("1", 0).await;
    let url = format!("'{}/a.jpg?oh=1'", agency.cdn);
    agency.ad_with("2", 20, &url, "false").await;
    agency.ad_with("3", 10, "null", "true").await;
    agency.video("3", 1_000).await;
    agency
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_unchanged_costs_nothing_though_addresses_rotate(pool: PgPool) {
    let agency = three(pool, json!({})).await;
    agency.run().await;
    let asked = agency.asked();
    let rotate = "update meta_ads set thumbnail_url = replace(thumbnail_url, 'oh=1', 'oh=2&oe=3'),
                         ad_copy = '  ' || replace(ad_copy, ' ', E' \\n') || ' '";
    sqlx::query(rotate)
        .execute(&agency.world.pool)
        .await
        .unwrap();

    let run = agency.run().await;

    assert_eq!((asked, agency.asked()), (4, 4), "asked before, and since");
    assert_eq!(run.metadata["cached_count"], json!(3));
    assert_eq!(run.metadata["cost_usd_micros"], json!(0));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn another_text_is_looked_at_anew_and_the_video_is_not(pool: PgPool) {
    let agency = three(pool, json!({})).await;
    agency.run().await;
    let change = "update meta_ads set ad_copy = 'Something else' where meta_ad_id in ('1', '3')";
    sqlx::query(change)
        .execute(&agency.world.pool)
        .await
        .unwrap();

    let run = agency.run().await;

    assert_eq!(run.metadata["new_count"], json!(2));
    let watched = agency
        .gemini
        .seen()
        .iter()
        .filter(|seen| seen.model == "gemini-pro-latest")
        .count();
    assert_eq!(watched, 1);
    let rows = agency
        .value("select count(*) from ad_creative_classifications")
        .await;
    assert_eq!(rows.as_deref(), Some("5"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn force_looks_at_everything_anew_and_keeps_one_row(pool: PgPool) {
    let agency = three(pool, json!({"force": true})).await;
    agency.run().await;
    let asked = agency.asked();

    let run = agency.run().await;

    assert_eq!(run.metadata["new_count"], json!(3));
    assert_eq!(agency.asked(), 2 * asked);
    let rows = agency
        .value("select count(*) from ad_creative_classifications")
        .await;
    assert_eq!(rows.as_deref(), Some("3"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn known_ads_count_though_no_more_may_be_new(pool: PgPool) {
    let agency = three(pool, json!({"max_new": 1})).await;
    let first = agency.run().await;
    let second = agency.run().await;

    let figures = |row: &crate::world::LedgerRow| {
        ["new_count", "cached_count", "over_cap_count"].map(|name| row.metadata[name].as_u64())
    };
    assert_eq!(figures(&first), [Some(1), Some(0), Some(2)]);
    assert_eq!(figures(&second), [Some(1), Some(1), Some(1)]);
    assert_eq!(agency.unit(&second, "2").await, "classified");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn many_ads_are_finished_in_short_invocations_and_each_is_paid_once(pool: PgPool) {
    let mut agency = Agency::new(pool, json!({"max_new": 500})).await;
    for number in 0..60 {
        let ad = (1_000 + number).to_string();
        agency.ad(&ad, 1).await;
        agency.image(&ad, 0).await;
    }
    agency.invocation = chrono::TimeDelta::seconds(10);

    let run = tokio::select! {
        run = agency.run() => run,
        () = agency.age_with_each_question(chrono::TimeDelta::milliseconds(400)) => panic!("it ages for ever"),
    };

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert!(run.segment > 1, "one invocation is too short for it");
    assert_eq!(run.metadata["new_count"], json!(60));
    assert_eq!(agency.asked(), 60);
    let settled = "select count(*) from token_usage where settled_at is not null";
    assert_eq!(agency.value(settled).await.as_deref(), Some("60"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_next_attempt_pays_for_nothing_again_though_everything_is_wanted_anew(pool: PgPool) {
    let agency = three(pool, json!({"force": true})).await;
    agency.run().await;
    let asked = agency.asked();
    let run = agency.run_now().await;
    let failed = agency.deliver_to(run, async |run| {
        ad_classification::handle(&agency.clients, run).await?;
        Err(JobError::retry("saving")("the disk is full"))
    });
    assert_eq!(failed.await.status, "failed");
    let next = agency.world.ledger(agency.job).await;
    let next = next
        .iter()
        .find(|row| row.status == "pending")
        .unwrap()
        .id
        .0;

    let ended = agency.finish(next).await;

    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(agency.asked(), 2 * asked, "once for each of two runs");
    assert_eq!(ended.metadata["new_count"], json!(3));
    assert!(
        ended.metadata["cost_usd_micros"].as_u64() > Some(0),
        "of both attempts"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_that_was_watched_is_not_watched_again_when_its_text_has_to_wait(pool: PgPool) {
    let agency = Agency::new(pool, json!({"force": true})).await;
    agency.ad_with("1", 10, "null", "true").await;
    agency.video("1", 1_000).await;
    let throttle = Wrong::Throttle {
        retry_delay: Some("5s".into()),
        is_daily: false,
    };
    agency
        .gemini
        .order(Fault {
            contains: "Buy 1 now".into(),
            ..Fault::next(throttle)
        })
        .unwrap();

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    let watched = agency
        .gemini
        .seen()
        .into_iter()
        .filter(|seen| seen.model == "gemini-pro-latest");
    assert_eq!(watched.count(), 1);
    let unit = "select concat_ws(' ', attempts, cost_usd > 0) from ad_classification_units";
    assert_eq!(
        agency.value(unit).await.as_deref(),
        Some("1 t"),
        "waiting is no attempt"
    );
}
