//! Which ads are asked where they lead, and what is kept of the answers.

mod ads;

use chrono::TimeDelta;
use shared::domain::{BrandId, ads::Destination};
use sqlx::PgPool;

use ads::{Ads, found, now, read};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ads_that_cost_most_of_late_are_asked_first(pool: PgPool) {
    let ads = Ads::new(pool, &["1", "2", "3", "4", "5", "6"]).await;
    ads.insert_day("2", "2026-11-18", "5").await;
    ads.insert_day("3", "2026-11-18", "3").await;
    ads.insert_day("3", "2026-11-19", "3").await;
    ads.insert_day("4", "2026-01-01", "900").await;
    ads.insert_day("5", "2026-11-19", "0").await;

    let order = ads.candidates(now()).await;
    assert_eq!(
        order,
        ["3", "2", "5", "4", "1", "6"],
        "spend, then the newest, then the id"
    );
    let first = ads.candidates_of(BrandId(ads.world.brand), 2, now()).await;
    assert_eq!(first, ["3", "2"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_settled_ad_is_not_asked_again(pool: PgPool) {
    let ads = Ads::new(pool, &["1", "2", "3", "4"]).await;
    let answers = [
        found("1", "a", 1),
        found("2", "b", 3),
        read("3", Destination::NoLink),
    ];

    assert_eq!(ads.store(&answers, now()).await, (2, 2, 0));

    assert_eq!(ads.candidates(now() + TimeDelta::days(400)).await, ["4"]);
    let rows = ads
        .rows(
            "meta_ad_id, destination_url, canonical_url",
            "meta_ad_destinations",
        )
        .await;
    assert_eq!(
        rows,
        [
            "1 https://www.shop.example/a?a=1 https://shop.example/a",
            "2 https://www.shop.example/b?a=1 https://shop.example/b"
        ]
    );
    let rows = ads
        .rows(
            "meta_ad_id, status, url_count, creative_id, reason",
            "meta_ad_destination_status",
        )
        .await;
    assert_eq!(
        rows,
        [
            "2 multi_url 3 92 3 distinct links",
            "3 no_url 0 93 no_link_in_creative"
        ]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_destination_reaches_the_ad_and_its_days_where_it_changes_them(pool: PgPool) {
    let ads = Ads::new(pool, &["1", "2"]).await;
    for date in ["2026-11-18", "2026-11-19"] {
        ads.insert_day("1", date, "1").await;
    }
    ads.insert_day("2", "2026-11-19", "1").await;
    ads.run("update meta_ads_performance set destination_url = 'https://www.shop.example/a?a=1' where date = '2026-11-18' and brand_id = $1").await;
    let before = ads
        .rows("meta_ad_id, date, xmin", "meta_ads_performance")
        .await;

    ads.store(&[found("1", "a", 1), read("2", Destination::NoLink)], now())
        .await;

    let after = ads
        .rows("meta_ad_id, date, xmin", "meta_ads_performance")
        .await;
    let same: Vec<_> = before.iter().map(|row| after.contains(row)).collect();
    assert_eq!(
        same,
        [true, false, true],
        "only the second day of the first ad was written"
    );
    let urls = ads
        .rows("meta_ad_id, destination_url", "meta_ads_performance")
        .await;
    assert_eq!(
        urls,
        [
            "1 https://www.shop.example/a?a=1",
            "1 https://www.shop.example/a?a=1",
            "2"
        ]
    );
    let urls = ads
        .rows(
            "meta_ad_id, destination_url, destination_attempts, destination_read_at is not null",
            "meta_ads",
        )
        .await;
    assert_eq!(urls, ["1 https://www.shop.example/a?a=1 0 t", "2 0 t"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_does_not_tell_waits_longer_each_time(pool: PgPool) {
    let ads = Ads::new(pool, &["1", "2"]).await;
    let silent = [read("1", Destination::Inconclusive)];
    let mut time = now();
    for days in [1, 2, 4, 8, 16, 32, 64, 64] {
        assert_eq!(ads.store(&silent, time).await, (0, 0, 1));
        assert_eq!(
            ads.store(&silent, time).await,
            (0, 0, 0),
            "one read counts once"
        );
        let due = time + TimeDelta::days(days);
        assert_eq!(
            ads.candidates(due - TimeDelta::seconds(1)).await,
            ["2"],
            "{days} days"
        );
        assert_eq!(ads.candidates(due).await, ["1", "2"], "{days} days");
        time = due;
    }

    ads.store(&[found("1", "a", 1)], time).await;
    assert_eq!(
        ads.rows("meta_ad_id, destination_attempts", "meta_ads")
            .await,
        ["1 0", "2 0"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_answer_takes_back_what_was_said_before(pool: PgPool) {
    let ads = Ads::new(pool, &["1", "2", "3"]).await;
    let first = [
        read("1", Destination::NoLink),
        found("2", "b", 2),
        found("3", "c", 2),
    ];
    ads.store(&first, now()).await;
    let updated = ads
        .rows("meta_ad_id, updated_at", "meta_ad_destinations")
        .await;

    let second = [found("1", "a", 1), found("2", "b", 1), found("3", "c", 5)];
    ads.store(&second, now() + TimeDelta::days(1)).await;

    let rows = ads
        .rows(
            "meta_ad_id, status, url_count, reason",
            "meta_ad_destination_status",
        )
        .await;
    assert_eq!(rows, ["3 multi_url 5 5 distinct links"]);
    let rows = ads
        .rows("meta_ad_id, updated_at", "meta_ad_destinations")
        .await;
    assert!(
        updated.iter().all(|row| !rows.contains(row)),
        "updated_at moved"
    );
    let rows = ads
        .rows(
            "meta_ad_id, fetched_at = '2026-11-21T06:00:00Z'",
            "meta_ad_destinations",
        )
        .await;
    assert_eq!(rows, ["1 t", "2 t", "3 t"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_with_a_destination_is_never_said_to_have_none(pool: PgPool) {
    let ads = Ads::new(pool, &["1", "2"]).await;
    let none = ["1", "2"].map(|ad| read(ad, Destination::NoLink));
    ads.store(&none, now()).await;

    ads.store_only_found(&[found("1", "a", 1), found("2", "b", 2)])
        .await;

    assert!(
        ads.rows("meta_ad_id", "meta_ad_destination_status")
            .await
            .is_empty()
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn storing_twice_changes_nothing(pool: PgPool) {
    let ads = Ads::new(pool, &["1", "2", "3"]).await;
    let answers = [
        found("1", "a", 2),
        read("2", Destination::NoLink),
        read("3", Destination::Inconclusive),
    ];
    let all = async || {
        [
            ads.rows(
                "meta_ad_id, destination_url, canonical_url, fetched_at",
                "meta_ad_destinations",
            )
            .await,
            ads.rows(
                "meta_ad_id, status, url_count, reason, attempted_at",
                "meta_ad_destination_status",
            )
            .await,
            ads.rows(
                "meta_ad_id, destination_url, destination_attempts, destination_read_at",
                "meta_ads",
            )
            .await,
        ]
    };

    ads.store(&answers, now()).await;
    let once = all().await;
    ads.store(&answers, now()).await;

    assert_eq!(all().await, once);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_that_comes_twice_counts_once_and_nothing_is_nothing(pool: PgPool) {
    let ads = Ads::new(pool, &["1"]).await;

    assert_eq!(ads.store(&[], now()).await, (0, 0, 0));
    let answers = [
        read("1", Destination::Inconclusive),
        read("1", Destination::NoLink),
        found("1", "a", 1),
    ];
    assert_eq!(ads.store(&answers, now()).await, (1, 0, 0), "the last one");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ads_of_others_are_neither_asked_nor_written(pool: PgPool) {
    let ads = Ads::new(pool, &["1"]).await;
    ads.link_account("act_2").await;
    ads.insert_ad("act_2", "2").await;
    let answers = [found("2", "b", 2), found("7", "unknown", 2)];

    assert_eq!(
        ads.store(&answers, now()).await,
        (0, 0, 0),
        "another account of the brand"
    );
    let answers = [
        read("2", Destination::NoLink),
        read("7", Destination::Inconclusive),
    ];
    assert_eq!(ads.store(&answers, now()).await, (0, 0, 0));
    let silent = [read("2", Destination::Inconclusive)];
    assert_eq!(ads.store(&silent, now()).await, (0, 0, 0));

    assert_eq!(ads.candidates(now()).await, ["1"]);
    assert!(
        ads.candidates_of(BrandId::new(), 10, now())
            .await
            .is_empty(),
        "another brand"
    );
    assert_eq!(
        ads.rows("meta_ad_id, destination_read_at", "meta_ads")
            .await,
        ["1", "2"]
    );
}
