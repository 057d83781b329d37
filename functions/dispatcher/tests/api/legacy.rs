//! What callers of the old system's functions find when they have changed the address.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World, with};

const QUEUE: &str = "/api/queue-one-time-job";
const ENSURE: &str = "/api/ensure-recurring-job";

fn once(brand: Uuid) -> Value {
    json!({ "brand_id": brand, "job_type": "asset_download", "parameters": { "max_videos": 5 } })
}

fn daily(brand: Uuid) -> Value {
    json!({ "brand_id": brand, "job_type": "meta_sync", "cron": "30 6 * * 0" })
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn work_that_waits_is_not_queued_again(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;

    let first = world.post(QUEUE, &once(brand)).await?;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{first:?}");
    let again = world.post(QUEUE, &once(brand)).await?;

    assert_eq!(again.status, StatusCode::OK, "{again:?}");
    assert_eq!(again.body, first.body);
    assert_eq!(world.runs_requested().len(), 1);
    let job = world
        .get(&format!("/api/jobs/{}", first.text("/job_id")))
        .await?;
    assert_eq!(job.text("/trigger_source"), "manual");

    assert_eq!(job.at("/max_retries"), 3);

    let changes = json!({ "parameters": { "max_videos": 6 }, "max_retries": 7 });
    let other = world.post(QUEUE, &with(once(brand), &changes)).await?;
    assert_eq!(
        other.status,
        StatusCode::ACCEPTED,
        "other parameters are other work"
    );
    let job = format!("/api/jobs/{}", other.text("/job_id"));
    assert_eq!(world.get(&job).await?.at("/max_retries"), 7);
    let changes = json!({ "parameters": { "max_videos": 7 }, "max_retries": 21 });
    let too_many = world.post(QUEUE, &with(once(brand), &changes)).await?;
    assert_eq!(too_many.status, StatusCode::UNPROCESSABLE_ENTITY);

    for round in 0..2 {
        world
            .sql("update scheduled_job_runs set status = 'cancelled', completed_at = now() where status = 'pending'")
            .await?;
        let next = world.post(QUEUE, &once(brand)).await?;
        assert_eq!(next.status, StatusCode::ACCEPTED, "round {round}: {next:?}");
        assert_ne!(next.text("/job_id"), first.text("/job_id"));
    }
    assert_eq!(world.count("scheduled_jobs").await?, 4);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_who_queue_the_same_at_once_get_one_run(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = once(world.given_brand().await?);

    let [a, b] = both_at_once(&world, QUEUE, &body).await?;

    assert!(
        a.status.is_success() && b.status.is_success(),
        "{a:?} {b:?}"
    );
    assert_eq!(a.text("/run_id"), b.text("/run_id"));
    assert_eq!(world.count("scheduled_job_runs").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn one_schedule_for_a_type_and_a_brand_is_kept(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = daily(world.given_brand().await?);

    let made = world.post(ENSURE, &body).await?;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    assert_eq!(
        (
            made.text("/cron_expression"),
            made.text("/timezone"),
            made.text("/status")
        ),
        (
            "30 6 * * MON".into(),
            "America/Los_Angeles".into(),
            "active".into()
        ),
        "0 was Monday"
    );
    let same = world.post(ENSURE, &body).await?;
    assert_eq!(
        (same.text("/id"), same.at("/revision")),
        (made.text("/id"), &json!(1))
    );

    let changes =
        json!({ "cron": "0 7 * * *", "timezone": "UTC", "name": "Numbers", "enabled": false });
    let changed = world.post(ENSURE, &with(body.clone(), &changes)).await?;
    assert_eq!(
        seen(&changed),
        (made.text("/id"), "0 7 * * *".into(), "paused".into())
    );
    assert_eq!(changed.text("/name"), "Numbers");
    let resumed = world.post(ENSURE, &body).await?;
    assert_eq!(
        seen(&resumed),
        (made.text("/id"), "30 6 * * MON".into(), "active".into())
    );
    assert_eq!(resumed.text("/name"), "Numbers", "what is left out stays");
    assert_eq!(resumed.text("/timezone"), "UTC", "the zone, too");

    world
        .press(&format!("/api/jobs/{}/archive", made.text("/id")))
        .await?;
    let anew = world.post(ENSURE, &body).await?;
    assert_eq!(anew.text("/status"), "active");
    assert_ne!(
        anew.text("/id"),
        made.text("/id"),
        "what was put away stays away"
    );
    Ok(())
}

fn seen(answer: &Answer) -> (String, String, String) {
    (
        answer.text("/id"),
        answer.text("/cron_expression"),
        answer.text("/status"),
    )
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn two_who_ensure_the_same_at_once_get_one_schedule(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = daily(world.given_brand().await?);

    let [a, b] = both_at_once(&world, ENSURE, &body).await?;

    assert_eq!(
        (a.status, b.status),
        (StatusCode::OK, StatusCode::OK),
        "{a:?} {b:?}"
    );
    assert_eq!(a.text("/id"), b.text("/id"));
    assert_eq!(world.count("scheduled_jobs").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_the_old_functions_let_through_is_refused(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let nobody = Uuid::from_u128(7);
    for (path, body, field) in [
        (
            QUEUE,
            with(once(brand), &json!({ "parameters": { "max_videos": -1 } })),
            "parameters.max_videos",
        ),
        (QUEUE, once(nobody), "brand_id"),
        (
            QUEUE,
            with(once(brand), &json!({ "trigger_source": "scheduled" })),
            "trigger_source",
        ),
        (
            ENSURE,
            with(daily(brand), &json!({ "cron": "whenever" })),
            "cron",
        ),
        (ENSURE, daily(nobody), "brand_id"),
        (
            ENSURE,
            with(daily(brand), &json!({ "timezone": "Mars" })),
            "timezone",
        ),
    ] {
        let refused = world.post(path, &body).await?;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{body} {refused:?}"
        );
        assert_eq!(refused.fields(), [field], "{body}");
    }
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}

/// Two requests of which each has looked for jobs before either makes one.
async fn both_at_once(world: &World, path: &str, body: &Value) -> anyhow::Result<[Answer; 2]> {
    const WAITING: &str = "select count(*) from pg_stat_activity
                            where datname = current_database() and wait_event_type = 'Lock'";
    let mut held = world.pool.begin().await?;
    sqlx::query("lock table scheduled_jobs in share mode")
        .execute(&mut *held)
        .await?;
    let release = async {
        while sqlx::query_scalar::<_, i64>(WAITING)
            .fetch_one(&world.pool)
            .await?
            < 2
        {
            tokio::task::yield_now().await;
        }
        held.commit().await
    };
    let (a, b, released) = tokio::join!(world.post(path, body), world.post(path, body), release);
    released?;
    Ok([a?, b?])
}
