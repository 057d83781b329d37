//! What became of each ad of a run.

use shared::{
    domain::classification::SkipReason,
    store::classifications::{
        self, Ending, Existing, Unit, finish_unit, mark_over_cap, pending, started,
    },
};
use sqlx::PgPool;

use super::studio::{Studio, classification, now, usd};

fn failed(kind: &'static str) -> Ending {
    Ending::Failed {
        kind,
        message: "why\0 not".to_owned(),
    }
}

impl Studio {
    async fn finish(&self, position: i32, ending: &Ending, cost: &str) -> bool {
        let mut tx = self.tx().await;
        let done = finish_unit(&mut tx, (self.run, position), ending, usd(cost), now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        done
    }

    async fn states(&self) -> Vec<String> {
        let columns = "position, state, reason, message, attempts, cost_usd";
        self.rows(columns, "ad_classification_units").await
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn pending_ads_come_in_order_behind_a_place(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_units(&["9", "3", "5", "7"]).await;
    studio.finish(2, &failed("blocked"), "0").await;

    let mut tx = studio.tx().await;
    let ads = |units: Vec<Unit>| -> Vec<String> { units.into_iter().map(|it| it.ad).collect() };
    assert_eq!(
        ads(pending(&mut tx, studio.run, 0, 2).await.unwrap()),
        ["9", "5"]
    );
    assert_eq!(
        ads(pending(&mut tx, studio.run, 3, 2).await.unwrap()),
        ["7"]
    );
    let other = studio.another_run().await;
    assert!(pending(&mut tx, other, 0, 2).await.unwrap().is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_ad_ends_once(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_units(&["1"]).await;

    assert!(studio.finish(1, &failed("blocked"), "0.5").await);
    assert!(
        !studio.finish(1, &failed("unreadable"), "9").await,
        "a second worker"
    );
    assert!(
        !studio.finish(2, &failed("blocked"), "9").await,
        "no such place"
    );

    assert_eq!(
        studio.states().await,
        ["1 failed blocked why not 0 0.500000"]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn attempts_of_a_pending_ad_are_counted(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_units(&["1"]).await;
    let mut tx = studio.tx().await;
    assert_eq!(started(&mut tx, studio.run, 1).await.unwrap(), Some(1));
    assert_eq!(started(&mut tx, studio.run, 1).await.unwrap(), Some(2));
    tx.commit().await.unwrap();
    studio.finish(1, &failed("lost"), "0").await;

    let mut tx = studio.tx().await;
    assert_eq!(
        started(&mut tx, studio.run, 1).await.unwrap(),
        None,
        "it is over"
    );
    assert_eq!(studio.states().await, ["1 failed lost why not 2 0.000000"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_classification_of_another_ad_or_brand_is_refused(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_units(&["1"]).await;
    let id = studio.keep(&classification("2", 1), Existing::Kept).await;

    let mut tx = studio.tx().await;
    let ending = Ending::Cached(id);
    let error = finish_unit(&mut tx, (studio.run, 1), &ending, usd("0"), now()).await;

    let told = error.unwrap_err().to_string();
    assert!(told.contains("foreign key"), "{told}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_is_counted_from_its_ads(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio
        .insert_units(&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"])
        .await;
    let picture = studio.keep(&classification("1", 1), Existing::Kept).await;
    let video = studio
        .keep(&studio.of_video("2").await, Existing::Kept)
        .await;
    let old_video = studio
        .keep(&studio.of_video("3").await, Existing::Kept)
        .await;
    let skipped = |reason| Ending::Skipped {
        reason,
        detail: Some("no_image_source".to_owned()),
    };
    for (position, ending, cost) in [
        (1, Ending::Classified(picture), "0.000123"),
        (2, Ending::Classified(video), "0.25"),
        (3, Ending::Cached(old_video), "0"),
        (4, skipped(SkipReason::MissingImage), "0"),
        (5, skipped(SkipReason::MissingImage), "0"),
        (6, skipped(SkipReason::VideoClassificationFailed), "0.1"),
        (7, failed("blocked"), "0.01"),
    ] {
        assert!(studio.finish(position, &ending, cost).await, "{position}");
    }
    let mut tx = studio.tx().await;
    assert_eq!(
        mark_over_cap(&mut tx, studio.run, &[7, 8, 9, 77], now())
            .await
            .unwrap(),
        2
    );

    let tally = classifications::tally(&mut tx, studio.run).await.unwrap();

    assert_eq!(
        (tally.new_count, tally.video_count, tally.cached_count),
        (2, 1, 1)
    );
    assert_eq!((tally.skipped_count, tally.error_count), (3, 1));
    assert_eq!(
        (tally.over_cap_count, tally.pending_count, tally.total()),
        (2, 1, 10)
    );
    assert_eq!(tally.skipped_by_reason["missing_image"], 2);
    assert_eq!(tally.skipped_by_reason["video_classification_failed"], 1);
    assert_eq!(tally.errors_by_kind["blocked"], 1);
    assert_eq!(tally.cost_usd_micros, 360_123);
    let other = studio.another_run().await;
    let none = classifications::tally(&mut tx, other).await.unwrap();
    assert_eq!(none.total(), 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_goes_takes_its_ads_with_it_and_leaves_classifications(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.insert_units(&["1"]).await;
    let mut new = classification("1", 1);
    new.run = Some(studio.run);
    let id = studio.keep(&new, Existing::Kept).await;
    studio.finish(1, &Ending::Classified(id), "0").await;

    studio
        .run(
            studio.brand(),
            "delete from scheduled_job_runs where $1::uuid is not null",
        )
        .await;

    assert!(studio.states().await.is_empty());
    let kept = studio
        .rows("meta_ad_id, run_id", "ad_creative_classifications")
        .await;
    assert_eq!(kept, ["1"]);
}
