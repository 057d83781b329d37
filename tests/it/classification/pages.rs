//! The pages that ads lead to: read when they are due, kept when they cannot be read again.

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::{
    domain::{BrandId, LandingPageId, classification::Awareness},
    store::landing_pages::{Content, DuePage, analyzed, due, ensure, failed, read, scraped},
};
use sqlx::PgPool;

use super::studio::{Studio, after, level, now};

const TEA: &str = "https://shop.example/tea";

fn content(hash: u8) -> Content {
    Content {
        page_title: Some("Tea\0".to_owned()),
        extracted_data: json!({"markdown": format!("# Tea {hash}\0")}),
        content_hash: [hash; 32],
    }
}

impl Studio {
    /// The page at this address, which is taken in where it is not known.
    pub async fn page(&self, url: &str) -> LandingPageId {
        let mut tx = self.tx().await;
        let page = (format!("{url}?a=1"), url.to_owned());
        ensure(&mut tx, self.brand(), &[page], now()).await.unwrap();
        tx.commit().await.unwrap();
        let id = sqlx::query_scalar(
            "select id from brand_landing_pages where brand_id = $1 and canonical_url = $2",
        )
        .bind(self.world.brand)
        .bind(url)
        .fetch_one(&self.world.pool)
        .await
        .unwrap();
        LandingPageId(id)
    }

    async fn due(&self, brand: BrandId, now: DateTime<Utc>, stale: DateTime<Utc>) -> Vec<DuePage> {
        let mut tx = self.tx().await;
        due(&mut tx, brand, (now, stale), 10).await.unwrap()
    }

    pub async fn scrape(&self, page: LandingPageId, hash: u8, now: DateTime<Utc>) {
        let mut tx = self.tx().await;
        assert!(
            scraped(&mut tx, (self.brand(), page), &content(hash), now)
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
    }

    async fn fail(&self, page: LandingPageId, next: Option<DateTime<Utc>>) {
        let mut tx = self.tx().await;
        assert!(
            failed(&mut tx, (self.brand(), page), "404", next)
                .await
                .unwrap()
        );
        tx.commit().await.unwrap();
    }

    pub async fn analyze(&self, page: LandingPageId, hash: u8) -> bool {
        let mut tx = self.tx().await;
        let level = level(Awareness::ProductAware).unwrap();
        let done = analyzed(&mut tx, (self.brand(), page), &[hash; 32], Some(level))
            .await
            .unwrap();
        tx.commit().await.unwrap();
        done
    }

    async fn pages(&self) -> Vec<String> {
        self.rows(
            "canonical_url, scrape_status, attempts, scrape_error, awareness_level",
            "brand_landing_pages",
        )
        .await
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_is_taken_in_once_for_each_brand(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    let pages = [
        ("https://shop.example/b?x", "b"),
        ("https://shop.example/a?x", "a"),
        ("https://shop.example/a?y", "a"),
    ];
    let pages = pages.map(|(url, canonical)| (url.to_owned(), canonical.to_owned()));
    let mut tx = studio.tx().await;
    assert_eq!(
        ensure(&mut tx, studio.brand(), &pages, now())
            .await
            .unwrap(),
        2
    );
    assert_eq!(
        ensure(&mut tx, studio.brand(), &pages, after(9))
            .await
            .unwrap(),
        0
    );
    assert_eq!(ensure(&mut tx, other, &pages[..1], now()).await.unwrap(), 1);
    assert_eq!(
        ensure(&mut tx, BrandId::new(), &pages, now())
            .await
            .unwrap(),
        0
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_is_due_until_it_is_read_and_again_when_that_is_long_ago(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    let page = studio.page(TEA).await;
    let asked = DuePage {
        id: page,
        url: format!("{TEA}?a=1"),
        attempts: 0,
    };
    assert_eq!(studio.due(studio.brand(), now(), now()).await, [asked]);
    assert!(studio.due(other, now(), now()).await.is_empty());

    studio.scrape(page, 1, now()).await;

    assert!(studio.due(studio.brand(), after(9), now()).await.is_empty());
    assert_eq!(
        studio.due(studio.brand(), after(9), after(1)).await.len(),
        1,
        "read long ago"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_cannot_be_read_waits(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let page = studio.page(TEA).await;
    studio.fail(page, Some(after(60))).await;
    studio.fail(page, Some(after(120))).await;

    assert!(
        studio
            .due(studio.brand(), after(119), now())
            .await
            .is_empty()
    );
    let due = studio.due(studio.brand(), after(120), now()).await;
    assert_eq!(due[0].attempts, 2);
    assert_eq!(studio.pages().await, [format!("{TEA} failed 2 404")]);

    studio.fail(page, None).await;
    assert!(
        studio
            .due(studio.brand(), after(999), now())
            .await
            .is_empty(),
        "given up"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_read_once_stays_when_reading_it_again_fails(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let page = studio.page(TEA).await;
    studio.scrape(page, 1, now()).await;
    studio.fail(page, Some(after(60))).await;

    assert_eq!(studio.pages().await, [format!("{TEA} scraped 1 404")]);
    assert!(
        studio
            .due(studio.brand(), after(59), after(9))
            .await
            .is_empty()
    );
    assert_eq!(
        studio.due(studio.brand(), after(60), after(9)).await.len(),
        1
    );
    let mut tx = studio.tx().await;
    let kept = read(&mut tx, studio.brand(), page).await.unwrap().unwrap();
    assert_eq!(kept.content.extracted_data, json!({"markdown": "# Tea 1"}));
    assert_eq!(kept.content.page_title.as_deref(), Some("Tea"));
    drop(tx);

    studio.scrape(page, 1, after(60)).await;
    assert_eq!(studio.pages().await, [format!("{TEA} scraped 0")]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_level_holds_for_what_was_judged_only(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let page = studio.page(TEA).await;
    assert!(!studio.analyze(page, 1).await, "never read");
    studio.scrape(page, 1, now()).await;
    assert!(!studio.analyze(page, 2).await, "it says something else");
    assert!(studio.analyze(page, 1).await);
    assert_eq!(
        studio.pages().await,
        [format!("{TEA} analyzed 0 product_aware")]
    );

    studio.scrape(page, 1, after(1)).await;
    assert_eq!(
        studio.pages().await,
        [format!("{TEA} analyzed 0 product_aware")]
    );
    let mut tx = studio.tx().await;
    let kept = read(&mut tx, studio.brand(), page).await.unwrap().unwrap();
    assert_eq!(kept.level, level(Awareness::ProductAware));
    drop(tx);

    studio.scrape(page, 2, after(2)).await;
    assert_eq!(studio.pages().await, [format!("{TEA} scraped 0")]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_of_another_brand_is_out_of_reach(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    let page = studio.page(TEA).await;
    studio.scrape(page, 1, now()).await;
    let before = studio.pages().await;
    let mut tx = studio.tx().await;

    assert_eq!(read(&mut tx, other, page).await.unwrap(), None);
    assert!(
        !scraped(&mut tx, (other, page), &content(2), now())
            .await
            .unwrap()
    );
    assert!(!failed(&mut tx, (other, page), "404", None).await.unwrap());
    let level = level(Awareness::Unaware).unwrap();
    assert!(
        !analyzed(&mut tx, (other, page), &[1; 32], Some(level))
            .await
            .unwrap()
    );

    tx.commit().await.unwrap();
    assert_eq!(studio.pages().await, before);
}
