//! What the first page answers: is it running, what failed, what comes next, what is old.

use chrono::TimeDelta;
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn when_all_is_well_the_page_says_so(pool: PgPool) -> anyhow::Result<()> {
    let page = World::signed_in(pool).await?.get("/console").await?;

    for words in [
        "Nothing is running.",
        "Every failure was retried or acknowledged.",
        "No job fires within the next hour.",
        "No dataset was refreshed yet.",
        "No fire time was due.",
    ] {
        page.assert_says(words);
    }
    page.assert_does_not_say("data-goes-on");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_runs_is_shown_with_its_progress_and_refreshed(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_run().await?;
    world
        .sql(&format!(
            "update scheduled_job_runs
                set status = 'running', started_at = '2026-11-20T12:26:40Z', progress_done = 12,
                    progress_total = 40, progress_unit = 'files', lease_token = gen_random_uuid(),
                    lease_expires_at = '2026-11-20T12:45:00Z'
              where id = '{run}'"
        ))
        .await?;

    for path in ["/console", "/console/live"] {
        let page = world.get(path).await?;
        page.assert_says(&format!("/console/runs/{run}"));
        page.assert_says("12 of 40 files");
        page.assert_says("max=\"40\" value=\"12\"");
        page.assert_says(">3 min 20 s<");
        page.assert_says("data-goes-on");
    }
    world
        .get("/console/live")
        .await?
        .assert_does_not_say("<html");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn failures_stay_until_somebody_cares(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let run = world.given_dead_letter("the token was revoked").await?;

    let before = world.get("/console").await?;
    let page = world
        .press(&format!("/console/runs/{run}/acknowledge"), &[])
        .await?;
    let after = world.get("/console").await?;

    before.assert_says("the token was revoked");
    before.assert_says("no attempt is left");
    assert_eq!(
        page.location(),
        format!("/console/runs/{run}?done=acknowledged")
    );
    after.assert_does_not_say("the token was revoked");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn fire_times_of_the_next_hour_are_shown_by_the_clock_of_the_schedule(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .sql(&format!(
            "update scheduled_jobs set cron_expression = '0,20 5-6 * * *', next_run_at = '2026-11-20T13:00:00Z',
                    timezone = 'America/Los_Angeles'
              where id = '{job}'"
        ))
        .await?;

    let page = world.get("/console").await?;

    page.assert_says("Fri 2026-11-20 05:00 PST (America/Los_Angeles)");
    page.assert_says("Fri 2026-11-20 05:20 PST (America/Los_Angeles)");
    page.assert_does_not_say("06:00 PST");
    page.assert_says("<strong>2</strong><span>fire times");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn fire_times_of_the_last_day_are_accounted_for(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let tick = "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters,
                        run_after, status, reason, started_at, completed_at, created_at)";
    world
        .sql(&format!(
            "update scheduled_jobs set created_at = '2026-11-01T00:00:00Z', cron_expression = '0 * * * *',
                    next_run_at = '2026-11-20T13:00:00Z';
             update scheduled_job_changes set changed_at = '2026-11-01T00:00:00Z';
             {tick} select '{job}', 1, 'tick', t, '{{}}', t,
                           case when extract(hour from t) = 3 then 'skipped' else 'completed' end,
                           case when extract(hour from t) = 3 then 'overlap' end, t, t, t
                      from generate_series(timestamptz '2026-11-19T13:00:00Z', '2026-11-20T11:00:00Z', '1 hour') t"
        ))
        .await?;

    let page = world.get("/console").await?;

    page.assert_says("<strong>23 of 24</strong> fire times");
    page.assert_says("1 lost");
    page.assert_says("22 completed");
    page.assert_says("1 skipped: overlap");
    page.assert_says("91.66 % completed");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_long_ledger_is_accounted_for_by_hours_that_were_counted(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_daily_job("Daily").await?;
    world
        .sql(
            "insert into scheduled_jobs (organization_id, brand_id, job_type, name, parameters, schedule_type,
                                         cron_expression, next_run_at)
             select organization_id, brand_id, job_type, name, jsonb_build_object('max_images', n), 'recurring',
                    cron_expression, next_run_at
               from scheduled_jobs, generate_series(1, 100) n;
             insert into ledger_hours (hour, counted_at, is_final, is_complete)
             select h, h + interval '1 hour', true, true
               from generate_series(timestamptz '2026-11-19T11:00:00Z', '2026-11-20T10:00:00Z', '1 hour') h;
             insert into ledger_hour_totals (hour, verdict, fire_times)
             select hour, verdict, count
               from ledger_hours, (values ('completed', 98), ('lost', 1), ('skipped:overlap', 1), ('started_within:2', 50),
                                          ('started_within:30', 48)) as of (verdict, count)",
        )
        .await?;

    let page = world.get("/console").await?;

    page.assert_says("up to <time datetime=\"2026-11-20T12:00:00Z\"");
    page.assert_says("1 of these hours are not counted yet");
    page.assert_says("<strong>2277 of 2300</strong> fire times");
    page.assert_says("23 lost");
    page.assert_says("23 skipped: overlap");
    page.assert_says("Lateness of starts: median at most 2 s, 95th percentile at most 30 s.");
    let very_late = format!(
        "insert into ledger_hour_totals (hour, verdict, fire_times)
         select hour, 'started_within:{}', 20 from ledger_hours",
        u64::MAX
    );
    world.sql(&very_late).await?;
    let page = world.get("/console").await?;
    page.assert_says("median at most 30 s, 95th percentile more than an hour.");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn data_that_is_old_or_failed_is_named_by_brand(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let (fresh, stale) = (
        world.given_brand("Fresh").await?,
        world.given_brand("Stale").await?,
    );
    let add = |brand, key: &str, hours: i64, error: Option<&str>| {
        let at = world.clock.now() - TimeDelta::hours(hours);
        let error = error.map_or("null".to_owned(), |it| format!("'{it}'"));
        let sql = format!(
            "insert into dataset_status (organization_id, brand_id, dataset_key, last_success_at,
                                         last_attempt_at, last_status, error_message)
             select organization_id, id, '{key}', '{at}', '{at}',
                    case when {error} is null then 'completed' else 'failed' end, {error}
               from brands where id = '{brand}'"
        );
        let world = &world;
        async move { world.sql(&sql).await }
    };
    add(fresh, "ad_assets", 23, None).await?;
    world
        .get("/console")
        .await?
        .assert_says("All 1 datasets are fresh");
    world
        .get("/console/freshness")
        .await?
        .assert_says("All datasets are fresh");

    add(stale, "ad_assets", 50, None).await?;
    add(stale, "meta_ads", 3, Some("no right to read")).await?;

    let page = world.get("/console").await?;
    page.assert_says("<strong>2</strong><span>of 3 datasets not fresh");
    page.assert_says("no right to read");
    let matrix = world.get("/console/freshness").await?;
    matrix.assert_says("stale, 2 d");
    matrix.assert_says("fresh, 23 h");
    matrix.assert_says("Last attempt failed: <bdi>no right to read");
    matrix.assert_does_not_say("All datasets are fresh");
    let long =
        "update dataset_status set error_message = repeat('e', 301) where last_status = 'failed'";
    world.sql(long).await?;
    let matrix = world.get("/console/freshness").await?;
    matrix.assert_says(&format!("<bdi>{}</bdi>", "e".repeat(300)));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn notifications_tell_how_often_and_to_whom(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .get("/console/notifications")
        .await?
        .assert_says("Nothing had to be told.");
    let run = world.given_dead_letter("the token was revoked").await?;
    world
        .sql(&format!(
            "insert into notifications (organization_id, scheduled_job_id, run_id, kind, severity, title, body,
                                        created_at, last_occurred_at, occurrences)
             select j.organization_id, j.id, r.id, 'dead_letter', 'error', 'It failed', 'for good',
                    '2026-11-20T10:30:00Z', '2026-11-20T12:00:00Z', 4
               from scheduled_job_runs r join scheduled_jobs j on j.id = r.scheduled_job_id
              where r.id = '{run}';
             insert into notification_deliveries (notification_id, channel, given_up_at, last_error)
             select id, 'slack', '2026-11-20T12:00:00Z', 'Slack answered 404' from notifications"
        ))
        .await?;

    let page = world.get("/console/notifications").await?;

    page.assert_says("It failed");
    page.assert_says("2 h ago");
    page.assert_says("4 times, last");
    page.assert_says("given up by 1");
    page.assert_says("Slack answered 404");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn notifications_are_read_page_by_page(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .sql(
            "insert into notifications (kind, severity, title, created_at)
             select 'recovered', 'info', 'News ' || n || '.', '2026-11-20T12:00:00Z'
               from generate_series(1, 60) n",
        )
        .await?;

    let first = world.get("/console/notifications").await?;
    let link = first
        .text
        .split("href=\"/console/notifications?after=")
        .nth(1);
    let place = link
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    let second = world
        .get(&format!("/console/notifications?after={place}"))
        .await?;

    let news = |text: &str| text.matches("</span> News ").count();
    assert_eq!((news(&first.text), news(&second.text)), (50, 10));
    second.assert_does_not_say("?after=");
    Ok(())
}
