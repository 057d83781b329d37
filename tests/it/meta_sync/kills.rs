//! Runs that are cut off anywhere, and go on there.

use std::collections::BTreeMap;

use chrono::{NaiveDate, TimeDelta};
use meta_sync::handle;
use serde_json::json;
use sqlx::{PgPool, Row};
use sundial_local::meta::{AccountSpec, Served};
use uuid::Uuid;

use super::office::Office;

/// A day's rows take several pages of 500 in this account.
fn large() -> AccountSpec {
    AccountSpec {
        ads: 1_300,
        campaigns: 8,
        ..AccountSpec::default()
    }
}

/// How many pages are stored.
const STORED: &str = "select coalesce(sum(pages), 0) from meta_sync_slices";

/// Of each day, the cursors of pages that are stored.
async fn consumed(office: &Office) -> BTreeMap<NaiveDate, Vec<Option<String>>> {
    let sql = "select date, pages from meta_sync_slices where kind = 'performance' and pages > 0";
    let rows = sqlx::query(sql)
        .fetch_all(&office.world.pool)
        .await
        .unwrap();
    let pages = office.performance_pages();
    let mut consumed = BTreeMap::new();
    for row in rows {
        let (date, count): (NaiveDate, i32) = (row.get(0), row.get(1));
        let mut cursors: Vec<Option<String>> = Vec::new();
        for page in pages.iter().filter(|page| page.since == date) {
            if !cursors.contains(&page.after) {
                cursors.push(page.after.clone());
            }
        }
        cursors.truncate(usize::try_from(count).unwrap());
        consumed.insert(date, cursors);
    }
    consumed
}

fn assert_nothing_twice(stored: &BTreeMap<NaiveDate, Vec<Option<String>>>, later: &[Served]) {
    for page in later {
        let cursors = stored
            .get(&page.since)
            .map(Vec::as_slice)
            .unwrap_or_default();
        assert!(
            !cursors.contains(&page.after),
            "{} {:?} was stored already",
            page.since,
            page.after
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_killed_at_every_page_asks_for_no_stored_page_again(pool: PgPool) {
    let params = json!({"days_back": 3, "restatement_days": 0, "skip_demographics": true, "destination_limit": 0});
    let office = Office::with(pool, large(), params).await;
    office.world.set(office.job, "max_retries = 20").await;
    let mut run: Uuid = office.world.run_now(office.job).await.0;
    let mut kills = 0;
    loop {
        let (before, stored) = (office.performance_pages().len(), consumed(&office).await);
        let dies_at = office.world.count(STORED).await + 1;
        let row = office
            .deliver_to(run, async |run| {
                let killer = async { while office.world.count(STORED).await < dies_at {} };
                tokio::select! {
                    ended = handle(&office.clients, run) => ended,
                    () = killer => panic!("on purpose"),
                }
            })
            .await;
        assert_nothing_twice(&stored, &office.performance_pages()[before..]);
        if row.status != "failed" {
            break;
        }
        kills += 1;
        run = row.retry.unwrap();
        office.set_now(office.row(run).await.run_after);
    }
    let row = office.finish(run).await;

    assert_eq!(row.status, "completed", "{:?}", row.error);
    assert!(kills >= 3, "{kills} kills");
    let truth = office.truth("2026-11-17", "2026-11-20").await;
    assert_eq!(office.stored().await, truth);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn invocations_of_a_minute_add_up_to_one_run(pool: PgPool) {
    let params = json!({"days_back": 5, "restatement_days": 0, "destination_limit": 20, "skip_demographics": true});
    let mut office = Office::with(pool, large(), params).await;
    office.invocation = TimeDelta::seconds(60);
    let run = office.world.run_now(office.job).await.0;
    let mut row = office.row(run).await;
    while row.status == "pending" {
        let (before, stored) = (office.performance_pages().len(), consumed(&office).await);
        row = office
            .deliver_to(run, async |run| {
                tokio::select! {
                    ended = handle(&office.clients, run) => ended,
                    () = pass_time(&office) => unreachable!(),
                }
            })
            .await;
        assert_nothing_twice(&stored, &office.performance_pages()[before..]);
    }

    assert_eq!(row.status, "completed", "{:?}", row.error);
    assert!(row.segment > 2, "{} segments", row.segment);
    assert_eq!(row.attempt, 1);
    assert_eq!(
        office.stored().await,
        office.truth("2026-11-15", "2026-11-20").await
    );
}

/// Five seconds with each answer of Meta's.
async fn pass_time(office: &Office) {
    let mut answered = office.meta.seen().len();
    loop {
        let now = office.meta.seen().len();
        for _ in answered..now {
            office.world.clock.advance(TimeDelta::seconds(5));
        }
        answered = now;
        tokio::task::yield_now().await;
    }
}
