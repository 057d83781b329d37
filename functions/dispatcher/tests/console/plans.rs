//! Pages and lists on a ledger that is too long to read: each reads its own rows by an index, and few of them.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};
use sqlx::{PgPool, postgres::PgPoolOptions};
use uuid::Uuid;

use crate::world::{TOKEN, World};

/// 40 brands of 20 organizations with 50 jobs each, and 40 runs a job: hourly, of which some failed or were skipped.
const ROWS: &str = "
insert into organizations (id, name) select md5('organization ' || n)::uuid, 'Acme' from generate_series(1, 20) n;
insert into brands (id, organization_id, name)
select md5('brand ' || n)::uuid, md5('organization ' || (n + 1) / 2)::uuid, 'Anvils' from generate_series(1, 40) n;
insert into scheduled_jobs (id, organization_id, brand_id, job_type, name, parameters, schedule_type, cron_expression,
                            status, next_run_at, created_at)
select md5('job ' || n)::uuid, b.organization_id, b.id, (array['asset_download', 'meta_sync'])[1 + n % 2], 'Job ' || n,
       jsonb_build_object('days_back', 1 + n / 40), 'recurring', '0 * * * *',
       case when n % 50 = 0 then 'paused' else 'active' end, timestamptz '2026-11-20T13:00:00Z' + n % 60 * interval '1 min',
       timestamptz '2026-10-20T13:00:00Z' + n * interval '1 s'
  from generate_series(0, 1999) n, lateral (select * from brands where id = md5('brand ' || 1 + n % 40)::uuid) b;
insert into scheduled_job_runs (id, scheduled_job_id, job_revision, origin, scheduled_for, parameters, status, reason,
                                run_after, started_at, completed_at, error_kind, error_message, created_at, announced_at)
select md5('run ' || n || ' ' || h)::uuid, md5('job ' || n)::uuid, 1, 'tick', due, '{}', status,
       case status when 'skipped' then 'overlap' end, due, case when status <> 'skipped' then due end, due,
       case when status = 'failed' then 'retry' end, case when status = 'failed' then 'no answer' end, due, due
  from generate_series(1, 40) h, generate_series(0, 1999) n,
       lateral (select timestamptz '2026-11-20T12:00:00Z' - h * interval '1 h' + n % 60 * interval '1 s' as due,
                       case when (n + h) % 50 = 0 then 'failed' when (n + h) % 50 = 1 then 'skipped'
                            else 'completed' end as status) as run
 order by due;
update scheduled_job_runs set acknowledged_at = completed_at, acknowledged_by = 'Acme'
 where status = 'failed' and completed_at < timestamptz '2026-11-20T08:00:00Z';
insert into run_logs (run_id, segment, at, level, message)
select id, 1, started_at, 'info', 'Copied' from scheduled_job_runs, generate_series(1, 3)
 where started_at > timestamptz '2026-11-19T12:00:00Z';
insert into notifications (organization_id, brand_id, run_id, scheduled_job_id, kind, severity, title, created_at, recovered_at)
select r.organization_id, j.brand_id, r.id, j.id, 'dead_letter', 'error', 'A job failed', r.completed_at, r.completed_at
  from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id where r.status = 'failed';
insert into scheduled_job_changes (scheduled_job_id, revision, changed_at, changed_by, field, new_value)
select id, 1, created_at, 'Acme', 'job', '{}' from scheduled_jobs;
insert into dataset_status (organization_id, brand_id, dataset_key, last_success_at, last_status)
select organization_id, id, dataset, timestamptz '2026-11-20T10:00:00Z', 'completed'
  from brands, unnest(array['meta_ads_performance', 'meta_ad_assets']) dataset;
";

/// Tables that grow with time. None may be read from its beginning, and not more of them than a page can show.
const GROWING: [(&str, i64); 4] = [
    ("scheduled_job_runs", 4_000),
    ("run_logs", 1_000),
    ("notifications", 1_000),
    ("scheduled_job_changes", 1_000),
];

