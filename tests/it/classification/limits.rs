//! How often a provider is asked, over all that ask.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join_all;
use shared::{
    domain::provider::{KeyId, Provider},
    store::provider_limits::{Quota, Turn, pause, pause_of, take},
};
use sqlx::PgPool;

use super::studio::{Studio, after, now};

fn quota<'a>(key: &'a KeyId, model: &'a str) -> Quota<'a> {
    Quota {
        provider: Provider::Google,
        key,
        model,
    }
}

fn wait(seconds: u64) -> Turn {
    Turn::Wait(Duration::from_secs(seconds))
}

impl Studio {
    async fn take(&self, quota: Quota<'_>, rate: u32, now: DateTime<Utc>) -> Turn {
        let mut tx = self.tx().await;
        let turn = take(&mut tx, quota, rate, now).await.unwrap();
        tx.commit().await.unwrap();
        turn
    }

    async fn pause(&self, quota: Quota<'_>, until: DateTime<Utc>) {
        let mut tx = self.tx().await;
        pause(&mut tx, quota, until, now()).await.unwrap();
        tx.commit().await.unwrap();
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn in_no_minute_do_more_leave_than_may(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let key = KeyId::of("a");
    let mut granted: Vec<i64> = vec![];
    let mut at = 0;
    // Whoever is refused comes back when it was told to, and sometimes sooner.
    while at < 180_000 {
        let instant = now() + TimeDelta::milliseconds(at);
        match studio.take(quota(&key, "light"), 40, instant).await {
            Turn::Granted => {
                granted.push(at);
                assert!(granted.len() <= 3 * 40, "as many as ask leave at once");
            }
            Turn::Wait(time) => at += i64::try_from(time.as_millis()).unwrap().min(1_300) + 1,
        }
    }
    for (place, begin) in granted.iter().enumerate() {
        let minute = granted[place..]
            .iter()
            .take_while(|it| **it < begin + 60_000);
        let count = minute.count();
        assert!(count <= 40, "{count} within a minute from {begin} ms");
    }
    assert!(
        granted.len() >= 3 * 37,
        "{} in three minutes",
        granted.len()
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_many_at_once_only_as_many_leave_as_may(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let key = KeyId::of("a");

    let turns = join_all((0..12).map(|_| studio.take(quota(&key, "light"), 20, now()))).await;

    let granted = turns.iter().filter(|it| **it == Turn::Granted).count();
    assert_eq!(granted, 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn whoever_is_refused_hears_how_long_to_wait(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let key = KeyId::of("a");
    let quota = quota(&key, "light");
    assert_eq!(studio.take(quota, 6, now()).await, Turn::Granted);
    assert_eq!(studio.take(quota, 6, now()).await, wait(10));
    assert_eq!(studio.take(quota, 6, after(4)).await, wait(6));
    assert_eq!(
        studio.take(quota, 6, after(-5)).await,
        wait(10),
        "a clock that is behind"
    );
    assert_eq!(studio.take(quota, 6, after(10)).await, Turn::Granted);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_clock_that_is_behind_makes_no_room_for_others(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let key = KeyId::of("a");
    let quota = quota(&key, "light");
    assert_eq!(studio.take(quota, 20, now()).await, Turn::Granted);
    assert_eq!(studio.take(quota, 20, after(-60)).await, Turn::Granted);

    let turn = studio.take(quota, 20, now()).await;

    assert!(matches!(turn, Turn::Wait(_)), "two may leave at once");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn each_key_and_model_has_its_own(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let (one, other) = (KeyId::of("a"), KeyId::of("b"));
    let quotas = [
        quota(&one, "light"),
        quota(&other, "light"),
        quota(&one, "deep"),
    ];
    for seconds in [0, 60] {
        for quota in quotas {
            assert_eq!(studio.take(quota, 1, after(seconds)).await, Turn::Granted);
        }
        for quota in quotas {
            assert_eq!(studio.take(quota, 1, after(seconds)).await, wait(60));
        }
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_holds_for_all_until_it_is_over(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let key = KeyId::of("a");
    let quota = quota(&key, "light");
    studio.pause(quota, after(100)).await;
    studio.pause(quota, after(50)).await;

    assert_eq!(
        studio.take(quota, 6, after(40)).await,
        wait(60),
        "the longer pause stays"
    );
    let mut tx = studio.tx().await;
    assert_eq!(
        pause_of(&mut tx, quota, after(99)).await.unwrap(),
        Some(after(100))
    );
    assert_eq!(pause_of(&mut tx, quota, after(100)).await.unwrap(), None);
    drop(tx);
    assert_eq!(studio.take(quota, 6, after(100)).await, Turn::Granted);
}
