//! Days, cursors and refusals of insights.

use serde_json::json;
use sundial_local::meta::catalogue::ACCOUNT;

use crate::world::{ADDED, World, range, text};

#[tokio::test]
async fn today_is_that_of_the_account() -> anyhow::Result<()> {
    let world = World::new().await?;
    world
        .control("clock", json!({"now": "2026-11-20T12:00:00Z"}))
        .await?;
    world
        .control(
            "accounts",
            json!({"id": ADDED, "timezone": "Pacific/Auckland"}),
        )
        .await?;

    for (account, day) in [(ADDED, "2026-11-21"), (ACCOUNT, "2026-11-20")] {
        let query = [("date_preset", "today"), ("level", "account")];
        let (_, page) = world.graph(&format!("{account}/insights"), &query).await?;
        assert_eq!(page["data"][0]["date_start"], day, "{account}");
    }
    Ok(())
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_request_only() -> anyhow::Result<()> {
    let world = World::with_ads(30).await?;
    let path = format!("{ADDED}/insights");
    let base = [("level", "ad"), ("fields", "ad_id"), ("limit", "5")];
    let (_, page) = world.graph(&path, &base).await?;
    let after = text(&page["paging"]["cursors"], "after");

    let mut other = vec![
        ("after", after.as_str()),
        ("level", "ad"),
        ("fields", "ad_id,spend"),
    ];
    let (refused, body) = world.graph(&path, &other).await?;
    other[2] = ("fields", "ad_id");
    let (accepted, _) = world.graph(&path, &other).await?;

    assert_eq!((refused, &body["error"]["code"]), (400, &json!(100)));
    assert_eq!(accepted, 200, "the limit may change on the way");
    Ok(())
}

#[tokio::test]
async fn the_last_page_has_cursors_and_no_next() -> anyhow::Result<()> {
    let world = World::with_ads(10).await?;
    let query = [("level", "ad"), ("fields", "ad_id"), ("limit", "5")];
    let path = format!("{ADDED}/insights");
    let (_, first) = world.graph(&path, &query).await?;
    let after = text(&first["paging"]["cursors"], "after");
    let mut query = query.to_vec();
    query.push(("after", after.as_str()));
    let (_, last) = world.graph(&path, &query).await?;

    assert!(text(&first["paging"], "next").contains("access_token=LEAKED-IF-FOLLOWED"));
    assert!(last["paging"]["next"].is_null(), "{last}");
    assert!(last["paging"]["cursors"]["after"].is_string(), "{last}");
    Ok(())
}

#[tokio::test]
async fn what_insights_refuse_is_refused_as_meta_does() -> anyhow::Result<()> {
    let world = World::with_ads(3).await?;
    let early = range("2023-10-19", "2023-10-20");
    let cases = [
        (("fields", "spend,shoe_size"), 100, None, "shoe_size"),
        (
            ("breakdowns", "age,publisher_platform"),
            2,
            Some(1_504_041),
            "age",
        ),
        (("breakdowns", "shoe_size"), 100, None, "shoe_size"),
        (("time_range", early.as_str()), 3018, None, "37 months"),
        (
            ("action_attribution_windows", r#"["7d_view"]"#),
            100,
            None,
            "7d_view",
        ),
        (("time_increment", "91"), 100, None, "time_increment"),
        (("level", "shop"), 100, None, "level"),
        (("after", "QVFI5"), 100, None, "cursor"),
    ];
    for (parameter, code, subcode, names) in cases {
        let (status, body) = world
            .graph(&format!("{ADDED}/insights"), &[parameter])
            .await?;
        let error = &body["error"];
        assert_eq!(status, 400, "{parameter:?}: {body}");
        assert_eq!(error["code"], code, "{parameter:?}: {body}");
        assert_eq!(error["error_subcode"].as_u64(), subcode, "{parameter:?}");
        assert!(
            text(error, "message").contains(names),
            "{parameter:?}: {body}"
        );
    }
    Ok(())
}
