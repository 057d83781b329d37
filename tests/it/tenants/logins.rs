//! Logins that are no superusers, as most are: what they must be granted, and that nothing is shown by halves.

use shared::store::{Database, Scope};
use sqlx::{Executor, PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use super::{organization, seed};

/// A login of this test, with its own connection. The server has others, so its name is its own.
struct Login {
    name: String,
    pool: PgPool,
}

impl Login {
    async fn new(admin: &PgPool) -> Self {
        let name = format!("login_{}", Uuid::new_v4().simple());
        let create = format!("create role {name} login password 'secret'");
        admin.execute(&*create).await.unwrap();
        let options = admin.connect_options().as_ref().clone();
        let options = options.username(&name).password("secret");
        // One, so that each transaction finds what the one before has left.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_lazy_with(options);
        Self { name, pool }
    }

    fn database(&self) -> Database {
        Database::from_pool(self.pool.clone())
    }

    /// Leaves the server as it was.
    async fn end(self, admin: &PgPool) {
        self.pool.close().await;
        let end = format!(
            "reassign owned by {0} to current_user; drop owned by {0}; drop role {0}",
            self.name
        );
        admin.execute(&*end).await.unwrap();
    }
}

async fn brands(db: &Database) -> Result<i64, String> {
    let mut tx = db.begin().await.map_err(|error| error.to_string())?;
    let count = sqlx::query_scalar("select count(*) from brands")
        .fetch_one(&mut *tx)
        .await;
    count.map_err(|error| error.to_string())
}

fn assert_says(error: &str, words: &str) {
    assert!(error.contains(words), "{words:?} is not in {error:?}");
}

#[sqlx::test(migrations = false)]
async fn a_login_that_may_not_make_roles_learns_what_an_administrator_does(pool: PgPool) {
    // Another database of the server has made the role, or this makes it.
    let role = "do $$ begin create role sundial_tenant; exception when duplicate_object or unique_violation then null; end $$";
    pool.execute(role).await.unwrap();
    let login = Login::new(&pool).await;
    let give = "do $$ begin execute format('alter database %I owner to {login}', current_database()); end $$";
    pool.execute(&*give.replace("{login}", &login.name))
        .await
        .unwrap();

    let refused = login.database().migrate().await.unwrap_err().to_string();
    let grant = format!("grant sundial_tenant to {}", login.name);
    pool.execute(&*grant).await.unwrap();
    login.database().migrate().await.unwrap();
    seed(&login.pool).await;
    let everybody = brands(&login.database()).await;
    let first = login
        .database()
        .within(Scope::Organization(organization(1)));
    let own = brands(&first).await;

    login.end(&pool).await;
    assert_says(&refused, &grant);
    assert_eq!((everybody, own), (Ok(2), Ok(1)));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_login_that_would_see_less_than_there_is_is_refused(pool: PgPool) {
    seed(&pool).await;
    let login = Login::new(&pool).await;
    let grant = format!(
        "grant select on all tables in schema public to {0}; grant sundial_tenant to {0}",
        login.name
    );
    pool.execute(&*grant).await.unwrap();

    let refused = brands(&login.database()).await.unwrap_err();
    let own = Login::new(&pool).await;
    let give = format!(
        "alter table brands owner to {1}; grant {1} to {0}",
        login.name, own.name
    );
    pool.execute(&*give).await.unwrap();
    let as_member = brands(&login.database()).await;

    own.end(&pool).await;
    login.end(&pool).await;
    assert_says(&refused, "row-level security");
    assert_eq!(as_member, Ok(2));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_login_that_may_not_be_a_tenant_goes_on_as_the_installation(pool: PgPool) {
    seed(&pool).await;
    let login = Login::new(&pool).await;
    let grant = format!("alter table brands owner to {}", login.name);
    pool.execute(&*grant).await.unwrap();
    let db = login.database();

    let refused = brands(&db.within(Scope::Organization(organization(1))))
        .await
        .unwrap_err();
    let next = brands(&db).await;

    login.end(&pool).await;
    assert_says(&refused, "permission denied to set role \"sundial_tenant\"");
    assert_eq!(next, Ok(2));
}
