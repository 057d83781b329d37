//! Work done, nothing to do, and nothing done twice.

use serde_json::json;
use sqlx::PgPool;

use super::studio::Studio;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_medium_of_every_ad_is_kept_byte_for_byte(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    for ad in studio.meta.samples() {
        let assets = studio.assets_of(&ad.ad_id).await;
        assert_eq!(
            assets.iter().filter(|asset| asset.is_primary).count(),
            1,
            "{}",
            ad.name
        );
        let mut kept: Vec<_> = assets
            .iter()
            .filter_map(|asset| asset.sha256.clone())
            .collect();
        let mut wanted = Vec::new();
        for file in &ad.files {
            wanted.push(studio.meta.origin_of(file).await.unwrap().0.to_vec());
        }
        kept.sort();
        wanted.sort();
        assert_eq!(kept, wanted, "{}", ad.name);
        for asset in assets.iter().filter(|asset| asset.status == "downloaded") {
            let digest = <sha2::Sha256 as sha2::Digest>::digest(studio.object(&asset.path));
            assert_eq!(Some(digest.to_vec()), asset.sha256, "{}", asset.path);
        }
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn figures_and_freshness_tell_what_was_done(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;

    let counts = studio.run().await.metadata;

    let assets = studio.assets().await;
    let kept = |kind: &str| {
        assets
            .iter()
            .filter(|a| a.kind == kind && a.status == "downloaded")
            .count()
    };
    for (kind, singular) in [("videos", "video"), ("images", "image")] {
        let sum = counts[format!("{kind}_downloaded")].as_u64().unwrap()
            + counts[format!("{kind}_reused")].as_u64().unwrap();
        assert_eq!(
            sum,
            u64::try_from(kept(singular)).unwrap(),
            "{kind}: {counts}"
        );
    }
    assert!(counts["bytes"].as_u64().unwrap() > 100_000, "{counts}");
    assert_eq!(counts["images_eligible_left"], 0);
    let fresh = "select count(*) from dataset_status where dataset_key = 'ad_assets' and last_status = 'completed'";
    assert_eq!(studio.world.count(fresh).await, 1);
    assert!(
        studio
            .world
            .count("select count(*) from run_logs where message like 'Total: %'")
            .await
            > 0
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_without_ads_is_done_at_once(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.link_account().await;

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(
        (
            &run.metadata["downloaded"],
            &run.metadata["images_attempted"]
        ),
        (&0.into(), &0.into())
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_without_an_account_is_told_so(pool: PgPool) {
    let studio = Studio::new(pool).await;

    let run = studio.run().await;

    assert_eq!(
        (run.status.as_str(), run.error_kind.as_deref()),
        ("failed", Some("permanent"))
    );
    assert!(run.error.unwrap().contains("no ad account"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_second_run_fetches_only_what_is_new(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let rocket = studio.ad_of("rocket.jpg (");
    let forget = format!("delete from meta_ads_performance where meta_ad_id = '{rocket}'");
    sqlx::query(&forget)
        .execute(&studio.world.pool)
        .await
        .unwrap();
    studio.run().await;
    let before = studio.downloads().await;
    studio.insert_ad(&rocket, false, None, 1).await;
    studio.insert_ad("42", false, None, 1).await;

    let run = studio.run().await;

    assert_eq!(run.metadata["images_attempted"], 2, "{}", run.metadata);
    let after = studio.downloads().await;
    let changed: Vec<_> = after
        .iter()
        .filter(|(name, times)| before.get(*name) != Some(times))
        .collect();
    assert!(
        changed
            .iter()
            .all(|(name, _)| name.as_str() == "rocket.jpg"),
        "{changed:?}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_same_picture_in_several_ads_is_one_object(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;

    studio.run().await;

    let downloads = studio.downloads().await;
    let again = studio
        .meta
        .samples()
        .iter()
        .find(|ad| ad.name.ends_with("(again)"))
        .unwrap();
    let twins = studio.assets_of(&again.ad_id).await;
    let same = studio
        .assets()
        .await
        .into_iter()
        .filter(|asset| asset.path == twins[0].path)
        .count();
    assert!(same > 1, "both ads must name one object");
    assert_eq!(downloads[&again.files[0]], 1, "{downloads:?}");
    let distinct: std::collections::BTreeSet<_> = studio
        .assets()
        .await
        .into_iter()
        .filter_map(|asset| asset.sha256)
        .collect();
    assert_eq!(studio.objects(), distinct.len(), "no bytes are kept twice");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn objects_that_a_dead_worker_published_are_not_fetched_again(pool: PgPool) {
    let mut studio = Studio::with_ads(pool).await;
    // One at a time: which of two ads with the same picture comes first decides where it is kept.
    studio.media(|media| media.downloads_at_once = 1);
    studio.run().await;
    let (before, objects) = (studio.downloads().await, studio.objects());
    let kept = studio
        .assets()
        .await
        .iter()
        .filter(|asset| asset.status == "downloaded")
        .count();
    sqlx::query("delete from meta_ad_assets")
        .execute(&studio.world.pool)
        .await
        .unwrap();
    let retry = studio.world.run_now(studio.job).await;
    let second = format!(
        "update scheduled_job_runs set attempt_number = 2 where id = '{}'",
        retry.0
    );
    sqlx::query(&second)
        .execute(&studio.world.pool)
        .await
        .unwrap();

    let run = studio.deliver(&studio.row(retry.0).await).await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(
        studio
            .assets()
            .await
            .iter()
            .filter(|asset| asset.status == "downloaded")
            .count(),
        kept
    );
    assert_eq!(studio.objects(), objects);
    let after = studio.downloads().await;
    for (name, times) in before.iter().filter(|(_, times)| **times == 1) {
        assert_eq!(after[name], *times, "{name}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_picture_that_two_ads_name_in_two_ways_is_stored_once(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    for ad in studio.meta.samples() {
        if !ad.name.starts_with("cat.png") && !ad.name.starts_with("Carousel") {
            studio.forget(&ad.name).await;
        }
    }
    // One ad has its address, the other its hash; both bodies arrive at once.
    let late = json!({"on": "cdn", "contains": "cat.png", "times": 2, "delay_ms": 500});
    studio.order(late).await;

    studio.run().await;

    assert_eq!(
        studio.downloads().await["cat.png"],
        2,
        "both have fetched it"
    );
    assert_eq!(studio.objects(), 3, "the three pictures of the carousel");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn classification_follows_where_it_is_wished_for(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let params = json!({"max_videos": 1, "max_images": 1, "classify": {"max_new": 9}});
    studio.params(params).await;

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    let follower = "select count(*) from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id
                     where r.origin = 'follow_up' and j.job_type = 'ad_classification' and r.parameters ->> 'max_new' = '9'";
    assert_eq!(studio.world.count(follower).await, 1);
}
