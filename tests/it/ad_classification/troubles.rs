//! Answers that cannot be used, and runs that cannot go on.

use serde_json::json;
use sqlx::PgPool;
use sundial_local::gemini::faults::{Fault, Wrong};

use super::agency::Agency;

/// Two ads; whatever is asked about the first goes wrong.
async fn spoilt(pool: PgPool, wrong: Wrong, times: u32) -> Agency {
    let agency = Agency::new(pool, json!({})).await;
    for (ad, spend) in [("11", 20), ("22", 10)] {
        agency.ad(ad, spend).await;
        agency.image(ad, 0).await;
    }
    let fault = Fault {
        contains: "Buy 11 now".into(),
        times,
        ..Fault::next(wrong)
    };
    agency.gemini.order(fault).unwrap();
    agency
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_answer_of_another_shape_is_an_error_and_never_a_row(pool: PgPool) {
    for (wrong, kind) in [
        (Wrong::WrongEnum, "schema_mismatch"),
        (Wrong::MissingRequired, "schema_mismatch"),
        (Wrong::WrongType, "schema_mismatch"),
        (Wrong::ExtraProperty, "schema_mismatch"),
        (Wrong::Say(String::new()), "unparseable"),
        (Wrong::Say("I cannot answer that".into()), "unparseable"),
        (Wrong::Say("{}".into()), "schema_mismatch"),
        (Wrong::Truncated, "truncated"),
        (Wrong::Block("SAFETY".into()), "blocked"),
        (Wrong::PromptBlock("PROHIBITED_CONTENT".into()), "blocked"),
        (Wrong::Status(400), "refused_request"),
    ] {
        let agency = spoilt(pool.clone(), wrong.clone(), 9).await;

        let run = agency.run().await;

        assert_eq!(run.status, "completed", "{wrong:?}: {:?}", run.error);
        let failed = agency.unit(&run, "11").await;
        assert!(
            failed.starts_with(&format!("failed {kind} ")),
            "{wrong:?}: {failed}"
        );
        assert_eq!(agency.unit(&run, "22").await, "classified", "{wrong:?}");
        assert_eq!(run.metadata[format!("errors_{kind}")], json!(1));
        let rows = "select string_agg(meta_ad_id, ',') from ad_creative_classifications";
        assert_eq!(agency.value(rows).await.as_deref(), Some("22"));
        for table in [
            "ad_creative_classifications",
            "ad_classification_units",
            "meta_ads_performance",
            "meta_ads",
            "meta_ad_assets",
            "token_usage",
            "scheduled_job_runs",
            "scheduled_jobs",
            "brand_ad_accounts",
            "brands",
            "organizations",
        ] {
            let empty = format!("truncate {table} cascade");
            sqlx::query(&empty)
                .execute(&agency.world.pool)
                .await
                .unwrap();
        }
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_bad_answer_is_asked_for_once_more_and_both_are_paid(pool: PgPool) {
    let agency = spoilt(pool, Wrong::WrongEnum, 1).await;

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "11").await, "classified");
    assert_eq!(agency.asked(), 3);
    let paid = "select count(*) from token_usage where cost_usd > 0";
    assert_eq!(agency.value(paid).await.as_deref(), Some("3"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_in_which_every_ad_fails_has_failed(pool: PgPool) {
    let agency = spoilt(pool, Wrong::Block("SAFETY".into()), 9).await;
    let forget = "delete from meta_ads_performance where meta_ad_id = '22'";
    sqlx::query(forget)
        .execute(&agency.world.pool)
        .await
        .unwrap();

    let run = agency.run().await;

    assert_eq!(run.status, "failed");
    assert!(
        run.error
            .as_deref()
            .unwrap()
            .contains("none of 1 ads could be classified: 1 blocked"),
        "{:?}",
        run.error
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_gemini_that_is_away_is_waited_for_and_given_up_at_last(pool: PgPool) {
    let agency = spoilt(pool, Wrong::Status(503), 100).await;

    let run = agency.run().await;

    let failed = agency.unit(&run, "11").await;
    assert!(failed.starts_with("failed unavailable "), "{failed}");
    assert_eq!(agency.unit(&run, "22").await, "classified");
    assert_eq!(
        agency.asked(),
        9 + 1,
        "three times in each of three invocations"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_key_that_is_no_good_ends_the_run_with_what_to_do(pool: PgPool) {
    let agency = Agency::with(pool, json!({}), |settings| {
        settings.gemini.api_key = Some(shared::config::Secret::new("AIza-another"));
    })
    .await;
    agency.ad("1", 1).await;
    agency.image("1", 0).await;

    let run = agency.run().await;

    let error = run.error.unwrap();
    assert_eq!(run.status, "failed");
    assert!(error.contains("GEMINI_API_KEY"), "{error}");
    assert!(!error.contains("AIza-another"), "{error}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_a_key_the_run_says_which_setting_is_missing(pool: PgPool) {
    let agency = Agency::with(pool, json!({}), |settings| settings.gemini.api_key = None).await;

    let run = agency.run().await;

    assert_eq!(run.status, "failed");
    assert!(run.error.unwrap().contains("GEMINI_API_KEY is not set"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_person_can_stop_it_at_any_ad(pool: PgPool) {
    let agency = Agency::with(pool, json!({}), |settings| {
        settings.classification.at_once = 1
    })
    .await;
    for number in 0..10 {
        let ad = (100 + number).to_string();
        agency.ad(&ad, 100 - number).await;
        agency.image(&ad, 0).await;
    }
    let run = agency.world.run_now(agency.job).await;

    let row = agency
        .deliver_to(run.0, async |run| {
            let ask = "update scheduled_job_runs set cancel_requested_at = now()";
            let (ended, _) =
                futures_util::join!(ad_classification::handle(&agency.clients, run), async {
                    while agency.asked() < 3 {
                        tokio::task::yield_now().await;
                    }
                    sqlx::query(ask).execute(&agency.world.pool).await.unwrap();
                });
            ended
        })
        .await;

    assert_eq!(row.status, "cancelled", "{:?}", row.error);
    assert!(agency.asked() < 10, "{}", agency.asked());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_without_ads_is_done_at_once(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;

    let run = agency.run().await;

    assert_eq!(
        (run.status.as_str(), run.metadata["total_ads"].as_u64()),
        ("completed", Some(0))
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_in_which_every_video_fails_has_failed_too(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad_with("1", 10, "null", "true").await;
    agency.video("1", 1_000).await;
    agency
        .gemini
        .order(Fault::next(Wrong::Block("SAFETY".into())))
        .unwrap();

    let run = agency.run().await;

    assert_eq!(run.status, "failed");
    let error = run.error.unwrap();
    assert!(
        error.contains("none of 1 ads could be classified: 1 videos"),
        "{error}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_ends_its_function_each_time_is_given_up(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    for (ad, spend) in [("1", 20), ("2", 10)] {
        agency.ad(ad, spend).await;
        agency.image(ad, 0).await;
    }
    let run = agency.world.run_now(agency.job).await;
    // A plan, of whose first ad four functions died.
    sqlx::query(
        "insert into ad_classification_units (run_id, organization_id, brand_id, position, meta_ad_id, spend, attempts)
         select $1, organization_id, id, ad, ad::text, 1, case ad when 1 then 5 else 0 end
           from brands, generate_series(1, 2) as ad where id = $2",
    )
    .bind(run.0)
    .bind(agency.world.brand)
    .execute(&agency.world.pool)
    .await
    .unwrap();

    let ended = agency.finish(run.0).await;

    let first = agency.unit(&ended, "1").await;
    assert!(first.starts_with("failed begun_too_often"), "{first}");
    assert_eq!(agency.unit(&ended, "2").await, "classified");
}
