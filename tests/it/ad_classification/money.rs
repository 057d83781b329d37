//! Quotas and budgets.

use rust_decimal::Decimal;
use serde_json::json;
use sqlx::PgPool;
use sundial_local::gemini::faults::{Fault, Wrong};

use super::agency::Agency;

async fn ten(agency: &Agency) {
    for number in 0..10 {
        let ad = (100 + number).to_string();
        agency.ad(&ad, 100 - number).await;
        agency.image(&ad, 0).await;
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_run_stops_where_it_may_spend_no_more(pool: PgPool) {
    // A question is estimated at about 5 cents and costs less.
    let agency = Agency::with(pool, json!({}), |settings| {
        settings.classification.at_once = 1;
        settings.classification.run_usd_max = Decimal::new(5, 2);
    })
    .await;
    ten(&agency).await;

    let run = agency.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let (new, pending) = (
        run.metadata["new_count"].as_u64().unwrap(),
        run.metadata["pending_count"].as_u64().unwrap(),
    );
    assert!(
        new >= 1 && pending >= 1 && new + pending == 10,
        "{new} and {pending}"
    );
    let spent =
        "select coalesce(sum(coalesce(cost_usd, reserved_usd)), 0) <= 0.05 from token_usage";
    assert_eq!(agency.value(spent).await.as_deref(), Some("true"));
    let warning = agency
        .value("select warnings[1] from scheduled_job_runs")
        .await
        .unwrap();
    assert!(warning.contains("CLASSIFICATION_RUN_USD_MAX"), "{warning}");
    let dataset = "select last_status from dataset_status where dataset_key = 'ad_classifications'";
    assert_eq!(
        agency.value(dataset).await.as_deref(),
        Some("failed"),
        "it is not fresh"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_months_limit_holds_for_all_runs(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    ten(&agency).await;
    // One question is reserved with some 5 cents; the month has 7 left.
    for sql in [
        "insert into usage_limits (organization_id, limit_type, limit_value, period)
         select organization_id, 'monthly_cost', 5.07, 'monthly' from brands",
        "insert into token_usage (organization_id, provider, model, tool_name, operation, reserved_usd, cost_usd,
                                  input_tokens, output_tokens, settled_at, created_at)
         select organization_id, 'google', 'm', 't', 'o', 5, 5, 1, 1, '2026-11-02', '2026-11-02' from brands",
    ] {
        sqlx::query(sql).execute(&agency.world.pool).await.unwrap();
    }

    let run = agency.run().await;

    let (new, pending) = (
        run.metadata["new_count"].as_u64().unwrap(),
        run.metadata["pending_count"].as_u64().unwrap(),
    );
    assert_eq!(new + pending, 10);
    let over = "select sum(coalesce(cost_usd, reserved_usd)) > 5.07 from token_usage";
    assert_eq!(agency.value(over).await.as_deref(), Some("false"));
    assert!(
        new >= 1,
        "what others had reserved is used when it is given back"
    );
    for sql in [
        "update usage_limits set limit_value = 5.01",
        "update meta_ads set ad_copy = 'Something else'",
    ] {
        sqlx::query(sql).execute(&agency.world.pool).await.unwrap();
    }
    let asked = agency.asked();
    let again = agency.run().await;
    assert_eq!(agency.asked(), asked, "another run finds the month used up");
    let warning = agency
        .value("select warnings[1] from scheduled_job_runs order by created_at desc limit 1")
        .await;
    assert!(
        warning.unwrap().contains("monthly_cost"),
        "{:?}",
        again.error
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_throttled_run_rests_as_long_as_it_is_told_and_ends(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    ten(&agency).await;
    agency
        .gemini
        .order(Fault {
            times: 3,
            ..Fault::next(Wrong::Throttle {
                retry_delay: Some("47.5s".into()),
                is_daily: false,
            })
        })
        .unwrap();
    let run = agency.world.run_now(agency.job).await;

    let rested = agency.deliver(run.0).await;
    let waits = rested.run_after - agency.world.clock.now();
    let ended = agency.finish(run.0).await;

    assert_eq!(
        (rested.status.as_str(), rested.reason.as_deref()),
        ("pending", Some("snoozed"))
    );
    assert!(waits >= chrono::TimeDelta::milliseconds(47_500), "{waits}");
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(ended.metadata["new_count"], json!(10));
    let open = "select count(*) from token_usage where settled_at is null";
    assert_eq!(
        agency.value(open).await.as_deref(),
        Some("0"),
        "what was refused is not paid"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_quota_of_the_day_rests_until_midnight_in_california(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    ten(&agency).await;
    agency
        .gemini
        .order(Fault {
            times: 4,
            ..Fault::next(Wrong::Throttle {
                retry_delay: None,
                is_daily: true,
            })
        })
        .unwrap();
    let run = agency.world.run_now(agency.job).await;

    let rested = agency.deliver(run.0).await;

    assert_eq!(rested.run_after, crate::world::at("2026-11-20T08:00:00Z"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn no_more_questions_leave_in_a_minute_than_the_key_allows(pool: PgPool) {
    let agency = Agency::with(pool, json!({}), |settings| {
        settings.gemini.requests_per_minute = 20;
    })
    .await;
    ten(&agency).await;
    let run = agency.world.run_now(agency.job).await;

    let first = agency.deliver(run.0).await;
    let asked = agency.asked();
    let ended = agency.finish(run.0).await;

    assert_eq!(
        (first.status.as_str(), asked),
        ("pending", 2),
        "a tenth of a minute's may leave at once"
    );
    assert_eq!(ended.status, "completed", "{:?}", ended.error);
    assert_eq!(ended.metadata["new_count"], json!(10));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn several_ads_are_looked_at_at_the_same_time_and_no_more(pool: PgPool) {
    let agency = Agency::with(pool, json!({}), |settings| {
        settings.classification.at_once = 3;
    })
    .await;
    ten(&agency).await;
    agency
        .gemini
        .set_latency(std::time::Duration::from_millis(60));

    agency.run().await;

    assert_eq!(agency.gemini.at_once_max(), 3);
}
