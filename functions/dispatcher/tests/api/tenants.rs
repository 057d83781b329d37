//! What callers of one organisation see and make.

use axum::http::StatusCode;
use serde_json::{Value, json};
use shared::domain::Role;
use sqlx::PgPool;

use crate::world::{TOKEN, World, daily, run_now, with};

/// Lists, by where their rows' ids are.
const LISTS: [(&str, &str); 3] = [
    ("/api/jobs", "/jobs"),
    ("/api/runs", "/runs"),
    ("/api/dead-letters", "/runs"),
];

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn lists_show_an_organisations_own_rows(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let (_, token) = world
        .given_token(Role::Viewer, Some(own.organization))
        .await?;

    for (path, rows) in LISTS {
        let answer = world.call(Some(&token), ("GET", path), None).await?;
        let all = world.get(path).await?;

        let count = |answer: &crate::world::Answer| answer.at(rows).as_array().map(Vec::len);
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        assert_eq!(count(&answer).map(|it| it * 2), count(&all), "{path}");
        let text = answer.body.to_string();
        assert!(text.contains(&own.job.to_string()), "{path}: {text}");
        assert!(!text.contains(&other.job.to_string()), "{path}: {text}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn filters_that_name_rows_of_others_find_nothing(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let (_, token) = world
        .given_token(Role::Viewer, Some(own.organization))
        .await?;

    for (path, rows) in LISTS {
        let path = format!("{path}?brand_id={}", other.brand);
        let answer = world.call(Some(&token), ("GET", &path), None).await?;
        assert_eq!(answer.at(rows), &json!([]), "{path}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_of_the_platform_are_for_callers_of_the_installation(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let own = world.given_tenant().await?;
    let (_, token) = world
        .given_token(Role::Admin, Some(own.organization))
        .await?;
    let job = json!({ "job_type": "token_refresh", "cron_expression": "0 3 * * *" });
    let run = json!({ "job_type": "token_refresh" });

    for (path, body) in [("/api/jobs", &job), ("/api/runs", &run)] {
        let call = ("POST", path);
        let refused = world.call(Some(&token), call, Some(body)).await?;
        let made = world.call(Some(TOKEN), call, Some(body)).await?;

        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
        refused.assert_problem();
        assert!(made.status.is_success(), "{made:?}");
        let id = made.uuid("/job_id").or_else(|_| made.uuid("/id"))?;
        let path = format!("/api/jobs/{id}");
        let answer = world.call(Some(&token), ("GET", &path), None).await?;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{answer:?}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_owner_left_out_is_named_as_for_everybody(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let own = world.given_tenant().await?;
    let (_, token) = world
        .given_token(Role::Operator, Some(own.organization))
        .await?;
    let body = with(run_now(own.brand), &json!({ "brand_id": Value::Null }));

    for token in [TOKEN, &token] {
        let answer = world
            .call(Some(token), ("POST", "/api/runs"), Some(&body))
            .await?;
        assert_eq!(answer.fields(), ["brand_id"], "{answer:?}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organisation_makes_jobs_and_runs_of_its_own(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let own = world.given_tenant().await?;
    let (_, token) = world
        .given_token(Role::Operator, Some(own.organization))
        .await?;
    let parameters = json!({ "parameters": { "max_videos": 7 } });

    let job = with(daily(own.brand), &parameters);
    let job = world
        .call(Some(&token), ("POST", "/api/jobs"), Some(&job))
        .await?;
    let run = world
        .call(
            Some(&token),
            ("POST", "/api/runs"),
            Some(&run_now(own.brand)),
        )
        .await?;

    assert_eq!(job.status, StatusCode::CREATED, "{job:?}");
    assert_eq!(run.status, StatusCode::ACCEPTED, "{run:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn idempotency_keys_of_two_organisations_never_meet(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut runs = vec![];

    for _ in 0..2 {
        let tenant = world.given_tenant().await?;
        let organization = Some(tenant.organization);
        let (_, token) = world.given_token(Role::Operator, organization).await?;
        for _ in 0..2 {
            let request = World::request_of(&token, "/api/runs")
                .header("Idempotency-Key", "monday")
                .body(axum::body::Body::from(run_now(tenant.brand).to_string()))?;
            let answer = world.send(request).await?;
            assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
            runs.push(answer.uuid("/run_id")?);
        }
    }

    assert_eq!(runs[0], runs[1]);
    assert_eq!(runs[2], runs[3]);
    assert_ne!(runs[0], runs[2]);
    Ok(())
}

/// Who may have a state that sees every organisation's rows: those who find out who calls.
const UNSCOPED: [&str; 9] = [
    "auth.rs",
    "auth/scoped.rs",
    "console.rs",
    "console/guard.rs",
    "console/headers.rs",
    "console/sign_in.rs",
    "health.rs",
    "routes.rs",
    "webhooks.rs",
];

#[test]
fn handlers_have_no_state_but_their_callers() -> anyhow::Result<()> {
    let src = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![src.clone()];
    let mut named = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path)?.contains("Unscoped") {
                named.push(path.strip_prefix(&src)?.display().to_string());
            }
        }
    }

    named.sort();
    assert_eq!(named, UNSCOPED);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_id_of_somebody_elses_job_is_taken(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let (_, token) = world
        .given_token(Role::Operator, Some(own.organization))
        .await?;
    let changes = json!({ "id": other.job, "parameters": { "max_videos": 7 } });
    let body = with(daily(own.brand), &changes);

    let refused = world
        .call(Some(&token), ("POST", "/api/jobs"), Some(&body))
        .await?;

    assert_eq!(refused.status, StatusCode::CONFLICT, "{refused:?}");
    assert!(refused.text("/type").ends_with(":id-taken"), "{refused:?}");
    Ok(())
}
