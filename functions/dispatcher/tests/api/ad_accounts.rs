//! Ad accounts of a brand: checked, linked, renewed and unlinked, their tokens sealed and never shown.

use axum::http::StatusCode;
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

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_of_the_system_user_is_linked_with_what_meta_tells_of_it(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5", "act_6"]).await;

    let linked = desk.link(&json!({"account": "5"})).await?;
    let second = desk.link(&json!({"account": "act_6"})).await?;
    let list = desk.world.get(&desk.url()).await?;

    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    assert_eq!(
        linked.body,
        json!({"account": "act_5", "name": "Tea act_5", "is_primary": true, "currency": "EUR",
            "timezone_name": "Europe/Berlin", "access": "system_user", "connection": "connected",
            "connection_error": null, "token_expires_at": null, "paused_until": null})
    );
    assert_eq!(second.at("/is_primary"), false, "the brand has one already");
    assert_eq!(list.at("/ad_accounts/0"), &linked.body);
    assert_eq!(list.at("/ad_accounts/1/account"), "act_6");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_of_its_own_is_sealed_and_reads_the_account_from_then_on(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(OWN, &["act_5"]).await;
    let body = json!({"account": "act_5", "access_token": OWN});

    let linked = desk.link(&body).await?;

    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    assert_eq!(linked.at("/access"), "own_token");
    assert_eq!(desk.token("act_5").await?, OWN);
    let rows = "brand_ad_accounts x where x::text like '%EAA%'
                 or encode(sealed_token, 'escape') like '%EAA%'";
    assert_eq!(desk.world.count(rows).await?, 0, "it is kept as it came");
    // The system user may not read the account, and is not asked to.
    let again = desk.link(&json!({"account": "act_5"})).await?;
    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    assert_eq!(desk.token("act_5").await?, OWN);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_new_primary_account_takes_the_place_of_the_old_one(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5", "act_6"]).await;
    desk.link(&json!({"account": "5"})).await?;

    desk.link(&json!({"account": "6", "is_primary": true}))
        .await?;
    let renewed = desk.link(&json!({"account": "6"})).await?;

    assert_eq!(renewed.at("/is_primary"), true, "left out: as it is");
    assert!(!desk.row("act_5").await?.is_primary);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_cannot_be_linked_is_a_problem_with_the_check_and_nothing_is_kept(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5"]).await;
    desk.answers(SYSTEM, "act_7", &facts("act_7")).await;
    let missing = json!({"error": {"code": 100, "error_subcode": 33, "message": "EAAleak"}});
    desk.answers(SYSTEM, "act_8", &missing).await;

    for (account, reason) in [
        ("five", "invalid_format"),
        ("act_7", "no_access"),
        ("act_8", "not_found"),
    ] {
        let body = json!({ "account": account });
        let checked = desk
            .world
            .post(&format!("{}/check", desk.url()), &body)
            .await?;
        let refused = desk.link(&body).await?;

        assert_eq!(checked.status, StatusCode::OK);
        assert_eq!(checked.text("/reason_code"), reason, "{checked:?}");
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.fields(), ["account"]);
        assert_eq!(refused.text("/type"), "urn:sundial:problem:not-linkable");
        assert_eq!(refused.at("/check"), &checked.body);
    }
    assert_eq!(desk.world.count("brand_ad_accounts").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_check_says_that_all_is_well_and_keeps_nothing(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(OWN, &["act_5"]).await;
    let body = json!({"account": "5", "access_token": OWN});

    let checked = desk
        .world
        .post(&format!("{}/check", desk.url()), &body)
        .await?;

    assert_eq!(checked.text("/reason_code"), "ok", "{checked:?}");
    assert_eq!(checked.text("/meta_ad_account_id"), "act_5");
    assert_eq!(desk.world.count("brand_ad_accounts").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_of_another_tenant_is_refused_without_a_word_about_that_one(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5"]).await;
    desk.gives(OWN, &["act_5"]).await;
    desk.link(&json!({"account": "5"})).await?;
    let other = desk.world.given_brand().await?;
    let url = format!("/api/brands/{other}/ad-accounts");

    let body = json!({"account": "5", "access_token": OWN, "is_primary": true});
    let refused = desk.world.post(&url, &body).await?;

    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert_eq!(refused.text("/type"), "urn:sundial:problem:already-linked");
    let said = refused.body.to_string();
    assert!(
        !said.contains(&desk.brand.to_string()) && !said.contains("Tea"),
        "{said}"
    );
    assert_eq!(desk.token("act_5").await?, SYSTEM, "the first is as it was");
    let gone = desk.world.delete(&format!("{url}/act_5")).await?;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_a_key_or_a_token_the_caller_is_told_how_to_get_one(
    pool: PgPool,
) -> anyhow::Result<()> {
    let desk = Desk::with(pool, |config| {
        config.token_keys = TokenKeys::default();
        config.access_token = None;
    })
    .await?;

    for (body, advice) in [
        (
            json!({"account": "5", "access_token": OWN}),
            "openssl rand -base64 32",
        ),
        (json!({"account": "5"}), "META_ACCESS_TOKEN"),
        (
            json!({"account": "5", "access_token": "EAA b"}),
            "visible ASCII",
        ),
        (
            json!({"account": "5", "access_token": ["EAAb"]}),
            "must be a text",
        ),
    ] {
        let refused = desk.link(&body).await?;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(refused.fields(), ["access_token"]);
        assert!(refused.text("/detail").contains(advice), "{refused:?}");
    }
    assert!(
        desk.server
            .received_requests()
            .await
            .unwrap_or_default()
            .is_empty()
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_of_a_login_is_exchanged_for_one_that_lasts(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::with(pool, |config| {
        config.app_id = Some("700".into());
        config.app_secret = Some(Secret::new("shh"));
    })
    .await?;
    desk.gives(OWN, &["act_5"]).await;
    let soon = desk.world.now().timestamp() + 3_600;
    let data = json!({"data": {"app_id": "700", "is_valid": true, "expires_at": soon, "scopes": ["ads_read"]}});
    desk.form("debug_token", says(&data)).await;
    let longer = json!({"access_token": "EAAlonger", "expires_in": 5_184_000});
    desk.form("oauth/access_token", says(&longer)).await;

    let linked = desk
        .link(&json!({"account": "5", "access_token": OWN}))
        .await?;

    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    assert_eq!(desk.token("act_5").await?, "EAAlonger");
    assert_eq!(linked.text("/token_expires_at"), "2027-01-19T12:30:00Z");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_lost_connection_shows_and_a_new_token_mends_it(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(OWN, &["act_5"]).await;
    desk.gives("EAAnew", &["act_5"]).await;
    desk.link(&json!({"account": "5", "access_token": OWN}))
        .await?;
    let row = desk.row("act_5").await?;
    let mut tx = desk.world.db.begin().await?;
    assert!(ad_accounts::needs_reconnect(&mut tx, &row, "Meta error 190/460").await?);
    tx.commit().await?;

    let list = desk.world.get(&desk.url()).await?;
    let unchanged = desk.link(&json!({"account": "5"})).await?;
    let mended = desk
        .link(&json!({"account": "5", "access_token": "EAAnew"}))
        .await?;

    assert_eq!(list.text("/ad_accounts/0/connection"), "reconnect");
    assert_eq!(
        list.text("/ad_accounts/0/connection_error"),
        "Meta error 190/460"
    );
    assert_eq!(
        unchanged.fields(),
        ["access_token"],
        "a new token is needed"
    );
    assert_eq!(mended.text("/connection"), "connected", "{mended:?}");
    // Somebody who still held the old token learns that it is no good.
    let mut tx = desk.world.db.begin().await?;
    assert!(!ad_accounts::needs_reconnect(&mut tx, &row, "190").await?);
    tx.commit().await?;
    assert_eq!(desk.token("act_5").await?, "EAAnew");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_account_is_unlinked_unless_its_numbers_are_kept(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    desk.gives(SYSTEM, &["act_5", "act_6"]).await;
    desk.link(&json!({"account": "5"})).await?;
    desk.link(&json!({"account": "6"})).await?;
    desk.world
        .sql(
            "insert into meta_ads_performance (organization_id, brand_id, meta_ad_account_id,
                    meta_ad_id, meta_campaign_id, date)
             select organization_id, brand_id, 'act_5', '1', '1', '2026-11-19'
               from brand_ad_accounts where meta_ad_account_id = 'act_5'",
        )
        .await?;
    let delete = async |account: &str| {
        let url = format!("{}/{account}", desk.url());
        desk.world.delete(&url).await
    };

    assert_eq!(
        delete("act_5").await?.text("/type"),
        "urn:sundial:problem:in-use"
    );
    assert_eq!(delete("6").await?.status, StatusCode::NO_CONTENT);
    assert_eq!(delete("act_6").await?.status, StatusCode::NOT_FOUND);
    assert_eq!(delete("act_x").await?.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.world.count("brand_ad_accounts").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_brand_that_is_not_there_has_no_accounts(pool: PgPool) -> anyhow::Result<()> {
    let desk = Desk::new(pool).await?;
    let nobody = format!("/api/brands/{}/ad-accounts", Uuid::new_v4());
    let body = json!({"account": "5"});

    for answer in [
        desk.world.get(&nobody).await?,
        desk.world.post(&nobody, &body).await?,
        desk.world.post(&format!("{nobody}/check"), &body).await?,
        desk.world.delete(&format!("{nobody}/act_5")).await?,
    ] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
        answer.assert_problem();
    }
    let answer = desk.world.get("/api/brands/x/ad-accounts").await?;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    Ok(())
}
