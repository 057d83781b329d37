//! Tokens that Meta does not extend.

use chrono::TimeDelta;
use serde_json::json;
use shared::{runtime::Event, store::ad_accounts::Connection};
use sqlx::PgPool;

use super::vault::{Vault, refuses, says};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_revoked_token_is_told_once_marked_and_never_retried(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAgone", (-1_000, 24)).await;
    vault.account("act_2", "EAAgood", (-1_000, 25)).await;
    vault.exchanges("EAAgone", refuses(400, 190)).await;
    vault.extends("EAAgood", "EAAlonger").await;

    let run = vault.run().await;
    let next = vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["accounts_to_reconnect"], 1);
    assert!(vault.warnings(&run).await[0].starts_with("act_1: must be connected again"));
    let connection = vault.row("act_1").await.connection;
    assert!(
        matches!(&connection, Connection::Reconnect { why } if why.contains("190")),
        "{connection:?}"
    );
    let told = vault.told().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].kind, "reconnect");
    assert_eq!(
        told[0].title,
        "the ad account act_1 must be connected again"
    );
    assert!(told[0].body.contains("Link the account again"), "{told:?}");
    assert_eq!(
        vault.token("act_2").await,
        "EAAlonger",
        "the others are not held up"
    );
    assert_eq!(
        (next.status.as_str(), vault.asked().await),
        ("completed", 2)
    );
    assert_eq!(
        vault.world.ledger(vault.job).await.len(),
        2,
        "no retry was made"
    );
    vault.assert_no_token_is_anywhere().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn only_revoked_tokens_make_no_failed_run(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAgone", (-1_000, 24)).await;
    vault.exchanges("EAAgone", refuses(400, 190)).await;

    let run = vault.run().await;

    assert_eq!(
        (run.status.as_str(), run.retry),
        ("completed", None),
        "{:?}",
        run.error
    );
    assert_eq!(vault.told().await.len(), 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn throttling_puts_the_run_to_sleep_and_it_goes_on_where_it_was(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    vault.account("act_2", "EAAtwo", (-1_000, 25)).await;
    vault.extends("EAAone", "EAAonelonger").await;
    let usage = json!({"call_count": 100, "total_cputime": 1, "total_time": 1}).to_string();
    let full = refuses(400, 4).insert_header("x-app-usage", usage.as_str());
    vault.exchanges("EAAtwo", full.clone()).await;

    let run = vault.run().await;

    assert_eq!(
        (run.status.as_str(), run.reason.as_deref()),
        ("pending", Some("snoozed"))
    );
    assert_eq!(run.attempt, 1, "being asked to wait is no attempt");
    assert_eq!(
        vault.token("act_1").await,
        "EAAonelonger",
        "what was done is kept"
    );
    vault.server.reset().await;
    vault.extends("EAAtwo", "EAAtwolonger").await;
    vault.world.clock.advance(TimeDelta::minutes(10));
    vault
        .deliver(Event::Run { run_id: run.id }, TimeDelta::minutes(5))
        .await;
    let done = vault.world.ledger(vault.job).await.remove(0);
    assert_eq!(done.status, "completed", "{:?}", done.error);
    assert_eq!(done.metadata["tokens_extended"], 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn one_that_fails_beside_one_that_does_not_is_a_warning(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAbad", (-1_000, 24)).await;
    vault.account("act_2", "EAAgood", (-1_000, 25)).await;
    vault.exchanges("EAAbad", refuses(400, 101)).await;
    vault.extends("EAAgood", "EAAlonger").await;

    let run = vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let warnings = vault.warnings(&run).await;
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].starts_with("act_1: not extended: Meta error 101"),
        "{warnings:?}"
    );
    assert_eq!(run.metadata["tokens_failed"], 1);
    assert_eq!(vault.row("act_1").await.connection, Connection::Connected);
    assert_eq!(vault.token("act_2").await, "EAAlonger");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn none_of_several_is_a_failure_and_the_retry_begins_anew(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    vault.account("act_2", "EAAtwo", (-1_000, 25)).await;
    vault.exchanges("EAA", refuses(400, 101)).await;

    let run = vault.run().await;

    assert_eq!(
        (run.status.as_str(), run.error_kind.as_deref()),
        ("failed", Some("retry"))
    );
    assert_eq!(
        run.metadata["tokens_failed"], 2,
        "figures are kept: {}",
        run.metadata
    );
    vault.server.reset().await;
    vault.extends("EAAone", "EAAonelonger").await;
    vault.extends("EAAtwo", "EAAtwolonger").await;
    vault.world.clock.advance(TimeDelta::minutes(6));
    let retry = shared::domain::RunId(run.retry.unwrap());
    vault
        .deliver(Event::Run { run_id: retry }, TimeDelta::minutes(5))
        .await;
    let retried = vault.world.ledger(vault.job).await.pop().unwrap();
    assert_eq!(retried.status, "completed", "{:?}", retried.error);
    assert_eq!(retried.metadata["tokens_extended"], 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_an_app_people_are_told_once_what_to_do_before_the_end(pool: PgPool) {
    let mut vault = Vault::new(pool).await;
    vault.config.app_id = None;
    vault.account("act_1", "EAAone", (-1_000, 48)).await;

    let run = vault.run().await;
    vault.world.clock.advance(TimeDelta::days(1));
    vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let warnings = vault.warnings(&run).await;
    assert!(
        warnings[0].contains("set META_APP_ID and META_APP_SECRET"),
        "{warnings:?}"
    );
    let told = vault.told().await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0].title,
        "the token of the ad account act_1 expires on 2026-11-22"
    );
    assert!(told[0].body.contains("META_APP_ID"), "{told:?}");
    let first = "select count(*) from notifications where created_at = '2026-11-20T06:00:00Z'";
    assert_eq!(
        vault.world.count(first).await,
        1,
        "the second run tells nothing"
    );
    assert_eq!(vault.asked().await, 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_that_ends_when_the_old_one_does_was_not_extended(pool: PgPool) {
    let vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 48)).await;
    let same = json!({"access_token": "EAAsame", "expires_in": 48 * 3_600});
    vault.exchanges("EAAone", says(&same)).await;

    let run = vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["tokens_not_extendable"], 1);
    assert_eq!(vault.told().await[0].kind, "expiring");
    assert_eq!(vault.token("act_1").await, "EAAone");
}
