//! Ad accounts of a brand: checked, linked, renewed and unlinked, their tokens sealed and never shown.

mod links;
mod refusals;

use serde_json::{Value, json};
use shared::{
    config::{self, Secret, TokenKeys},
    domain::BrandId,
    store::{
        ad_accounts::{self, AdAccount},
        tokens,
    },
};
use sqlx::PgPool;
use uuid::Uuid;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::world::{Answer, World};

const SYSTEM: &str = "EAAsystem";
const OWN: &str = "EAAown";
const KEYS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// A dispatcher, and a Graph API in which each token sees its accounts.
struct Desk {
    world: World,
    server: MockServer,
    config: config::Meta,
    brand: Uuid,
}

fn says(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn facts(account: &str) -> Value {
    json!({"id": account, "name": format!("Tea {account}"), "account_status": 1, "currency": "EUR",
        "timezone_name": "Europe/Berlin"})
}

impl Desk {
    async fn new(pool: PgPool) -> anyhow::Result<Self> {
        Self::with(pool, |_| {}).await
    }

    async fn with(pool: PgPool, change: impl FnOnce(&mut config::Meta)) -> anyhow::Result<Self> {
        let server = MockServer::start().await;
        let mut config = config::Meta {
            access_token: Some(Secret::new(SYSTEM)),
            token_keys: TokenKeys::parse(KEYS).map_err(anyhow::Error::msg)?,
            ..config::Meta::at(server.uri().parse()?)
        };
        change(&mut config);
        let world = World::with_graph(pool, config.clone())?;
        let brand = world.given_brand().await?;
        Ok(Self {
            world,
            server,
            config,
            brand,
        })
    }

    /// Lets `token` read these accounts.
    async fn gives(&self, token: &str, accounts: &[&str]) {
        let listed: Vec<_> = accounts.iter().map(|it| facts(it)).collect();
        self.answers(token, "me/adaccounts", &json!({ "data": listed }))
            .await;
        self.answers(token, "me", &json!({"id": "9", "name": "Ada"}))
            .await;
        for account in accounts {
            self.answers(token, account, &facts(account)).await;
            for edge in ["ads", "insights"] {
                let place = format!("{account}/{edge}");
                self.answers(token, &place, &json!({"data": []})).await;
            }
        }
    }

    async fn answers(&self, token: &str, place: &str, body: &Value) {
        Mock::given(method("GET"))
            .and(path(format!("/v25.0/{place}")))
            .and(header("authorization", format!("Bearer {token}").as_str()))
            .respond_with(says(body))
            .mount(&self.server)
            .await;
    }

    async fn form(&self, place: &str, response: ResponseTemplate) {
        Mock::given(method("POST"))
            .and(path(format!("/v25.0/{place}")))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    fn url(&self) -> String {
        format!("/api/brands/{}/ad-accounts", self.brand)
    }

    async fn link(&self, body: &Value) -> anyhow::Result<Answer> {
        let answer = self.world.post(&self.url(), body).await?;
        assert!(!answer.body.to_string().contains("EAA"), "{answer:?}");
        Ok(answer)
    }

    async fn row(&self, account: &str) -> anyhow::Result<AdAccount> {
        let mut tx = self.world.db.begin().await?;
        let rows = ad_accounts::of_brand(&mut tx, BrandId(self.brand)).await?;
        tx.commit().await?;
        let row = rows.into_iter().find(|row| row.account == account);
        row.ok_or_else(|| anyhow::anyhow!("no {account}"))
    }

    /// The token that reads an account.
    async fn token(&self, account: &str) -> anyhow::Result<String> {
        let token = tokens::token_of(&self.row(account).await?, &self.config)?;
        Ok(token.expose().to_owned())
    }
}
