//! Tokens of an identity provider, with keys that are made here and published by a stand-in.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
use axum::http::StatusCode;
use chrono::TimeDelta;
use dispatcher::{State, Tokens};
use jsonwebtoken::{Algorithm, EncodingKey, Header, jwk::Jwk};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use shared::config::Oidc;
use sqlx::PgPool;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

use crate::world::{TOKEN, World, with};

const ISSUER: &str = "https://id.example.com";
const AUDIENCE: &str = "sundial";

/// A key of the provider.
struct Key {
    kid: &'static str,
    signs: EncodingKey,
    published: Value,
}

impl Key {
    fn new(kid: &'static str) -> anyhow::Result<Self> {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let signs = EncodingKey::from_ec_der(pkcs8.as_ref());
        Self::of(kid, signs, Algorithm::ES256)
    }

    fn rsa(kid: &'static str) -> anyhow::Result<Self> {
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048)?;
        let der: Pkcs8V1Der<'_> = pair.as_der()?;
        // PKCS #1 is what is left of PKCS #8 without its head, which is as long for all keys of this size.
        let pkcs1 = der.as_ref().get(26..).unwrap_or_default();
        Self::of(kid, EncodingKey::from_rsa_der(pkcs1), Algorithm::RS256)
    }

    fn of(kid: &'static str, signs: EncodingKey, algorithm: Algorithm) -> anyhow::Result<Self> {
        let mut jwk = Jwk::from_encoding_key(&signs, algorithm)?;
        jwk.common.key_id = Some(kid.to_owned());
        let published = serde_json::to_value(jwk)?;
        Ok(Self {
            kid,
            signs,
            published,
        })
    }

    fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        self.sign_as(Algorithm::ES256, claims)
    }

    fn sign_as(&self, algorithm: Algorithm, claims: &Value) -> anyhow::Result<String> {
        let mut header = Header::new(algorithm);
        header.kid = Some(self.kid.to_owned());
        Ok(jsonwebtoken::encode(&header, claims, &self.signs)?)
    }
}

/// A provider, and a dispatcher that takes its tokens.
struct Desk {
    world: World,
    server: MockServer,
}

impl Desk {
    async fn new(pool: PgPool, organization_claim: Option<&str>) -> anyhow::Result<Self> {
        let server = MockServer::start().await;
        let mut world = World::new(pool)?;
        let provider = Oidc {
            issuer: ISSUER.to_owned(),
            jwks_url: format!("{}/keys", server.uri()).parse()?,
            audience: AUDIENCE.to_owned(),
            role_claim: "/app/roles".to_owned(),
            roles: [
                ("staff", "operator"),
                ("owners", "admin"),
                ("guests", "viewer"),
            ]
            .map(|(value, role)| (value.to_owned(), role.to_owned()))
            .into(),
            organization_claim: organization_claim.map(str::to_owned),
        };
        let tokens = Tokens::new(vec![Sha256::digest(TOKEN).into()]);
        world.router = dispatcher::router(State {
            tokens: tokens.with_provider(provider),
            ..world.state.clone()
        });
        Ok(Self { world, server })
    }

    async fn publishes(&self, keys: &[&Key]) {
        let keys: Vec<_> = keys.iter().map(|key| &key.published).collect();
        // What is no key that we know takes nothing from the others.
        let unknown = json!({ "kty": "new" });
        let keys: Vec<_> = [&unknown].into_iter().chain(keys).collect();
        let keys = json!({ "keys": keys });
        self.server.reset().await;
        Mock::given(method("GET"))
            .and(path("/keys"))
            .respond_with(ResponseTemplate::new(200).set_body_json(keys))
            .mount(&self.server)
            .await;
    }

    async fn asked(&self) -> usize {
        let requests = self.server.received_requests().await;
        requests.unwrap_or_default().len()
    }

