//! The database's password changes while functions are at rest.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::{ConnectOptions, PgPool};
use sundial_local::postgres::Source;
use url::Url;
use uuid::Uuid;

use super::{site::Site, tools::eventually};

const FUNCTIONS: [&str; 3] = ["asset_download", "dispatcher", "reconciler"];

/// A login of a test's own; the others share theirs.
struct Login {
    role: String,
    db: PgPool,
}

impl Login {
    async fn create(db: &PgPool) -> (Self, Url) {
        let role = format!("function_{}", Uuid::new_v4().simple());
        let login = Self {
            role,
            db: db.clone(),
        };
        let role = &login.role;
        login
            .run(&format!(
                "create role {role} superuser login password 'old'"
            ))
            .await;
        let mut url = db.connect_options().to_url_lossy();
        url.set_username(role).unwrap();
        url.set_password(Some("old")).unwrap();
        (login, url)
    }

    /// Changes the password, and ends every session under the one before.
    async fn change(&self, password: &str) {
        let role = &self.role;
        self.run(&format!("alter role {role} password '{password}'"))
            .await;
        self.run(&format!(
            "select pg_terminate_backend(pid) from pg_stat_activity where usename = '{role}'"
        ))
        .await;
    }

    async fn run(&self, sql: &str) {
        sqlx::query(sql).execute(&self.db).await.unwrap();
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn functions_whose_login_is_refused_start_anew(db: PgPool) {
    let (login, url) = Login::create(&db).await;
    let site = Site::start_with(db, |options| {
        options.database = Source::Given(url.to_string());
    })
    .await;
    let processes = || -> BTreeSet<u32> {
        let host = site.stack().host();
        let of = |function| host.processes(function);
        FUNCTIONS.into_iter().flat_map(of).collect()
    };
    let before = processes();
    assert!(!before.is_empty());

    login.change("new").await;
    let event = json!({"kind": "run", "run_id": Uuid::new_v4()}).to_string();
    eventually("no process of before is left", async || {
        let host = site.stack().host();
        host.invoke_async("asset_download", event.clone().into())
            .unwrap();
        host.invoke_async("reconciler", r#"{"kind":"sweep"}"#.into())
            .unwrap();
        site.is_healthy().await;
        processes().is_disjoint(&before).then_some(())
    })
    .await;
    login.change("old").await;
    eventually("the API works again", async || {
        site.is_healthy().await.then_some(())
    })
    .await;
    let run = site.run_now().await;
    site.ended(&run).await;

    site.stop().await;
    login.run(&format!("drop role {}", login.role)).await;
}
