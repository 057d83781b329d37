//! What an edit would do, before it is made.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_preview_tells_what_comes_goes_and_stays_and_writes_nothing(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let before = world.get(&path).await?;

    let body = json!({ "cron_expression": "0 6,18 * * 1-5" });
    let told = world.post(&format!("{path}/preview"), &body).await?;

    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    assert_eq!(told.at("/is_change"), true);
    assert_eq!(told.at("/is_paused"), false);
    assert!(
        told.text("/schedule/sentence").contains("Monday"),
        "{told:?}"
    );
    assert_eq!(told.text("/schedule/next_fires/0"), "2026-11-20T18:00:00Z");
    assert_eq!(told.text("/fires/until"), "2026-11-27T12:30:00Z");
    for (kind, count, first) in [
        ("new", 5, "2026-11-20T18:00:00Z"),
        ("gone", 2, "2026-11-21T06:00:00Z"),
        ("unchanged", 5, "2026-11-23T06:00:00Z"),
    ] {
        assert_eq!(told.at(&format!("/fires/{kind}/count")), count, "{kind}");
        assert_eq!(told.text(&format!("/fires/{kind}/first/0")), first);
    }
    assert_eq!(world.get(&path).await?.body, before.body);
    assert!(world.schedules_changed().is_empty());
    let edited = world.patch(&path, &body).await?;
    assert_eq!(
        edited.text("/next_run_at"),
        told.text("/schedule/next_fires/0"),
        "the edit does what the preview told"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_preview_of_a_paused_job_says_that_nothing_fires(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    world.press(&format!("{path}/pause")).await?;
    let preview = format!("{path}/preview");

    let same = world.post(&preview, &json!({ "timezone": "UTC" })).await?;
    let named = world.post(&preview, &json!({ "name": "Media" })).await?;

    assert_eq!(same.at("/is_change"), false);
    assert_eq!(same.at("/is_paused"), true);
    assert_eq!(named.at("/is_change"), true);
    assert_eq!(named.at("/fires/new/count"), 0);
    assert_eq!(named.at("/fires/gone/first"), &json!([]));
    assert_eq!(named.at("/fires/unchanged/count"), 7);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_preview_refuses_what_the_edit_refuses(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let preview = format!("{path}/preview");

    for body in [
        json!({ "cron_expression": "61 * * * *" }),
        json!({ "job_type": "meta_sync", "max_retries": 99 }),
        json!({ "parameters": { "max_vids": 1 } }),
        json!({ "revision": 7 }),
        json!({ "colour": "red" }),
    ] {
        let told = world.post(&preview, &body).await?;
        let edited = world.patch(&path, &body).await?;
        assert!(told.status.is_client_error(), "{body}");
        assert_eq!(told.status, edited.status, "{body}");
        assert_eq!(told.body, edited.body, "{body}");
    }
    world.press(&format!("{path}/archive")).await?;
    let ended = world.post(&preview, &json!({ "name": "Media" })).await?;
    assert_eq!(ended.status, StatusCode::CONFLICT, "{ended:?}");
    let missing = format!("/api/jobs/{}/preview", Uuid::new_v4());
    let missing = world.post(&missing, &json!({ "name": "Media" })).await?;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.at("/fires"), &Value::Null);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_retry_of_many_is_told_before_it_is_asked_for(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let runs = [world.given_run().await?, world.given_run().await?];
    let failed = "update scheduled_job_runs
                     set status = 'failed', started_at = now(), completed_at = now(), error_kind = 'lost',
                         error_message = 'no'";
    world.sql(failed).await?;
    let waiting = world.given_run().await?;
    let path = "/api/dead-letters/retry";
    let preview = format!("{path}/preview");

    let body = json!({ "error_kind": "lost", "rate_per_minute": 1 });
    let told = world.post(&preview, &body).await?;
    let body = json!({ "run_ids": runs });
    let by_name = world.post(&preview, &body).await?;
    let batches = world.count("retry_batches").await?;
    let body = json!({ "run_ids": [waiting] });
    let refused = world.post(&preview, &body).await?;
    let would = world.post(path, &body).await?;

    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    assert_eq!((told.at("/runs"), told.at("/jobs")), (&json!(2), &json!(2)));
    assert_eq!(told.at("/brands").as_array().map(Vec::len), Some(2));
    assert_eq!(told.at("/minutes"), 2);
    assert_eq!(by_name.at("/minutes"), 1, "ten a minute");
    assert_eq!(batches, 0);
    assert_eq!(refused.body, would.body);
    assert_eq!(refused.fields(), ["run_ids"]);
    Ok(())
}
