//! Accounts that tests add.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sundial_local::meta::{AccountSpec, catalogue::ACCOUNT};

use crate::world::{ADDED, World, text};

#[tokio::test]
async fn an_added_account_is_listed_with_its_facts() -> anyhow::Result<()> {
    let world = World::new().await?;
    world
        .control(
            "accounts",
            json!({"id": ADDED, "ads": 50, "campaigns": 4, "seed": 7, "timezone": "Pacific/Auckland",
                "currency": "USD", "name": "Far away"}),
        )
        .await?;
    world
        .control("clock", json!({"now": "2026-11-20T12:00:00Z"}))
        .await?;

    let query = [(
        "fields",
        "name,currency,timezone_name,timezone_offset_hours_utc",
    )];
    let listed = world.all("me/adaccounts", &query).await?;
    let (_, facts) = world.graph(ADDED, &query).await?;

    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["id"], ACCOUNT);
    assert_eq!(listed[1], facts);
    assert_eq!(
        facts,
        json!({"id": ADDED, "name": "Far away", "currency": "USD",
            "timezone_name": "Pacific/Auckland", "timezone_offset_hours_utc": 13.0})
    );
    Ok(())
}

#[tokio::test]
async fn archived_and_deleted_objects_are_listed_only_when_asked_for() -> anyhow::Result<()> {
    let world = World::new().await?;
    world.meta.add_account(AccountSpec {
        id: ADDED.to_owned(),
        ads: 300,
        campaigns: 10,
        inactive_percent: 30,
        ..AccountSpec::default()
    })?;
    let path = format!("{ADDED}/ads");
    let fields = [("fields", "effective_status"), ("limit", "100")];
    let status = |ad: &Value| text(ad, "effective_status");

    let usual: Vec<Value> = world.all(&path, &fields).await?;
    let statuses = r#"["ACTIVE","PAUSED","DELETED","CAMPAIGN_PAUSED","ARCHIVED","ADSET_PAUSED","DISAPPROVED","WITH_ISSUES"]"#;
    let mut query = fields.to_vec();
    query.push(("effective_status", statuses));
    let all = world.all(&path, &query).await?;

    let seen: BTreeSet<String> = usual.iter().map(status).collect();
    assert!(
        seen.contains("ACTIVE") && seen.contains("PAUSED"),
        "{seen:?}"
    );
    assert!(
        !seen.contains("ARCHIVED") && !seen.contains("DELETED"),
        "{seen:?}"
    );
    assert_eq!(all.len(), 300);
    let archived = all.iter().find(|ad| status(ad) == "ARCHIVED").expect("one");
    let (found, ad) = world.graph(&text(archived, "id"), &fields).await?;
    assert_eq!(
        (found, status(&ad).as_str()),
        (200, "ARCHIVED"),
        "by its id"
    );
    Ok(())
}

#[tokio::test]
async fn ads_are_found_by_their_campaign_in_three_ways() -> anyhow::Result<()> {
    let world = World::with_ads(60).await?;
    let campaigns = world.all(&format!("{ADDED}/campaigns"), &[]).await?;
    let campaign = text(&campaigns[0], "id");
    let fields = ("fields", "campaign_id,adset_id");

    let own = world.all(&format!("{campaign}/ads"), &[fields]).await?;
    let mut filtered = Vec::new();
    for field in ["campaign.id", "campaign_id"] {
        let filter = json!([{"field": field, "operator": "IN", "value": [campaign]}]).to_string();
        let query = [fields, ("filtering", filter.as_str())];
        filtered.push(world.all(&format!("{ADDED}/ads"), &query).await?);
    }
    let ad_sets = world.all(&format!("{campaign}/adsets"), &[]).await?;
    let of_ad_set = world
        .all(&format!("{}/ads", text(&ad_sets[0], "id")), &[fields])
        .await?;

    assert_eq!(own.len(), 20);
    assert!(own.iter().all(|ad| ad["campaign_id"] == campaign.as_str()));
    assert_eq!(filtered, [own.clone(), own]);
    assert_eq!(of_ad_set.len(), 10);
    Ok(())
}

#[tokio::test]
async fn copy_and_destinations_come_in_every_place_they_are_known_in() -> anyhow::Result<()> {
    let world = World::with_ads(100).await?;
    let query = [
        (
            "fields",
            "creative{link_url,object_story_spec,asset_feed_spec}",
        ),
        ("limit", "500"),
    ];

    let ads = world.all(&format!("{ADDED}/ads"), &query).await?;

    for place in [
        "/creative/link_url",
        "/creative/object_story_spec/link_data/message",
        "/creative/object_story_spec/link_data/link",
        "/creative/object_story_spec/link_data/call_to_action/value/link",
        "/creative/object_story_spec/video_data/message",
        "/creative/object_story_spec/video_data/call_to_action/value/link",
        "/creative/object_story_spec/page_welcome_message/text",
        "/creative/asset_feed_spec/link_urls/1",
        "/creative/asset_feed_spec/link_urls/1/website_url",
    ] {
        let text = ads.iter().filter_map(|ad| ad.pointer(place));
        assert!(
            text.clone().any(Value::is_string) || place.ends_with('1'),
            "{place}"
        );
        assert!(text.count() > 0, "{place}");
    }
    assert!(
        ads.iter().any(|ad| ad.get("creative").is_none()),
        "an ad without a creative"
    );
    Ok(())
}

#[tokio::test]
async fn one_of_twenty_thousand_ads_is_found_without_making_them_all() -> anyhow::Result<()> {
    let world = World::with_ads(20_000).await?;
    let page = world
        .graph(
            &format!("{ADDED}/ads"),
            &[("fields", "name"), ("limit", "1")],
        )
        .await?
        .1;
    let id = text(&page["data"][0], "id");
    let filter = json!([{"field": "id", "operator": "IN", "value": [id]}]).to_string();
    let query = [
        ("fields", "name,creative{object_type}"),
        ("filtering", &filter),
    ];

    let (_, found) = world.graph(&format!("{ADDED}/ads"), &query).await?;
    let (status, _) = world.graph("120320010000020001", &[]).await?;

    assert_eq!(found["data"][0]["name"], page["data"][0]["name"]);
    assert_eq!(status, 400, "the number after the last ad names nothing");
    Ok(())
}
