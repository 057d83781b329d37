//! What Meta's throttling leaves in the figures of an invocation.

use asset_download::handle;
use chrono::TimeDelta;
use serde_json::json;
use shared::runtime::Event;
use sqlx::PgPool;

use super::studio::Studio;

/// Delivers a run of the studio's job, and gives its figure.
async fn throttles(studio: &Studio) -> u64 {
    let run_id = studio.world.run_now(studio.job).await;
    let handler = async |run: &_| handle(&studio.clients, run).await;
    let delivery = studio.world.deliver_to(Event::Run { run_id }, handler);
    delivery.await.measured.unwrap().vendor_throttles
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_refused_call_and_a_pause_that_headers_ask_for_count_once_each(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let refused = json!({"on": "graph", "contains": "/ads", "status": 400, "code": 80004});
    studio.order(refused).await;

    assert_eq!(throttles(&studio).await, 1, "a call was refused");
    let waits = studio.run().await;
    assert_eq!(
        waits.reason.as_deref(),
        Some("snoozed"),
        "the account is left alone"
    );
    studio.world.clock.advance(TimeDelta::hours(1));
    let usage = json!({"percent": 100, "regain_minutes": 38});
    studio.control("usage", usage).await;
    assert_eq!(throttles(&studio).await, 1, "the last answer says so");
    let usage = json!({"percent": 10, "regain_minutes": 0});
    studio.control("usage", usage).await;
    assert_eq!(throttles(&studio).await, 0, "a warm process begins anew");
}
