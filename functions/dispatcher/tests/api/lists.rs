//! Lists that are longer than an answer.

use axum::http::StatusCode;
use serde_json::Value;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn lists_go_on_behind_their_last_row(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    for _ in 0..5 {
        world.given_run().await?;
    }
    // As rows of one transaction have: nothing but the id tells their order.
    world
        .sql("update scheduled_job_runs set created_at = '2026-11-20T12:00:00.123456Z'")
        .await?;
    for (path, list) in [("/api/runs", "runs"), ("/api/jobs", "jobs")] {
        let whole = world.get(path).await?;
        assert_eq!(whole.at("/next_after"), &Value::Null);
        let whole = ids(&whole, list);
        assert_eq!(whole.len(), 5);

        let (mut seen, mut next) = (Vec::new(), Some(String::new()));
        // One answer more than there may be: a list that begins anew at each fails, and does not go on for ever.
        for _ in 0..4 {
            let Some(after) = next.take() else { break };
            let page = world.get(&format!("{path}?limit=2&after={after}")).await?;
            assert_eq!(page.status, StatusCode::OK, "{page:?}");
            seen.extend(ids(&page, list));
            next = page.at("/next_after").as_str().map(str::to_owned);
        }
        assert_eq!(seen, whole, "{path}");

        let refused = world.get(&format!("{path}?after=somewhere")).await?;
        assert_eq!(refused.fields(), ["after"]);
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_are_listed_by_their_product(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    world.given_daily_job().await?;
    let job = world.given_daily_job().await?;
    let product = Uuid::from_u128(5);
    // No type's jobs belong to products yet.
    for sql in [
        "alter table scheduled_jobs drop constraint scheduled_jobs_job_type_scope_fkey".to_owned(),
        format!(
            "insert into products (id, organization_id, brand_id, name)
             select '{product}', organization_id, brand_id, 'Anvil' from scheduled_jobs where id = '{job}'"
        ),
        format!("update scheduled_jobs set product_id = '{product}' where id = '{job}'"),
    ] {
        world.sql(&sql).await?;
    }

    let found = world
        .get(&format!("/api/jobs?product_id={product}"))
        .await?;
    let none = world.get(&format!("/api/jobs?product_id={job}")).await?;

    assert_eq!(ids(&found, "jobs"), [job.to_string()]);
    assert_eq!(none.status, StatusCode::OK);
    assert!(ids(&none, "jobs").is_empty(), "{none:?}");
    Ok(())
}

fn ids(answer: &Answer, list: &str) -> Vec<String> {
    let rows = answer
        .at(&format!("/{list}"))
        .as_array()
        .into_iter()
        .flatten();
    rows.filter_map(|row| row.get("id")?.as_str().map(str::to_owned))
        .collect()
}
