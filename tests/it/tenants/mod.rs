//! Row-level security: a transaction of one organisation reaches that organisation's rows and no others.

mod callers;
mod guard;
mod handlers;
mod leaks;
mod logins;
mod matrix;
mod plans;
mod tables;

use shared::domain::OrganizationId;
use sqlx::{Executor, PgPool};
use uuid::Uuid;

const ROWS_OF_TENANT: &str = include_str!("rows_of_tenant.sql");
const ROWS_OF_NOBODY: &str = include_str!("rows_of_nobody.sql");

/// Two tenants that have one row in each table; see `rows_of_tenant.sql`.
const TENANTS: [u32; 2] = [1, 2];

/// The statements that give a tenant its rows.
fn rows_of(tenant: u32) -> String {
    ROWS_OF_TENANT.replace("{n}", &tenant.to_string())
}

/// What a tenant's row of a kind is called; `kind` as in `rows_of_tenant.sql`. Tenant 0 is the platform.
fn id_of(tenant: u32, kind: u32) -> Uuid {
    Uuid::parse_str(&format!("00000000-0000-4000-8000-0000000000{tenant}{kind}")).unwrap()
}

fn organization(tenant: u32) -> OrganizationId {
    OrganizationId(id_of(tenant, 1))
}

/// Rows of both tenants, and of nobody.
async fn seed(pool: &PgPool) {
    for tenant in TENANTS {
        pool.execute(&*rows_of(tenant)).await.unwrap();
    }
    pool.execute(ROWS_OF_NOBODY).await.unwrap();
}
