//! The last runs as a row of cells, also in frames of others.

use axum::http::{StatusCode, header};
use dispatcher::State;
use sqlx::PgPool;

use crate::world::World;

const STRIP: &str = "/console/strip?job_type=asset_download";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_strip_shows_the_last_runs_of_a_type_and_brand_the_newest_last(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.get(STRIP).await?.assert_says("Nothing ran yet.");
    let failed = world.given_dead_letter("no").await?;
    let waits = world.given_run().await?;
    world
        .sql(&format!(
            "update scheduled_job_runs set created_at = '2026-11-19T12:00:00Z' where id = '{failed}'"
        ))
        .await?;

    let all = world.get(STRIP).await?;
    let last = world.get(&format!("{STRIP}&runs=1")).await?;
    let brand: uuid::Uuid = sqlx::query_scalar(
        "select j.brand_id from scheduled_jobs j join scheduled_job_runs r on r.scheduled_job_id = j.id where r.id = $1",
    )
    .bind(failed)
    .fetch_one(&world.pool)
    .await?;
    let of_brand = world.get(&format!("{STRIP}&brand_id={brand}")).await?;
    let of_type = world.get("/console/strip?job_type=meta_sync").await?;

    let place = |run: uuid::Uuid| all.text.find(&format!("href=\"/console/runs/{run}\""));
    assert!(
        place(failed) < place(waits) && place(failed).is_some(),
        "{all:?}"
    );
    all.assert_says("✕</span> failed");
    all.assert_says("…</span> pending");
    last.assert_does_not_say(&failed.to_string());
    of_brand.assert_says("<h1>asset download, Anvils</h1>");
    of_brand.assert_does_not_say(&waits.to_string());
    of_type.assert_says("Nothing ran yet.");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn only_the_strip_is_shown_in_frames_and_only_where_it_may(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::signed_in(pool).await?;
    let policy = header::CONTENT_SECURITY_POLICY;

    let own = world.get(STRIP).await?;
    world.router = dispatcher::router(State {
        embed_origins: ["https://a.example", "https://b.example"]
            .map(str::to_owned)
            .into(),
        ..world.state.clone()
    });
    let open = world.get(STRIP).await?;
    let jobs = world.get("/console/jobs").await?;

    let own_policy = own.header(&policy);
    assert!(
        own_policy.ends_with("frame-ancestors 'self'"),
        "{own_policy}"
    );
    assert_eq!(own.header(header::X_FRAME_OPTIONS), "SAMEORIGIN");
    let open_policy = open.header(&policy);
    let origins = "frame-ancestors 'self' https://a.example https://b.example";
    assert!(open_policy.ends_with(origins), "{open_policy}");
    assert_eq!(open.header(header::X_FRAME_OPTIONS), "");
    assert!(jobs.header(&policy).ends_with("frame-ancestors 'none'"));
    assert_eq!(jobs.header(header::X_FRAME_OPTIONS), "DENY");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn who_has_no_session_is_shown_the_way_in_and_no_run(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let run = world.given_run().await?;

    let page = world.get(STRIP).await?;

    assert_eq!(page.status, StatusCode::UNAUTHORIZED);
    page.assert_says("href=\"/console/sign-in\" target=\"_blank\"");
    page.assert_does_not_say(&run.to_string());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_strip_needs_a_type_and_a_brand_that_is_there(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let nobody = "&brand_id=00000000-0000-4000-8000-000000000000";

    for (path, status) in [
        ("/console/strip".to_owned(), StatusCode::BAD_REQUEST),
        (
            "/console/strip?job_type=x".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        (format!("{STRIP}&runs=51"), StatusCode::BAD_REQUEST),
        (format!("{STRIP}{nobody}"), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(world.get(&path).await?.status, status, "{path}");
    }
    Ok(())
}
