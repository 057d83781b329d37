//! A job: its page, and what one does to it.

use axum::http::StatusCode;
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_page_of_a_job_has_its_rule_in_the_cloud(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}");
    world.get(&path).await?.assert_says("none seen yet");
    world
        .sql(&format!(
            "insert into job_rules values ('{job}', 'sundial-daily', 'cron(0 6 * * ? *)', 'UTC', true, '2026-11-20T12:00:00Z')"
        ))
        .await?;

    let page = world.get(&path).await?;

    page.assert_says(
        "<span class=\"badge good\">enabled</span> <code>cron(0 6 * * ? *)</code> UTC",
    );
    page.assert_says("sundial-daily");
    let begun = "delete from job_rules;
                 update scheduled_jobs set schedule_type = 'one_time', cron_expression = null, scheduled_at = next_run_at,
                                           next_run_at = null";
    world.sql(begun).await?;
    let page = world.get(&path).await?;
    page.assert_says("It fires no more.");
    page.assert_does_not_say("none seen yet");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_page_of_a_job_has_its_next_ten_times_and_who_changed_what(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}");

    let fields = [
        ("reason", "the account moves"),
        ("until", "2026-11-22T08:00"),
    ];
    let page = world.press(&format!("{path}/pause"), &fields).await?;
    assert_eq!(page.location(), format!("{path}?done=paused"));

    let page = world.get(page.location()).await?;
    page.assert_says("Paused: fire times are recorded as skipped");
    page.assert_says("Paused: <bdi>the account moves</bdi>");
    page.assert_says("Sun 2026-11-22 08:00 UTC");
    assert_eq!(page.text.matches("<li><time").count(), 10, "{}", page.text);
    page.assert_does_not_say("<li><time datetime=\"2026-11-22T06:00");
    page.assert_says("Mon 2026-11-23 06:00 UTC");
    page.assert_says("Wed 2026-12-02 06:00 UTC");
    page.assert_says("pause reason");
    page.assert_says("the account moves");
    page.assert_says("token ");
    page.assert_says("It never ran.");
    assert_eq!(world.bus.sent().len(), 1, "the reconciler is woken");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_ends_by_the_clock_of_the_jobs_zone(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .sql("update scheduled_jobs set timezone = 'America/Los_Angeles'")
        .await?;

    let path = format!("/console/jobs/{job}/pause");
    world.press(&path, &[("until", "2026-11-22T08:00")]).await?;

    let until = "paused_until = '2026-11-22T16:00:00Z'";
    assert_eq!(
        world
            .count(&format!("scheduled_jobs where {until}"))
            .await?,
        1
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn forms_pause_resume_skip_and_archive(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}");
    let status = async |status: &str| {
        world
            .count(&format!("scheduled_jobs where status = '{status}'"))
            .await
    };

    world.press(&format!("{path}/pause"), &[]).await?;
    assert_eq!(status("paused").await?, 1);
    let page = world.press(&format!("{path}/resume"), &[]).await?;
    assert_eq!(page.location(), format!("{path}?done=resumed"));
    assert_eq!(status("active").await?, 1);

    let next = world.get(&path).await?.field("next_run_at");
    assert_eq!(next, "2026-11-21T06:00:00+00:00");
    for _ in 0..2 {
        let page = world
            .press(&format!("{path}/skip-next"), &[("next_run_at", &next)])
            .await?;
        assert_eq!(page.location(), format!("{path}?done=skipped"));
    }
    let skipped = "scheduled_job_runs where status = 'skipped' and reason = 'requested'";
    assert_eq!(world.count(skipped).await?, 1, "two clicks skip one");

    world.press(&format!("{path}/archive"), &[]).await?;
    assert_eq!(status("archived").await?, 1);
    let page = world.press(&format!("{path}/pause"), &[]).await?;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.assert_says("Not possible now");
    page.assert_says("the job is archived");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_the_api_refuses_comes_back_in_words(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let path = format!("/console/jobs/{job}/pause");
    let fields = [("until", "2026-11-19T08:00"), ("reason", "a\u{0}b")];
    let nul = world.press(&path, &fields).await?;
    let past = world.press(&path, &fields[..1]).await?;

    assert_eq!(nul.status, StatusCode::UNPROCESSABLE_ENTITY);
    nul.assert_says("U+0000");
    assert_eq!(past.status, StatusCode::UNPROCESSABLE_ENTITY);
    past.assert_says("must be in the future");
    Ok(())
}
