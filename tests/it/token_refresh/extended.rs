//! Tokens that Meta extends, or need not be.

use chrono::TimeDelta;
use serde_json::json;
use shared::runtime::Event;
use sqlx::PgPool;
use wiremock::{
    Mock,
    matchers::{method, path},
};

use super::vault::{Vault, says};
use crate::world::at;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_that_expires_soon_is_replaced_by_one_that_lasts(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 160)).await;
    vault.extends("EAAone", "EAAlonger").await;

    let run = vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["tokens_extended"], 1);
    assert_eq!(vault.token("act_1").await, "EAAlonger");
    let end = vault.row("act_1").await.token_expires_at;
    assert_eq!(end, Some(at("2027-01-19T06:00:00Z")));
    assert!(vault.warnings(&run).await.is_empty() && vault.told().await.is_empty());
    vault.assert_no_token_is_anywhere().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn tokens_that_last_are_young_or_never_end_are_left_alone(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAlasts", (-1_000, 169)).await;
    vault.account("act_2", "EAAyoung", (-23, 48)).await;
    vault.account("act_3", "EAAnever", (-1_000, 1)).await;
    let never =
        "update brand_ad_accounts set token_expires_at = null where meta_ad_account_id = 'act_3'";
    sqlx::query(never).execute(&vault.world.pool).await.unwrap();

    let run = vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["tokens_too_young"], 1);
    assert_eq!(run.metadata["tokens_extended"], 0);
    assert_eq!(vault.asked().await, 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_second_run_has_nothing_to_do(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    vault.extends("EAAone", "EAAlonger").await;
    vault.run().await;

    let again = vault.run().await;

    assert_eq!(again.status, "completed", "{:?}", again.error);
    assert_eq!(
        (vault.asked().await, &again.metadata["tokens_extended"]),
        (1, &json!(0))
    );
}

/// The process dies after Meta has given a token and before that is saved.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_is_killed_before_it_saves_loses_nothing(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    let slow = says(&json!({"access_token": "EAAlost", "expires_in": 5_184_000}));
    let slow = slow.set_delay(std::time::Duration::from_secs(600));
    let first = Mock::given(method("POST"))
        .and(path("/v25.0/oauth/access_token"))
        .respond_with(slow)
        .mount_as_scoped(&vault.server)
        .await;
    let run_id = vault.world.run_now(vault.job).await;
    {
        let killed = vault.deliver(Event::Run { run_id }, TimeDelta::minutes(5));
        tokio::pin!(killed);
        while vault.asked().await == 0 {
            let step = std::time::Duration::from_millis(10);
            assert!(tokio::time::timeout(step, &mut killed).await.is_err());
        }
    }
    drop(first);
    assert_eq!(
        vault.token("act_1").await,
        "EAAone",
        "it is good for a day yet"
    );
    vault.extends("EAAone", "EAAlonger").await;
    vault.world.clock.advance(TimeDelta::minutes(6));
    vault.world.sweep().await;
    vault.world.clock.advance(TimeDelta::minutes(6));

    let retry = vault.world.ledger(vault.job).await.pop().unwrap();
    assert_eq!(retry.attempt, 2, "{retry:?}");
    vault
        .deliver(Event::Run { run_id: retry.id }, TimeDelta::minutes(5))
        .await;

    let verdicts = vault.world.verdicts(vault.job).await;
    assert_eq!(verdicts, ["06:00 #1 failed", "06:00 #2 completed"]);
    assert_eq!(vault.token("act_1").await, "EAAlonger");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn meta_is_asked_for_the_end_that_an_exchange_does_not_name(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    vault
        .exchanges("EAAone", says(&json!({"access_token": "EAAlonger"})))
        .await;
    let end = at("2027-03-01T00:00:00Z");
    let data = json!({"data": {"is_valid": true, "expires_at": end.timestamp(), "scopes": []}});
    Mock::given(method("POST"))
        .and(path("/v25.0/debug_token"))
        .respond_with(says(&data))
        .mount(&vault.server)
        .await;

    let run = vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(vault.row("act_1").await.token_expires_at, Some(end));
}

/// With little time left the run goes on in another invocation, and counts on.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_does_not_fit_into_one_invocation_goes_on_in_the_next(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    vault.account("act_2", "EAAtwo", (-1_000, 25)).await;
    vault.extends("EAAtwo", "EAAtwolonger").await;
    let clock = vault.world.clock.clone();
    let slow = move |_: &wiremock::Request| {
        // The exchange takes as long as the whole invocation may.
        clock.advance(TimeDelta::minutes(4));
        says(&json!({"access_token": "EAAonelonger", "expires_in": 5_184_000}))
    };
    Mock::given(method("POST"))
        .and(wiremock::matchers::body_string_contains(
            "fb_exchange_token=EAAone",
        ))
        .respond_with(slow)
        .mount(&vault.server)
        .await;
    let run_id = vault.world.run_now(vault.job).await;

    vault
        .deliver(Event::Run { run_id }, TimeDelta::minutes(5))
        .await;
    let first = vault.world.ledger(vault.job).await.remove(0);
    let waiting = vault.token("act_2").await;
    vault
        .deliver(Event::Run { run_id }, TimeDelta::minutes(5))
        .await;

    assert_eq!(
        (first.status.as_str(), waiting.as_str()),
        ("pending", "EAAtwo")
    );
    let last = vault.world.ledger(vault.job).await.remove(0);
    assert_eq!(
        (last.status.as_str(), last.segment),
        ("completed", 2),
        "{last:?}"
    );
    assert_eq!(last.metadata["tokens_extended"], 2);
    assert_eq!(vault.token("act_2").await, "EAAtwolonger");
}
