//! Links to stored media.

use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;

use super::agency::Agency;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn whoever_has_a_link_reads_that_object_and_no_other(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    for ad in ["1", "2"] {
        agency.ad(ad, 1).await;
        agency.image(ad, 0).await;
    }
    let objects = &agency.clients.objects;

    let link = objects
        .link("image/1/0", Duration::from_secs(60))
        .await
        .unwrap();

    let read = reqwest::get(&link).await.unwrap();
    assert_eq!(read.status(), 200);
    assert_eq!(read.bytes().await.unwrap()[..], [0xff, 0xd8, 0xff, 0, b'1']);
    let other = reqwest::get(link.replace("image/1/0", "image/2/0"))
        .await
        .unwrap();
    assert_eq!(other.status(), 403);
    assert!(
        objects
            .link("a", Duration::from_secs(8 * 86_400))
            .await
            .is_err()
    );
}
