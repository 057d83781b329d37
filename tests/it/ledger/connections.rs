//! How many connections an instance has.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use shared::{
    config::{Pooling, Secret},
    store::{Database, Tx},
};
use sqlx::{ConnectOptions, PgPool};

/// An instance's own, as opposed to one that shares a test's pool.
fn instance(pool: &PgPool) -> Database {
    let url = pool.connect_options().to_url_lossy();
    Database::open(&Secret::new(url), Pooling::Session).expect("an address")
}

async fn backend(tx: &mut Tx) -> i32 {
    let pid = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut **tx);
    pid.await.expect("an answer")
}

async fn one_transaction(db: &Database) -> i32 {
    let mut tx = db.begin().await.expect("a transaction");
    let pid = backend(&mut tx).await;
    tx.commit().await.expect("committed");
    pid
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn one_transaction_after_the_other_takes_one_connection(pool: PgPool) {
    let db = instance(&pool);
    let mut pids = BTreeSet::new();
    for _ in 0..20 {
        pids.insert(one_transaction(&db).await);
    }
    assert_eq!(pids.len(), 1);
    db.close().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn many_at_once_wait_for_two(pool: PgPool) {
    let db = instance(&pool);
    let pids = join_all((0..20).map(|_| one_transaction(&db))).await;
    let pids: BTreeSet<_> = pids.into_iter().collect();
    assert_eq!(pids.len(), 2);
    db.close().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_committed_leaves_nothing_behind(pool: PgPool) {
    let db = instance(&pool);
    one_transaction(&db).await;
    let mut tx = db.begin().await.expect("a transaction");
    let made = sqlx::query("create table half_done (id int)").execute(&mut *tx);
    made.await.expect("a table");
    drop(tx);

    // Two at once take every connection there is, also the one that was dropped.
    let (first, second) = tokio::join!(db.begin(), db.begin());
    for tx in [first, second] {
        let mut tx = tx.expect("a transaction");
        let found =
            sqlx::query_scalar::<_, Option<String>>("select to_regclass('half_done')::text")
                .fetch_one(&mut *tx);
        assert_eq!(found.await.expect("an answer"), None);
        tx.commit().await.expect("committed");
    }
    db.close().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_connection_that_the_server_ended_is_not_kept(pool: PgPool) {
    let db = instance(&pool);
    let mut tx = db.begin().await.expect("a transaction");
    let pid = backend(&mut tx).await;
    let ended = sqlx::query("select pg_terminate_backend($1)").bind(pid);
    ended.execute(&pool).await.expect("ended");
    tx.commit().await.expect_err("the server has hung up");

    assert_ne!(one_transaction(&db).await, pid);
    db.close().await;
}
