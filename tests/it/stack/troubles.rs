//! An origin that misbehaves: what cannot be had is told, and the rest is brought home.

use std::{collections::BTreeMap, net::TcpListener};

use serde_json::{Value, json};
use sqlx::{PgPool, Row};

use super::{site::Site, tools::text};

/// Between `cat.png` and all other pictures of the project.
const IMAGE_BYTES_MAX: u64 = 100_000;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_an_origin_does_wrong_is_told_by_name_and_the_rest_is_stored(db: PgPool) {
    let site = Site::start_with(db, |options| {
        let limit = (
            "MEDIA_IMAGE_BYTES_MAX".to_owned(),
            IMAGE_BYTES_MAX.to_string(),
        );
        options.environment.push(limit);
    })
    .await;
    site.insert_ads().await;
    // Stands for whatever listens inside a network and trusts who can reach it.
    let inside = TcpListener::bind("127.0.0.1:0").unwrap();
    inside.set_nonblocking(true).unwrap();
    let port = inside.local_addr().unwrap().port();
    let always = |name: &str, mut fault: Value| {
        fault["on"] = json!("cdn");
        fault["contains"] = json!(name);
        fault["times"] = json!(100);
        fault
    };
    for fault in [
        always(
            "astronaut.jpg",
            json!({"status": 302, "location": format!("https://127.0.0.1:{port}/")}),
        ),
        always(
            "cup.jpg",
            json!({"status": 302, "location": format!("http://127.0.0.1:{port}/")}),
        ),
        always(
            "galaxies.jpg",
            json!({"status": 200, "body": "<!DOCTYPE html><title>Log in</title>"}),
        ),
        always("rocket.jpg", json!({"truncate_at_bytes": 5000})),
        always("launch-day.mp4", json!({"status": 404})),
    ] {
        site.order(fault).await;
    }

    let run = site.ended(&site.run_now().await).await;

    assert_eq!(text(&run, "status"), "completed", "{run}");
    assert!(!run["warnings"].as_array().unwrap().is_empty(), "{run}");
    let told = reasons(&site).await;
    for (name, status, reason) in [
        ("astronaut.jpg", "not_downloadable", "url_not_allowed"),
        ("cup.jpg", "not_downloadable", "url_not_allowed"),
        ("cat.png", "not_downloadable", "too_large"),
        ("galaxies.jpg", "failed", "bad_content"),
        ("rocket.jpg", "failed", "length_mismatch"),
        ("launch-day.mp4", "not_downloadable", "http_404"),
    ] {
        let told = &told[name];
        assert_eq!(*told, (status.to_owned(), reason.to_owned()), "{name}");
    }
    let knocked = inside.accept();
    assert!(knocked.is_err(), "somebody was sent inside: {knocked:?}");
    let origins = site.origins().await;
    let stored = site.objects().into_values();
    let mut stored: Vec<_> = stored.map(|sha256| origins[&sha256].clone()).collect();
    stored.sort();
    let good = ["cat-nap.mp4", "coffee.gif", "coffee.webp", "first-cup.mp4"];
    assert_eq!(stored, good, "all that is whole, and nothing else");
    assert_eq!(run["counts"]["downloaded"], good.len());
    site.stop().await;
}

/// What became of the main medium of each ad that is named after its file.
async fn reasons(site: &Site) -> BTreeMap<String, (String, String)> {
    let rows = sqlx::query(
        "select meta_ad_id, status, coalesce(failure_reason, not_downloadable_reason, '') as reason
           from meta_ad_assets where is_primary",
    );
    let rows = rows.fetch_all(&site.db).await.unwrap();
    let file_of = |ad: &str| {
        let ad = site
            .samples()
            .iter()
            .find(|sample| sample.ad_id == ad)
            .unwrap();
        let name = ad.name.split(' ').next().unwrap_or_default();
        (!ad.name.contains("again")).then(|| name.to_owned())
    };
    rows.iter()
        .filter_map(|row| {
            let name = file_of(row.get("meta_ad_id"))?;
            Some((name, (row.get("status"), row.get("reason"))))
        })
        .collect()
}
