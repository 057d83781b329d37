//! Jobs made and changed by a form, looked at before they are saved.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_new_job_begins_with_what_it_shall_do(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = world.given_brand("Anvils").await?;

    let types = world.get("/console/jobs/new").await?;
    let form = world
        .get("/console/jobs/new?type=ad_classification")
        .await?;
    let of_platform = world.get("/console/jobs/new?type=token_refresh").await?;

    types.assert_says("href=\"/console/jobs/new?type=ad_classification\"");
    form.assert_says(&brand.to_string());
    form.assert_says("name=\"p.days_back\" value=\"30\" min=\"1\" max=\"90\"");
    form.assert_says("<option value=\"active\" selected>");
    of_platform.assert_does_not_say("brand_id");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_preview_shows_what_a_schedule_means_and_saves_nothing(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = world.given_brand("Anvils").await?.to_string();
    let fields = [
        ("job_type", "asset_download"),
        ("brand_id", &brand),
        ("schedule_type", "recurring"),
        ("cron_expression", "30 2 * * *"),
        ("timezone", "America/New_York"),
        ("p.max_videos", "9"),
        ("do", "preview"),
    ];

    let page = world.press("/console/jobs/new", &fields).await?;

    assert_eq!(page.status, StatusCode::OK, "{page:?}");
    page.assert_says("not saved yet");
    page.assert_says("At 02:30, America/New_York");
    assert_eq!(page.text.matches("<li><time").count(), 10);
    page.assert_says("Sat 2026-11-21 02:30 EST (America/New_York)");
    page.assert_says("gap policy `shift`");
    assert_eq!(page.field("p.max_videos"), "9", "what was entered stays");
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_form_creates_a_job_as_the_api_does(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let brand = world.given_brand("Anvils").await?.to_string();
    let fields = [
        ("job_type", "asset_download"),
        ("brand_id", &brand),
        ("name", "By choice"),
        ("schedule_type", "recurring"),
        ("frequency", "weekly"),
        ("on_mon", "true"),
        ("time", "06:00"),
        ("cron_expression", "* * * * *"),
        ("cron_before", "* * * * *"),
        ("timezone", "Europe/Berlin"),
        ("starts_at", "2026-12-01T00:00"),
        ("max_retries", "1"),
        ("p.max_videos", "20"),
        ("p.max_images", "10"),
        ("do", "save"),
    ];

    let page = world.press("/console/jobs/new", &fields).await?;
    let again = world.press("/console/jobs/new", &fields).await?;

    assert!(page.location().ends_with("?done=created"), "{page:?}");
    let made = "scheduled_jobs
        where name = 'By choice' and cron_expression = '0 6 * * MON' and timezone = 'Europe/Berlin'
          and parameters = '{\"max_images\": 10}' and starts_at = '2026-11-30T23:00:00Z'
          and max_retries = 1 and next_run_at = '2026-12-07T05:00:00Z'";
    assert_eq!(world.count(made).await?, 1);
    world.get(page.location()).await?.assert_says("By choice");
    assert_eq!(
        again.status,
        StatusCode::CONFLICT,
        "another one for the same purpose"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_expression_that_was_written_counts_before_choices(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let fields = [
        ("job_type", "token_refresh"),
        ("frequency", "daily"),
        ("cron_expression", "0 7 * * *"),
        ("timezone", "UTC"),
        ("do", "preview"),
    ];

    let page = world.press("/console/jobs/new", &fields).await?;

    page.assert_says("At 07:00, UTC");
    page.assert_does_not_say("<option value=\"daily\" selected>");
    assert_eq!(page.field("cron_before"), "0 7 * * *");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_form_creates_a_job_that_runs_once(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let fields = [
        ("job_type", "token_refresh"),
        ("schedule_type", "one_time"),
        ("frequency", "daily"),
        ("scheduled_at", "2026-12-24T18:00"),
        ("timezone", "America/Los_Angeles"),
        ("do", "save"),
    ];

    let page = world.press("/console/jobs/new", &fields).await?;

    assert_eq!(page.status, StatusCode::SEE_OTHER, "{page:?}");
    let made = "scheduled_jobs where scheduled_at = '2026-12-25T02:00:00Z'";
    assert_eq!(world.count(made).await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn wrong_fields_come_back_by_name_with_what_was_entered(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for (fields, problem) in [
        (vec![("cron_expression", "61 * * * *")], "61"),
        (vec![("cron_expression", "0 0 30 2 *")], "never fires"),
        (
            vec![
                ("cron_expression", "0 6 * * *"),
                ("timezone", "Mars/Olympus"),
            ],
            "Mars/Olympus",
        ),
        (
            vec![("cron_expression", "0 6 * * *"), ("max_retries", "21")],
            "must be from 0 to 20",
        ),
        (
            vec![
                ("cron_expression", "@daily"),
                ("p.expiring_within_days", "31"),
            ],
            "must be from 1 to 30",
        ),
        (vec![], "is missing"),
        (
            vec![
                ("schedule_type", "one_time"),
                ("scheduled_at", "2026-11-19T00:00"),
            ],
            "in the future",
        ),
        (
            vec![("schedule_type", "one_time"), ("scheduled_at", "soon")],
            "RFC 3339",
        ),
    ] {
        for order in ["preview", "save"] {
            let mut all = vec![
                ("job_type", "token_refresh"),
                ("name", "Kept as it is"),
                ("do", order),
            ];
            all.extend(fields.iter().copied());
            let page = world.press("/console/jobs/new", &all).await?;
            assert_eq!(
                page.status,
                StatusCode::UNPROCESSABLE_ENTITY,
                "{fields:?} {order}"
            );
            page.assert_says("Not taken");
            page.assert_says(problem);
            page.assert_says("Kept as it is");
        }
    }
    assert_eq!(world.count("scheduled_jobs").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_shows_the_job_and_changes_what_was_entered(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}/edit");
    let form = world.get(&path).await?;
    form.assert_says("value=\"Daily\"");
    form.assert_says("<option value=\"daily\" selected>");
    assert_eq!(form.field("revision"), "1");
    assert_eq!(form.field("cron_before"), "", "the choices say it");

    let fields = [
        ("job_type", "asset_download"),
        ("revision", "1"),
        ("name", "Twice"),
        ("cron_expression", "0 6,18 * * *"),
        ("timezone", "UTC"),
        ("max_runs", "5"),
        ("p.max_videos", "20"),
        ("p.max_images", "40"),
        ("do", "preview"),
    ];
    let preview = world.press(&path, &fields).await?;
    preview.assert_says("At 06:00 and 18:00, UTC");
    preview.assert_says("Fri 2026-11-20 18:00 UTC");
    let before = world.count("scheduled_jobs where revision = 1").await?;
    let mut fields = fields.to_vec();
    fields.pop();
    let saved = world.press(&path, &fields).await?;
    let late = world.press(&path, &fields).await?;

    assert_eq!(before, 1, "a preview changes nothing");
    assert_eq!(saved.location(), format!("/console/jobs/{job}?done=edited"));
    let edited = "scheduled_jobs where name = 'Twice' and cron_expression = '0 6,18 * * *'
                  and max_runs = 5 and revision = 2 and parameters = '{}'";
    assert_eq!(world.count(edited).await?, 1);
    assert_eq!(
        late.status,
        StatusCode::CONFLICT,
        "somebody edited meanwhile"
    );
    late.assert_says("revision 2");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_form_that_is_sent_twice_makes_one_job(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let form = world.get("/console/jobs/new?type=token_refresh").await?;
    let id = form.field("id");
    let fields = [
        ("job_type", "token_refresh"),
        ("id", id.as_str()),
        ("schedule_type", "one_time"),
        ("scheduled_at", "2026-12-24T18:00"),
        ("timezone", "UTC"),
        ("do", "save"),
    ];

    let first = world.press("/console/jobs/new", &fields).await?;
    let second = world.press("/console/jobs/new", &fields).await?;

    assert_eq!(first.location(), format!("/console/jobs/{id}?done=created"));
    assert_eq!(second.location(), first.location());
    assert_eq!(world.count("scheduled_jobs").await?, 1);
    Ok(())
}

/// On the 7th of November 2027, 01:30 comes twice in New York; a field of date and time has no seconds.
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_moment_that_nobody_changed_stays_what_it_was(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .sql("update scheduled_jobs set timezone = 'America/New_York', ends_at = '2027-11-07T06:30:15Z'")
        .await?;
    let path = format!("/console/jobs/{job}/edit");
    let form = world.get(&path).await?;
    let ends_at = form.field("ends_at");
    assert_eq!(ends_at, "2027-11-07T01:30");
    let fields = [
        ("job_type", "asset_download"),
        ("revision", "1"),
        ("name", "Renamed"),
        ("cron_expression", "0 6 * * *"),
        ("timezone", "America/New_York"),
        ("ends_at", ends_at.as_str()),
        ("p.max_videos", "20"),
        ("p.max_images", "40"),
    ];

    let saved = world.press(&path, &fields).await?;

    assert!(saved.location().ends_with("?done=edited"), "{saved:?}");
    let kept = "scheduled_jobs where name = 'Renamed' and ends_at = '2027-11-07T06:30:15Z'";
    assert_eq!(world.count(kept).await?, 1);
    Ok(())
}
