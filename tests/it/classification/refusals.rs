//! Which questions were refused before.

use shared::{
    domain::BrandId,
    store::classifications::{Asked, Refused, Reuse, forget, refuse, refused},
};
use sqlx::PgPool;

use super::studio::{Studio, after, now};

const VERSIONS: (&str, &str) = ("v1", "1.0");

/// Whatever is kept.
const ANY: Reuse = Reuse {
    since: None,
    is_stand_in_good: true,
};

fn asked(ad: &str) -> Asked<'_> {
    Asked {
        ad,
        operation: "light",
        model: "gemini-flash",
        content_hash: [1; 32],
    }
}

fn refusal(seconds: i64) -> Refused {
    Refused {
        operation: "light".to_owned(),
        message: "SAFETY".to_owned(),
        is_of_stand_in: false,
        at: after(seconds),
    }
}

impl Studio {
    async fn refuse(&self, asked: Asked<'_>, refused: &Refused) {
        let mut tx = self.tx().await;
        let kept = refuse(&mut tx, self.brand(), asked, VERSIONS, refused);
        kept.await.unwrap();
        tx.commit().await.unwrap();
    }

    /// The refusal of a question about an ad.
    async fn refusal_of(&self, brand: BrandId, asked: Asked<'_>, reuse: Reuse) -> Option<Refused> {
        let mut tx = self.tx().await;
        let found = refused(&mut tx, brand, &[asked], VERSIONS, reuse).await;
        found.unwrap().remove(asked.ad)
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_refusal_is_of_its_question_and_brand_alone(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let other = studio.another_brand("act_2").await;
    studio.refuse(asked("1"), &refusal(0)).await;

    let brand = studio.brand();
    assert_eq!(
        studio.refusal_of(brand, asked("1"), ANY).await,
        Some(refusal(0))
    );
    assert_eq!(studio.refusal_of(other, asked("1"), ANY).await, None);
    for another in [
        asked("2"),
        Asked {
            operation: "copy",
            ..asked("1")
        },
        Asked {
            model: "gemini-pro",
            ..asked("1")
        },
        Asked {
            content_hash: [2; 32],
            ..asked("1")
        },
    ] {
        assert_eq!(
            studio.refusal_of(brand, another, ANY).await,
            None,
            "{another:?}"
        );
    }
    for versions in [("v2", "1.0"), ("v1", "1.1")] {
        let mut tx = studio.tx().await;
        let found = refused(&mut tx, brand, &[asked("1")], versions, ANY).await;
        assert!(found.unwrap().is_empty(), "{versions:?}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn where_everything_is_wanted_anew_only_what_was_refused_since_counts(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let since = |seconds| Reuse {
        since: Some(after(seconds)),
        ..ANY
    };
    studio.refuse(asked("1"), &refusal(0)).await;
    assert_eq!(
        studio
            .refusal_of(studio.brand(), asked("1"), since(1))
            .await,
        None
    );

    studio.refuse(asked("1"), &refusal(5)).await;

    let found = studio
        .refusal_of(studio.brand(), asked("1"), since(5))
        .await;
    assert_eq!(found, Some(refusal(5)));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_a_stand_in_refused_binds_nobody_else(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let of_stand_in = Refused {
        is_of_stand_in: true,
        ..refusal(0)
    };
    studio.refuse(asked("1"), &of_stand_in).await;
    let brand = studio.brand();

    assert_eq!(
        studio.refusal_of(brand, asked("1"), ANY).await,
        Some(of_stand_in)
    );
    let real = Reuse::default();
    assert_eq!(studio.refusal_of(brand, asked("1"), real).await, None);
    studio.refuse(asked("1"), &refusal(1)).await;
    assert_eq!(
        studio.refusal_of(brand, asked("1"), real).await,
        Some(refusal(1))
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn of_several_refusals_of_an_ad_the_last_is_told_and_each_is_forgotten_alone(pool: PgPool) {
    let studio = Studio::new(pool).await;
    let brand = studio.brand();
    let copy = Asked {
        operation: "copy",
        ..asked("1")
    };
    let of_copy = Refused {
        operation: "copy".to_owned(),
        message: "no\0 NUL".to_owned(),
        ..refusal(-9)
    };
    studio.refuse(asked("1"), &refusal(0)).await;
    studio.refuse(copy, &of_copy).await;
    studio.refuse(asked("2"), &refusal(0)).await;
    let both = [copy, asked("1")];
    let told = async || {
        let mut tx = studio.tx().await;
        let found = refused(&mut tx, brand, &both, VERSIONS, ANY).await.unwrap();
        found.get("1").map(|it| (it.message.clone(), it.at))
    };
    assert_eq!(told().await, Some(("SAFETY".to_owned(), now())));

    let mut tx = studio.tx().await;
    forget(&mut tx, brand, asked("1"), VERSIONS).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(told().await, Some(("no NUL".to_owned(), after(-9))));
    let other = studio.refusal_of(brand, asked("2"), ANY).await;
    assert_eq!(other, Some(refusal(0)));
}
