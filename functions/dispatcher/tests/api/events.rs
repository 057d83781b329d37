//! Function URL events, good and odd.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::world::{TOKEN, World, run_now};

fn event(method: &str, path: &str) -> Value {
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "",
        "headers": { "authorization": format!("Bearer {TOKEN}"), "host": "x.lambda-url.aws" },
        "requestContext": { "http": { "method": method, "path": path } },
        "isBase64Encoded": false,
    })
}

async fn answer(world: &World, event: Value) -> anyhow::Result<(i64, Value)> {
    let answer = dispatcher::answer(world.router.clone(), event).await;
    let answer = serde_json::to_value(answer.map_err(|error| anyhow::anyhow!(error))?)?;
    let status = answer
        .get("statusCode")
        .and_then(Value::as_i64)
        .unwrap_or_default();
    Ok((status, answer))
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_event_is_answered_with_status_headers_and_text(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let mut event = event("POST", "/api/runs");
    event["headers"]["content-type"] = json!("application/json");
    event["body"] = json!(run_now(brand).to_string());

    let (status, answer) = answer(&world, event).await?;

    assert_eq!(status, 202, "{answer}");
    assert_eq!(answer["isBase64Encoded"], false);
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
    assert_eq!(answer["headers"]["location"], body["url"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_body_in_base64_is_read(pool: PgPool) -> anyhow::Result<()> {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let mut event = event("POST", "/api/runs");
    event["headers"]["content-type"] = json!("application/json");
    event["body"] = json!(BASE64_STANDARD.encode(run_now(brand).to_string()));
    event["isBase64Encoded"] = json!(true);

    assert_eq!(answer(&world, event).await?.0, 202);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_query_of_an_event_is_read(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut event = event("GET", "/api/runs");
    event["rawQueryString"] = json!("limit=0");

    assert_eq!(answer(&world, event).await?.0, 400);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn odd_events_are_answered_too(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let changes: [(&str, Value); 9] = [
        ("/isBase64Encoded", json!(true)),
        ("/body", json!({ "a": 1 })),
        ("/body", json!(7)),
        ("/rawPath", json!("no slash")),
        ("/rawPath", json!("/with space\u{0}")),
        ("/rawQueryString", json!("a b\u{7f}")),
        ("/headers/host", json!("[::broken:host")),
        ("/requestContext/http/method", json!("B@D")),
        ("/headers", json!({ "bad header\n": "x" })),
    ];

    for (pointer, value) in changes {
        let mut event = event("POST", "/api/runs");
        event["body"] = json!("%%% not base64 %%%");
        *event.pointer_mut(pointer).unwrap() = value.clone();
        let (status, answer) = answer(&world, event).await?;
        assert!(
            (400..500).contains(&status),
            "{pointer} = {value}: {answer}"
        );
    }
    for event in [
        json!({}),
        json!([]),
        json!(null),
        json!({ "source": "aws.events" }),
    ] {
        assert_eq!(answer(&world, event.clone()).await?.0, 400, "{event}");
    }
    Ok(())
}
