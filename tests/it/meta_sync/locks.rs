//! Two workers on the slices of one sync.

use serde_json::json;
use shared::{
    domain::{performance::Performance, slices::Kind},
    store::{
        Database, Tx,
        ads::performance::Fresh,
        slices::{self, Slice, Stored, SyncId},
    },
};
use sqlx::PgPool;

use super::office::{ACCOUNT, Office, day};
use crate::world::at;

const NOW: &str = "2026-11-20T06:00:00Z";

/// A sync of four days, as its slices.
pub async fn planned(office: &Office, tx: &mut Tx) -> (SyncId, Vec<Slice>) {
    let sync = SyncId(office.world.run_now(office.job).await.0);
    let days = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19"].map(day);
    let (whose, how) = ((sync, ACCOUNT), (500, false));
    slices::plan(tx, whose, Kind::Performance, &days, how, at(NOW))
        .await
        .unwrap();
    let slices = due(office, tx, sync).await;
    (sync, slices)
}

pub async fn due(office: &Office, tx: &mut Tx, sync: SyncId) -> Vec<Slice> {
    let (kinds, owner) = ([Kind::Performance.name()], office.owner().await);
    let whose = (sync, &owner);
    slices::due(tx, whose, &kinds, (at(NOW), 64)).await.unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_slice_that_becomes_a_report_waits_for_no_other_slice(pool: PgPool) {
    let office = Office::new(pool, json!({})).await;
    let db = Database::from_pool(office.world.pool.clone());
    let mut tx = db.begin().await.unwrap();
    let (sync, planned) = planned(&office, &mut tx).await;
    tx.commit().await.unwrap();
    let [first, second, ..] = planned.as_slice() else {
        panic!("four days are planned");
    };
    let page = Stored {
        next: Some("next"),
        page_limit: 500,
        rows: 500,
        rejected: 0,
    };

    let mut at_work = db.begin().await.unwrap();
    assert!(
        slices::stored_page(&mut at_work, first, page, at(NOW))
            .await
            .unwrap()
    );
    let mut other = db.begin().await.unwrap();
    sqlx::query("set local lock_timeout = '5s'")
        .execute(&mut *other)
        .await
        .unwrap();
    let is_ours = slices::again(&mut other, second, true, (at(NOW), "too much")).await;

    assert!(is_ours.unwrap());
    other.commit().await.unwrap();
    at_work.commit().await.unwrap();
    let mut tx = db.begin().await.unwrap();
    let reports: Vec<bool> = due(&office, &mut tx, sync)
        .await
        .iter()
        .map(|slice| slice.is_report)
        .collect();
    assert_eq!(reports, [false, true, true, true]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_two_that_copy_the_same_ads_the_slower_one_waits_and_is_told(pool: PgPool) {
    let office = Office::new(pool, json!({})).await;
    let db = Database::from_pool(office.world.pool.clone());
    let rows = ["1", "2", "3"].map(|ad| Performance {
        ad: ad.to_owned(),
        date: day("2026-11-19"),
        ..Performance::default()
    });
    let when = (at(NOW), day("2026-11-20"));
    let fresh = Fresh::of(&office.owner().await, &rows, when).unwrap();
    let mut first = db.begin().await.unwrap();
    let mut second = db.begin().await.unwrap();
    assert_eq!(fresh.write(&mut first).await.unwrap(), 3);

    let (told, committed) = tokio::join!(fresh.write(&mut second), first.commit());

    committed.unwrap();
    let error = told.unwrap_err();
    let error = error.as_database_error().unwrap();
    assert!(error.is_unique_violation(), "{error:?}");
    drop(second);
    let mut later = db.begin().await.unwrap();
    let rows = "select count(*) from meta_ads_performance";
    let rows: i64 = sqlx::query_scalar(rows)
        .fetch_one(&mut *later)
        .await
        .unwrap();
    assert_eq!(rows, 3, "and its connection is of use");
}
