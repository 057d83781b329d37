//! What browsers are told, and the files that pages need.

use axum::http::{StatusCode, header};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgPool;

use crate::world::{TOKEN, World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_page_is_kept_to_its_own_files_and_in_no_cache(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;

    for path in [
        "/console",
        "/console/sign-in",
        "/console/nothing",
        "/console/jobs/x",
    ] {
        let page = world.get(path).await?;
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'sha256-",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(page.header(header::REFERRER_POLICY), "same-origin");
        assert_eq!(page.header(header::CACHE_CONTROL), "no-store", "{path}");
        assert_eq!(
            page.header(header::CONTENT_TYPE),
            "text/html; charset=utf-8"
        );
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn assets_are_kept_for_a_year_under_names_of_their_own(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let door = world.get("/console/sign-in").await?;
    let mut found = 0;

    for quoted in door.text.split('"') {
        if !quoted.starts_with("/console/assets/") {
            continue;
        }
        let asset = world.get(quoted).await?;
        assert_eq!(asset.status, StatusCode::OK, "{quoted}");
        let kept = asset.header(header::CACHE_CONTROL);
        assert_eq!(kept, "public, max-age=31536000, immutable");
        assert_ne!(asset.header(header::CONTENT_TYPE), "");
        found += 1;
    }

    assert_eq!(found, 2, "script and icon");
    let other = world
        .get("/console/assets/console.0000000000000000.js")
        .await?;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_page_has_the_one_style_and_no_script_of_its_own(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;

    for path in [
        "/console",
        "/console/jobs",
        "/console/jobs/new?type=meta_sync",
        "/console/runs",
        &format!("/console/runs/{run}"),
        "/console/freshness",
    ] {
        let page = world.get(path).await?;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert_eq!(page.text.matches("<script").count(), 1, "{path}");
        page.assert_says("<script src=\"/console/assets/console.");
        let style = page.text.split("<style>").nth(1);
        let style = style.and_then(|it| it.split("</style>").next());
        let digest = BASE64_STANDARD.encode(Sha256::digest(style.unwrap_or_default()));
        let policy = page.header(header::CONTENT_SECURITY_POLICY);
        assert!(
            policy.contains(&format!("style-src 'sha256-{digest}'")),
            "{policy}"
        );
        assert_eq!(page.text.matches("<style").count(), 1, "{path}");
        page.assert_does_not_say("stylesheet");
        for inline in [" style=", " onclick=", "javascript:"] {
            page.assert_does_not_say(inline);
        }
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_there_is_a_page_that_says_so(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let id = uuid::Uuid::new_v4();

    for (path, status) in [
        ("/console/nothing".to_owned(), StatusCode::NOT_FOUND),
        (format!("/console/jobs/{id}"), StatusCode::NOT_FOUND),
        (format!("/console/jobs/{id}/edit"), StatusCode::NOT_FOUND),
        (format!("/console/jobs/{id}/run"), StatusCode::NOT_FOUND),
        (format!("/console/runs/{id}"), StatusCode::NOT_FOUND),
        (
            format!("/console/retry-batches/{id}"),
            StatusCode::NOT_FOUND,
        ),
        ("/console/jobs/x".to_owned(), StatusCode::BAD_REQUEST),
        (
            "/console/jobs?colour=red".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        ("/console/jobs?after=x".to_owned(), StatusCode::BAD_REQUEST),
        (
            format!("/console/jobs/{id}/pause"),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
    ] {
        let page = world.get(&path).await?;
        assert_eq!(page.status, status, "{path}");
        page.assert_says("role=\"alert\"");
        page.assert_says("Sign out");
    }
    assert_eq!(world.get("/console/").await?.location(), "/console");
    world.db.close().await;
    let page = world.get("/console").await?;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.assert_says("does not answer");
    assert_ne!(page.header(header::RETRY_AFTER), "");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_function_url_carries_cookies_in_both_directions(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let event = |method: &str, path: &str, cookies: &[&str], body: &str| {
        json!({
            "version": "2.0", "rawPath": path, "rawQueryString": "", "cookies": cookies,
            "headers": { "content-type": "application/x-www-form-urlencoded", "host": "x.example",
                         "x-forwarded-proto": "https" },
            "requestContext": { "http": { "method": method, "path": path } },
            "body": body, "isBase64Encoded": false,
        })
    };
    let token = format!("token={}", TOKEN.replace(' ', "+"));

    let entered = event("POST", "/console/sign-in", &[], &token);
    let entered = world.event(entered).await?;
    let cookie = entered.cookies.first().cloned().unwrap_or_default();
    let cookie = cookie.split(';').next().unwrap_or_default();
    let looked = event("GET", "/console", &["other=1", cookie], "");
    let looked = world.event(looked).await?;

    assert_eq!(entered.status_code, 303);
    assert!(!entered.headers.contains_key(header::SET_COOKIE));
    assert!(cookie.starts_with("__Host-sundial="), "{cookie}");
    assert_eq!(looked.status_code, 200);
    Ok(())
}
