//! Ad accounts with tokens of their own, and a Graph API that extends them.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::{
    config::{self, Secret, TokenKeys},
    domain::{BrandId, JobId, JobType, TokenRefreshParams},
    runtime::{self, Delivery, Event, Run, Worker},
    store::{
        ad_accounts::{self, AdAccount, Facts, Linked, NewLink, NewToken},
        tokens,
    },
};
use sqlx::{PgPool, Row};
use token_refresh::{Clients, handle};
use uuid::Uuid;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string_contains, method, path},
};

use crate::world::{INVOCATION, LedgerRow, World, at};

/// Two keys, and the names they are called by.
pub const OLD: &str = "old:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub const NEW: &str = "new:HxwdHhsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

pub struct Vault {
    pub world: World,
    pub server: MockServer,
    pub config: config::Meta,
    pub job: JobId,
}

/// What people were told of.
#[derive(Debug, PartialEq)]
pub struct Told {
    pub kind: String,
    pub title: String,
    pub body: String,
}

impl Vault {
    /// It is six in the morning, and no account is linked.
    pub async fn new(pool: PgPool) -> Self {
        let world = World::new(pool).await;
        world.clock.set(at("2026-11-20T06:00:00Z"));
        let server = MockServer::start().await;
        let config = config::Meta {
            app_id: Some("700".into()),
            app_secret: Some(Secret::new("shh")),
            token_keys: TokenKeys::parse(OLD).unwrap(),
            ..config::Meta::at(server.uri().parse().unwrap())
        };
        let job = Uuid::new_v4();
        sqlx::query(
            "insert into scheduled_jobs (id, job_type, name, schedule_type, cron_expression,
                    next_run_at, parameters)
             values ($1, 'token_refresh', 'Tokens', 'recurring', '0 6 * * *', $2, '{}')",
        )
        .bind(job)
        .bind(at("2026-11-21T06:00:00Z"))
        .execute(&world.pool)
        .await
        .unwrap();
        Self {
            world,
            server,
            config,
            job: JobId(job),
        }
    }

    /// Links an account with a token that was given out and expires so many hours from now.
    pub async fn account(&self, account: &str, token: &str, (issued, expires): (i64, i64)) {
        let now = self.world.clock.now();
        let brand = BrandId(self.world.brand);
        let sealed = tokens::seal(&self.config.token_keys, &Secret::new(token), brand, account);
        let token = NewToken {
            sealed: sealed.unwrap(),
            issued_at: now + TimeDelta::hours(issued),
            expires_at: Some(now + TimeDelta::hours(expires)),
        };
        let link = NewLink {
            brand,
            account,
            is_primary: None,
            token: Some(&token),
            user_name: None,
            facts: &Facts::default(),
        };
        let mut tx = self.world.worker.db.begin().await.unwrap();
        let linked = ad_accounts::link(&mut tx, &link, now).await.unwrap();
        assert_eq!(linked, Linked::New);
        tx.commit().await.unwrap();
    }

    /// Answers the exchange of a token.
    pub async fn exchanges(&self, token: &str, response: ResponseTemplate) {
        Mock::given(method("POST"))
            .and(path("/v25.0/oauth/access_token"))
            .and(body_string_contains(format!("fb_exchange_token={token}")))
            .respond_with(response)
            .mount(&self.server)
            .await;
    }

    /// Extends a token by sixty days.
    pub async fn extends(&self, token: &str, into: &str) {
        let body = json!({"access_token": into, "expires_in": 5_184_000});
        self.exchanges(token, says(&body)).await;
    }

    pub fn clients(&self) -> Clients {
        Clients::open(self.config.clone())
    }

    /// Requests a run, delivers it, and returns its row.
    pub async fn run(&self) -> LedgerRow {
        let run_id = self.world.run_now(self.job).await;
        self.deliver(Event::Run { run_id }, INVOCATION).await;
        let rows = self.world.ledger(self.job).await;
        rows.into_iter().find(|row| row.id == run_id).unwrap()
    }

    /// Delivers an event to the handler, in an invocation that lasts so long.
    pub async fn deliver(&self, event: Event, lasts: TimeDelta) -> Delivery {
        let worker = Worker {
            job_type: JobType::TokenRefresh,
            ..self.world.worker.clone()
        };
        let clients = self.clients();
        let deadline = self.world.clock.now() + lasts;
        let handler = async |run: &Run<TokenRefreshParams>| handle(&clients, run).await;
        runtime::deliver(&worker, event, deadline, &handler)
            .await
            .unwrap()
    }

    pub async fn row(&self, account: &str) -> AdAccount {
        let mut tx = self.world.worker.db.begin().await.unwrap();
        let brand = BrandId(self.world.brand);
        let rows = ad_accounts::of_brand(&mut tx, brand).await.unwrap();
        tx.commit().await.unwrap();
        rows.into_iter().find(|row| row.account == account).unwrap()
    }

    /// The token that reads an account.
    pub async fn token(&self, account: &str) -> String {
        let token = tokens::token_of(&self.row(account).await, &self.config);
        token.unwrap().expose().to_owned()
    }

    /// How often Meta was asked.
    pub async fn asked(&self) -> usize {
        self.server.received_requests().await.unwrap().len()
    }

    pub async fn told(&self) -> Vec<Told> {
        let rows = sqlx::query(
            "select n.kind, n.title, n.body from notifications n
               join brands b on b.id = n.brand_id and b.organization_id = n.organization_id
              where n.deliver_after is not null
              order by n.created_at, n.kind",
        )
        .fetch_all(&self.world.pool)
        .await
        .unwrap();
        let read = |row: sqlx::postgres::PgRow| Told {
            kind: row.get("kind"),
            title: row.get("title"),
            body: row.get("body"),
        };
        rows.into_iter().map(read).collect()
    }

    pub async fn warnings(&self, run: &LedgerRow) -> Vec<String> {
        let warnings: Value =
            sqlx::query_scalar("select to_jsonb(warnings) from scheduled_job_runs where id = $1")
                .bind(run.id.0)
                .fetch_one(&self.world.pool)
                .await
                .unwrap();
        serde_json::from_value(warnings).unwrap_or_default()
    }

    /// No text of the database holds a token.
    pub async fn assert_no_token_is_anywhere(&self) {
        for table in [
            "brand_ad_accounts",
            "notifications",
            "run_logs",
            "scheduled_job_runs",
        ] {
            let leaks = format!("select count(*) from {table} x where x::text like '%EAA%'");
            assert_eq!(self.world.count(&leaks).await, 0, "{table}");
        }
    }
}

pub fn says(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

pub fn refuses(status: u16, code: i64) -> ResponseTemplate {
    let error = json!({"error": {"code": code, "message": format!("EAAleaked (#{code})")}});
    ResponseTemplate::new(status).set_body_json(error)
}
