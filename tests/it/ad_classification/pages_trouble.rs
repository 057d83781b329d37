//! What goes wrong with pages keeps no ad waiting.

use serde_json::json;
use sqlx::PgPool;
use sundial_local::gemini::faults::Wrong;

use super::{
    agency::throttle,
    pages::{shop, three_to_one_page},
};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_nobody_can_afford_hides_no_ad_that_is_known(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;
    agency.goes_wrong("The page", 3, Wrong::Status(503));
    agency.run().await;
    let limit = "insert into usage_limits (organization_id, limit_type, limit_value, period)
                 select organization_id, 'monthly_cost', 0, 'monthly' from brands";
    sqlx::query(limit)
        .execute(&agency.world.pool)
        .await
        .unwrap();

    let run = agency.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["cached_count"], json!(3));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_comparison_that_would_have_to_wait_keeps_nobody_waiting(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;
    agency.goes_wrong("What is known of both", 9, throttle());

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "3").await, "classified");
    let seen = agency.gemini.seen();
    let compared = seen
        .iter()
        .filter(|seen| seen.text.contains("What is known of both"));
    assert_eq!(compared.count(), 1);
    let copies = seen
        .iter()
        .filter(|seen| seen.text.contains("Buy 3 now") && seen.parts.len() == 1);
    assert_eq!(copies.count(), 1, "the text is paid once");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_on_which_gemini_hangs_does_not_keep_ads_waiting_for_ever(pool: PgPool) {
    let site = shop().await;
    let agency = three_to_one_page(pool, &site).await;
    agency.goes_wrong("The page", 1_000, throttle());

    let run = agency.run().await;

    assert_eq!(run.metadata["new_count"], json!(3), "{:?}", run.error);
    assert_eq!(agency.asked_about("The page"), 3);
}
