//! Signing in with a token of the identity provider.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use axum::http::StatusCode;
use chrono::TimeDelta;
use dispatcher::{State, Tokens};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::json;
use sha2::{Digest, Sha256};
use shared::config::Oidc;
use sqlx::PgPool;
use uuid::Uuid;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::world::{TOKEN, World};

/// A browser, and a provider with one key.
struct Desk {
    world: World,
    key: EncodingKey,
    _server: MockServer,
}

impl Desk {
    async fn new(pool: PgPool, organization_claim: Option<&str>) -> anyhow::Result<Self> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)?;
        let key = EncodingKey::from_ec_der(pkcs8.as_ref());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256)?;
        jwk.common.key_id = Some("ours".to_owned());
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "keys": [jwk] })))
            .mount(&server)
            .await;
        let mut world = World::new(pool)?;
        let tokens = Tokens::new(vec![Sha256::digest(TOKEN).into()]);
        world.state.tokens = tokens.with_provider(Oidc {
            issuer: "https://id.example.com".to_owned(),
            jwks_url: server.uri().parse()?,
            audience: "sundial".to_owned(),
            role_claim: "/role".to_owned(),
            roles: vec![("staff".to_owned(), "operator".to_owned())],
            organization_claim: organization_claim.map(str::to_owned),
        });
        world.router = dispatcher::router(world.state.clone());
        Ok(Self {
            world,
            key,
            _server: server,
        })
    }

    /// A token that ends after `lasts`.
    fn token(&self, lasts: TimeDelta, organization: Option<Uuid>) -> anyhow::Result<String> {
        let claims = json!({
            "iss": "https://id.example.com", "aud": "sundial", "sub": "u-1", "role": "staff",
            "exp": (self.world.clock.now() + lasts).timestamp(), "organization": organization,
        });
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("ours".to_owned());
        Ok(jsonwebtoken::encode(&header, &claims, &self.key)?)
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_session_of_a_person_ends_with_their_token(pool: PgPool) -> anyhow::Result<()> {
    let mut desk = Desk::new(pool, None).await?;
    let token = desk.token(TimeDelta::hours(1), None)?;

    desk.world.sign_in_with(&token).await?;

    let page = desk.world.get("/console").await?;
    page.assert_says("user u-1, operator");
    let page = desk.world.get("/console/tokens").await?;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    desk.world.pass(TimeDelta::minutes(59));
    assert_eq!(desk.world.get("/console").await?.status, StatusCode::OK);
    desk.world.pass(TimeDelta::minutes(1));
    assert_eq!(
        desk.world.get("/console").await?.location(),
        "/console/sign-in"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_that_ends_late_opens_no_longer_session_than_others(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut desk = Desk::new(pool, None).await?;
    let token = desk.token(TimeDelta::days(30), None)?;

    desk.world.sign_in_with(&token).await?;

    desk.world.pass(TimeDelta::hours(12));
    assert_eq!(
        desk.world.get("/console").await?.location(),
        "/console/sign-in"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_that_is_over_and_one_of_nobodys_organisation_open_none(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool, Some("/organization")).await?;
    let job = desk.world.given_daily_job("Daily").await?;
    let sql = "select organization_id from scheduled_jobs where id = $1";
    let own: Uuid = sqlx::query_scalar(sql)
        .bind(job)
        .fetch_one(&desk.world.pool)
        .await?;

    for (lasts, organization, status) in [
        (TimeDelta::zero(), Some(own), StatusCode::FORBIDDEN),
        (
            TimeDelta::hours(1),
            Some(Uuid::nil()),
            StatusCode::FORBIDDEN,
        ),
        (TimeDelta::hours(1), None, StatusCode::FORBIDDEN),
        (TimeDelta::hours(1), Some(own), StatusCode::SEE_OTHER),
    ] {
        let token = desk.token(lasts, organization)?;
        let page = desk
            .world
            .submit("/console/sign-in", &[("token", &token)])
            .await?;
        assert_eq!(page.status, status, "{organization:?} {page:?}");
    }
    assert_eq!(desk.world.count("console_sessions").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_its_provider_a_persons_session_is_over(pool: PgPool) -> anyhow::Result<()> {
    let mut desk = Desk::new(pool, None).await?;
    let token = desk.token(TimeDelta::hours(1), None)?;
    desk.world.sign_in_with(&token).await?;

    let tokens = Tokens::new(vec![Sha256::digest(TOKEN).into()]);
    desk.world.router = dispatcher::router(State {
        tokens,
        ..desk.world.state.clone()
    });

    assert_eq!(
        desk.world.get("/console").await?.location(),
        "/console/sign-in"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn who_signed_in_is_listed_among_the_members(pool: PgPool) -> anyhow::Result<()> {
    let mut desk = Desk::new(pool, Some("/organization")).await?;
    let nobody = "Nobody came yet";
    let brand = desk.world.given_brand("Anvils").await?;
    let of = "select organization_id from brands where id = $1";
    let organization: Uuid = sqlx::query_scalar(of)
        .bind(brand)
        .fetch_one(&desk.world.pool)
        .await?;
    desk.world.sign_in_with(TOKEN).await?;
    let empty = desk.world.get("/console/members").await?;
    empty.assert_says(nobody);
    empty.assert_does_not_say("No identity provider");
    let admin = desk.world.cookie.clone();
    let token = desk.token(TimeDelta::hours(1), Some(organization))?;
    desk.world.sign_in_with(&token).await?;
    for path in ["/console", "/console/live"] {
        desk.world.pass(TimeDelta::minutes(10));
        assert_eq!(desk.world.get(path).await?.status, StatusCode::OK);
    }
    let stayed = "members where last_seen_at - first_seen_at = interval '10 min'";
    let stayed = desk.world.count(stayed).await?;
    assert_eq!(stayed, 1, "an open page is nobody who comes");
    desk.world.cookie = admin;

    let page = desk.world.get("/console/members").await?;
    let of = format!("/console/members?organization={organization}");
    let of = desk.world.get(&of).await?;
    let other = format!("/console/members?organization={brand}");
    let other = desk.world.get(&other).await?;

    page.assert_says("user u-1");
    page.assert_says("operator <span class=\"soft clip\">of Acme</span>");
    of.assert_says("user u-1");
    of.assert_says("Members of one organization.");
    other.assert_says(nobody);
    Ok(())
}
