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

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_part_of_an_edit_tells_which_fire_times_come_go_and_stay(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}/edit");
    let zone = ("timezone", "UTC");

    let page = part(&world, &path, &[("cron_expression", "0 6,18 * * *"), zone]).await?;
    let moved = part(&world, &path, &[("cron_expression", "30 6 * * *"), zone]).await?;
    let same = part(&world, &path, &[("cron_expression", "0 6 * * *"), zone]).await?;

    page.assert_says("Fire times of the next 7 days: 7 new, 0 gone, 7 unchanged");
    page.assert_says(">7 new</span>");
    page.assert_says("and 2 more");
    page.assert_does_not_say("gone</span>");
    moved.assert_says(">7 new</span>");
    moved.assert_says(">7 gone</span>");
    same.assert_says("No fire time of the next 7 days changes; unchanged: 7");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_fire_time_that_is_skipped_comes_back_with_another_schedule(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .sql("update scheduled_jobs set next_run_at = '2026-11-22T06:00:00Z'")
        .await?;
    let path = format!("/console/jobs/{job}/edit");
    let zone = ("timezone", "UTC");

    let page = part(&world, &path, &[("cron_expression", "0 6 * * 0-6"), zone]).await?;

    page.assert_says("1 new, 0 gone, 6 unchanged");
    page.assert_says("Sat 2026-11-21 06:00 UTC");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_paused_job_is_told_to_fire_when_it_goes_on(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}/edit");
    let fields = [("cron_expression", "0 6,18 * * *"), ("timezone", "UTC")];
    world
        .sql("update scheduled_jobs set status = 'paused'")
        .await?;

    let paused = part(&world, &path, &fields).await?;
    world
        .sql("update scheduled_jobs set paused_until = '2026-11-26T12:00:00Z'")
        .await?;
    let until = part(&world, &path, &fields).await?;

    paused.assert_says("none of them runs before somebody resumes it");
    until.assert_does_not_say("before somebody resumes it");
    until.assert_says("1 new, 0 gone, 1 unchanged");
    Ok(())
}
