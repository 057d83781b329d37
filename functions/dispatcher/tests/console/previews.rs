//! The part of a job's form that follows what is entered.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::world::{Page, World};

async fn part(world: &World, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Page> {
    let mut all = vec![("job_type", "asset_download"), ("do", "preview_part")];
    all.extend_from_slice(fields);
    world.press(path, &all).await
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_part_shows_when_a_job_would_fire_before_the_rest_is_entered(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let zone = ("timezone", "America/New_York");

    let page = part(
        &world,
        "/console/jobs/new",
        &[("cron_expression", "30 2 * * *"), zone],
    )
    .await?;

    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    page.assert_does_not_say("<html");
    page.assert_says("At 02:30, America/New_York");
    assert_eq!(page.text.matches("<li><time").count(), 10);
    page.assert_says("gap policy `shift`");
    page.assert_says(
        "next Sat 2026-11-21 02:30 EST (America/New_York). 2027-03-14 02:30 does not exist",
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_part_says_what_is_wrong_with_a_schedule(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let path = "/console/jobs/new";

    for (field, given) in [
        ("cron_expression", ("cron_expression", "61 * * * *")),
        ("timezone", ("timezone", "Mars/Olympus")),
        ("cron_expression", ("name", "no schedule")),
    ] {
        let mut fields = vec![given];
        if field == "timezone" {
            fields.push(("cron_expression", "0 6 * * *"));
        }
        let page = part(&world, path, &fields).await?;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        page.assert_says("No preview yet");
        page.assert_says(&format!("<strong>{field}</strong>"));
        page.assert_does_not_say("<time");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_part_of_an_edit_shows_the_job_as_it_would_be(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}/edit");

    let page = part(
        &world,
        &path,
        &[("cron_expression", "0 18 * * *"), ("timezone", "UTC")],
    )
    .await?;

    page.assert_says("At 18:00, UTC");
    page.assert_says("Fri 2026-11-20 18:00 UTC");
    assert_eq!(
        world.count("scheduled_jobs where revision = 1").await?,
        1,
        "nothing is saved"
    );
    Ok(())
}
