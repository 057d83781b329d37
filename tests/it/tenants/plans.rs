//! Policies do not keep PostgreSQL from its indexes.

use sqlx::{Executor, PgPool};

use super::{id_of, seed};

/// Runs of 400 organisations more, one after the other's, and as many lines of log.
const MANY: &str = "
    insert into organizations (name) select 'Many ' || n from generate_series(1, 400) n;
    insert into brands (organization_id, name) select id, 'Many' from organizations where name like 'Many %';
    insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type, cron_expression, next_run_at)
    select organization_id, id, 'asset_download', 'Many', 'recurring', '0 6 * * *', '2026-12-01' from brands where name = 'Many';
    insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after, created_at)
    select id, 1, 'manual', '2026-12-01', '{}', '2026-12-01', timestamptz '2026-12-01' - n * interval '1 minute'
      from scheduled_jobs, generate_series(1, 50) n
     where brand_id is not null;
    insert into run_logs (run_id, segment, at, level, message)
    select id, 1, created_at, 'info', 'begun' from scheduled_job_runs;
    analyze";

/// The plan of a statement in a transaction of the first tenant.
async fn plan(pool: &PgPool, statement: &str) -> String {
    let mut tx = pool.begin().await.unwrap();
    tx.execute("set local role sundial_tenant").await.unwrap();
    let whose = format!("set local sundial.organization_id = '{}'", id_of(1, 1));
    tx.execute(&*whose).await.unwrap();
    let explain = format!("explain (costs off) {statement}");
    let lines: Vec<String> = sqlx::query_scalar(&explain)
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    lines.join("\n")
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn lists_of_a_tenant_read_what_they_list(pool: PgPool) {
    seed(&pool).await;
    pool.execute(MANY).await.unwrap();
    let newest =
        "select r.id from scheduled_job_runs r order by r.created_at desc, r.id desc limit 20";
    let logs = format!(
        "select * from run_logs where run_id = '{}' and id > 0 order by id limit 20",
        id_of(1, 5)
    );
    let run = format!(
        "select * from scheduled_job_runs where id = '{}'",
        id_of(1, 5)
    );
    let numbers = format!(
        "select * from meta_ads_performance where brand_id = '{}' and date > '2026-11-01'",
        id_of(1, 2)
    );
    for (statement, index, never) in [
        (newest, "scheduled_job_runs_of_organization", "Sort"),
        (&logs, "run_logs_run_id", "Seq Scan"),
        (&run, "scheduled_job_runs_pkey", "Seq Scan"),
    ] {
        let plan = plan(&pool, statement).await;
        let is_read = plan.contains(index) && !plan.contains(never);
        assert!(is_read, "by {index}, without {never}:\n{plan}");
    }
    let plan = plan(&pool, &numbers).await;
    assert!(
        !plan.contains("SubPlan"),
        "the organisation is read once for a statement:\n{plan}"
    );
}
