//! Order, limits, and time that runs short.

use std::time::Duration;

use asset_download::handle;
use chrono::TimeDelta;
use serde_json::json;
use sqlx::PgPool;

use super::studio::Studio;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn limits_count_ads_and_the_highest_spend_comes_first(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .params(json!({"max_videos": 1, "max_images": 2}))
        .await;

    let run = studio.run().await;

    let samples = studio.meta.samples();
    let first = |is_video| {
        samples
            .iter()
            .filter(move |ad| ad.is_video == is_video)
            .map(|ad| ad.ad_id.clone())
    };
    let mut wanted: Vec<_> = first(false).take(2).chain(first(true).take(1)).collect();
    let mut worked: Vec<_> = studio
        .assets()
        .await
        .into_iter()
        .map(|asset| asset.ad)
        .collect();
    wanted.sort();
    worked.dedup();
    assert_eq!(worked, wanted);
    assert_eq!(
        (
            &run.metadata["images_attempted"],
            &run.metadata["videos_attempted"]
        ),
        (&2.into(), &1.into())
    );
    assert!(run.metadata["images_eligible_left"].as_u64().unwrap() > 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nought_leaves_a_kind_out(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .params(json!({"max_videos": 0, "max_images": 3}))
        .await;

    let run = studio.run().await;

    assert_eq!(run.status, "completed");
    assert!(
        studio
            .assets()
            .await
            .iter()
            .all(|asset| asset.kind == "image")
    );
    assert_eq!(run.metadata["videos_attempted"], 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_runs_short_of_time_goes_on_in_its_next_segment(pool: PgPool) {
    let mut studio = Studio::with_ads(pool).await;
    studio.media(|media| media.downloads_at_once = 1);
    for name in ["Carousel", "%(again)", "Video of a partner"] {
        studio.forget(name).await;
    }
    studio
        .order(json!({"on": "cdn", "delay_ms": 50, "times": 100}))
        .await;
    let clock = studio.world.clock.clone();

    let run = studio
        .run_with(async |run| {
            let first_row = async {
                while studio.assets().await.is_empty() {
                    tokio::task::yield_now().await;
                }
                clock.advance(TimeDelta::seconds(870));
            };
            tokio::join!(handle(&studio.clients, run), first_row).0
        })
        .await;

    assert_eq!(
        (run.status.as_str(), run.segment),
        ("pending", 2),
        "{:?}",
        run.error
    );
    let early = studio.assets().await.len();
    let run = studio.deliver(&run).await;
    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert!(studio.assets().await.len() > early);
    let ads = u64::try_from(studio.meta.samples().len() - 3).unwrap();
    let attempted = run.metadata["images_attempted"].as_u64().unwrap()
        + run.metadata["videos_attempted"].as_u64().unwrap();
    assert_eq!(
        attempted, ads,
        "figures of all segments together: {}",
        run.metadata
    );
    for (file, times) in studio.downloads().await {
        // Two ads may show one file under two identities.
        let ads = studio
            .meta
            .samples()
            .iter()
            .filter(|ad| ad.files.contains(&file));
        assert!(
            usize::try_from(times).unwrap() <= ads.count(),
            "{file} is fetched twice"
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn media_above_the_cap_are_refused_for_good(pool: PgPool) {
    let mut studio = Studio::with_ads(pool).await;
    studio.params(json!({"max_videos": 0})).await;
    studio.media(|media| (media.image_bytes_max, media.video_bytes_max) = (10, 10));

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let assets = studio.assets().await;
    assert!(assets.iter().all(|asset| asset.status != "downloaded"));
    assert!(
        assets
            .iter()
            .any(|asset| asset.reason.as_deref() == Some("too_large"))
    );
    assert_eq!(studio.objects(), 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_that_is_dropped_leaves_no_half_object(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .order(json!({"on": "cdn", "contains": "cat-nap", "delay_ms": 60_000, "times": 9}))
        .await;

    let run = studio
        .run_with(async |run| {
            let _cut_off =
                tokio::time::timeout(Duration::from_millis(400), handle(&studio.clients, run))
                    .await;
            Err(shared::domain::JobError::retry("dying")(
                "the machine went away",
            ))
        })
        .await;

    assert!(run.retry.is_some());
    for asset in studio
        .assets()
        .await
        .iter()
        .filter(|asset| asset.status == "downloaded")
    {
        let digest = <sha2::Sha256 as sha2::Digest>::digest(studio.object(&asset.path));
        assert_eq!(Some(digest.to_vec()), asset.sha256, "{}", asset.path);
    }
}
