//! Each table × operation × whose row × whose transaction, in SQL.

use sqlx::{PgConnection, PgPool};

use super::{
    TENANTS,
    callers::{CALLERS, Caller, begin, fill, of, told},
    tables::{INSTALLATION, SHARED, Table},
};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn each_tenant_has_a_row_in_each_table(pool: PgPool) {
    let tables = Table::of_tenants(&pool).await;
    let owned = fill(&pool, &tables).await;

    assert!(tables.len() >= 30, "{}", tables.len());
    let missing: Vec<_> = owned
        .iter()
        .filter(|((_, owner), keys)| *owner > 0 && keys.is_empty())
        .collect();
    assert!(
        missing.is_empty(),
        "add them to rows_of_tenant.sql: {missing:#?}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_statement_that_names_nobody_reads_own_rows(pool: PgPool) {
    let tables = Table::of_tenants(&pool).await;
    let owned = fill(&pool, &tables).await;
    let mut connection = pool.acquire().await.unwrap();
    for (table, caller) in tables
        .iter()
        .flat_map(|table| CALLERS.map(|it| (table, it)))
    {
        let mut tx = begin(&mut connection, "", caller).await;

        let seen = table
            .keys(&mut tx, &format!("select {{key}} from {}", table.name))
            .await;

        assert_eq!(
            told(seen),
            Ok(of(&owned, table, caller)),
            "{} {caller:?}",
            table.name
        );
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_statement_that_names_nobody_changes_own_rows(pool: PgPool) {
    let tables = Table::of_tenants(&pool).await;
    let owned = fill(&pool, &tables).await;
    let mut connection = pool.acquire().await.unwrap();
    for (table, caller) in tables
        .iter()
        .flat_map(|table| CALLERS.map(|it| (table, it)))
    {
        let mut tx = begin(&mut connection, "", caller).await;

        let update = format!(
            "update {0} set {1} = {1} returning {{key}}",
            table.name, table.owner
        );
        let changed = table.keys(&mut tx, &update).await;

        let wanted = if table.allows("update") {
            Ok(of(&owned, table, caller))
        } else {
            Err("not granted")
        };
        assert_eq!(told(changed), wanted, "{} {caller:?}", table.name);
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_statement_that_names_nobody_deletes_own_rows(pool: PgPool) {
    let tables = Table::of_tenants(&pool).await;
    let owned = fill(&pool, &tables).await;
    let mut connection = pool.acquire().await.unwrap();
    for (table, caller) in tables
        .iter()
        .flat_map(|table| CALLERS.map(|it| (table, it)))
    {
        // Whatever else hangs on the row.
        let mut tx = begin(
            &mut connection,
            "set local session_replication_role = replica",
            caller,
        )
        .await;

        let deleted = table
            .keys(
                &mut tx,
                &format!("delete from {} returning {{key}}", table.name),
            )
            .await;

        let wanted = if table.allows("delete") {
            Ok(of(&owned, table, caller))
        } else {
            Err("not granted")
        };
        assert_eq!(told(deleted), wanted, "{} {caller:?}", table.name);
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_is_added_for_oneself_alone(pool: PgPool) {
    let tables = Table::of_tenants(&pool).await;
    let owned = fill(&pool, &tables).await;
    let mut connection = pool.acquire().await.unwrap();
    let whose = [TENANTS[0], TENANTS[1], 0];
    for (table, caller) in tables
        .iter()
        .flat_map(|table| CALLERS.map(|it| (table, it)))
    {
        for owner in whose
            .into_iter()
            .filter(|it| !owned[&(table.name.clone(), *it)].is_empty())
        {
            let wanted = match caller {
                _ if !table.allows("insert") => Err("not granted"),
                Some(tenant) if tenant == owner => Ok(owned[&(table.name.clone(), owner)].clone()),
                _ => Err("not theirs"),
            };

            let added = add(
                &mut connection,
                table,
                caller,
                &owned[&(table.name.clone(), owner)],
            )
            .await;

            assert_eq!(
                told(added),
                wanted,
                "a row of {owner} in {} by {caller:?}",
                table.name
            );
        }
    }
}

/// Lets `caller` add an owner's row, which the installation has taken away a moment before.
async fn add(
    connection: &mut PgConnection,
    table: &Table,
    caller: Caller,
    keys: &[String],
) -> sqlx::Result<Vec<String>> {
    let (name, columns) = (&table.name, &table.columns);
    let is_it = format!("{}::text = '{}'", table.key, keys.join(""));
    let first = format!(
        "create temp table taken on commit drop as select * from {name} where {is_it};
         grant select on taken to sundial_tenant;
         set local session_replication_role = replica;
         delete from {name} where {is_it};
         set local session_replication_role = origin"
    );
    let mut tx = begin(connection, &first, caller).await;
    let insert = format!(
        "insert into {name} ({columns}) overriding system value select {columns} from taken returning {{key}}"
    );
    table.keys(&mut tx, &insert).await
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_is_given_to_nobody_else(pool: PgPool) {
    let tables = Table::of_tenants(&pool).await;
    fill(&pool, &tables).await;
    let mut connection = pool.acquire().await.unwrap();
    for table in tables.iter().filter(|table| table.allows("update")) {
        let (name, owner) = (&table.name, &table.owner);
        let others: String = sqlx::query_scalar(&format!(
            "select max({owner}::text) from {name} where {owner}::text like '%2_'"
        ))
        .fetch_one(&mut *connection)
        .await
        .unwrap();
        let mut tx = begin(&mut connection, "", Some(1)).await;

        let given = table
            .keys(
                &mut tx,
                &format!("update {name} set {owner} = '{others}' returning {{key}}"),
            )
            .await;

        assert_eq!(told(given), Err("not theirs"), "{name}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_shared_is_read_and_what_is_the_installations_is_not(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    let installation = INSTALLATION.iter().map(|(table, _)| (*table, false));
    let tables = SHARED
        .iter()
        .map(|table| (*table, true))
        .chain(installation);
    for (table, is_shared) in tables {
        for (operation, statement) in [
            ("select", format!("select '' from {table} limit 0")),
            (
                "insert",
                format!("insert into {table} default values returning ''"),
            ),
            (
                "update",
                format!(
                    "update {table} set {} = null returning ''",
                    first_column(&pool, table).await
                ),
            ),
            ("delete", format!("delete from {table} returning ''")),
        ] {
            let mut tx = begin(&mut connection, "", Some(1)).await;

            let result = sqlx::query_scalar(&statement).fetch_all(&mut *tx).await;

            let wanted = if is_shared && operation == "select" {
                Ok(vec![])
            } else {
                Err("not granted")
            };
            assert_eq!(told(result), wanted, "{operation} {table}");
        }
    }
}

async fn first_column(pool: &PgPool, table: &str) -> String {
    let sql = "select attname::text from pg_attribute where attrelid = $1::regclass and attnum = 1";
    sqlx::query_scalar(sql)
        .bind(table)
        .fetch_one(pool)
        .await
        .unwrap()
}
