//! What is too much for Meta, too fast for it, or large.

use chrono::TimeDelta;
use serde_json::json;
use sqlx::{PgPool, postgres::PgPoolOptions};
use sundial_local::meta::{AccountSpec, Poison, Quota, ReportOrder, Sizes};

use super::office::{Office, day};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_too_much_becomes_reports_and_then_pieces(pool: PgPool) {
    let spec = AccountSpec {
        ads: 120,
        campaigns: 6,
        ..AccountSpec::default()
    };
    let params = json!({"days_back": 2, "restatement_days": 0, "skip_demographics": true});
    let office = Office::with(pool, spec, params).await;
    office.meta.set_sizes(Sizes {
        sync_rows_max: Some(10),
        report_rows_max: Some(15),
        page_limit_max: None,
    });

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let states = "select string_agg(distinct state, ',' order by state) from meta_sync_slices where parent_id is null";
    assert_eq!(office.value(states).await.as_deref(), Some("split"));
    assert!(
        office
            .performance_pages()
            .iter()
            .all(|page| page.report.is_some() || page.rows <= 10)
    );
    office.meta.set_sizes(Sizes::default());
    assert_eq!(
        office.stored().await,
        office.truth("2026-11-18", "2026-11-20").await
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn reports_that_fail_vanish_or_stall_are_asked_for_again(pool: PgPool) {
    let params = json!({"days_back": 4, "restatement_days": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    office.meta.set_sizes(Sizes {
        sync_rows_max: Some(1),
        ..Sizes::default()
    });
    office.meta.order_reports(ReportOrder {
        polls: Some(2),
        fail: Some(2),
        code: Some(-2),
        subcode: Some(2_490_547),
        skip: Some(1),
        stall: Some(1),
    });

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    office.meta.set_sizes(Sizes::default());
    assert_eq!(
        office.stored().await,
        office.truth("2026-11-16", "2026-11-20").await
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn more_reports_than_may_be_open_wait_for_their_turn(pool: PgPool) {
    let params = json!({"days_back": 70, "restatement_days": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    office.meta.set_sizes(Sizes {
        sync_rows_max: Some(1),
        ..Sizes::default()
    });
    office.meta.order_reports(ReportOrder {
        polls: Some(2),
        ..ReportOrder::default()
    });

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    office.meta.set_sizes(Sizes::default());
    assert_eq!(
        office.stored().await,
        office.truth("2026-09-11", "2026-11-20").await
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn one_field_that_cannot_be_had_costs_that_field_of_that_ad(pool: PgPool) {
    let params = json!({"days_back": 1, "restatement_days": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    office.sync().await;
    let ad =
        "select meta_ad_id from meta_ads_performance where date = '2026-11-19' and add_to_carts > 0
               order by 1 limit 1";
    let ad = office.value(ad).await.unwrap();
    let of_ad = |what: &str| {
        format!(
            "select {what} from meta_ads_performance where date = '2026-11-19' and meta_ad_id = '{ad}'"
        )
    };
    let carts = office.value(&of_ad("add_to_carts")).await;
    office.meta.poison(Poison {
        ad_id: ad.clone(),
        date: day("2026-11-19"),
        field: Some("actions".to_owned()),
    });
    office.set_now(office.world.clock.now() + TimeDelta::hours(1));

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let warnings = office.warnings(&run).await;
    assert!(
        warnings[0].contains("actions") && warnings[0].contains(&ad),
        "{warnings:?}"
    );
    assert_eq!(
        office.value(&of_ad("incomplete_fields")).await.as_deref(),
        Some("{actions}")
    );
    assert_eq!(
        office.value(&of_ad("add_to_carts")).await,
        carts,
        "known is not overwritten by unknown"
    );
    let spend = office.value(&of_ad("fetched_at = (select max(fetched_at) from meta_ads_performance where date = '2026-11-19')")).await;
    assert_eq!(
        spend.as_deref(),
        Some("true"),
        "everything else was read anew"
    );
    let whole = "select count(*) from meta_ads_performance where incomplete_fields <> '{}'";
    assert_eq!(office.world.count(whole).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_cannot_be_had_at_all_fails_the_run_and_keeps_the_rest(pool: PgPool) {
    let params = json!({"days_back": 2, "restatement_days": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    let ads = office.truth("2026-11-19", "2026-11-19").await;
    office.sync().await;
    let ad = office
        .value("select min(meta_ad_id) from meta_ads_performance where date = '2026-11-19'")
        .await
        .unwrap();
    sqlx::query("truncate meta_ads_performance, meta_sync_days")
        .execute(&office.world.pool)
        .await
        .unwrap();
    office.meta.poison(Poison {
        ad_id: ad,
        date: day("2026-11-19"),
        field: None,
    });

    let run = office.sync().await;

    assert_eq!(
        (run.status.as_str(), run.error_kind.as_deref()),
        ("failed", Some("retry"))
    );
    let error = run.error.unwrap();
    assert!(error.contains("2026-11-19"), "{error}");
    let stored = "select count(*) from meta_ads_performance where date = '2026-11-19'";
    assert_eq!(
        office.world.count(stored).await,
        i64::try_from(ads.0).unwrap() - 1
    );
    let complete = "select string_agg(date::text, ' ' order by date) from meta_sync_days";
    assert_eq!(
        office.value(complete).await.as_deref(),
        Some("2026-11-18 2026-11-20")
    );
    assert_eq!(office.datasets().await["meta_ads_performance"], "failed");

    office.meta.forget_poison();
    office.set_now(run.run_after + TimeDelta::hours(1));
    let retried = office.finish(run.retry.unwrap()).await;

    assert_eq!(retried.status, "completed", "{:?}", retried.error);
    let truth = office.truth("2026-11-18", "2026-11-20").await;
    assert_eq!(office.stored().await.0, truth.0);
    assert_eq!(
        retried.metadata["rows_inserted"],
        json!(truth.0),
        "counted once, however often they were read"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_sync_throttled_to_a_crawl_arrives(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 7, "restatement_days": 20})).await;
    office.meta.set_quota(Some(Quota {
        calls: 12,
        per_seconds: 300,
        code: 80_000,
        subcode: 2_446_079,
    }));

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let waited = office.world.clock.now() - crate::world::at(super::office::NOW);
    assert!(waited > TimeDelta::minutes(15), "{waited}");
    let paused = "select paused_until is not null and pause_reason <> '' from brand_ad_accounts";
    assert_eq!(office.value(paused).await.as_deref(), Some("true"));
    let snoozes = "select snoozes from scheduled_job_runs where status = 'completed'";
    assert!(
        office
            .world
            .count(&snoozes.replace("snoozes from", "snoozes::int8 from"))
            .await
            > 3
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_holds_for_every_run_of_the_account(pool: PgPool) {
    let office = Office::new(pool, json!({})).await;
    let pause = "update brand_ad_accounts set paused_until = '2026-11-20 06:30Z', pause_reason = 'a quota is used up'";
    sqlx::query(pause)
        .execute(&office.world.pool)
        .await
        .unwrap();
    let run = office.world.run_now(office.job).await.0;

    let row = office.deliver(run).await;

    assert_eq!(
        (row.status.as_str(), row.reason.as_deref()),
        ("pending", Some("snoozed"))
    );
    assert_eq!(row.run_after, crate::world::at("2026-11-20T06:30:00Z"));
    assert!(office.meta.seen().is_empty(), "nothing was asked");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn twenty_thousand_ads_are_no_trouble(pool: PgPool) {
    let spec = AccountSpec {
        ads: 20_000,
        campaigns: 150,
        ..AccountSpec::default()
    };
    let params = json!({"days_back": 1, "restatement_days": 0, "skip_demographics": true, "destination_limit": 50});
    let office = Office::with(pool, spec, params).await;

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(
        office.stored().await,
        office.truth("2026-11-19", "2026-11-20").await
    );
    let without = "select count(*) from meta_ads_performance where ad_status is null";
    assert_eq!(office.world.count(without).await, 0);
    let asked = office
        .meta
        .seen()
        .iter()
        .filter(|seen| seen.line.contains("/ads?"))
        .count();
    assert!(asked < 120, "{asked} calls for ads");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_checkpoint_finds_a_connection_while_days_are_read(pool: PgPool) {
    let spec = AccountSpec {
        ads: 1_300,
        ..AccountSpec::default()
    };
    let params = json!({"days_back": 9, "restatement_days": 0, "skip_demographics": true, "destination_limit": 0});
    let one = PgPoolOptions::new().max_connections(1);
    let one = one.connect_with((*pool.connect_options()).clone());
    let one = one.await.unwrap();
    let office = Office::with(one.clone(), spec, params).await;

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    one.close().await;
}
