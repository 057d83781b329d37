//! The runbook's SQL, by which a database tells of rows, as it stands there.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use serde_json::Value;
use shared::domain::Clock;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, WEBHOOK_SECRETS, World};

const RUNBOOK: &str = include_str!("../../../../infra/RUNBOOK.md");
const PG_NET: &str = include_str!("pg_net.sql");

/// A database that tells, with an older secret. False where it cannot sign.
async fn tells(world: &World) -> anyhow::Result<bool> {
    let can = "pg_available_extensions where name = 'pgcrypto'";
    if world.count(can).await? == 0 {
        assert!(std::env::var_os("CI").is_none(), "pgcrypto is missing");
        eprintln!("SKIPPED: the runbook's SQL (this PostgreSQL has no pgcrypto)");
        return Ok(false);
    }
    let blocks = RUNBOOK.split("```");
    let sql = blocks.filter_map(|block| block.strip_prefix("sql\n"));
    let sql = sql.into_iter().find(|sql| sql.contains("tell_sundial"));
    let secret = WEBHOOK_SECRETS.split(' ').next().unwrap_or_default();
    let sql = sql
        .unwrap_or_default()
        .replace("create extension if not exists pg_net;", PG_NET)
        .replace("whsec_SECRET", secret);
    sqlx::raw_sql(&sql).execute(&world.pool).await?;
    Ok(true)
}

/// What the database has told, as it leaves.
async fn told(world: &World) -> anyhow::Result<Vec<Answer>> {
    let sql = "select address, headers, body from net.sent order by id";
    let messages: Vec<(String, Value, String)> = sqlx::query_as(sql).fetch_all(&world.pool).await?;
    let mut answers = Vec::new();
    for (address, headers, body) in messages {
        let mut request = Request::post(address.trim_start_matches("https://ADDRESS"));
        for (name, value) in headers.as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        answers.push(world.send(request.body(Body::from(body))?).await?);
    }
    Ok(answers)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_database_tells_of_rows_that_are_new_or_changed_as_the_runbook_says(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    if !tells(&world).await? {
        return Ok(());
    }
    world.clock.set(Clock::system().now());
    world.given_brand().await?;
    let job: Uuid = sqlx::query_scalar(
        "insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type)
         select organization_id, id, 'asset_download', 'Wörter \"once\"', 'one_time' from brands returning id",
    )
    .fetch_one(&world.pool)
    .await?;
    for set in [
        "runs_completed = 0",
        "next_run_at = now()",
        "status = 'paused'",
    ] {
        world
            .sql(&format!("update scheduled_jobs set {set}"))
            .await?;
    }

    let answers = told(&world).await?;

    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses, [StatusCode::ACCEPTED; 2], "{answers:?}");
    assert_eq!(world.schedules_changed(), [job, job]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_is_written_though_nobody_can_be_told(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    if !tells(&world).await? {
        return Ok(());
    }
    world.sql("drop function net.http_post").await?;

    world.given_daily_job().await?;

    assert_eq!(world.count("scheduled_jobs").await?, 1);
    Ok(())
}
