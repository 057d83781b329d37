//! A password that is no longer good.

use shared::{
    config::{Pooling, Secret},
    store::{Database, is_refused_login},
};
use sqlx::{ConnectOptions, PgPool};

/// What a function is told that opens the database at `url`.
async fn refusal(url: String) -> sqlx::Error {
    let db = Database::open(&Secret::new(url), Pooling::Session).unwrap();
    db.begin().await.unwrap_err()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_refused_login_is_told_from_other_troubles(pool: PgPool) {
    let mut url = pool.connect_options().to_url_lossy();
    let good = url.clone();
    url.set_password(Some("of yesterday")).unwrap();
    let stale = refusal(url.to_string()).await;
    let mut elsewhere = good;
    elsewhere.set_path("/nowhere");
    let missing = refusal(elsewhere.to_string()).await;

    assert!(is_refused_login(&stale), "{stale}");
    assert!(!is_refused_login(&missing), "{missing}");
}
