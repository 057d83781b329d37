//! Giving out tokens, and what becomes of sessions that were opened with them.

use axum::http::{Method, StatusCode, header};
use chrono::TimeDelta;
use dispatcher::Tokens;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Page, TOKEN, World};

/// The token that a page shows.
fn token_of(page: &Page) -> String {
    let token = page.text.split("<pre>sdl_").nth(1);
    let token = token.and_then(|rest| rest.split('<').next());
    format!("sdl_{}", token.unwrap_or_default())
}

async fn id_of_the_newest(world: &World) -> anyhow::Result<Uuid> {
    let sql = "select id from api_tokens order by created_at desc, id desc limit 1";
    Ok(sqlx::query_scalar(sql).fetch_one(&world.pool).await?)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_is_given_out_shown_once_rotated_and_revoked(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let page = world.get("/console/tokens").await?;
    page.assert_says("No token was given out");
    assert_eq!(page.field("ends"), "2027-11-20");

    let fields = [
        ("name", "<b>deploy</b>"),
        ("role", "admin"),
        ("ends", "2026-11-30"),
    ];
    let page = world.press("/console/tokens", &fields).await?;

    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert_eq!(page.header(header::CACHE_CONTROL), "no-store");
    let token = token_of(&page);
    assert_eq!(token.len(), 47, "{token}");
    page.assert_does_not_say("<b>deploy</b>");
    let id = id_of_the_newest(&world).await?;
    let end: String = sqlx::query_scalar("select expires_at::date::text from api_tokens")
        .fetch_one(&world.pool)
        .await?;
    assert_eq!(end, "2026-12-01", "the day after the last day");
    world
        .get("/console/tokens")
        .await?
        .assert_does_not_say(&token);
    world.pass(TimeDelta::seconds(1));
    let page = world
        .press(&format!("/console/tokens/{id}/rotate"), &[])
        .await?;
    let next = token_of(&page);
    assert_ne!(next, token);
    world
        .get("/console/tokens")
        .await?
        .assert_says("being replaced");
    let id = id_of_the_newest(&world).await?;
    let page = world
        .press(&format!("/console/tokens/{id}/revoke"), &[])
        .await?;
    assert_eq!(page.location(), "/console/tokens?done=revoked");
    for (token, status) in [
        (token, StatusCode::SEE_OTHER),
        (next, StatusCode::FORBIDDEN),
    ] {
        let page = world
            .submit("/console/sign-in", &[("token", &token)])
            .await?;
        assert_eq!(page.status, status);
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_that_cannot_be_given_out_is_refused_by_its_field(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;

    for (fields, word) in [
        ([("name", ""), ("role", "viewer"), ("ends", "")], "name"),
        ([("name", "a"), ("role", "owner"), ("ends", "")], "role"),
        (
            [("name", "a"), ("role", "viewer"), ("ends", "soon")],
            "ends",
        ),
        (
            [("name", "a"), ("role", "viewer"), ("ends", "2026-11-19")],
            "expires_at",
        ),
    ] {
        let page = world.press("/console/tokens", &fields).await?;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{word}");
        page.assert_says(&format!("<strong>{word}</strong>"));
    }
    assert_eq!(world.count("api_tokens").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_session_ends_with_the_token_it_was_opened_with(pool: PgPool) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;
    let end = world.clock.now() + TimeDelta::hours(1);
    for (way, expires_at) in [("revoked", None), ("expired", Some(end))] {
        let body = json!({ "name": way, "role": "viewer", "expires_at": expires_at });
        let made = world.api(Method::POST, "/api/tokens", &body).await?;
        let token = made.pointer("/token").and_then(|it| it.as_str());
        world.sign_in_with(token.unwrap_or_default()).await?;
        assert_eq!(world.get("/console").await?.status, StatusCode::OK);

        if expires_at.is_some() {
            world.pass(TimeDelta::hours(1));
        } else {
            world
                .sql("update api_tokens set revoked_at = created_at")
                .await?;
        }

        assert_eq!(
            world.get("/console").await?.location(),
            "/console/sign-in",
            "{way}"
        );
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_page_that_is_left_open_takes_nothing_from_its_visitors_quota(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::signed_in(pool).await?;
    let tokens = Tokens::new(vec![Sha256::digest(TOKEN).into()]).limited_to(2);
    world.router = dispatcher::router(dispatcher::State {
        tokens,
        ..world.state.clone()
    });
    let mut statuses = vec![];

    for path in [
        "/console/live",
        "/console/live",
        "/console/live",
        "/console",
        "/console/runs",
        "/console",
    ] {
        let page = world.get(path).await?;
        statuses.push(page.status.as_u16());
        if page.status == StatusCode::TOO_MANY_REQUESTS {
            page.assert_says("<h1>Too many requests</h1>");
            assert_eq!(page.header(header::RETRY_AFTER), "60");
        }
    }

    assert_eq!(statuses, [200, 200, 429, 200, 200, 429]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_with_scopes_is_for_programs(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let fields = [
        ("name", "nightly"),
        ("role", "admin"),
        ("scope", "runs"),
        ("scope", "jobs"),
    ];

    let given = world.press("/console/tokens", &fields).await?;

    let token = token_of(&given);
    let page = world.get("/console/tokens").await?;
    page.assert_says("<span class=\"soft\">only jobs, runs</span>");
    let refused = world
        .press("/console/sign-in", &[("token", token.as_str())])
        .await?;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    refused.assert_says("This token has scopes");
    assert_eq!(world.count("console_sessions").await?, 1, "ours");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_clicks_give_out_one_token(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let id = world.get("/console/tokens").await?.field("id");
    let fields = [("id", id.as_str()), ("name", "nightly"), ("role", "viewer")];

    let first = world.press("/console/tokens", &fields).await?;
    let second = world.press("/console/tokens", &fields).await?;

    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(second.status, StatusCode::CONFLICT, "{second:?}");
    second.assert_says("was given out before");
    second.assert_does_not_say("sdl_");
    assert_eq!(world.count("api_tokens").await?, 1);
    assert_eq!(id_of_the_newest(&world).await?.to_string(), id);
    Ok(())
}
