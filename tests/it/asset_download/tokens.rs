//! Which token reads an account, and what is remembered of it.

use std::sync::Arc;

use shared::{
    config::{Secret, TokenKeys},
    domain::BrandId,
    store::{
        ad_accounts::{self, AdAccount, Connection, NewToken},
        tokens,
    },
};
use sqlx::PgPool;
use sundial_local::meta::token::EXPIRED_PREFIX;

use super::studio::Studio;

const KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

impl Studio {
    async fn account(&self) -> AdAccount {
        let mut tx = self.world.worker.db.begin().await.unwrap();
        let brand = BrandId(self.world.brand);
        let account = ad_accounts::primary(&mut tx, brand).await.unwrap();
        tx.commit().await.unwrap();
        account.unwrap()
    }

    /// Gives the account a token of its own.
    async fn give(&mut self, token: &str) {
        let keys = TokenKeys::parse(KEYS).unwrap();
        let account = self.account().await;
        let sealed = tokens::seal(
            &keys,
            &Secret::new(token),
            account.brand_id,
            &account.account,
        );
        let token = NewToken {
            sealed: sealed.unwrap(),
            issued_at: self.world.clock.now(),
            expires_at: None,
        };
        let mut tx = self.world.worker.db.begin().await.unwrap();
        assert!(
            ad_accounts::save_token(&mut tx, &account, &token)
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
        Arc::make_mut(&mut self.clients.meta).token_keys = keys;
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_lost_token_of_an_account_is_not_replaced_by_the_system_users(pool: PgPool) {
    let mut studio = Studio::with_ads(pool).await;
    studio.give(&format!("{EXPIRED_PREFIX}own")).await;

    let run = studio.run().await;
    let next = studio.run().await;

    for run in [&run, &next] {
        let kind = run.error_kind.as_deref();
        assert_eq!((run.status.as_str(), kind), ("failed", Some("permanent")));
    }
    let connection = studio.account().await.connection;
    assert!(
        matches!(&connection, Connection::Reconnect { why } if why.contains("190")),
        "{connection:?}"
    );
    let error = next.error.unwrap_or_default();
    assert!(error.contains("must be connected again"), "{error}");
    assert!(studio.assets().await.is_empty());

    studio.give("EAAmended").await;
    assert_eq!(studio.run().await.status, "completed");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_works_without_any_token_of_the_system_user(pool: PgPool) {
    let mut studio = Studio::with_ads(pool).await;
    Arc::make_mut(&mut studio.clients.meta).access_token = None;

    let without = studio.run().await;
    studio.give("EAAown").await;
    let with = studio.run().await;

    assert_eq!(without.error_kind.as_deref(), Some("permanent"));
    let error = without.error.unwrap_or_default();
    assert!(error.contains("META_ACCESS_TOKEN is not set"), "{error}");
    assert_eq!(with.status, "completed", "{:?}", with.error);
}

/// The token is mended in the configuration, where no row hears of it.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_of_the_system_user_counts_as_connected_once_it_can_be_read(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let account = studio.account().await;
    let mut tx = studio.world.worker.db.begin().await.unwrap();
    let noted = ad_accounts::needs_reconnect(&mut tx, &account, "Meta error 190").await;
    assert!(noted.unwrap());
    tx.commit().await.unwrap();

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(studio.account().await.connection, Connection::Connected);
}
