//! How large answers are on their way.

use std::io::Read as _;

use axum::{
    body::Body,
    http::{HeaderMap, Method, header},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use http_body_util::BodyExt;
use serde_json::json;
use sqlx::PgPool;
use tower::ServiceExt;

use crate::world::World;

/// What a browser accepts, and what comes; with the body as it comes.
async fn fetched(
    world: &World,
    path: &str,
    accepted: &str,
) -> anyhow::Result<(HeaderMap, Vec<u8>)> {
    let request = world
        .request(Method::GET, path)
        .header(header::ACCEPT_ENCODING, accepted)
        .body(Body::empty())?;
    let response = world.router.clone().oneshot(request).await?;
    let (parts, body) = response.into_parts();
    Ok((parts.headers, body.collect().await?.to_bytes().to_vec()))
}

fn unpacked(bytes: &[u8]) -> anyhow::Result<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes).read_to_string(&mut text)?;
    Ok(text)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn answers_are_compressed_for_whoever_takes_that(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let style = world.get("/console/sign-in").await?.text;
    let script = style.split("<script src=\"").nth(1);
    let script = script.and_then(|it| it.split('"').next());
    let script = script.unwrap_or_default().to_owned();

    for path in ["/console/sign-in", &script] {
        let plain = world.get(path).await?;
        let (headers, bytes) = fetched(&world, path, "br, gzip;q=0.8, *;q=0.1").await?;
        let (refused, same) = fetched(&world, path, "gzip;q=0, identity").await?;

        assert_eq!(headers[header::CONTENT_ENCODING], "gzip", "{path}");
        assert_eq!(headers[header::VARY], "accept-encoding");
        assert!(bytes.len() * 2 < plain.text.len(), "{} bytes", bytes.len());
        assert_eq!(unpacked(&bytes)?, plain.text);
        assert!(!refused.contains_key(header::CONTENT_ENCODING), "{path}");
        assert_eq!(same, plain.text.as_bytes());
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_function_url_carries_what_is_compressed_as_base64(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = "/console/sign-in";
    let event = json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "",
        "headers": { "accept-encoding": "gzip, deflate", "host": "x.example" },
        "requestContext": { "http": { "method": "GET", "path": path } },
        "isBase64Encoded": false,
    });

    let answer = serde_json::to_value(world.event(event).await?)?;

    assert_eq!(answer["isBase64Encoded"], true);
    assert_eq!(answer["headers"]["content-encoding"], "gzip");
    let body = BASE64_STANDARD.decode(answer["body"].as_str().unwrap_or_default())?;
    assert!(unpacked(&body)?.contains("Sign in"));
    Ok(())
}
