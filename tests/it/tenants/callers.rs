//! Whose transactions there are, whose rows, and how a statement is refused.

use std::collections::BTreeMap;

use sqlx::{Connection, Executor, PgConnection, PgPool, Postgres, Transaction};

use super::{ROWS_OF_NOBODY, TENANTS, id_of, rows_of, tables::Table};

/// Whose transaction it is: a tenant's, or one of which nobody has said whose it is.
pub(super) type Caller = Option<u32>;

pub(super) const CALLERS: [Caller; 3] = [Some(1), Some(2), None];

/// Keys of the rows of each owner, by table. Owner 0 is the platform.
pub(super) type Owned = BTreeMap<(String, u32), Vec<String>>;

/// Fills the tables, and notes whose each row is by looking at what each filling adds.
pub(super) async fn fill(pool: &PgPool, tables: &[Table]) -> Owned {
    let mut owned = Owned::new();
    let fillings = [
        (TENANTS[0], rows_of(TENANTS[0])),
        (TENANTS[1], rows_of(TENANTS[1])),
        (0, ROWS_OF_NOBODY.to_owned()),
    ];
    for (owner, rows) in fillings {
        pool.execute(&*rows).await.unwrap();
        for table in tables {
            let mut keys = all_keys(pool, table).await;
            keys.retain(|key| {
                !owned
                    .iter()
                    .any(|((name, _), of)| *name == table.name && of.contains(key))
            });
            owned.insert((table.name.clone(), owner), keys);
        }
    }
    owned
}

async fn all_keys(pool: &PgPool, table: &Table) -> Vec<String> {
    let mut connection = pool.acquire().await.unwrap();
    let all = format!("select {{key}} from {}", table.name);
    table.keys(&mut connection, &all).await.unwrap()
}

/// A transaction of `caller`, after statements of the installation.
pub(super) async fn begin<'c>(
    connection: &'c mut PgConnection,
    first: &str,
    caller: Caller,
) -> Transaction<'c, Postgres> {
    let mut tx = connection.begin().await.unwrap();
    tx.execute(first).await.unwrap();
    tx.execute("set local role sundial_tenant").await.unwrap();
    if let Some(tenant) = caller {
        let whose = format!("set local sundial.organization_id = '{}'", id_of(tenant, 1));
        tx.execute(&*whose).await.unwrap();
    }
    tx
}

/// What came of a statement: rows, or how it was refused.
pub(super) fn told(result: sqlx::Result<Vec<String>>) -> Result<Vec<String>, &'static str> {
    result.map_err(|error| {
        let message = error.to_string();
        match () {
            () if message.contains("violates row-level security policy") => "not theirs",
            () if message.contains("permission denied") => "not granted",
            () => panic!("{message}"),
        }
    })
}

/// The rows that `caller` may see.
pub(super) fn of(owned: &Owned, table: &Table, caller: Caller) -> Vec<String> {
    caller.map_or_else(Vec::new, |tenant| {
        owned[&(table.name.clone(), tenant)].clone()
    })
}
