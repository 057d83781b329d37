//! Tokens: what they may read, how they end, and what is kept of the requests they came with.

use serde_json::{Value, json};
use sundial_local::meta::{TOKEN, catalogue::ACCOUNT};

use crate::world::{ADDED, NOW, World, text};

const MINE: &str = "EAAmine";

async fn given_token(world: &World, more: Value) -> anyhow::Result<()> {
    let mut token = json!({"token": MINE, "accounts": [ADDED]});
    for (name, value) in more.as_object().into_iter().flatten() {
        token
            .as_object_mut()
            .map(|token| token.insert(name.clone(), value.clone()));
    }
    world.control("tokens", token).await
}

async fn exchange(world: &World, old: &str) -> anyhow::Result<(u16, Value)> {
    let query = [
        ("grant_type", "fb_exchange_token"),
        ("client_id", "1"),
        ("client_secret", "s"),
        ("fb_exchange_token", old),
    ];
    world.post("oauth/access_token", &query).await
}

#[tokio::test]
async fn a_registered_token_reads_its_accounts_and_no_other() -> anyhow::Result<()> {
    let world = World::with_ads(2).await?;
    given_token(&world, json!({})).await?;

    let (own, _) = world.graph_as(MINE, &format!("{ADDED}/insights")).await?;
    let (_, listed) = world.graph_as(MINE, "me/adaccounts").await?;
    let (_, account) = world.graph_as(MINE, &format!("{ACCOUNT}/insights")).await?;
    let ad = &world.meta.samples()[0].ad_id;
    let (_, ad) = world.graph_as(MINE, ad).await?;
    given_token(&world, json!({"scopes": ["business_management"]})).await?;
    let (_, unscoped) = world.graph_as(MINE, ADDED).await?;

    assert_eq!(own, 200);
    assert_eq!(listed["data"], json!([{"id": ADDED}]));
    assert_eq!(account["error"]["code"], 200);
    assert_eq!(ad["error"]["error_subcode"], 33);
    assert_eq!(unscoped["error"]["code"], 200, "not without ads_read");
    Ok(())
}

#[tokio::test]
async fn a_token_ends_when_it_expires_or_is_revoked() -> anyhow::Result<()> {
    let world = World::with_ads(2).await?;
    given_token(&world, json!({"expires_in_seconds": 60})).await?;
    let now = NOW.parse::<chrono::DateTime<chrono::Utc>>()?;

    let (good, _) = world.graph_as(MINE, ADDED).await?;
    world
        .meta
        .set_now(Some(now + chrono::TimeDelta::seconds(60)));
    let (_, expired) = world.graph_as(MINE, ADDED).await?;
    given_token(&world, json!({})).await?;
    world
        .control("tokens/revoke", json!({"token": MINE}))
        .await?;
    let (_, revoked) = world.graph_as(MINE, ADDED).await?;

    assert_eq!(good, 200);
    let error = |body: &Value| {
        (
            body["error"]["code"].clone(),
            body["error"]["error_subcode"].clone(),
        )
    };
    assert_eq!(error(&expired), (json!(190), json!(463)));
    assert_eq!(error(&revoked), (json!(190), json!(460)));
    Ok(())
}

#[tokio::test]
async fn an_exchange_gives_a_new_token_with_the_same_rights() -> anyhow::Result<()> {
    let world = World::with_ads(2).await?;
    given_token(&world, json!({"expires_in_seconds": 600})).await?;

    let (status, fresh) = exchange(&world, MINE).await?;
    let token = text(&fresh, "access_token");
    let (_, listed) = world.graph_as(&token, "me/adaccounts").await?;
    let (_, unknown) = exchange(&world, "EAAnobodys").await?;
    world.meta.revoke_token(MINE);
    let (_, revoked) = exchange(&world, MINE).await?;
    let (usual, _) = exchange(&world, TOKEN).await?;

    assert_eq!((status, usual), (200, 200));
    assert_ne!(token, MINE);
    assert_eq!(fresh["expires_in"], 5_184_000);
    assert_eq!(listed["data"], json!([{"id": ADDED}]));
    assert_eq!(unknown["error"]["error_subcode"], 463);
    assert_eq!(revoked["error"]["error_subcode"], 460);
    Ok(())
}

#[tokio::test]
async fn a_code_is_good_for_one_token() -> anyhow::Result<()> {
    let world = World::new().await?;
    let query = [
        ("client_id", "1"),
        ("client_secret", "s"),
        ("redirect_uri", "https://a.example/"),
        ("code", "c"),
    ];

    let (first, body) = world.graph("oauth/access_token", &query).await?;
    let (second, _) = world.graph("oauth/access_token", &query).await?;
    let (_, nobody) = world.graph("oauth/access_token", &query[1..]).await?;

    assert_eq!((first, second), (200, 400));
    assert!(text(&body, "access_token").starts_with("EAA"));
    assert_eq!(nobody["error"]["code"], 101);
    Ok(())
}

#[tokio::test]
async fn a_token_is_inspected_whether_it_is_good_or_not() -> anyhow::Result<()> {
    let world = World::with_ads(1).await?;
    given_token(
        &world,
        json!({"expires_in_seconds": 60, "scopes": ["ads_read", "x"]}),
    )
    .await?;
    let inspect = async || -> anyhow::Result<(u16, Value)> {
        let query = [("input_token", MINE), ("access_token", "77|secret")];
        let (status, body) = world.post("debug_token", &query).await?;
        Ok((status, body["data"].clone()))
    };

    let (_, good) = inspect().await?;
    world.meta.revoke_token(MINE);
    let (status, bad) = inspect().await?;

    let now = NOW.parse::<chrono::DateTime<chrono::Utc>>()?.timestamp();
    assert_eq!(good["is_valid"], true);
    assert_eq!(good["expires_at"], now + 60);
    assert_eq!(good["scopes"], json!(["ads_read", "x"]));
    assert_eq!((status, &bad["is_valid"]), (200, &json!(false)));
    assert_eq!(bad["error"]["subcode"], 460);
    Ok(())
}

#[tokio::test]
async fn every_request_is_kept_with_address_headers_and_body_apart() -> anyhow::Result<()> {
    let world = World::with_ads(1).await?;
    given_token(&world, json!({})).await?;
    world.graph(ADDED, &[("fields", "name")]).await?;
    exchange(&world, MINE).await?;

    let seen = world.meta.seen();

    assert_eq!(seen.len(), 2, "what was asked of /_control is left out");
    assert_eq!(seen[0].line, format!("GET /v25.0/{ADDED}?fields=name"));
    assert!(
        seen[0]
            .headers
            .contains(&format!("authorization: Bearer {TOKEN}\n"))
    );
    assert!(!seen.iter().any(|request| request.line.contains("EAA")));
    assert!(seen[1].body.contains(MINE));
    world.forget("seen").await?;
    assert_eq!(world.meta.seen(), []);
    Ok(())
}
