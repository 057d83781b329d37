//! What became of fire times, and which are to come.

use axum::http::StatusCode;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Page, World};

impl World {
    /// A run of `job` for each of these nominal times, which ended in this way.
    async fn given_ticks(&self, job: Uuid, status: &str, times: &[&str]) -> anyhow::Result<()> {
        for time in times {
            self.sql(&format!(
                "insert into scheduled_job_runs
                        (scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after, status, reason,
                         started_at, completed_at, created_at, error_kind, error_message)
                 values ('{job}', 1, 'tick', '{time}', '{{}}', '{time}', '{status}',
                         case '{status}' when 'skipped' then 'overlap' end, '{time}', '{time}', '{time}',
                         case '{status}' when 'failed' then 'permanent' end,
                         case '{status}' when 'failed' then 'no' end)"
            ))
            .await?;
        }
        Ok(())
    }
}

/// The row of an hour.
fn hour_of<'a>(page: &'a Page, hour: &str) -> &'a str {
    let row = page
        .text
        .split(&format!("<th scope=\"row\">{hour}</th>"))
        .nth(1);
    row.and_then(|rest| rest.split("</tr>").next())
        .unwrap_or_default()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_week_without_anything_says_so(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;

    let page = world.get("/console/calendar").await?;

    assert_eq!(page.status, StatusCode::OK);
    page.assert_says("Nothing was run on these days, and no job fires.");
    page.assert_says("value=\"2026-11-16\"");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_past_has_verdicts_that_link_to_their_runs_and_the_future_has_ticks(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let (tuesday, wednesday) = ("2026-11-17T06:00:00Z", "2026-11-18T06:00:00Z");
    world.given_ticks(job, "completed", &[tuesday]).await?;
    world.given_ticks(job, "failed", &[wednesday]).await?;

    let page = world.get("/console/calendar").await?;

    page.assert_says(">1 completed</a>");
    page.assert_says("To come: 2 fire times");
    assert_eq!(
        page.text.matches(">1 to come<").count(),
        2,
        "the 21st and the 22nd"
    );
    let link = page.text.split(">1 failed</a>").next();
    let link = link.and_then(|text| text.rsplit("href=\"").next());
    let link = link
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    let runs = world
        .get(&link.replace("&#38;", "&").replace("&amp;", "&"))
        .await?;
    assert_eq!(runs.text.matches("role=\"rowheader\"").count(), 1, "{link}");
    runs.assert_says("no attempt is left");
    runs.assert_says("With nominal times from");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn hours_are_those_of_the_clock_that_is_asked_for(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    world
        .given_ticks(job, "completed", &["2026-11-17T06:00:00Z"])
        .await?;
    let page = world
        .get("/console/calendar?date=2026-11-17&days=1&timezone=Asia/Kolkata")
        .await?;

    let row = hour_of(&page, "11");
    assert!(row.contains("1 completed"), "{row}");
    page.assert_says("By the clock of");
    page.assert_says("value=\"Asia/Kolkata\"");
    for wrong in [
        "timezone=Mars",
        "days=8",
        "date=2026-13-01",
        "date=1066-10-14",
        "week=1",
    ] {
        let page = world.get(&format!("/console/calendar?{wrong}")).await?;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_crowded_minute_names_its_jobs_and_where_they_could_go(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    for number in 0..12 {
        world.given_daily_job(&format!("Job {number:02}")).await?;
    }

    let page = world
        .get("/console/calendar?days=1&date=2026-11-21")
        .await?;

    page.assert_says("12 at 06:00");
    page.assert_says(">12 jobs</span>");
    page.assert_says(">Job 09</a>");
    page.assert_does_not_say(">Job 10</a>");
    page.assert_says("and 2 more");
    page.assert_says("could fire at <code>1 6 * * *</code>");
    let world = world.signed_in_viewer().await?;
    let page = world
        .get("/console/calendar?days=1&date=2026-11-21")
        .await?;
    page.assert_says(">12 jobs</span>");
    page.assert_does_not_say("/edit\"");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_long_ledger_is_told_by_the_hours_that_were_counted(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let ticks = ["2026-11-20T06:00:00Z", "2026-11-20T07:00:00Z"];
    world.given_ticks(job, "completed", &ticks).await?;
    world
        .sql(
            "insert into ledger_hours (hour, counted_at, is_final, is_complete)
             select h, h + interval '1 hour', true, true
               from generate_series(timestamptz '2026-11-18T23:00:00Z', '2026-11-20T06:00:00Z', '1 hour') h;
             insert into ledger_quarters (hour, quarter, status, attempts)
             values ('2026-11-20T05:00:00Z', '2026-11-20T05:30:00Z', 'failed', 41),
                    ('2026-11-20T06:00:00Z', '2026-11-20T06:00:00Z', 'completed', 400),
                    ('2026-11-20T06:00:00Z', '2026-11-20T06:45:00Z', 'completed', 7)",
        )
        .await?;
    let path = "/console/calendar?days=1&date=2026-11-20";
    let few_jobs = world.get(path).await?;
    world
        .sql(
            "insert into scheduled_jobs (organization_id, brand_id, job_type, name, parameters, schedule_type,
                                         cron_expression, next_run_at)
             select organization_id, brand_id, job_type, name, jsonb_build_object('max_images', n), 'recurring',
                    cron_expression, next_run_at
               from scheduled_jobs, generate_series(1, 100) n",
        )
        .await?;

    let page = world.get(path).await?;
    let half = world.get(&format!("{path}&timezone=Asia/Kolkata")).await?;
    world
        .sql("delete from ledger_hours where hour = '2026-11-20T05:00:00Z'")
        .await?;
    let gap = world.get(path).await?;

    assert!(
        hour_of(&few_jobs, "06").contains(">1 completed"),
        "counted now"
    );
    few_jobs.assert_does_not_say("as they stood");
    assert!(hour_of(&page, "05").contains(">41 failed"));
    assert!(hour_of(&page, "06").contains(">407 completed"));
    assert!(
        hour_of(&page, "07").contains(">1 completed"),
        "not counted yet"
    );
    page.assert_says("those before <time datetime=\"2026-11-20T07:00:00Z\"");
    let eleven = hour_of(&half, "11");
    assert!(
        eleven.contains(">41 failed") && eleven.contains(">400 completed"),
        "05:30 to 06:30 UTC is 11 to 12 there"
    );
    assert!(!hour_of(&gap, "05").contains("failed"), "counted now");
    assert!(hour_of(&gap, "06").contains(">407 completed"));
    Ok(())
}

impl World {
    async fn signed_in_viewer(mut self) -> anyhow::Result<Self> {
        let body = serde_json::json!({ "name": "a viewer", "role": "viewer" });
        let made = self
            .api(axum::http::Method::POST, "/api/tokens", &body)
            .await?;
        let token = made.pointer("/token").and_then(serde_json::Value::as_str);
        self.sign_in_with(token.unwrap_or_default()).await?;
        Ok(self)
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_page_of_a_job_has_its_days(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let job = world.given_daily_job("Daily").await?;
    let other = world.given_daily_job("Another").await?;
    let ticks = ["2026-11-03T06:00:00Z", "2026-11-03T07:00:00Z"];
    world.given_ticks(job, "completed", &ticks).await?;
    world.given_ticks(other, "failed", &ticks).await?;

    let page = world.get(&format!("/console/jobs/{job}")).await?;
    world
        .sql("update scheduled_jobs set status = 'paused'")
        .await?;
    let paused = world.get(&format!("/console/jobs/{job}")).await?;

    page.assert_says(">2 completed</a>");
    page.assert_says(&format!("/console/runs?job={job}"));
    page.assert_does_not_say("2 failed");
    page.assert_says("20 Nov, today");
    page.assert_says("19 Oct");
    page.assert_says("29 Nov");
    assert_eq!(
        page.text.matches("1 to come").count(),
        9,
        "until the next Sunday"
    );
    paused.assert_does_not_say("1 to come");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_days_of_the_platform_are_its_own(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_daily_job("Of a brand").await?;
    let job = sqlx::query_scalar(
        "insert into scheduled_jobs (job_type, name, schedule_type, cron_expression, next_run_at)
         values ('token_refresh', 'Of nobody', 'recurring', '0 9 * * *', '2026-11-21T09:00:00Z') returning id",
    );
    let job: Uuid = job.fetch_one(&world.pool).await?;
    world
        .given_ticks(job, "completed", &["2026-11-17T09:00:00Z"])
        .await?;

    let page = world.get("/console/calendar?brand=platform").await?;

    assert!(hour_of(&page, "09").contains("1 to come"), "{page:?}");
    assert!(!hour_of(&page, "06").contains("to come"), "{page:?}");
    page.assert_says("1 completed");
    page.assert_says("<option value=\"platform\" selected>");
    let runs = "/console/runs?brand=platform&#38;status=completed&#38;since=2026-11-17T09";
    page.assert_says(runs);
    page.assert_says("days=1&#38;timezone=UTC&#38;brand=platform");
    Ok(())
}
