//! Tokens that reach parts of the API alone.

use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::domain::Role;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World};

async fn scoped(world: &World, scopes: &Value) -> anyhow::Result<Answer> {
    let body = json!({ "name": "a test", "role": "admin", "scopes": scopes });
    world.post("/api/tokens", &body).await
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_with_scopes_gives_out_none_that_reaches_more(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (whole, _) = world.given_token(Role::Viewer, None).await?;
    let made = scoped(&world, &json!(["runs", "access", "runs"])).await?;
    assert_eq!(made.at("/scopes"), &json!(["runs", "access"]), "{made:?}");
    let (token, id) = (made.text("/token"), made.uuid("/id")?);

    for (scopes, status) in [
        (json!(null), StatusCode::UNPROCESSABLE_ENTITY),
        (json!([]), StatusCode::UNPROCESSABLE_ENTITY),
        (json!(["runs", "jobs"]), StatusCode::UNPROCESSABLE_ENTITY),
        (json!(["runs"]), StatusCode::CREATED),
    ] {
        let body = json!({ "name": "another", "role": "viewer", "scopes": scopes });
        let call = ("POST", "/api/tokens");
        let answer = world.call(Some(&token), call, Some(&body)).await?;
        assert_eq!(answer.status, status, "{scopes}: {answer:?}");
        if status != StatusCode::CREATED {
            assert_eq!(answer.fields(), ["scopes"], "{scopes}");
        }
    }
    let none = scoped(&world, &json!([])).await?;
    assert_eq!(none.fields(), ["scopes"]);
    let unknown = scoped(&world, &json!(["everything"])).await?;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    let rotate = |id: Uuid| format!("/api/tokens/{id}/rotate");
    let wider = ("POST", &*rotate(whole));
    let wider = world.call(Some(&token), wider, None).await?;
    assert_eq!(wider.status, StatusCode::FORBIDDEN, "{wider:?}");
    let own = ("POST", &*rotate(id));
    let own = world.call(Some(&token), own, None).await?;
    assert_eq!(own.at("/scopes"), &json!(["runs", "access"]), "{own:?}");
    let next = world
        .call(Some(&own.text("/token")), ("GET", "/api/jobs"), None)
        .await?;
    assert_eq!(next.status, StatusCode::FORBIDDEN, "{next:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn many_jobs_are_run_at_once_with_the_scope_of_runs_too(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    for (scopes, run) in [
        (json!(["jobs"]), StatusCode::FORBIDDEN),
        (json!(["jobs", "runs"]), StatusCode::OK),
    ] {
        let token = scoped(&world, &scopes).await?.text("/token");
        for (action, status) in [("pause", StatusCode::OK), ("run", run)] {
            let body = json!({ "action": action, "job_ids": [job] });
            let call = ("POST", "/api/jobs/bulk");
            let answer = world.call(Some(&token), call, Some(&body)).await?;
            assert_eq!(answer.status, status, "{scopes} {action}: {answer:?}");
        }
    }
    assert_eq!(world.count("scheduled_job_runs").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_scope_that_this_version_does_not_know_reaches_nothing(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let made = scoped(&world, &json!(["jobs"])).await?;
    world
        .sql("alter table api_tokens drop constraint api_tokens_scopes_check")
        .await?;
    world
        .sql("update api_tokens set scopes = array['everything']")
        .await?;

    let call = ("GET", "/api/jobs");
    let answer = world.call(Some(&made.text("/token")), call, None).await?;

    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    Ok(())
}
