//! When ads are asked again what they show and where they lead.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;
use sundial_local::meta::AccountSpec;

use super::office::Office;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_shows_nothing_is_asked_again_later_and_later(pool: PgPool) {
    let spec = AccountSpec {
        ads: 100,
        inactive_percent: 0,
        delivery_percent: 100,
        ..AccountSpec::default()
    };
    let params = json!({"days_back": 1, "restatement_days": 0, "skip_demographics": true, "destination_limit": 0});
    let office = Office::with(pool, spec, params).await;
    let silent =
        "select string_agg(creative_attempts::text, ',') from meta_ads where creative_attempts > 0";
    for (hours, attempts) in [(0, "1"), (2, "1"), (23, "2"), (25, "2"), (24, "3")] {
        office.set_now(office.world.clock.now() + TimeDelta::hours(hours));

        office.sync().await;

        assert_eq!(
            office.value(silent).await.as_deref(),
            Some(attempts),
            "{hours} h later"
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_shows_something_else_is_asked_again_where_it_leads(pool: PgPool) {
    let params = json!({"days_back": 1, "restatement_days": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    office.sync().await;
    let one = "(select min(meta_ad_id) from meta_ad_destinations)";
    let read_at = format!("select destination_read_at from meta_ads where meta_ad_id = {one}");
    let before = office.value(&read_at).await;
    office.set_now(office.world.clock.now() + TimeDelta::hours(1));
    office.sync().await;
    assert_eq!(office.value(&read_at).await, before, "it has told");
    let other = format!("update meta_ads set creative_id = '1' where meta_ad_id = {one}");
    sqlx::query(&other)
        .execute(&office.world.pool)
        .await
        .unwrap();
    office.set_now(office.world.clock.now() + TimeDelta::hours(1));

    office.sync().await;

    assert_ne!(office.value(&read_at).await, before);
    let stale = "select count(*) from meta_ads where destination_is_stale";
    assert_eq!(office.world.count(stale).await, 0);
}
