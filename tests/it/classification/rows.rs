//! What is kept of a classification, and when it is found again.

use chrono::TimeDelta;
use serde_json::json;
use shared::{
    domain::{
        BrandId, LandingPageId,
        classification::{Awareness, Components, SaidComponent, Source},
    },
    store::classifications::{Classification, Existing, Reuse, Stored, insert, newest, reusable},
};
use sqlx::PgPool;

use super::studio::{Studio, after, classification, level, now};

/// Whatever is kept.
const ANY: Reuse = Reuse {
    since: None,
    is_stand_in_good: true,
};

impl Studio {
    async fn newest(&self, brand: BrandId, ad: &str) -> Option<Stored> {
        let mut tx = self.tx().await;
        newest(&mut tx, brand, ad).await.unwrap()
    }

    async fn refused(&self, brand: BrandId, new: &Classification) -> String {
        let mut tx = self.tx().await;
        let result = insert(&mut tx, brand, new, Existing::Kept).await;
        result.unwrap_err().to_string()
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_classification_is_read_as_it_was_kept(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let mut new = studio.of_video("1").await;
    new.run = Some(studio.run);
    new.landing_page = Some(studio.page("https://shop.example/tea").await);
    new.landing_page_level = level(Awareness::MostAware);
    new.components = Components::read(&[SaidComponent {
        dimension: "hook_headline".to_owned(),
        assessment: "weak".to_owned(),
        explanation: Some("another promise".to_owned()),
        suggestion: None,
    }]);

    let id = studio.keep(&new, Existing::Kept).await;

    let stored = studio.newest(studio.brand(), "1").await.unwrap();
    assert_eq!(stored.id, id);
    assert_eq!(stored.classification, new);
    let scores = "congruence_score, congruence_notes, congruence_overall";
    assert_eq!(
        studio.rows(scores, "ad_creative_classifications").await,
        ["0.000 creative is unaware, landing page is most_aware: 4 steps apart 0.500"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_both_levels_nothing_is_scored(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let mut new = classification("1", 1);
    new.judgement.copy = None;
    new.raw = json!({"a\0": "b\0"});
    studio.keep(&new, Existing::Kept).await;

    let columns = "congruence_score, congruence_notes, congruence_components, congruence_overall, raw_classification";
    let rows = studio.rows(columns, "ad_creative_classifications").await;
    assert_eq!(rows, [r#"[] {"a": "b"}"#]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_same_content_is_kept_once_and_the_first_stays_unless_it_is_to_be_replaced(
    pool: PgPool,
) {
    let studio = Studio::new(pool).await;
    let first = Classification {
        model_used: "gemini-3".to_owned(),
        ..classification("1", 1)
    };
    let again = Classification {
        model_used: "another".to_owned(),
        source: Source::GeminiLightThumbnail,
        ..first.clone()
    };
    let id = studio.keep(&first, Existing::Kept).await;

    assert_eq!(studio.keep(&again, Existing::Kept).await, id);
    let kept = studio.newest(studio.brand(), "1").await.unwrap();
    assert_eq!(kept.classification, first);

    assert_eq!(studio.keep(&again, Existing::Replaced).await, id);
    let kept = studio.newest(studio.brand(), "1").await.unwrap();
    assert_eq!(kept.classification, again);

    for other in [
        classification("1", 2),
        classification("2", 1),
        Classification {
            prompt_version: "v2".to_owned(),
            ..first.clone()
        },
        Classification {
            schema_version: "1.1".to_owned(),
            ..first
        },
    ] {
        assert_ne!(studio.keep(&other, Existing::Kept).await, id);
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_two_that_keep_the_same_at_once_both_get_the_id_of_the_first(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let new = classification("1", 1);
    let mut first = studio.tx().await;
    let id = insert(&mut first, studio.brand(), &new, Existing::Kept)
        .await
        .unwrap();

    let (second, ()) = tokio::join!(
        studio.keep(&new, Existing::Kept),
        studio.commit_when_waited_for(first)
    );

    assert_eq!(second, id);
    assert_eq!(
        studio.rows("id", "ad_creative_classifications").await.len(),
        1
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_newest_of_an_ad_is_found_of_its_own_brand_only(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    let later = Classification {
        classified_at: now() + TimeDelta::seconds(1),
        ..classification("1", 2)
    };
    studio.keep(&later, Existing::Kept).await;
    studio.keep(&classification("1", 1), Existing::Kept).await;

    let newest = studio.newest(studio.brand(), "1").await.unwrap();
    assert_eq!(newest.classification, later);
    assert_eq!(studio.newest(other, "1").await, None);
    assert_eq!(studio.newest(studio.brand(), "2").await, None);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_same_content_is_found_again_by_the_same_versions_only(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    let id = studio.keep(&classification("1", 1), Existing::Kept).await;
    studio.keep(&classification("2", 1), Existing::Kept).await;
    let asked = [
        ("1".to_owned(), [1; 32]),
        ("2".to_owned(), [9; 32]),
        ("3".to_owned(), [1; 32]),
    ];
    let mut tx = studio.tx().await;

    let found = reusable(&mut tx, studio.brand(), &asked, ("v1", "1.0"), ANY)
        .await
        .unwrap();

    assert_eq!(found.keys().collect::<Vec<_>>(), ["1"]);
    assert_eq!(
        (found["1"].id, found["1"].source),
        (id, Source::GeminiLightStored)
    );
    for (brand, versions) in [
        (studio.brand(), ("v2", "1.0")),
        (studio.brand(), ("v1", "1.1")),
        (other, ("v1", "1.0")),
    ] {
        let found = reusable(&mut tx, brand, &asked, versions, ANY)
            .await
            .unwrap();
        assert!(found.is_empty(), "{versions:?}");
    }
    for (since, is_stand_in_good, count) in [
        (Some(now()), true, 1),
        (Some(after(1)), true, 0),
        (None, false, 0),
    ] {
        let reuse = Reuse {
            since,
            is_stand_in_good,
        };
        let found = reusable(&mut tx, studio.brand(), &asked, ("v1", "1.0"), reuse);
        assert_eq!(found.await.unwrap().len(), count, "{reuse:?}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_or_an_analysis_of_another_brand_is_refused(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    let mut paged = classification("1", 1);
    paged.landing_page = Some(studio.page("https://shop.example/tea").await);
    let filmed = studio.of_video("1").await;

    for new in [&paged, &filmed] {
        let told = studio.refused(other, new).await;
        assert!(told.contains("foreign key"), "{told}");
        studio.keep(new, Existing::Kept).await;
    }
    let elsewhere = Classification {
        ad: "2".to_owned(),
        ..filmed
    };
    let told = studio.refused(studio.brand(), &elsewhere).await;
    assert!(
        told.contains("foreign key"),
        "an analysis of another ad: {told}"
    );
    paged.landing_page = Some(LandingPageId::new());
    paged.content_hash = [2; 32];
    let told = studio.refused(studio.brand(), &paged).await;
    assert!(told.contains("foreign key"), "no such page: {told}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_that_is_not_there_keeps_nothing(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio
        .refused(BrandId::new(), &classification("1", 1))
        .await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_a_stand_in_made_up_gives_way_to_a_real_answer(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.keep(&classification("1", 1), Existing::Kept).await;
    let real = Classification {
        model_used: "gemini-3".to_owned(),
        ..classification("1", 1)
    };

    studio.keep(&real, Existing::Kept).await;
    studio.keep(&classification("1", 1), Existing::Kept).await;

    let kept = studio.newest(studio.brand(), "1").await.unwrap();
    assert_eq!(kept.classification.model_used, "gemini-3");
}
