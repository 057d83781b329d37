//! Hours of fire times, for programs.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_calendar_counts_the_past_and_works_out_what_is_to_come(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world
        .sql(&format!(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after,
                                             status, reason, completed_at, created_at)
             select '{job}', 1, 'tick', t, '{{}}', t, 'skipped', 'overlap', t, t
               from generate_series(timestamptz '2026-11-19T06:00:00Z', '2026-11-20T06:00:00Z', '1 day') t"
        ))
        .await?;

    let answer = world.get("/api/calendar?date=2026-11-20&days=2").await?;

    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_eq!(answer.at("/hours/0/verdicts"), &json!({ "skipped": 1 }));
    assert_eq!(answer.text("/hours/0/from"), "2026-11-20T06:00:00Z");
    assert_eq!(answer.text("/hours/1/from"), "2026-11-21T06:00:00Z");
    assert_eq!(answer.at("/hours/1/to_come"), 1);
    assert_eq!(answer.at("/hours/2"), &json!(null));
    assert_eq!(answer.at("/to_come"), 1);
    assert_eq!(answer.at("/is_complete"), true);
    let other = uuid::Uuid::new_v4();
    for filter in ["job_id", "brand_id"] {
        let path = format!("/api/calendar?date=2026-11-20&{filter}={other}");
        let none = world.get(&path).await?;
        assert_eq!(none.at("/hours"), &json!([]), "{filter}");
    }
    let of_job = world.get(&format!("/api/calendar?job_id={job}")).await?;
    assert_eq!(of_job.at("/to_come"), 2, "{of_job:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_skipped_or_paused_fire_time_is_not_to_come(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let path = "/api/calendar?date=2026-11-21&days=7";
    let to_come = async || anyhow::Ok(world.get(path).await?.at("/to_come").clone());
    assert_eq!(to_come().await?, 7);

    let skip = format!("/api/jobs/{job}/skip-next");
    assert!(world.post(&skip, &json!({})).await?.status.is_success());
    let skipped = world.get(path).await?;
    assert_eq!(skipped.at("/to_come"), 6);
    assert_eq!(skipped.at("/hours/0/verdicts"), &json!({ "skipped": 1 }));

    let pause = format!("/api/jobs/{job}/pause");
    let until = json!({ "until": "2026-11-25T12:00:00Z" });
    assert!(world.post(&pause, &until).await?.status.is_success());
    assert_eq!(to_come().await?, 2, "the 26th and the 27th");
    world
        .sql("update scheduled_jobs set paused_until = null")
        .await?;
    assert_eq!(to_come().await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_of_every_minute_is_counted_and_what_is_too_much_is_left_out(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    let every_minute =
        format!("update scheduled_jobs set cron_expression = '* * * * *' where id = '{job}'");
    world.sql(&every_minute).await?;
    let others = format!(
        "insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type, cron_expression,
                                     timezone, next_run_at, starts_at, parameters)
         select organization_id, brand_id, 'meta_sync', 'Every minute ' || n, 'recurring', '* * * * *', 'UTC',
                '2026-11-21T00:00:00Z', timestamptz '2026-11-01T00:00:00Z' + n * interval '1 hour', jsonb_build_object('n', n)
           from scheduled_jobs, generate_series(1, 20) n
          where id = '{job}'"
    );
    world.sql(&others).await?;

    let answer = world.get("/api/calendar?date=2026-11-23&days=7").await?;

    assert_eq!(answer.at("/to_come"), 19 * 10_080);
    assert_eq!(answer.at("/jobs_left_out"), 2);
    assert_eq!(answer.at("/is_complete"), false);
    assert_eq!(answer.at("/hours/0/to_come"), 19 * 60);
    assert_eq!(answer.at("/busiest/0/jobs"), 19);
    assert_eq!(answer.at("/busiest/0/is_crowded"), true);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_jobs_of_a_crowded_minute_are_named_in_order_with_quieter_schedules(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    // The first by name begins at another time, and so is looked up apart.
    let others = format!(
        "insert into scheduled_jobs (organization_id, brand_id, job_type, name, schedule_type, cron_expression,
                                     timezone, next_run_at, starts_at, parameters)
         select organization_id, brand_id, 'meta_sync', 'Job ' || to_char(n, 'FM00'), 'recurring', '0 9 * * *', 'UTC',
                '2026-11-21T09:00:00Z', case n when 0 then timestamptz '2026-11-01T00:00:00Z' end, jsonb_build_object('n', n)
           from scheduled_jobs, generate_series(0, 12) n
          where id = '{job}'"
    );
    world.sql(&others).await?;

    let answer = world.get("/api/calendar?date=2026-11-23&days=1").await?;

    assert_eq!(answer.at("/busiest/0/at"), "2026-11-23T09:00:00Z");
    assert_eq!(answer.at("/busiest/0/jobs"), 13);
    for place in 0..10 {
        let name = answer.text(&format!("/busiest/0/named/{place}/name"));
        assert_eq!(name, format!("Job {place:02}"));
    }
    assert_eq!(answer.at("/busiest/0/named/10"), &Value::Null);
    for place in 0..3 {
        let suggestion =
            |field: &str| answer.text(&format!("/busiest/0/suggestions/{place}/{field}"));
        assert_eq!(suggestion("name"), format!("Job {place:02}"));
        assert_eq!(suggestion("suggested"), format!("{} 9 * * *", place + 1));
    }
    assert_eq!(answer.at("/busiest/0/suggestions/3"), &Value::Null);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organization_sees_the_days_of_its_own_jobs(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    for (tenant, status) in [(&own, "skipped"), (&other, "cancelled")] {
        let job = tenant.job;
        let tick = format!(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after,
                                             status, reason, completed_at, created_at)
             select '{job}', 1, 'tick', t, '{{}}', t, '{status}', case '{status}' when 'skipped' then 'overlap' end, t, t
               from generate_series(timestamptz '2026-11-17T06:00:00Z', '2026-11-18T06:00:00Z', '1 day') t"
        );
        world.sql(&tick).await?;
    }
    let role = shared::domain::Role::Viewer;
    let (_, token) = world.given_token(role, Some(own.organization)).await?;

    let call = ("GET", "/api/calendar?date=2026-11-17&days=1");
    let days = world.call(Some(&token), call, None).await?;

    assert_eq!(days.at("/hours/0/verdicts"), &json!({ "skipped": 1 }));
    assert_eq!(days.at("/hours/1"), &json!(null), "{days:?}");
    let both = world.get(call.1).await?;
    let verdicts = json!({ "cancelled": 1, "skipped": 1 });
    assert_eq!(both.at("/hours/0/verdicts"), &verdicts);
    Ok(())
}
