//! A password that is no longer good.

use futures_util::FutureExt;
use shared::{
    config::{Pooling, Secret},
    store::Database,
};
use sqlx::{ConnectOptions, PgPool};
use url::Url;

/// Whether the database at `url`, which cannot be reached, has refused the login.
async fn is_refused(url: &Url) -> bool {
    let db = Database::open(&Secret::new(url.as_str()), Pooling::Session).unwrap();
    assert!(db.begin().await.is_err(), "{}", url.path());
    db.login_refused().now_or_never().is_some()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_refused_login_is_told_from_other_troubles(pool: PgPool) {
    let good = pool.connect_options().to_url_lossy();
    let (mut stale, mut elsewhere) = (good.clone(), good);
    stale.set_password(Some("of yesterday")).unwrap();
    elsewhere.set_path("/nowhere");

    assert!(is_refused(&stale).await);
    assert!(!is_refused(&elsewhere).await);
}
