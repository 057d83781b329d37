//! A stand-in of an identity provider, and its keys.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair},
};
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

use crate::world::{TOKEN, World};

pub(super) const ISSUER: &str = "https://id.example.com";
pub(super) const AUDIENCE: &str = "sundial";

/// A key of the provider.
pub(super) struct Key {
    pub(super) kid: &'static str,
    pub(super) signs: EncodingKey,
    pub(super) published: Value,
}

impl Key {
    pub(super) fn new(kid: &'static str) -> anyhow::Result<Self> {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let signs = EncodingKey::from_ec_der(pkcs8.as_ref());
        Self::of(kid, signs, Algorithm::ES256)
    }

    pub(super) fn rsa(kid: &'static str) -> anyhow::Result<Self> {
        let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048)?;
        let der: Pkcs8V1Der<'_> = pair.as_der()?;
        // PKCS #1 is what is left of PKCS #8 without its head, which is as long for all keys of this size.
        let pkcs1 = der.as_ref().get(26..).unwrap_or_default();
        Self::of(kid, EncodingKey::from_rsa_der(pkcs1), Algorithm::RS256)
    }

    pub(super) fn of(
        kid: &'static str,
        signs: EncodingKey,
        algorithm: Algorithm,
    ) -> anyhow::Result<Self> {
        let mut jwk = Jwk::from_encoding_key(&signs, algorithm)?;
        jwk.common.key_id = Some(kid.to_owned());
        let published = serde_json::to_value(jwk)?;
        Ok(Self {
            kid,
            signs,
            published,
        })
    }

    pub(super) fn sign(&self, claims: &Value) -> anyhow::Result<String> {
        self.sign_as(Algorithm::ES256, claims)
    }

    pub(super) fn sign_as(&self, algorithm: Algorithm, claims: &Value) -> anyhow::Result<String> {
        let mut header = Header::new(algorithm);
        header.kid = Some(self.kid.to_owned());
        Ok(jsonwebtoken::encode(&header, claims, &self.signs)?)
    }
}

/// A provider, and a dispatcher that takes its tokens.
pub(super) struct Desk {
    pub(super) world: World,
    pub(super) server: MockServer,
}

impl Desk {
    pub(super) async fn new(
        pool: PgPool,
        organization_claim: Option<&str>,
    ) -> anyhow::Result<Self> {
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

    pub(super) async fn publishes(&self, keys: &[&Key]) {
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

    pub(super) async fn asked(&self) -> usize {
        let requests = self.server.received_requests().await;
        requests.unwrap_or_default().len()
    }

    pub(super) fn claims(&self) -> Value {
        let now = self.world.now().timestamp();
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "u-1", "exp": now + 600, "nbf": now - 5,
            "email": "ada@example.com", "app": { "roles": ["guests", "staff", "else"] },
        })
    }

    pub(super) async fn status(&self, token: &str) -> anyhow::Result<u16> {
        let call = ("GET", "/api/jobs");
        let answer = self.world.call(Some(token), call, None).await?;
        Ok(answer.status.as_u16())
    }
}