const SESSION: &str = "looks_at_a_page";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_page_and_list_reads_few_rows_by_an_index(pool: PgPool) -> anyhow::Result<()> {
    filled(&pool).await?;

    let mut wrong = Vec::new();
    for path in paths(&pool).await? {
        let read = read_by(&pool, &path, TOKEN).await?;
        for (table, limit) in GROWING {
            let (scans, rows) = read.get(table).copied().unwrap_or_default();
            if scans > 0 || rows > limit {
                wrong.push(format!("{path}: {scans} scans and {rows} rows of {table}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_days_of_an_organization_are_read_by_its_jobs(pool: PgPool) -> anyhow::Result<()> {
    let world = filled(&pool).await?;
    let organization = "select md5('organization 4')::uuid";
    let organization: Uuid = sqlx::query_scalar(organization).fetch_one(&pool).await?;
    let token = json!({ "name": "a test", "role": "viewer", "organization_id": organization });
    let token = world.api(Method::POST, "/api/tokens", &token).await?;
    let token = token.pointer("/token").and_then(Value::as_str);

    let today = "/api/calendar?date=2026-11-20&days=1";
    let read = read_by(&pool, today, token.unwrap_or_default()).await?;

    let (_, rows) = read["scheduled_job_runs"];
    // A hundred jobs ran twelve times since midnight; of their forty runs each, others are not looked at.
    assert!((1_100..1_400).contains(&rows), "{rows}");
    Ok(())
}

/// A world with [`ROWS`].
async fn filled(pool: &PgPool) -> anyhow::Result<World> {
    let filling = another(pool).await?;
    sqlx::raw_sql(ROWS).execute(&filling).await?;
    // The server reads rows for the index of ranges when it likes, in nobody's name, unless they were read.
    let ranges = "select brin_summarize_new_values('scheduled_job_runs_nominal')";
    for sql in [ranges, "analyze"] {
        sqlx::raw_sql(sql).execute(&filling).await?;
    }
    left(pool, filling).await?;
    World::new(pool.clone())
}

async fn paths(pool: &PgPool) -> anyhow::Result<Vec<String>> {
    let (brand, job, run, failed, owner): (Uuid, Uuid, Uuid, Uuid, Uuid) = sqlx::query_as(
        "select md5('brand 7')::uuid, md5('job 6')::uuid, md5('run 6 2')::uuid,
                md5('run 48 2')::uuid, md5('organization 4')::uuid",
    )
    .fetch_one(pool)
    .await?;
    let paths = [
        "/console".to_owned(),
        "/console/live".to_owned(),
        "/console/jobs".to_owned(),
        "/console/jobs?status=paused".to_owned(),
        "/console/jobs?status=running".to_owned(),
        "/console/jobs?text=77".to_owned(),
        format!("/console/jobs?brand={brand}"),
        format!("/console/jobs/{job}"),
        format!("/console/jobs/{job}/run"),
        "/console/runs".to_owned(),
        "/console/runs?status=failed".to_owned(),
        "/console/runs?status=running".to_owned(),
        "/console/runs?status=cancelled".to_owned(),
        format!("/console/runs?brand={brand}"),
        format!("/console/runs?job={job}"),
        format!("/console/runs/{run}"),
        format!("/console/runs/{run}/log"),
        format!("/console/runs/{failed}"),
        "/console/dead-letters".to_owned(),
        format!("/console/dead-letters?brand={brand}"),
        "/console/dead-letters?brand=platform".to_owned(),
        format!("/console/dead-letters?job={job}"),
        "/console/freshness".to_owned(),
        "/console/organizations".to_owned(),
        "/console/members".to_owned(),
        format!("/console/members?organization={owner}"),
        format!("/console/strip?brand_id={brand}&job_type=meta_sync"),
        "/console/notifications".to_owned(),
        "/console/notifications/channels".to_owned(),
        format!("/console/notifications/channels?organization={owner}"),
        "/api/jobs".to_owned(),
        format!("/api/jobs?brand_id={brand}"),
        format!("/api/jobs/{job}/changes"),
        "/api/runs".to_owned(),
        "/api/runs?status=failed".to_owned(),
        "/api/runs?status=running".to_owned(),
        format!("/api/runs?job_id={job}"),
        format!("/api/runs?brand_id={brand}"),
        format!("/api/runs/{run}/logs"),
        format!("/console/calendar?brand={brand}"),
        format!("/api/calendar?job_id={job}"),
        "/api/dead-letters".to_owned(),
        "/api/notifications".to_owned(),
    ];
    Ok(paths.into())
}

/// Scans of whole tables, and rows read in any way, by table.
type Reads = BTreeMap<String, (i64, i64)>;

async fn reads(pool: &PgPool) -> anyhow::Result<Reads> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(
        "select relname::text, coalesce(seq_scan, 0), coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
           from pg_stat_user_tables",
    )
    .fetch_all(pool)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(table, scans, read)| (table, (scans, read)))
        .collect())
}

/// A pool of one connection, which counts apart from all others.
async fn another(pool: &PgPool) -> anyhow::Result<PgPool> {
    let options = pool
        .connect_options()
        .as_ref()
        .clone()
        .application_name(SESSION);
    Ok(PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options)
        .await?)
}

/// Ends a pool. What its session counted is there once the session is gone.
async fn left(pool: &PgPool, own: PgPool) -> anyhow::Result<()> {
    own.close().await;
    let sessions = "select count(*) from pg_stat_activity where application_name = $1 and datname = current_database()";
    for _ in 0..10_000 {
        let count: i64 = sqlx::query_scalar(sessions)
            .bind(SESSION)
            .fetch_one(pool)
            .await?;
        if count == 0 {
            return Ok(());
        }
    }
    anyhow::bail!("a session does not end")
}

/// What a look at a page or list with this token reads of each table.
async fn read_by(pool: &PgPool, path: &str, token: &str) -> anyhow::Result<Reads> {
    let before = reads(pool).await?;
    let own = another(pool).await?;
    look_at(&own, path, token).await?;
    left(pool, own).await?;
    let mut read = reads(pool).await?;
    for (table, (scans, rows)) in before {
        let after = read.entry(table).or_default();
        *after = (after.0 - scans, after.1 - rows);
    }
    Ok(read)
}

async fn look_at(own: &PgPool, path: &str, token: &str) -> anyhow::Result<()> {
    let mut world = World::new(own.clone())?;
    let page = if path.starts_with("/api") {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        world.send(request.body(Body::empty())?).await?
    } else {
        world.sign_in().await?;
        world
            .send(world.request(Method::GET, path).body(Body::empty())?)
            .await?
    };
    anyhow::ensure!(page.status == StatusCode::OK, "{path}: {page:?}");
    Ok(())
}
