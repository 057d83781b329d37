//! Jobs and runs by what they are called, do, and belong to.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{World, daily, with};

/// The ids that a list shows.
async fn ids(world: &World, path: &str, list: &str) -> anyhow::Result<Vec<String>> {
    let answer = world.get(path).await?;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let rows = answer.at(list).as_array().into_iter().flatten();
    let id = |row: &Value| row.get("id")?.as_str().map(str::to_owned);
    Ok(rows.filter_map(id).collect())
}

async fn given_job(world: &World, name: &str) -> anyhow::Result<Uuid> {
    let body = daily(world.given_brand().await?);
    let body = with(body, &json!({ "name": name }));
    world.post("/api/jobs", &body).await?.uuid("/id")
}

/// A job of no brand.
async fn given_platform_job(world: &World) -> anyhow::Result<Uuid> {
    let body = json!({ "job_type": "token_refresh", "cron_expression": "0 3 * * *" });
    let job = world.post("/api/jobs", &body).await?;
    assert_eq!(job.status, StatusCode::CREATED, "{job:?}");
    job.uuid("/id")
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_are_found_by_a_part_of_their_name_or_their_id(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let media = given_job(&world, "Nightly 100% media").await?;
    let other = given_job(&world, "Weekly").await?;

    for (text, found) in [
        ("MEDIA", vec![media]),
        ("100%25+m", vec![media]),
        (&other.to_string(), vec![other]),
        ("eekl", vec![other]),
        ("_", vec![]),
        ("", vec![other, media]),
    ] {
        let shown = ids(&world, &format!("/api/jobs?text={text}"), "/jobs").await?;
        let found: Vec<_> = found.iter().map(Uuid::to_string).collect();
        assert_eq!(shown, found, "{text}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_with_a_run_at_work_are_found_though_they_were_archived(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (busy, idle) = (
        given_job(&world, "busy").await?,
        given_job(&world, "idle").await?,
    );
    for job in [busy, idle] {
        world.press(&format!("/api/jobs/{job}/run")).await?;
    }
    world
        .sql(&format!(
            "update scheduled_job_runs
                set status = 'running', started_at = now(), lease_token = gen_random_uuid(),
                    lease_expires_at = now() + interval '1 hour'
              where scheduled_job_id = '{busy}'"
        ))
        .await?;
    let running = ids(&world, "/api/jobs?running=true", "/jobs").await?;
    world.press(&format!("/api/jobs/{busy}/archive")).await?;

    let archived = ids(&world, "/api/jobs?running=true", "/jobs").await?;
    let active = ids(&world, "/api/jobs?running=true&status=active", "/jobs").await?;
    let all = ids(&world, "/api/jobs", "/jobs").await?;
    let refused = world.get("/api/jobs?running=yes").await?;

    assert_eq!(running, [busy.to_string()]);
    assert_eq!(archived, [busy.to_string()], "its run goes on");
    assert!(active.is_empty(), "{active:?}");
    assert_eq!(all, [idle.to_string()]);
    assert_eq!(refused.fields(), ["running"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_and_runs_of_no_brand_are_found(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = given_platform_job(&world).await?;
    let run = world.press(&format!("/api/jobs/{job}/run")).await?;
    let run = run.text("/run_id");
    let of_brand = world.given_run().await?;
    let shown = world.get(&format!("/api/runs/{of_brand}")).await?;
    let brand = shown.text("/brand_id");

    let jobs = ids(&world, "/api/jobs?scope=platform", "/jobs").await?;
    let runs = ids(&world, "/api/runs?scope=platform", "/runs").await?;
    let pending = "/api/runs?scope=platform&status=pending&job_type=token_refresh";
    let pending = ids(&world, pending, "/runs").await?;
    let of_brand = ids(&world, &format!("/api/runs?brand_id={brand}"), "/runs").await?;

    assert_eq!(jobs, [job.to_string()]);
    assert_eq!(runs, [run]);
    assert_eq!(pending, runs);
    assert_eq!(of_brand.len(), 1);
    for list in ["jobs", "runs"] {
        let both = format!("/api/{list}?scope=platform&brand_id={brand}");
        assert_eq!(world.get(&both).await?.fields(), ["scope"], "{list}");
        let none = world.get(&format!("/api/{list}?scope=brand")).await?;
        assert_eq!(none.fields(), ["scope"], "{list}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn failures_and_days_of_no_brand_are_found(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = given_platform_job(&world).await?;
    let run = world.press(&format!("/api/jobs/{job}/run")).await?;
    let run = run.text("/run_id");
    let other = world.given_daily_job().await?;
    world.press(&format!("/api/jobs/{other}/run")).await?;
    world
        .sql(
            "update scheduled_job_runs
                set status = 'failed', started_at = '2026-11-20T12:00:00Z', completed_at = '2026-11-20T12:10:05Z',
                    error_kind = 'permanent', error_message = 'no'",
        )
        .await?;

    let failed = ids(&world, "/api/dead-letters?scope=platform", "/runs").await?;
    let groups = "/api/dead-letters?scope=platform&group=fingerprint";
    let groups = world.get(groups).await?;
    let days = "/api/calendar?date=2026-11-20&days=2&scope=platform";
    let days = world.get(days).await?;

    assert_eq!(failed, std::slice::from_ref(&run));
    assert_eq!(groups.text("/groups/0/last_run_id"), run);
    assert_eq!(groups.at("/groups/1"), &Value::Null);
    assert_eq!(days.at("/to_come"), 1, "that of the 21st: {days:?}");
    let verdicts = days.at("/hours/0/verdicts");
    assert_eq!(verdicts, &json!({ "failed": 1 }), "{days:?}");
    let brand = json!({ "scope": "platform", "brand_id": Uuid::new_v4() });
    let both = world.post("/api/dead-letters/retry", &brand).await?;
    assert_eq!(both.fields(), ["scope"]);
    let platform = json!({ "scope": "platform" });
    let preview = "/api/dead-letters/retry/preview";
    let preview = world.post(preview, &platform).await?;
    assert_eq!(preview.at("/runs"), 1, "{preview:?}");
    let batch = world.post("/api/dead-letters/retry", &platform).await?;
    assert_eq!(batch.status, StatusCode::ACCEPTED, "{batch:?}");
    assert_eq!(batch.at("/runs"), 1);
    let both = world.get("/api/calendar?date=2026-11-20&days=2").await?;
    assert_eq!(both.at("/hours/0/verdicts"), &json!({ "failed": 2 }));
    assert_eq!(both.at("/to_come"), 2);
    Ok(())
}
