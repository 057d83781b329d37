//! Tokens: giving them out, what they are good for, and for how long.

use axum::http::{StatusCode, header};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::domain::Role;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World};

async fn jobs_with(world: &World, token: &str) -> anyhow::Result<StatusCode> {
    let answer = world.call(Some(token), ("GET", "/api/jobs"), None).await?;
    Ok(answer.status)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_is_shown_once_and_kept_as_its_digest(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = json!({ "name": "deployments", "role": "operator" });

    let made = world.post("/api/tokens", &body).await?;

    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.header(header::CACHE_CONTROL), "no-store");
    let token = made.text("/token");
    let secret = token.strip_prefix("sdl_").unwrap_or_default();
    assert_eq!(secret.len(), 43, "{token}");
    let digest: Vec<u8> = sqlx::query_scalar("select digest from api_tokens")
        .fetch_one(&world.pool)
        .await?;
    assert_eq!(digest, Sha256::digest(&token).to_vec());
    let called = format!("token {} (deployments)", hex::encode(&digest[..4]));
    assert_eq!(made.text("/called"), called);
    for path in ["/api/tokens", made.header(header::LOCATION)] {
        let answer = world.get(path).await?;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(!answer.body.to_string().contains(secret), "{path}");
        assert!(answer.body.to_string().contains(&called), "{path}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_somebody_changes_carries_their_tokens_name(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let (_, token) = world.given_token(Role::Operator, None).await?;

    let pause = format!("/api/jobs/{job}/pause");
    world.call(Some(&token), ("POST", &pause), None).await?;

    let changes = world.get(&format!("/api/jobs/{job}/changes")).await?;
    let by = changes.text("/changes/0/changed_by");
    assert!(by.starts_with("token "), "{by}");
    assert!(by.ends_with(" (a test)"), "{by}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_ends_when_it_was_to_or_when_it_is_taken_back(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let end = world.now() + TimeDelta::hours(1);
    let body = json!({ "name": "short", "role": "viewer", "expires_at": end });
    let short = world.post("/api/tokens", &body).await?.text("/token");
    let (id, other) = world.given_token(Role::Viewer, None).await?;
    assert_eq!(jobs_with(&world, &short).await?, StatusCode::OK);

    world.pass(TimeDelta::hours(1));
    let path = format!("/api/tokens/{id}");
    for _ in 0..2 {
        let revoked = world.delete(&path).await?;
        assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    }

    assert_eq!(jobs_with(&world, &short).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(jobs_with(&world, &other).await?, StatusCode::UNAUTHORIZED);
    let list = world.get("/api/tokens").await?;
    assert_eq!(list.at("/tokens/0/status"), "revoked");
    assert_eq!(list.at("/tokens/1/status"), "expired");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_last_use_is_noted_once_a_minute(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (id, token) = world.given_token(Role::Viewer, None).await?;
    let path = format!("/api/tokens/{id}");
    let mut seen = vec![];

    for seconds in [0, 59, 1] {
        world.pass(TimeDelta::seconds(seconds));
        jobs_with(&world, &token).await?;
        seen.push(world.get(&path).await?.text("/last_used_at"));
    }

    let wanted = [
        "2026-11-20T12:30:00Z",
        "2026-11-20T12:30:00Z",
        "2026-11-20T12:31:00Z",
    ];
    assert_eq!(seen, wanted);
    Ok(())
}

async fn rotated(world: &World, id: Uuid, body: &Value) -> anyhow::Result<Answer> {
    world.post(&format!("/api/tokens/{id}/rotate"), body).await
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_rotated_token_stays_good_for_the_overlap(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let tenant = world.given_tenant().await?;
    let organization = Some(tenant.organization);
    let (id, old) = world.given_token(Role::Operator, organization).await?;

    let made = rotated(&world, id, &json!({ "overlap_seconds": 60 })).await?;

    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let new = made.text("/token");
    assert_eq!(made.text("/role"), "operator");
    assert_eq!(
        made.text("/organization_id"),
        tenant.organization.to_string()
    );
    assert_eq!(
        made.at("/expires_at"),
        &Value::Null,
        "as the old one was meant to"
    );
    for token in [&old, &new] {
        assert_eq!(jobs_with(&world, token).await?, StatusCode::OK);
    }
    let again = rotated(&world, id, &json!({})).await?;
    assert_eq!(again.status, StatusCode::CONFLICT, "{again:?}");
    world.pass(TimeDelta::seconds(60));
    assert_eq!(jobs_with(&world, &old).await?, StatusCode::UNAUTHORIZED);
    assert_eq!(jobs_with(&world, &new).await?, StatusCode::OK);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_rotation_overlaps_by_a_day_and_never_lengthens_the_old_token(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut ends = vec![];

    for hours in [2, 720] {
        let end = world.now() + TimeDelta::hours(hours);
        let body = json!({ "name": "a", "role": "viewer", "expires_at": end });
        let id = world.post("/api/tokens", &body).await?.uuid("/id")?;
        world.pass(TimeDelta::hours(1));
        let new = rotated(&world, id, &json!({})).await?.text("/expires_at");
        let old = world.get(&format!("/api/tokens/{id}")).await?;
        for end in [old.text("/expires_at"), new] {
            let end: DateTime<Utc> = end.parse()?;
            ends.push((end - world.now()).num_hours());
        }
    }

    assert_eq!(ends, [1, 2, 24, 720]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_that_cannot_be_given_out_is_refused_by_its_field(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (id, _) = world.given_token(Role::Viewer, None).await?;
    for (body, field) in [
        (json!({ "role": "viewer" }), "name"),
        (json!({ "name": "a" }), "role"),
        (json!({ "name": "a", "role": "owner" }), "role"),
        (json!({ "name": " ", "role": "viewer" }), "name"),
        (json!({ "name": "x".repeat(101), "role": "viewer" }), "name"),
        (
            json!({ "name": "a", "role": "viewer", "expires_at": world.now() }),
            "expires_at",
        ),
        (
            json!({ "name": "a", "role": "viewer", "organization_id": Uuid::nil() }),
            "organization_id",
        ),
        (
            json!({ "name": "a", "role": "viewer", "digest": "" }),
            "digest",
        ),
    ] {
        let answer = world.post("/api/tokens", &body).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.fields(), [field], "{body}");
    }

    let answer = rotated(&world, id, &json!({ "overlap_seconds": 2_592_001 })).await?;
    assert_eq!(answer.fields(), ["overlap_seconds"]);
    assert_eq!(world.count("api_tokens").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn tokens_are_listed_newest_first_a_page_at_a_time(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut made = vec![];
    for _ in 0..3 {
        made.insert(0, world.given_token(Role::Viewer, None).await?.0);
        world.pass(TimeDelta::seconds(1));
    }

    let first = world.get("/api/tokens?limit=2").await?;
    let next = first.text("/next_after");
    let second = world
        .get(&format!("/api/tokens?limit=2&after={next}"))
        .await?;

    let listed = [
        first.uuid("/tokens/0/id")?,
        first.uuid("/tokens/1/id")?,
        second.uuid("/tokens/0/id")?,
    ];
    assert_eq!(listed.to_vec(), made);
    assert_eq!(second.at("/next_after"), &Value::Null);
    assert_eq!(second.at("/tokens/1"), &Value::Null);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organisations_administrator_has_to_do_with_its_tokens_alone(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let (of_installation, _) = world.given_token(Role::Admin, None).await?;
    let (id, admin) = world
        .given_token(Role::Admin, Some(own.organization))
        .await?;
    let admin = Some(admin.as_str());

    let list = world.call(admin, ("GET", "/api/tokens"), None).await?;
    assert_eq!(list.uuid("/tokens/0/id")?, id);
    assert_eq!(list.uuid("/tokens/1/id")?, own.token);
    for token in list.at("/tokens").as_array().into_iter().flatten() {
        let organization = token.pointer("/organization_id");
        assert_eq!(organization, Some(&json!(own.organization)), "{list:?}");
    }
    for token in [other.token, of_installation] {
        let path = format!("/api/tokens/{token}");
        let rotate = format!("{path}/rotate");
        for call in [("GET", &*path), ("DELETE", &path), ("POST", &rotate)] {
            let answer = world.call(admin, call, None).await?;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{call:?}");
        }
    }
    let filter = format!("/api/tokens?organization_id={}", other.organization);
    let answer = world.call(admin, ("GET", &filter), None).await?;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let body = json!({ "name": "a", "role": "admin", "organization_id": other.organization });
    let refused = world
        .call(admin, ("POST", "/api/tokens"), Some(&body))
        .await?;
    assert_eq!(refused.fields(), ["organization_id"]);
    let body = json!({ "name": "a", "role": "admin" });
    let made = world
        .call(admin, ("POST", "/api/tokens"), Some(&body))
        .await?;
    assert_eq!(made.uuid("/organization_id")?, own.organization, "{made:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_id_is_given_out_once_and_tells_nothing_of_another_organizations(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let (_, admin) = world
        .given_token(Role::Admin, Some(own.organization))
        .await?;
    let admin = Some(admin.as_str());
    let body = json!({ "name": "nightly", "role": "viewer", "id": Uuid::now_v7() });
    let foreign = json!({ "name": "nightly", "role": "viewer", "id": other.token });

    let call = ("POST", "/api/tokens");
    let first = world.call(admin, call, Some(&body)).await?;
    let again = world.call(admin, call, Some(&body)).await?;
    let foreign = world.call(admin, call, Some(&foreign)).await?;

    assert_eq!(first.status, StatusCode::CREATED, "{first:?}");
    assert_eq!(first.at("/id"), &body["id"]);
    assert_eq!(again.status, StatusCode::CONFLICT, "{again:?}");
    assert_eq!(foreign.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(foreign.fields(), ["id"], "{foreign:?}");
    Ok(())
}
