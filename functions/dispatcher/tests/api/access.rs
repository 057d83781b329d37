//! Tokens, addresses, methods and health.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use sqlx::PgPool;

use crate::world::{TOKEN, World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_failure_to_prove_oneself_gets_the_same_answer(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut answers = Vec::new();

    for value in [
        None,
        Some("Bearer wrong".to_owned()),
        Some("Bearer ".to_owned()),
        Some(TOKEN.to_owned()),
        Some(format!("Basic {TOKEN}")),
        Some(format!("Bearer {TOKEN}x")),
        Some(format!("Bearer {}", hex::encode([7; 32]))),
    ] {
        for path in ["/api/runs", "/api/nothing", "/api/jobs/x"] {
            let mut request = Request::builder().method(Method::POST).uri(path);
            if let Some(value) = &value {
                request = request.header(header::AUTHORIZATION, value);
            }
            // The body is garbage: whoever may not call learns nothing about it.
            let answer = world.send(request.body(Body::from("{"))?).await?;
            answers.push((value.clone(), path, answer));
        }
    }

    for (value, path, answer) in &answers {
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{value:?} {path}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Bearer");
        assert_eq!(answer.body, answers[0].2.body);
        answer.assert_problem();
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_authorization_headers_are_none(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let request = World::request(Method::GET, "/api/runs")
        .header(header::AUTHORIZATION, "Bearer other")
        .body(Body::empty())?;

    assert_eq!(world.send(request).await?.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_token_may_stand_beside_a_signature_of_aws(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let signature =
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261127/us-east-1/lambda/aws4_request";
    for (tokens, status) in [
        (&[TOKEN][..], StatusCode::OK),
        (&["wrong"], StatusCode::UNAUTHORIZED),
        (&[""], StatusCode::UNAUTHORIZED),
        (&[TOKEN, TOKEN], StatusCode::UNAUTHORIZED),
        (&[], StatusCode::UNAUTHORIZED),
    ] {
        let mut request = Request::builder().uri("/api/runs");
        request = request.header(header::AUTHORIZATION, signature);
        for token in tokens {
            request = request.header("x-sundial-token", *token);
        }
        let answer = world.send(request.body(Body::empty())?).await?;
        assert_eq!(answer.status, status, "{tokens:?}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_word_bearer_may_be_written_in_any_case(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let request = Request::builder()
        .uri("/api/runs")
        .header(header::AUTHORIZATION, format!("bEARER {TOKEN}"))
        .body(Body::empty())?;

    assert_eq!(world.send(request).await?.status, StatusCode::OK);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn health_is_open_and_tells_whether_the_database_answers(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let request = || Request::builder().uri("/healthz").body(Body::empty());

    let well = world.send(request()?).await?;
    world.db.close().await;
    let ill = world.send(request()?).await?;

    assert_eq!(
        (well.status, well.text("/status")),
        (StatusCode::OK, "ok".to_owned())
    );
    assert_eq!(ill.status, StatusCode::SERVICE_UNAVAILABLE);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_a_database_the_caller_is_told_to_come_back(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    world.db.close().await;

    let answer = world.get("/api/runs").await?;

    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(!answer.header(header::RETRY_AFTER).is_empty());
    answer.assert_problem();
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_unknown_address_is_a_problem(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    for path in ["/api", "/api/runs/", "/api/nothing"] {
        let answer = world.get(path).await?;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        answer.assert_problem();
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_wrong_method_is_told_the_right_ones(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    for (method, path, allowed) in [
        (Method::DELETE, "/api/jobs", "GET,HEAD,POST"),
        (Method::PUT, "/api/job-types", "GET,HEAD"),
        (Method::POST, "/healthz", "GET,HEAD"),
    ] {
        let answer = world
            .send(World::request(method, path).body(Body::empty())?)
            .await?;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.header(header::ALLOW), allowed, "{path}");
        answer.assert_problem();
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn job_types_come_with_the_schema_and_defaults_of_their_parameters(
    pool: PgPool,
) -> anyhow::Result<()> {
    let answer = World::new(pool)?.get("/api/job-types").await?;

    assert_eq!(answer.text("/job_types/0/name"), "ad_classification");
    assert_eq!(answer.text("/job_types/1/name"), "asset_download");
    assert_eq!(answer.text("/job_types/1/scope"), "brand");
    assert_eq!(answer.at("/job_types/1/defaults/max_videos"), 20);
    let maximum = "/job_types/1/parameters_schema/properties/max_images/maximum";
    assert_eq!(answer.at(maximum), 200);
    Ok(())
}
