//! Asking twice: two clicks are one run, one job, one batch.

use axum::http::{StatusCode, header};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{World, run_now, with};

/// M-20.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_same_request_with_the_same_key_is_one_run(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = run_now(world.given_brand().await?);

    let first = world.post_with_key("/api/runs", "click-1", &body).await?;
    let second = world.post_with_key("/api/runs", "click-1", &body).await?;

    assert_eq!(second.status, StatusCode::ACCEPTED);
    assert_eq!(second.body, first.body);
    assert_eq!(
        second.header(header::LOCATION),
        first.header(header::LOCATION)
    );
    assert_eq!(world.count("scheduled_job_runs").await?, 1);
    assert_eq!(
        world.count("scheduled_jobs").await?,
        1,
        "no job without a run may stay"
    );
    assert_eq!(world.runs_requested().len(), 1);
    Ok(())
}

/// M-20.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_clicks_at_the_same_moment_are_one_run(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = run_now(world.given_brand().await?);

    for round in 0..10 {
        let key = format!("round-{round}");
        let click = || world.post_with_key("/api/runs", &key, &body);
        let (a, b, c) = tokio::join!(click(), click(), click());
        let (a, b, c) = (a?, b?, c?);

        assert_eq!(a.status, StatusCode::ACCEPTED, "{a:?}");
        assert_eq!(a.body, b.body);
        assert_eq!(b.body, c.body);
    }
    assert_eq!(world.count("scheduled_job_runs").await?, 10);
    assert_eq!(world.count("scheduled_jobs").await?, 10);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_key_is_refused_for_another_request(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    world
        .post_with_key("/api/runs", "k", &run_now(brand))
        .await?;

    let other = json!({ "job_type": "asset_download", "brand_id": brand });
    let answer = world.post_with_key("/api/runs", "k", &other).await?;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.fields(), ["Idempotency-Key"]);
    assert_eq!(world.count("scheduled_job_runs").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_unusable_key_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = run_now(world.given_brand().await?);

    for key in ["", "with space", "tab\there", "ümlaut", &"x".repeat(201)] {
        let answer = world.post_with_key("/api/runs", key, &body).await?;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{key:?}");
        assert_eq!(answer.fields(), ["Idempotency-Key"]);
    }
    let longest = world
        .post_with_key("/api/runs", &"x".repeat(200), &body)
        .await?;
    assert_eq!(longest.status, StatusCode::ACCEPTED);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_clicks_on_a_job_are_one_run(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}/run", world.given_daily_job().await?);
    let body = json!({});
    let click = || world.post_with_key(&path, "k", &body);

    let (a, b) = tokio::join!(click(), click());

    assert_eq!(a?.body, b?.body);
    assert_eq!(world.count("scheduled_job_runs").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_repeated_click_is_answered_even_after_the_job_has_ended(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let path = format!("/api/jobs/{job}/run");
    let first = world.post_with_key(&path, "k", &json!({})).await?;
    world.press(&format!("/api/jobs/{job}/archive")).await?;

    let again = world.post_with_key(&path, "k", &json!({})).await?;

    assert_eq!(again.status, StatusCode::ACCEPTED);
    assert_eq!(again.uuid("/run_id")?, first.uuid("/run_id")?);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_that_names_its_id_is_made_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let id = Uuid::new_v4();
    let job = json!({
        "id": id, "job_type": "asset_download", "brand_id": brand, "scheduled_at": "2026-12-24T18:00:00Z",
    });
    let make = || world.post("/api/jobs", &job);

    let (a, b) = tokio::join!(make(), make());

    let mut statuses = [a?.status, b?.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::OK, StatusCode::CREATED]);
    let again = make().await?;
    assert_eq!(again.uuid("/id")?, id);
    assert_eq!(world.count("scheduled_jobs").await?, 1);

    let other = with(job.clone(), &json!({ "job_type": "meta_sync" }));
    let other = world.post("/api/jobs", &other).await?;
    assert_eq!(other.status, StatusCode::CONFLICT);
    let path = format!("/api/jobs/{id}");
    let edit = world.patch(&path, &json!({ "id": Uuid::new_v4() })).await?;
    assert_eq!(edit.fields(), ["id"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_that_retry_the_same_at_once_make_one_batch(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;
    world
        .sql(
            "update scheduled_job_runs set status = 'failed', started_at = now(), completed_at = now(),
                    error_kind = 'permanent', error_message = 'x'",
        )
        .await?;
    let body = json!({ "run_ids": [run] });
    let retry = || world.post("/api/dead-letters/retry", &body);

    let (a, b) = tokio::join!(retry(), retry());

    let mut statuses = [a?.status, b?.status];
    statuses.sort();
    let wanted = [StatusCode::ACCEPTED, StatusCode::UNPROCESSABLE_ENTITY];
    assert_eq!(statuses, wanted);
    let all = json!({ "error_kind": "permanent" });
    let all = world.post("/api/dead-letters/retry", &all).await?;
    assert_eq!(all.status, StatusCode::CONFLICT, "none of them is left");
    assert_eq!(world.count("retry_batch_runs").await?, 1);
    Ok(())
}
