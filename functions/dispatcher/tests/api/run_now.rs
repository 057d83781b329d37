//! Run now: one-time jobs and existing ones.

use axum::http::{StatusCode, header};
use serde_json::json;
use shared::{
    clients::bus::BusEvent,
    domain::{JobId, RunId},
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{World, run_now};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_request_becomes_a_job_and_a_pending_run_and_an_event(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;

    let answer = world.post("/api/runs", &run_now(brand)).await?;

    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let (run, job) = (answer.uuid("/run_id")?, answer.uuid("/job_id")?);
    assert_eq!(answer.header(header::LOCATION), format!("/api/runs/{run}"));
    assert_eq!(answer.text("/url"), format!("/api/runs/{run}"));
    assert_eq!(answer.text("/status"), "pending");
    let requested = BusEvent::RunRequested {
        run_id: RunId(run),
        job_id: JobId(job),
        job_type: "asset_download".to_owned(),
    };
    assert_eq!(world.bus.sent(), [requested]);

    let run = world.get(&format!("/api/runs/{run}")).await?;
    assert_eq!(run.at("/parameters"), &json!({ "max_videos": 5 }));
    assert_eq!(run.text("/origin"), "manual");
    assert!(run.text("/requested_by").starts_with("token "));
    let job = world.get(&format!("/api/jobs/{job}")).await?;
    assert_eq!(job.text("/schedule_type"), "one_time");
    assert_eq!(job.text("/trigger_source"), "api");
    assert_eq!(job.text("/name"), "Asset download, on request");
    assert_eq!(job.text("/sentence"), "Once, on request");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn run_now_costs_one_transaction(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let begun = world.db.transactions_begun();

    world.post("/api/runs", &run_now(brand)).await?;

    assert_eq!(world.db.transactions_begun() - begun, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_whose_event_does_not_leave_stays_for_the_reconciler(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    world.bus.set_down(true);

    let answer = world.post("/api/runs", &run_now(brand)).await?;

    assert_eq!(answer.status, StatusCode::ACCEPTED);
    let mut tx = world.db.begin().await?;
    let due = shared::store::runs::due(&mut tx, world.now(), 10).await?;
    assert_eq!(due.len(), 1, "the sweep must find the run at once");
    assert_eq!(due[0].id.0, answer.uuid("/run_id")?);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_on_the_bus_is_not_sent_a_second_time(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    world.given_run().await?;

    let mut tx = world.db.begin().await?;
    let due = shared::store::runs::due(&mut tx, world.now(), 10).await?;
    assert!(due.is_empty(), "{due:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_unknown_brand_is_named_and_nothing_is_left_behind(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    let answer = world
        .post_with_key("/api/runs", "k", &run_now(Uuid::new_v4()))
        .await?;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.fields(), ["brand_id"]);
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    assert!(world.bus.sent().is_empty());
    Ok(())
}

/// M-45.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_owner_that_does_not_fit_the_type_is_named(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let product: Uuid = sqlx::query_scalar(
        "insert into products (organization_id, brand_id, name)
         select organization_id, id, 'Anvil' from brands returning id",
    )
    .fetch_one(&world.pool)
    .await?;

    for (owner, field) in [
        (json!({}), "brand_id"),
        (json!({ "brand_id": null }), "brand_id"),
        (json!({ "product_id": product }), "brand_id"),
        (
            json!({ "brand_id": brand, "product_id": product }),
            "product_id",
        ),
        (
            json!({ "brand_id": brand, "product_id": Uuid::new_v4() }),
            "product_id",
        ),
    ] {
        let mut body = json!({ "job_type": "asset_download" });
        for (name, value) in owner.as_object().unwrap() {
            body[name] = value.clone();
        }
        let answer = world.post("/api/runs", &body).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{owner}");
        assert_eq!(answer.fields(), [field], "{owner}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_existing_job_runs_now_and_its_schedule_stays(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let before = world.get(&format!("/api/jobs/{job}")).await?;

    let answer = world.press(&format!("/api/jobs/{job}/run")).await?;

    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    assert_eq!(answer.uuid("/job_id")?, job);
    assert_eq!(world.runs_requested(), [answer.uuid("/run_id")?]);
    let after = world.get(&format!("/api/jobs/{job}")).await?;
    assert_eq!(after.body, before.body, "run now must not touch the job");
    let run = world.get(&answer.text("/url")).await?;
    assert_eq!(run.text("/origin"), "manual");
    assert_eq!(run.text("/scheduled_for"), crate::world::NOW);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_of_a_job_may_have_parameters_of_its_own(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}/run", world.given_daily_job().await?);

    let good = world
        .post(&path, &json!({ "parameters": { "max_images": 3 } }))
        .await?;
    let bad = world
        .post(&path, &json!({ "parameters": { "max_images": 201 } }))
        .await?;

    let run = world.get(&good.text("/url")).await?;
    assert_eq!(run.at("/parameters"), &json!({ "max_images": 3 }));
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bad.fields(), ["parameters.max_images"]);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_that_cannot_run_now_says_what_to_do(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world.press(&format!("/api/jobs/{job}/archive")).await?;

    for (job, status) in [
        (job, StatusCode::CONFLICT),
        (Uuid::new_v4(), StatusCode::NOT_FOUND),
    ] {
        let answer = world.press(&format!("/api/jobs/{job}/run")).await?;
        assert_eq!(answer.status, status, "{answer:?}");
        answer.assert_problem();
    }
    assert_eq!(world.count("scheduled_job_runs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_paused_job_still_runs_when_a_person_asks(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world.press(&format!("/api/jobs/{job}/pause")).await?;

    let answer = world.press(&format!("/api/jobs/{job}/run")).await?;

    assert_eq!(answer.status, StatusCode::ACCEPTED);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_runs_on_demand_and_keeps_its_own_moment(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let once = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?,
        "scheduled_at": "2026-12-24T18:00:00Z",
    });
    let once = world.post("/api/jobs", &once).await?.uuid("/id")?;

    let answer = world.press(&format!("/api/jobs/{once}/run")).await?;

    assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
    let job = world.get(&format!("/api/jobs/{once}")).await?;
    assert_eq!(job.text("/next_run_at"), "2026-12-24T18:00:00Z");
    Ok(())
}