    fn claims(&self) -> Value {
        let now = self.world.now().timestamp();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "u-1", "exp": now + 600, "nbf": now - 5,
            "email": "ada@example.com", "app": { "roles": ["guests", "staff", "else"] },
        })
    }

    async fn status(&self, token: &str) -> anyhow::Result<u16> {
        let call = ("GET", "/api/jobs");
        let answer = self.world.call(Some(token), call, None).await?;
        Ok(answer.status.as_u16())
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn whom_the_provider_vouches_for_calls_in_their_highest_role(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let (ec, rsa) = (Key::new("ec")?, Key::rsa("rsa")?);
    desk.publishes(&[&ec, &rsa]).await;
    let job = desk.world.given_daily_job().await?;
    let token = ec.sign(&desk.claims())?;

    let pause = format!("/api/jobs/{job}/pause");
    let paused = desk
        .world
        .call(Some(&token), ("POST", &pause), None)
        .await?;
    let kept_out = desk
        .world
        .call(Some(&token), ("GET", "/api/tokens"), None)
        .await?;

    assert_eq!(paused.status, StatusCode::OK, "{paused:?}");
    assert_eq!(kept_out.status, StatusCode::FORBIDDEN);
    let changes = desk.world.get(&format!("/api/jobs/{job}/changes")).await?;
    assert_eq!(
        changes.text("/changes/0/changed_by"),
        "user u-1 (ada@example.com)"
    );
    let owner = with(desk.claims(), &json!({ "app": { "roles": "owners" } }));
    let owner = rsa.sign_as(Algorithm::RS256, &owner)?;
    let admitted = desk
        .world
        .call(Some(&owner), ("GET", "/api/tokens"), None)
        .await?;
    assert_eq!(admitted.status, StatusCode::OK, "{admitted:?}");
    assert_eq!(desk.asked().await, 1, "keys are kept");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_token_that_is_not_meant_for_us_now_is_nobodys(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let (key, other) = (Key::new("ours")?, Key::new("ours")?);
    desk.publishes(&[&key]).await;
    let now = desk.world.now().timestamp();
    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 200);

    for change in [
        json!({ "iss": "https://id.example.com/" }),
        json!({ "iss": null }),
        json!({ "aud": "others" }),
        json!({ "aud": null }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "exp": null }),
        json!({ "exp": (now + 600).to_string() }),
        json!({ "exp": now - 60 }),
        json!({ "nbf": now + 61 }),
        json!({ "nbf": "soon" }),
        json!({ "app": {} }),
        json!({ "app": { "roles": ["else"] } }),
    ] {
        let token = key.sign(&with(desk.claims(), &change))?;
        assert_eq!(desk.status(&token).await?, 401, "{change}");
    }
    for change in [
        json!({ "exp": now - 59 }),
        json!({ "nbf": now + 60 }),
        json!({ "aud": ["others", AUDIENCE] }),
    ] {
        let token = key.sign(&with(desk.claims(), &change))?;
        assert_eq!(desk.status(&token).await?, 200, "{change}");
    }
    let forged = other.sign(&desk.claims())?;
    assert_eq!(
        desk.status(&forged).await?,
        401,
        "another key of the same name"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn keys_that_everybody_knows_sign_nothing(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let secret = Key {
        kid: "shared",
        signs: EncodingKey::from_secret(b"published"),
        published: json!({ "kty": "oct", "k": "cHVibGlzaGVk", "kid": "shared" }),
    };
    let mut encrypts = Key::new("encrypts")?;
    encrypts.published = with(encrypts.published, &json!({ "use": "enc" }));
    let mut of_another = Key::new("of-another")?;
    of_another.published = with(of_another.published, &json!({ "alg": "ES384" }));
    let key = Key::new("ours")?;
    desk.publishes(&[&secret, &encrypts, &of_another, &key])
        .await;

    let by_secret = secret.sign_as(Algorithm::HS256, &desk.claims())?;
    let good = key.sign(&desk.claims())?;
    let parts: Vec<_> = good.split('.').collect();
    // {"alg":"none","kid":"ours"}
    let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoib3VycyJ9.{}.", parts[1]);
    let stripped = format!("{}.{}.", parts[0], parts[1]);
    for token in [
        by_secret,
        encrypts.sign(&desk.claims())?,
        of_another.sign(&desk.claims())?,
        unsigned,
        stripped,
        format!("{good}A"),
        "..".to_owned(),
        format!("{}.a.a", "a".repeat(20_000)),
    ] {
        assert_eq!(desk.status(&token).await?, 401, "{token}");
    }
    assert_eq!(desk.status(&good).await?, 200);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_new_key_is_found_and_strangers_cannot_make_us_ask_for_more(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let (old, new, strange) = (Key::new("old")?, Key::new("new")?, Key::new("strange")?);
    desk.publishes(&[&old]).await;
    assert_eq!(desk.status(&old.sign(&desk.claims())?).await?, 200);

    desk.publishes(&[&old, &new]).await;
    for _ in 0..3 {
        assert_eq!(desk.status(&strange.sign(&desk.claims())?).await?, 401);
    }
    assert_eq!(desk.asked().await, 0, "within a minute");
    desk.world.pass(TimeDelta::minutes(1));

    assert_eq!(desk.status(&new.sign(&desk.claims())?).await?, 200);
    assert_eq!(desk.status(&strange.sign(&desk.claims())?).await?, 401);
    assert_eq!(desk.asked().await, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn keys_outlast_an_outage_and_not_their_withdrawal(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let key = Key::new("ours")?;
    let silent = desk
        .world
        .call(Some(&key.sign(&desk.claims())?), ("GET", "/api/jobs"), None)
        .await?;
    assert_eq!(silent.status, StatusCode::SERVICE_UNAVAILABLE, "{silent:?}");
    desk.world.pass(TimeDelta::minutes(1));
    desk.publishes(&[&key]).await;
    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 200);

    desk.server.reset().await;
    desk.world.pass(TimeDelta::hours(2));
    assert_eq!(
        desk.status(&key.sign(&desk.claims())?).await?,
        200,
        "an outage"
    );
    desk.publishes(&[]).await;
    desk.world.pass(TimeDelta::minutes(1));
    assert_eq!(
        desk.status(&key.sign(&desk.claims())?).await?,
        401,
        "withdrawn"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn keys_that_cannot_be_read_for_a_day_are_good_no_more(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, None).await?;
    let key = Key::new("ours")?;
    desk.publishes(&[&key]).await;
    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 200);

    desk.server.reset().await;
    desk.world.pass(TimeDelta::hours(24));

    assert_eq!(desk.status(&key.sign(&desk.claims())?).await?, 503);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_person_of_an_organisation_reaches_its_rows_alone(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool, Some("/app/organization")).await?;
    let key = Key::new("ours")?;
    desk.publishes(&[&key]).await;
    let (own, other) = (
        desk.world.given_tenant().await?,
        desk.world.given_tenant().await?,
    );
    let app = json!({ "roles": ["staff"], "organization": own.organization });
    let token = key.sign(&with(desk.claims(), &json!({ "app": app })))?;

    for (job, status) in [(own.job, 200), (other.job, 404)] {
        let path = format!("/api/jobs/{job}");
        let answer = desk.world.call(Some(&token), ("GET", &path), None).await?;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
    }
    for app in [
        json!({ "roles": ["staff"] }),
        json!({ "roles": ["staff"], "organization": "acme" }),
        json!({ "roles": ["staff"], "organization": null }),
    ] {
        let token = key.sign(&with(desk.claims(), &json!({ "app": app })))?;
        assert_eq!(desk.status(&token).await?, 401, "{app}");
    }
    Ok(())
}
