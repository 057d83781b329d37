//! Keys that change, and keys that are gone.

use shared::config::TokenKeys;
use sqlx::PgPool;

use super::vault::{NEW, OLD, Vault};

fn keys(keys: &[&str]) -> TokenKeys {
    TokenKeys::parse(&keys.join(",")).unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn after_one_run_with_a_new_key_the_old_one_can_go(pool: PgPool) {
    let mut vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    vault.account("act_2", "EAAtwo", (-1_000, 9_000)).await;
    vault.extends("EAAone", "EAAlonger").await;
    vault.config.token_keys = keys(&[NEW, OLD]);

    let run = vault.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["tokens_resealed"], 1, "the other was extended");
    vault.config.token_keys = keys(&[NEW]);
    assert_eq!(vault.token("act_1").await, "EAAlonger");
    assert_eq!(vault.token("act_2").await, "EAAtwo");
    vault.assert_no_token_is_anywhere().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_key_that_is_gone_fails_the_run_for_good_and_names_the_setting(pool: PgPool) {
    let mut vault = Vault::new(pool).await;
    vault.account("act_1", "EAAone", (-1_000, 24)).await;
    vault.config.token_keys = keys(&[NEW]);

    let run = vault.run().await;

    assert_eq!(
        (run.status.as_str(), run.error_kind.as_deref()),
        ("failed", Some("permanent"))
    );
    let error = run.error.unwrap_or_default();
    assert!(error.contains("META_TOKEN_KEYS"), "{error}");
    assert_eq!(vault.asked().await, 0);
}
