//! When Meta says no.

use serde_json::json;
use sqlx::PgPool;
use sundial_local::meta::{AccountSpec, Quota, TOKEN, TokenSpec, faults::Fault};

use super::office::{ACCOUNT, Office, link};
use crate::world::at;

fn fault(fault: serde_json::Value) -> Fault {
    serde_json::from_value(fault).unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_revoked_midway_stops_everything_and_asks_for_a_reconnect(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 20})).await;
    office.meta.register_token(TokenSpec {
        token: TOKEN.to_owned(),
        accounts: vec![ACCOUNT.to_owned()],
        expires_in_seconds: None,
        scopes: vec!["ads_read".to_owned()],
    });
    let run = office.world.run_now(office.job).await.0;

    let row = office
        .deliver_to(run, async |run| {
            let revoking = async {
                while office.performance_pages().len() < 5 {
                    tokio::task::yield_now().await;
                }
                office.meta.revoke_token(TOKEN);
                std::future::pending::<()>().await;
            };
            tokio::select! {
                ended = meta_sync::handle(&office.clients, run) => ended,
                () = revoking => unreachable!(),
            }
        })
        .await;

    assert_eq!(
        (row.status.as_str(), row.error_kind.as_deref()),
        ("failed", Some("permanent"))
    );
    assert!(row.retry.is_none(), "no retry mends a token");
    assert!(row.error.unwrap().contains("reconnect"));
    let connection = "select connection || ' ' || connection_error from brand_ad_accounts";
    let connection = office.value(connection).await.unwrap();
    assert!(
        connection.starts_with("reconnect Meta error 190/460"),
        "{connection}"
    );
    assert!(office.stored().await.0 > 0, "what was stored stays");
    assert_eq!(office.datasets().await["meta_ads_performance"], "failed");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_known_is_never_overwritten_by_nothing(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 2, "restatement_days": 0})).await;
    office.sync().await;
    let known = "select md5(string_agg(concat_ws('|', meta_ad_id, ad_status, campaign_objective, thumbnail_url,
                        object_type, ad_copy, destination_url), ',' order by meta_ad_id, date))
                   from meta_ads_performance where date <= '2026-11-20'";
    let before = office.value(known).await.unwrap();
    office.set_now(at("2026-11-20T18:00:00Z"));
    for (place, words) in [("query", "ids="), ("contains", "/ads")] {
        let mut order = json!({"on": "graph", "times": 1000, "status": 400, "code": 100});
        order[place] = json!(words);
        office.meta.order(fault(order)).unwrap();
    }

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(office.value(known).await.unwrap(), before);
    let warnings = office.warnings(&run).await;
    assert!(
        warnings
            .iter()
            .any(|line| line.starts_with("meta_campaigns was not refreshed")),
        "{warnings:?}"
    );
    assert_eq!(office.datasets().await["ad_statuses"], "failed");
    assert_eq!(office.datasets().await["meta_ads_performance"], "completed");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_campaign_that_was_never_known_is_unknown_until_it_is(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 1, "restatement_days": 0})).await;
    office
        .meta
        .order(fault(
            json!({"on": "graph", "query": "ids=", "times": 1000, "status": 400, "code": 100}),
        ))
        .unwrap();
    office.sync().await;
    let objectives =
        "select string_agg(distinct campaign_objective, ',') from meta_ads_performance";
    assert_eq!(office.value(objectives).await.as_deref(), Some("UNKNOWN"));
    office.meta.forget_faults();
    office.set_now(at("2026-11-20T18:00:00Z"));

    office.sync().await;

    let objectives = office.value(objectives).await.unwrap();
    assert!(!objectives.contains("UNKNOWN"), "{objectives}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retired_field_is_left_out_and_told(pool: PgPool) {
    let office = Office::new(
        pool,
        json!({"days_back": 2, "restatement_days": 0, "skip_demographics": true}),
    )
    .await;
    let body = json!({"error": {"code": 100, "type": "OAuthException",
        "message": "(#100) video_p95_watched_actions is not valid for fields param"}});
    office
        .meta
        .order(fault(
            json!({"on": "graph", "query": "video_p95_watched_actions", "times": 1000,
        "status": 400, "body": body.to_string()}),
        ))
        .unwrap();

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let incomplete =
        "select string_agg(distinct incomplete_fields::text, ',') from meta_ads_performance";
    assert_eq!(
        office.value(incomplete).await.as_deref(),
        Some("{video_p95_watched_actions}")
    );
    assert_eq!(
        office.stored().await,
        office.truth("2026-11-18", "2026-11-20").await
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn passing_faults_of_every_kind_are_waited_out(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 2, "restatement_days": 0})).await;
    for order in [
        json!({"on": "graph", "contains": "insights", "status": 502, "body": "<html>Bad Gateway</html>"}),
        json!({"on": "graph", "contains": "insights", "status": 200, "body": "Service Unavailable"}),
        json!({"on": "graph", "contains": "insights", "status": 400, "code": 2}),
        json!({"on": "graph", "contains": "insights", "status": 500, "code": 1, "times": 4}),
    ] {
        office.meta.order(fault(order)).unwrap();
    }

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(
        office.stored().await,
        office.truth("2026-11-18", "2026-11-20").await
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn no_token_is_in_any_row_or_address(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 2})).await;
    office.meta.order(fault(json!({"on": "graph", "contains": "/ads", "status": 400, "body":
        json!({"error": {"code": 100, "message": format!("Malformed access token {TOKEN}")}}).to_string()}))).unwrap();

    office.sync().await;

    let tables: Vec<String> = sqlx::query_scalar(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
    )
    .fetch_all(&office.world.pool)
    .await
    .unwrap();
    for table in tables {
        let sql = format!(
            "select count(*) from {table} t where t::text ~ '{TOKEN}|LEAKED|access_token='"
        );
        assert_eq!(office.world.count(&sql).await, 0, "{table}");
    }
    let seen = office.meta.seen();
    assert!(seen.len() > 20);
    for request in seen {
        assert!(
            !request.line.contains(TOKEN) && !request.line.contains("LEAKED"),
            "{}",
            request.line
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_right_that_is_missing_for_creatives_costs_the_creatives_only(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 1, "restatement_days": 0})).await;
    let order = json!({"on": "graph", "query": "object_story_spec", "times": 1000, "status": 403, "code": 10});
    office.meta.order(fault(order)).unwrap();

    let run = office.sync().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let datasets = office.datasets().await;
    assert_eq!(
        (
            datasets["ad_thumbnails"].as_str(),
            datasets["meta_ads_performance"].as_str()
        ),
        ("failed", "completed")
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_does_not_go_on_with_another_account(pool: PgPool) {
    let office = Office::new(pool, json!({})).await;
    office.meta.set_quota(Some(Quota {
        calls: 5,
        per_seconds: 300,
        code: 80_000,
        subcode: 2_446_079,
    }));
    let run = office.world.run_now(office.job).await.0;
    let row = office.deliver(run).await;
    assert_eq!(row.status, "pending", "{:?}", row.error);
    let other = AccountSpec {
        id: "act_777".to_owned(),
        ..AccountSpec::default()
    };
    office.meta.add_account(other).unwrap();
    sqlx::query("update brand_ad_accounts set is_primary = false")
        .execute(&office.world.pool)
        .await
        .unwrap();
    link(&office.world, office.world.brand, "act_777").await;
    office.meta.set_quota(None);
    office.set_now(row.run_after);

    let row = office.deliver(run).await;

    assert_eq!(row.error_kind.as_deref(), Some("permanent"));
    assert!(row.error.unwrap().contains("run it anew"));
    let rows = "select count(*) from meta_ads_performance where meta_ad_account_id = 'act_777'";
    assert_eq!(office.world.count(rows).await, 0);
}
