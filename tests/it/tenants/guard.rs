//! Every table is guarded, or it is said why it need not be.

use sqlx::{Executor, PgPool};

use super::tables::{INSTALLATION, SHARED};

/// Tables and views through which a tenant would see rows of others, and what each lacks.
async fn unguarded(pool: &PgPool) -> Vec<String> {
    let installation: Vec<&str> = INSTALLATION.iter().map(|(table, _)| *table).collect();
    sqlx::query_scalar(
        "select c.relname || ': ' || lacks.what
           from pg_class c
           cross join lateral (
                select coalesce((select string_agg(privilege_type, ' ' order by privilege_type)
                                   from information_schema.role_table_grants
                                  where grantee = 'sundial_tenant' and table_name = c.relname), '') as privileges) granted
           cross join lateral (
                select case
                       when c.relkind = 'v'
                       then case when granted.privileges <> ''
                                  and not coalesce('security_invoker=true' = any (c.reloptions), false)
                                 then 'reads as its owner' end
                       when c.relname = any ($1)
                       then case when granted.privileges <> '' then 'granted ' || granted.privileges end
                       when c.relname = any ($2)
                       then case when granted.privileges <> 'SELECT' then 'granted ' || granted.privileges end
                       when not c.relrowsecurity
                       then 'no row level security, and in no list of tests/it/tenants/tables.rs'
                       when not exists (select from pg_policy p
                                         where p.polrelid = c.oid and not p.polpermissive and p.polcmd = '*'
                                           and p.polroles = array['sundial_tenant'::regrole::oid]
                                           and pg_get_expr(p.polqual, p.polrelid) like '%current_organization_id()%')
                       then 'no policy for tenants'
                       end as what) lacks
          where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') and lacks.what is not null
          order by c.relname",
    )
    .bind(installation)
    .bind(SHARED)
    .fetch_all(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_table_is_guarded_or_named_with_a_reason(pool: PgPool) {
    let unguarded = unguarded(&pool).await;
    assert!(unguarded.is_empty(), "{unguarded:#?}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_table_or_view_that_a_later_migration_forgets_is_found(pool: PgPool) {
    let later = "create table coupons (organization_id uuid);
                 create view dear_coupons as select from coupons;
                 grant select on dear_coupons to sundial_tenant;
                 create table invoices (organization_id uuid);
                 alter table invoices enable row level security;
                 create policy of_everybody on invoices using (true);
                 grant select on console_sessions to sundial_tenant;
                 grant update on job_types to sundial_tenant";
    pool.execute(later).await.unwrap();

    let found = unguarded(&pool).await;

    assert_eq!(
        found,
        [
            "console_sessions: granted SELECT",
            "coupons: no row level security, and in no list of tests/it/tenants/tables.rs",
            "dear_coupons: reads as its owner",
            "invoices: no policy for tenants",
            "job_types: granted SELECT UPDATE",
        ]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nothing_is_granted_before_a_migration_says_so(pool: PgPool) {
    pool.execute("create table coupons (organization_id uuid)")
        .await
        .unwrap();

    let sql = "select has_table_privilege('sundial_tenant', 'coupons', 'select, insert, update, delete, truncate')";
    let is_granted: bool = sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap();

    assert!(!is_granted);
}
