//! Lists that are longer than an answer.

use axum::http::StatusCode;
use serde_json::Value;
use sqlx::PgPool;

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

fn ids(answer: &Answer, list: &str) -> Vec<String> {
    let rows = answer
        .at(&format!("/{list}"))
        .as_array()
        .into_iter()
        .flatten();
    rows.filter_map(|row| row.get("id")?.as_str().map(str::to_owned))
        .collect()
}
