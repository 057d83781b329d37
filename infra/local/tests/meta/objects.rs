//! Objects, lists, addresses and ordered failures of the account made from media.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sundial_local::meta::{TOKEN, catalogue::ACCOUNT};

use crate::world::World;

#[tokio::test]
async fn every_page_is_reached_by_after_and_visited_once() -> anyhow::Result<()> {
    let world = World::new().await?;
    let mut seen = Vec::new();
    let mut after = String::new();
    for _ in 0..20 {
        let mut query = vec![("limit", "4"), ("fields", "name")];
        if !after.is_empty() {
            query.push(("after", &after));
        }
        let (_, page) = world.graph(&format!("{ACCOUNT}/ads"), &query).await?;
        let rows = page["data"].as_array().expect("rows");
        seen.extend(rows.iter().map(|ad| ad["id"].to_string()));
        if page["paging"]["next"].is_null() {
            break;
        }
        after = page["paging"]["cursors"]["after"]
            .as_str()
            .expect("a cursor")
            .to_owned();
    }

    let mut distinct = seen.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), world.meta.samples().len());
    assert_eq!(seen.len(), distinct.len(), "no ad twice");
    Ok(())
}

#[tokio::test]
async fn a_signed_address_gives_the_bytes_of_the_origin() -> anyhow::Result<()> {
    let world = World::new().await?;
    let url = world.picture().await?;
    let name = url.split('/').next_back().expect("a name");
    let name = name.split('?').next().expect("a name");

    let whole = world.http.get(&url).send().await?;
    let length = whole.content_length();
    let bytes = whole.bytes().await?;
    let part = world
        .http
        .get(&url)
        .header("range", "bytes=1-3")
        .send()
        .await?;

    let (sha256, size) = world.meta.origin_of(name).await?;
    assert_eq!(<[u8; 32]>::from(Sha256::digest(&bytes)), sha256);
    assert_eq!(length, Some(size));
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await?, bytes.slice(1..4));
    Ok(())
}

#[tokio::test]
async fn an_address_that_was_changed_or_has_expired_is_forbidden() -> anyhow::Result<()> {
    let world = World::new().await?;
    let url = world.picture().await?;
    let changed = world.http.get(url.replace("oe=", "oe=0")).send().await?;
    assert_eq!(changed.status(), 403);
    assert_eq!(changed.text().await?, "URL signature mismatch");

    world
        .control("faults", json!({"on": "cdn", "expire": true}))
        .await?;
    let expired = world.http.get(world.picture().await?).send().await?;
    assert_eq!(expired.status(), 403);
    assert_eq!(expired.text().await?, "URL signature expired");

    let fresh = world.http.get(world.picture().await?).send().await?;
    assert_eq!(fresh.status(), 200, "only one address was ordered expired");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_answered_comes_as_meta_would_say_it() -> anyhow::Result<()> {
    let world = World::new().await?;
    let cases = [
        ("123", vec![], 100, Some(33)),
        ("", vec![("ids", "123")], 100, Some(33)),
        (
            "act_100200300400500",
            vec![("fields", "shoe_size")],
            100,
            None,
        ),
        (
            "act_100200300400500/ads",
            vec![("fields", "creative{shoe_size}")],
            100,
            None,
        ),
        ("act_100200300400500/ads", vec![("limit", "0")], 100, None),
        (
            "act_100200300400500/ads",
            vec![("filtering", "[")],
            100,
            None,
        ),
    ];
    for (path, query, code, subcode) in cases {
        let (status, body) = world.graph(path, &query).await?;
        let error = &body["error"];
        assert_eq!(status, 400, "{path} {query:?}");
        assert_eq!(error["code"], code, "{path} {query:?}: {error}");
        assert_eq!(error["error_subcode"].as_i64(), subcode, "{path} {query:?}");
    }
    Ok(())
}

#[tokio::test]
async fn tokens_and_versions_are_checked() -> anyhow::Result<()> {
    let world = World::new().await?;
    for (version, token, code) in [
        ("v25.0", None, 104),
        ("v25.0", Some("EXPIREDtoken"), 190),
        ("v20.0", Some(TOKEN), 2635),
    ] {
        let url = format!("{}/{version}/me", world.meta.url());
        let mut request = world.http.get(url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let body: Value = request.send().await?.json().await?;
        assert_eq!(body["error"]["code"], code, "{version} {token:?}");
    }
    Ok(())
}

#[tokio::test]
async fn ads_read_by_id_leave_out_the_unknown_and_keep_the_messy_shapes() -> anyhow::Result<()> {
    let world = World::new().await?;
    let known = world.meta.samples()[0].ad_id.clone();
    let filter = json!([{"field": "id", "operator": "IN", "value": [known, "1"]}]).to_string();
    let query = [
        ("filtering", filter.as_str()),
        ("fields", "id,creative{image_hash,object_story_spec}"),
    ];

    let (status, body) = world.graph(&format!("{ACCOUNT}/ads"), &query).await?;

    assert_eq!(status, 200);
    assert_eq!(body["data"].as_array().map(Vec::len), Some(1));
    let link = &body["data"][0]["creative"]["object_story_spec"]["link_data"];
    assert!(link["image_hash"].is_string(), "{body}");
    assert!(link["picture"].is_null(), "only the hash tells the picture");
    Ok(())
}

#[tokio::test]
async fn the_downloadable_video_is_the_nested_one() -> anyhow::Result<()> {
    let world = World::new().await?;
    let sample = world
        .meta
        .samples()
        .iter()
        .find(|sample| sample.name.contains("nested"))
        .expect("one such ad");
    let query = [("fields", "creative{video_id,object_story_spec}")];
    let (_, ad) = world.graph(&sample.ad_id, &query).await?;
    let creative = &ad["creative"];
    let nested = &creative["object_story_spec"]["video_data"]["video_id"];
    assert_ne!(&creative["video_id"], nested);

    let source = [("fields", "source")];
    let (_, copy) = world
        .graph(creative["video_id"].as_str().expect("an id"), &source)
        .await?;
    let (_, own) = world
        .graph(nested.as_str().expect("an id"), &source)
        .await?;

    assert!(copy["source"].is_null(), "the published copy has none");
    assert!(own["source"].is_string());
    Ok(())
}

#[tokio::test]
async fn ordered_failures_come_as_often_as_ordered() -> anyhow::Result<()> {
    let world = World::new().await?;
    world
        .control(
            "faults",
            json!({"on": "graph", "contains": "ads", "times": 2, "status": 400, "code": 17, "subcode": 2446079}),
        )
        .await?;
    world
        .control("faults", json!({"on": "cdn", "truncate_at_bytes": 100}))
        .await?;

    let url = world.picture().await?;
    let cut = world.http.get(&url).send().await?.bytes().await;
    assert!(cut.is_err(), "the connection breaks off");
    world
        .control(
            "faults",
            json!({"on": "cdn", "location": "http://10.0.0.1/"}),
        )
        .await?;
    let moved = world.http.get(&url).send().await?;
    assert_eq!(moved.status(), 302);
    assert!(world.http.get(&url).send().await?.bytes().await.is_ok());

    let path = format!("{ACCOUNT}/ads");
    for expected in [400, 400, 200] {
        let (status, _) = world.graph(&path, &[]).await?;
        assert_eq!(status, expected);
    }
    Ok(())
}
