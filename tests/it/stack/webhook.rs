//! A row that somebody inserts, told by the database as the runbook says.

use reqwest::Method;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use super::{
    site::Site,
    tools::{answer, eventually},
};

const RUNBOOK: &str = include_str!("../../../infra/RUNBOOK.md");
const PG_NET: &str = include_str!("../../../functions/dispatcher/tests/api/pg_net.sql");

/// The runbook's statements, with this secret.
fn statements(secret: &str) -> String {
    let mut blocks = RUNBOOK.split("```sql\n");
    let sql = blocks.find(|block| block.contains("create function tell_sundial"));
    let (sql, _) = sql.unwrap().split_once("```").unwrap();
    sql.replace("create extension if not exists pg_net;", PG_NET)
        .replace("whsec_SECRET", secret)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_that_is_inserted_runs_within_seconds_of_its_webhook(db: PgPool) {
    let site = Site::start(db).await;
    let can = "select count(*) from pg_available_extensions where name = 'pgcrypto'";
    if site.count(can).await == 0 {
        assert!(std::env::var_os("CI").is_none(), "pgcrypto is missing");
        eprintln!("SKIPPED: a webhook of the database (this PostgreSQL has no pgcrypto)");
        return site.stop().await;
    }
    site.insert_ads().await;
    let sql = statements(&site.stack().webhook_secret);
    sqlx::raw_sql(&sql).execute(&site.db).await.unwrap();
    // With a time, so that no sweep is faster: it leaves a minute and a half to the clock.
    let job: Uuid = sqlx::query_scalar(
        "insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type, scheduled_at, next_run_at,
                parameters)
         select organization_id, id, 'asset_download', 'Once', 'one_time', now(), now(), '{\"max_videos\": 1}'
           from brands where id = $1 returning id",
    )
    .bind(site.brand)
    .fetch_one(&site.db)
    .await
    .unwrap();

    let (headers, body): (Value, String) =
        sqlx::query_as("select headers, body from net.sent order by id limit 1")
            .fetch_one(&site.db)
            .await
            .unwrap();
    for _ in 0..2 {
        let mut request = site.request(Method::POST, "/api/webhooks/scheduled-jobs");
        for (name, value) in headers.as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        let heard = answer(request.body(body.clone())).await;
        assert_eq!(heard.status, 202, "{}", heard.body);
    }

    let runs = format!("select count(*) from scheduled_job_runs where scheduled_job_id = '{job}'");
    let completed = format!("{runs} and status = 'completed'");
    eventually("the job has run", async || {
        (site.count(&completed).await == 1).then_some(())
    })
    .await;
    assert_eq!(site.count(&runs).await, 1);
    site.stop().await;
}
