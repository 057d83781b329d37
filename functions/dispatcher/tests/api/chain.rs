//! What a run cost, and what belongs to it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_tells_what_it_paid_each_model(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (run, other) = (world.given_run().await?, world.given_run().await?);
    world
        .sql(&format!(
            "insert into token_usage (organization_id, run_id, provider, model, input_tokens, output_tokens,
                                      cost_usd, created_at, settled_at)
             select j.organization_id, r.id, 'google', model, 100, 20, 0.25, now(), now()
               from scheduled_job_runs r
               join scheduled_jobs j on j.id = r.scheduled_job_id
              cross join unnest(array['gemini-x', 'gemini-x', 'gemini-y']) model
              where r.id = '{run}'"
        ))
        .await?;

    world
        .sql(&format!(
            "insert into run_steps (run_id, segment, dataset_key, at, records, is_partial)
             values ('{run}', 1, 'ad_assets', now(), 12, false)"
        ))
        .await?;

    let shown = world.get(&format!("/api/runs/{run}")).await?;
    let free = world.get(&format!("/api/runs/{other}")).await?;
    let list = world.get("/api/runs").await?;

    assert_eq!(
        shown.at("/costs/0"),
        &json!({
            "provider": "google", "model": "gemini-x", "calls": 2, "tokens": 240,
            "cost_usd": "0.500000", "unsettled": 0,
        })
    );
    assert_eq!(shown.at("/costs/1/model"), "gemini-y");
    assert_eq!(shown.at("/snoozes"), 0);
    assert_eq!(shown.at("/steps/0/dataset"), "ad_assets", "{shown:?}");
    assert_eq!(shown.at("/steps/0/records"), 12);
    assert_eq!(free.at("/steps"), &json!([]));
    assert_eq!(list.at("/runs/0/steps"), &Value::Null);
    assert_eq!(shown.at("/is_job_archived"), false);
    assert_eq!(free.at("/costs"), &json!([]));
    assert_eq!(list.at("/runs/0/costs"), &Value::Null, "of one run alone");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_tells_its_attempts_and_its_chain(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut runs = vec![];
    for _ in 0..4 {
        runs.push(world.given_run().await?);
    }
    let [parent, run, child, grandchild] = runs[..] else {
        anyhow::bail!("four runs");
    };
    for (below, above) in [(run, parent), (child, run), (grandchild, child)] {
        let sql =
            format!("update scheduled_job_runs set parent_run_id = '{above}' where id = '{below}'");
        world.sql(&sql).await?;
    }
    world
        .sql(&format!(
            "update scheduled_job_runs set status = 'failed', error_kind = 'permanent', error_message = 'gone',
                    started_at = now(), completed_at = now() where id = '{run}'"
        ))
        .await?;
    let retry = world.press(&format!("/api/runs/{run}/retry")).await?;
    let retry = retry.uuid("/run_id")?;

    let chain = world.get(&format!("/api/runs/{run}/chain")).await?;
    let of_retry = world.get(&format!("/api/runs/{retry}/chain")).await?;
    let unknown = format!("/api/runs/{}/chain", Uuid::new_v4());
    let unknown = world.get(&unknown).await?;

    assert_eq!(
        ids(&chain, "/attempts"),
        [run, retry].map(|it| it.to_string())
    );
    assert_eq!(ids(&chain, "/above"), [parent.to_string()]);
    let below = [child, grandchild].map(|it| it.to_string());
    assert_eq!(ids(&chain, "/below"), below);
    assert_eq!(chain.at("/below/1/depth"), 2);
    assert_eq!(chain.at("/above/0/depth"), -1);
    assert_eq!(chain.text("/attempts/0/error_message"), "gone");
    assert_eq!(chain.text("/below/0/url"), format!("/api/runs/{child}"));
    assert_eq!(chain.at("/is_complete"), true);
    assert_eq!(ids(&of_retry, "/attempts"), ids(&chain, "/attempts"));
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    unknown.assert_problem();
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_long_chain_says_that_it_is_cut(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    world
        .sql(&format!(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, requested_by, scheduled_for, attempt_number,
                                             parameters, status, run_after, parent_run_id)
             select scheduled_job_id, job_revision, origin, requested_by, scheduled_for, attempt_number,
                    parameters, 'pending', run_after, id
               from scheduled_job_runs cross join generate_series(1, 51)
              where id = '{run}'"
        ))
        .await?;

    let chain = world.get(&format!("/api/runs/{run}/chain")).await?;

    assert_eq!(ids(&chain, "/below").len(), 50);
    assert_eq!(chain.at("/is_complete"), false);
    Ok(())
}

fn ids(answer: &Answer, list: &str) -> Vec<String> {
    let rows = answer.at(list).as_array().into_iter().flatten();
    rows.filter_map(|row| row.get("id")?.as_str().map(str::to_owned))
        .collect()
}
