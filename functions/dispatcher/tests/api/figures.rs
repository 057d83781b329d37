//! What pages tell, for programs: brands and their data, the day's figure, schedules, retries of many.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::world::{TOKEN, World};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn brands_are_listed_with_how_fresh_their_data_is(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (first, second) = (world.given_brand().await?, world.given_brand().await?);
    world
        .sql(&format!(
            "update brands set name = case id when '{first}' then 'A' else 'B' end"
        ))
        .await?;
    world
        .sql(&format!(
            "insert into dataset_status (organization_id, brand_id, dataset_key, last_success_at, last_attempt_at,
                                         last_status, error_message)
             select organization_id, id, key, timestamptz '2026-11-20T12:30:00Z' - interval '25 h', '2026-11-20T12:00:00Z',
                    'failed', 'no answer'
               from brands, unnest(array['ad_assets', 'ad_classifications']) key where id = '{first}'"
        ))
        .await?;
    world
        .sql(
            "insert into dataset_status (brand_id, dataset_key, last_status, error_message)
              values (null, 'exchange_rates', 'failed', 'no')",
        )
        .await?;

    let page = world.get("/api/brands?limit=1").await?;
    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    assert_eq!(page.text("/brands/0/name"), "A");
    assert_eq!(page.at("/brands/1"), &json!(null));
    assert_eq!(page.text("/brands/0/datasets/0/key"), "ad_assets");
    assert_eq!(page.text("/brands/0/datasets/0/freshness"), "ageing");
    assert_eq!(page.text("/brands/0/datasets/1/freshness"), "fresh");
    assert_eq!(page.at("/brands/0/datasets/1/fresh_for_hours"), 48);
    assert_eq!(page.text("/brands/0/datasets/1/error_message"), "no answer");
    assert_eq!(page.text("/platform_datasets/0/freshness"), "never");
    assert_eq!(page.text("/next_after"), first.to_string());

    let next = world.get(&format!("/api/brands?after={first}")).await?;
    assert_eq!(next.text("/brands/0/id"), second.to_string());
    assert_eq!(next.at("/brands/0/datasets"), &json!([]));
    assert_eq!(next.at("/platform_datasets"), &json!([]));
    assert_eq!(next.at("/next_after"), &json!(null));
    world.sql("delete from dataset_status").await?;
    world
        .sql(&format!("delete from brands where id = '{first}'"))
        .await?;
    let gone = world.get(&format!("/api/brands?after={first}")).await?;
    assert_eq!(gone.status, StatusCode::BAD_REQUEST, "{gone:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_days_figure_adds_up(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = world.given_daily_job().await?;
    world
        .sql("update scheduled_jobs set created_at = '2026-11-01T00:00:00Z'")
        .await?;
    world
        .sql(&format!(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after,
                                             status, started_at, completed_at, created_at)
             select '{job}', 1, 'tick', t, '{{}}', t, 'completed', t + interval '3 s', t + interval '9 s', t
               from (values (timestamptz '2026-11-20T06:00:00Z')) as of (t)"
        ))
        .await?;

    let day = world.get("/api/accounted").await?;

    assert_eq!(day.status, StatusCode::OK, "{day:?}");
    assert_eq!(day.text("/since"), "2026-11-19T12:30:00Z");
    assert_eq!(day.at("/expected"), 1);
    assert_eq!(day.at("/lost"), 0);
    assert_eq!(day.at("/verdicts"), &json!({ "completed": 1 }));
    assert_eq!(day.at("/completed_basis_points"), 10_000);
    assert_eq!(day.at("/started_within_seconds"), &json!({ "5": 1 }));
    assert_eq!(day.at("/started_later"), 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_schedule_is_told_before_a_job_has_it(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = "/api/schedules/preview";
    let asked = json!({ "cron_expression": "30 2 * * *", "timezone": "Europe/Berlin" });

    let told = world.post(path, &asked).await?;

    assert_eq!(told.status, StatusCode::OK, "{told:?}");
    assert_eq!(told.text("/sentence"), "At 02:30, Europe/Berlin");
    assert_eq!(told.text("/next_fires/0"), "2026-11-21T01:30:00Z");
    assert_eq!(told.text("/next_fires/9"), "2026-11-30T01:30:00Z");
    assert_eq!(told.text("/lints/0/code"), "dst_gap", "{told:?}");
    for wrong in [
        json!({ "cron_expression": "every day" }),
        json!({ "cron_expression": "0 6 * * *", "timezone": "Mars" }),
        json!({ "cron_expression": "0 6 30 2 *" }),
        json!({}),
        json!({ "cron_expression": "0 6 * * *", "job_type": "meta_sync" }),
    ] {
        let refused = world.post(path, &wrong).await?;
        assert_eq!(
            refused.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{wrong}: {refused:?}"
        );
    }
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn retries_of_many_are_listed_those_first_that_go_on(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    world
        .sql(
            "insert into retry_batches (id, created_at, created_by, rate_per_minute, status, ended_at)
             values ('00000000-0000-4000-8000-000000000001', '2026-11-20T10:00:00Z', 'Ann', 10, 'active', null),
                    ('00000000-0000-4000-8000-000000000002', '2026-11-20T11:00:00Z', 'Ann', 10, 'done', '2026-11-20T11:05:00Z')",
        )
        .await?;

    let listed = world.get("/api/retry-batches").await?;

    assert_eq!(listed.text("/batches/0/status"), "active", "{listed:?}");
    assert_eq!(listed.text("/batches/1/status"), "done");
    assert_eq!(
        listed.text("/batches/1/url"),
        "/api/retry-batches/00000000-0000-4000-8000-000000000002"
    );
    assert_eq!(listed.at("/batches/0/runs"), 0);
    let one = world.get("/api/retry-batches?limit=1").await?;
    assert_eq!(one.at("/batches/1"), &json!(null));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn how_old_data_may_be_is_set_by_the_installation(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    world
        .sql(&format!(
            "insert into dataset_status (organization_id, brand_id, dataset_key, last_success_at, last_status)
             select organization_id, id, 'anvils', timestamptz '2026-11-20T12:30:00Z' - interval '25 h', 'completed'
               from brands where id = '{brand}'"
        ))
        .await?;
    let put = async |dataset: &str, hours: i64| {
        let path = format!("/api/dataset-limits/{dataset}");
        let body = json!({ "fresh_for_hours": hours });
        world.call(Some(TOKEN), ("PUT", &path), Some(&body)).await
    };
    let freshness = async || {
        let brands = world.get("/api/brands").await?;
        anyhow::Ok(brands.text("/brands/0/datasets/0/freshness"))
    };
    assert_eq!(freshness().await?, "ageing");

    for _ in 0..2 {
        let set = put("anvils", 25).await?;
        assert_eq!(set.status, StatusCode::OK, "{set:?}");
        assert_eq!(set.at("/fresh_for_hours"), 25);
        assert_eq!(freshness().await?, "fresh");
    }
    let limits = world.get("/api/dataset-limits").await?;
    let first = json!({ "dataset_key": "ad_classifications", "fresh_for_hours": 48 });
    assert_eq!(limits.at("/limits/0"), &first);
    assert_eq!(limits.text("/limits/1/dataset_key"), "anvils");
    assert_eq!(limits.at("/otherwise_fresh_for_hours"), 24);
    for (dataset, hours, status) in [
        ("anvils", 0, StatusCode::UNPROCESSABLE_ENTITY),
        ("anvils", 8_761, StatusCode::UNPROCESSABLE_ENTITY),
        ("bellows", 24, StatusCode::NOT_FOUND),
        ("0", 24, StatusCode::NOT_FOUND),
        ("%00", 24, StatusCode::NOT_FOUND),
    ] {
        let refused = put(dataset, hours).await?;
        assert_eq!(refused.status, status, "{dataset} {hours}");
    }
    for _ in 0..2 {
        let removed = world.delete("/api/dataset-limits/anvils").await?;
        assert_eq!(removed.status, StatusCode::NO_CONTENT);
        assert_eq!(freshness().await?, "ageing");
    }
    Ok(())
}
