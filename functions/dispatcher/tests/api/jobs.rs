//! Creating jobs and listing them.

use axum::http::{StatusCode, header};
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{World, daily, with};

/// M-03, M-48.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_recurring_job_has_its_next_time_from_the_start(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let mut body = daily(world.given_brand().await?);
    body["timezone"] = json!("America/Los_Angeles");

    let job = world.post("/api/jobs", &body).await?;

    assert_eq!(job.status, StatusCode::CREATED, "{job:?}");
    assert_eq!(
        job.header(header::LOCATION),
        format!("/api/jobs/{}", job.text("/id"))
    );
    assert_eq!(job.text("/next_run_at"), "2026-11-20T14:00:00Z");
    assert_eq!(job.text("/next_run_at_local"), "2026-11-20T06:00:00-08:00");
    assert!(job.text("/sentence").contains("06:00"), "{job:?}");
    assert_eq!(job.at("/parameters"), &json!({}));
    assert_eq!(job.text("/trigger_source"), "scheduled");
    assert_eq!(world.schedules_changed(), [job.uuid("/id")?]);
    assert_eq!(world.get(&job.text("/url")).await?.body, job.body);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_given_is_what_the_table_would_say(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    let ours = world.post("/api/jobs", &daily(brand)).await?;
    let columns = [
        "timezone",
        "dst_gap_policy",
        "dst_repeat_policy",
        "overlap_policy",
        "misfire_policy",
        "misfire_limit",
        "misfire_window_seconds",
        "max_retries",
        "max_runs",
        "status",
    ];
    let plain: Value = sqlx::query_scalar(
        "insert into scheduled_jobs
                (organization_id, brand_id, job_type, name, parameters, schedule_type,
                 cron_expression, next_run_at)
         select organization_id, id, 'asset_download', 'n', '{\"max_images\": 1}', 'recurring',
                '0 6 * * *', now()
           from brands
         returning to_jsonb(scheduled_jobs)",
    )
    .fetch_one(&world.pool)
    .await?;

    for column in columns {
        assert_eq!(ours.at(&format!("/{column}")), &plain[column], "{column}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_one_time_job_fires_at_its_moment(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?, "name": "Before the sale",
        "scheduled_at": "2026-11-27T00:00:30-05:00", "timezone": "America/New_York",
    });

    let job = world.post("/api/jobs", &body).await?;

    assert_eq!(job.status, StatusCode::CREATED, "{job:?}");
    assert_eq!(job.text("/schedule_type"), "one_time");
    assert_eq!(
        job.text("/next_run_at"),
        "2026-11-27T05:01:00Z",
        "the next whole minute"
    );
    assert_eq!(
        job.text("/sentence"),
        "Once, on 2026-11-27 at 00:01, America/New_York"
    );
    assert_eq!(job.at("/max_runs"), 1);
    Ok(())
}

/// M-23.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_same_work_cannot_be_scheduled_twice(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = daily(world.given_brand().await?);
    let first = world.post("/api/jobs", &body).await?;

    let second = world.post("/api/jobs", &body).await?;

    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(
        second.text("/detail").contains(&first.text("/url")),
        "{second:?}"
    );
    second.assert_problem();
    assert_eq!(world.count("scheduled_jobs").await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_problem_of_a_job_is_named_at_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let body = json!({
        "job_type": "asset_download", "brand_id": world.given_brand().await?,
        "name": " ", "parameters": { "max_images": -1 }, "cron_expression": "0 25 * * *",
        "misfire_limit": 0, "max_retries": 21, "max_runs": 0, "misfire_window_seconds": 59,
    });

    let answer = world.post("/api/jobs", &body).await?;

    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut fields = answer.fields();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [
            "cron_expression",
            "max_retries",
            "max_runs",
            "misfire_limit",
            "misfire_window_seconds",
            "name",
            "parameters.max_images",
        ]
    );
    Ok(())
}

/// M-08.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_schedule_that_cannot_fire_is_refused_with_its_place(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;

    for (changes, field, position) in [
        (
            json!({ "cron_expression": "0 6 * * mox" }),
            "cron_expression",
            json!(8),
        ),
        (
            json!({ "cron_expression": "@reboot" }),
            "cron_expression",
            json!(0),
        ),
        (
            json!({ "cron_expression": "0 0 30 2 *" }),
            "cron_expression",
            Value::Null,
        ),
        (
            json!({ "cron_expression": "" }),
            "cron_expression",
            json!(0),
        ),
        (
            json!({ "timezone": "Mars/Olympus" }),
            "timezone",
            Value::Null,
        ),
        (
            json!({ "cron_expression": null }),
            "cron_expression",
            Value::Null,
        ),
        (
            json!({ "scheduled_at": "2027-01-01T00:00:00Z" }),
            "scheduled_at",
            Value::Null,
        ),
        (
            json!({ "schedule_type": "one_time" }),
            "schedule_type",
            Value::Null,
        ),
        (json!({ "revision": 1 }), "revision", Value::Null),
        (json!({ "job_type": null }), "job_type", Value::Null),
    ] {
        let answer = world
            .post("/api/jobs", &with(daily(brand), &changes))
            .await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{changes}");
        assert_eq!(answer.fields(), [field], "{changes}");
        assert_eq!(answer.at("/errors/0/position"), &position, "{answer:?}");
    }
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_moment_must_be_one_and_in_the_future(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;

    for moment in [
        "2026-11-20T12:29:00Z",
        "2026-11-20T12:30:00Z",
        "tomorrow",
        "2026-11-27",
        "2026-11-27T05:00:00",
        "9999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "+262142-12-31T23:59:59Z",
        "",
    ] {
        let body = json!({
            "job_type": "asset_download", "brand_id": brand, "scheduled_at": moment,
        });
        let answer = world.post("/api/jobs", &body).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{moment}");
        assert_eq!(answer.fields(), ["scheduled_at"], "{moment}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_unknown_brand_of_a_job_is_named(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    let unknown = world.post("/api/jobs", &daily(Uuid::new_v4())).await?;
    let missing = with(daily(Uuid::new_v4()), &json!({ "brand_id": null }));
    let missing = world.post("/api/jobs", &missing).await?;

    assert_eq!(unknown.fields(), ["brand_id"]);
    assert_eq!(missing.fields(), ["brand_id"]);
    assert!(world.bus.sent().is_empty());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn lists_leave_out_archived_jobs_unless_asked(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (kept, gone) = (
        world.given_daily_job().await?,
        world.given_daily_job().await?,
    );
    world.press(&format!("/api/jobs/{gone}/archive")).await?;
    let listed = async |query: &str| {
        let answer = world.get(&format!("/api/jobs{query}")).await?;
        let jobs = answer.at("/jobs").as_array().cloned().unwrap_or_default();
        let ids = jobs
            .iter()
            .filter_map(|job| job["id"].as_str()?.parse().ok());
        anyhow::Ok(ids.collect::<Vec<Uuid>>())
    };

    assert_eq!(listed("").await?, [kept]);
    assert_eq!(listed("?status=archived").await?, [gone]);
    assert_eq!(
        listed("?job_type=asset_download&schedule_type=recurring").await?,
        [kept]
    );
    assert!(listed("?schedule_type=one_time").await?.is_empty());
    assert!(
        listed(&format!("?brand_id={}", Uuid::new_v4()))
            .await?
            .is_empty()
    );
    Ok(())
}
