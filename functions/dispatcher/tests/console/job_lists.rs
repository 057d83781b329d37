//! Lists of jobs: what a row says, and which jobs are found.

use axum::http::StatusCode;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_list_says_when_next_and_how_it_went_last(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .get("/console/jobs")
        .await?
        .assert_says("There is no job yet.");
    let job = world.given_daily_job("Daily").await?;
    world.get("/console/jobs").await?.assert_says("never ran");
    let run = world.given_run_of(job).await?;
    world
        .sql(&format!(
            "update scheduled_job_runs set status = 'completed', started_at = '2026-11-20T12:00:00Z',
                    completed_at = '2026-11-20T12:10:05Z' where id = '{run}'"
        ))
        .await?;

    let page = world.get("/console/jobs").await?;

    page.assert_says("Daily");
    page.assert_says("At 06:00, UTC");
    page.assert_says("Sat 2026-11-21 06:00 UTC");
    page.assert_says("in 17 h");
    page.assert_says("10 min 5 s");
    page.assert_says("19 min ago");
    Ok(())
}

/// Twelve hourly runs, of which the newest failed and the second was skipped, and one that is at work since before
/// them.
const RUNS: &str = "
insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, status, reason,
                                run_after, started_at, completed_at, error_kind, error_message, created_at)
select id, 1, 'manual', at, '{}', state, case state when 'skipped' then 'overlap' end, at,
       case when state <> 'skipped' then at end, at + interval '50 s', case state when 'failed' then 'permanent' end,
       case state when 'failed' then 'gone' end, at
  from scheduled_jobs, generate_series(0, 11) n,
       lateral (select timestamptz '2026-11-20T12:00:00Z' - n * interval '1 h' as at,
                       case n when 0 then 'failed' when 1 then 'skipped' when 11 then 'cancelled' else 'completed'
                       end as state) run;
insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, status, run_after,
                                started_at, lease_token, lease_expires_at, created_at)
select id, 1, 'manual', at, '{}', 'running', at, '2026-11-20T12:27:55Z', gen_random_uuid(), '2026-11-20T13:00:00Z', at
  from scheduled_jobs, (select timestamptz '2026-11-19T12:00:00Z' as at) run;
";

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_draws_the_last_ten_runs_and_says_for_how_long_one_is_at_work(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_daily_job("Daily").await?;
    world.sql(RUNS).await?;

    let page = world.get("/console/jobs").await?;

    page.assert_says("last 10 runs: 8 completed, 1 failed, 1 skipped");
    assert_eq!(page.text.matches("<i class=").count(), 10, "{}", page.text);
    let newest = "<i class=\"good\">✓</i><i class=\"warn\">⤼</i><i class=\"bad\">✕</i></span>";
    page.assert_says(newest);
    page.assert_says("Running for <span class=\"took\" data-since=\"2026-11-20T12:27:55+00:00\">2 min 5 s</span>");
    page.assert_says(
        "<span class=\"badge bad\">failed</span></a> <span class=\"soft\">50 s,</span>",
    );
    let link = page
        .text
        .split("class=\"own\" href=\"/console/runs/")
        .nth(1);
    let run = link
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    let at_work = format!("scheduled_job_runs where status = 'running' and id = '{run}'");
    assert_eq!(world.count(&at_work).await?, 1);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_are_found_by_their_product_and_by_what_is_at_work(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let busy = world.given_daily_job("Busy").await?;
    world.sql(RUNS).await?;
    let idle = world.given_daily_job("Idle").await?;
    world
        .get("/console/jobs")
        .await?
        .assert_does_not_say("All products");
    let product = Uuid::from_u128(5);
    world
        .sql(&format!(
            "insert into products (id, organization_id, brand_id, name)
             select '{product}', organization_id, brand_id, 'Anvil No. 5' from scheduled_jobs where id = '{idle}';
             alter table scheduled_jobs drop constraint scheduled_jobs_job_type_scope_fkey;
             update scheduled_jobs set product_id = '{product}' where id = '{idle}'"
        ))
        .await?;

    for (filter, found) in [
        ("status=running".to_owned(), (true, false)),
        (format!("product={product}"), (false, true)),
        (format!("product={}", Uuid::from_u128(6)), (false, false)),
        (format!("product={product}&status=running"), (false, false)),
    ] {
        let page = world.get(&format!("/console/jobs?{filter}")).await?;
        let has = |id| page.text.contains(&format!("href=\"/console/jobs/{id}\""));
        assert_eq!((has(busy), has(idle)), found, "{filter}");
        page.assert_says("Anvil No. 5, Anvils");
    }
    let brand: Uuid = sqlx::query_scalar("select brand_id from scheduled_jobs where id = $1")
        .bind(busy)
        .fetch_one(&world.pool)
        .await?;
    let of_another = format!("/console/jobs?product={product}&brand={brand}");
    world.get(&of_another).await?.assert_says("Busy");
    let archived = format!("/console/jobs/{busy}/archive");
    world.press(&archived, &[]).await?;
    let page = world.get("/console/jobs?status=running").await?;
    page.assert_says("Busy");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_of_the_platform_are_found_as_such(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_daily_job("Of a brand").await?;
    world
        .sql(
            "insert into scheduled_jobs (job_type, name, schedule_type, cron_expression, next_run_at)
             values ('token_refresh', 'Of nobody', 'recurring', '0 6 * * *', '2026-11-21T06:00:00Z')",
        )
        .await?;

    let page = world.get("/console/jobs?brand=platform").await?;

    page.assert_says("Of nobody");
    page.assert_does_not_say("Of a brand<");
    page.assert_says("<option value=\"platform\" selected>");
    world
        .sql(
            "insert into scheduled_job_runs (scheduled_job_id, job_revision, origin, scheduled_for, parameters, run_after)
             select id, 1, 'manual', '2026-11-20T12:00:00Z', '{}', '2026-11-20T12:00:00Z' from scheduled_jobs",
        )
        .await?;
    let runs = world.get("/console/runs?brand=platform").await?;
    runs.assert_says("Of nobody");
    runs.assert_does_not_say("Of a brand<");
    runs.assert_says("<option value=\"platform\" selected>");
    for list in ["jobs", "runs"] {
        let wrong = world.get(&format!("/console/{list}?brand=plat")).await?;
        assert_eq!(wrong.status, StatusCode::BAD_REQUEST, "{list}");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn jobs_are_found_by_brand_type_status_and_text(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let one = world.given_daily_job("One and only").await?;
    let two = world.given_daily_job("Two").await?;
    world
        .press(&format!("/console/jobs/{two}/pause"), &[])
        .await?;
    let brand: Uuid = sqlx::query_scalar("select brand_id from scheduled_jobs where id = $1")
        .bind(one)
        .fetch_one(&world.pool)
        .await?;

    for (filter, found) in [
        (String::new(), (true, true)),
        (format!("brand={brand}"), (true, false)),
        ("type=asset_download".to_owned(), (true, true)),
        ("type=meta_sync".to_owned(), (false, false)),
        ("status=active".to_owned(), (true, false)),
        ("status=paused".to_owned(), (false, true)),
        ("status=archived".to_owned(), (false, false)),
        ("text=ONLY".to_owned(), (true, false)),
        ("text=%25".to_owned(), (false, false)),
        (format!("text={two}"), (false, true)),
    ] {
        let page = world.get(&format!("/console/jobs?{filter}")).await?;
        assert_eq!(page.status, StatusCode::OK, "{filter}");
        let has = |id| page.text.contains(&format!("href=\"/console/jobs/{id}\""));
        assert_eq!((has(one), has(two)), found, "{filter}");
        assert_eq!(page.text.contains("No job passes"), found == (false, false));
    }
    let nul = world.get("/console/jobs?text=%00").await?;
    assert_eq!(nul.status, StatusCode::BAD_REQUEST);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_list_is_read_page_by_page_and_keeps_its_filter(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .sql(
            "insert into scheduled_jobs (job_type, name, schedule_type, cron_expression, next_run_at, parameters)
             select 'token_refresh', 'Job ' || n, 'recurring', '0 6 * * *', '2026-11-21T06:00:00Z',
                    jsonb_build_object('expiring_within_days', n)
               from generate_series(1, 60) n",
        )
        .await?;

    let first = world.get("/console/jobs?type=token_refresh").await?;
    let link = first.text.split("href=\"/console/jobs?status=live").nth(1);
    let rest = link
        .and_then(|rest| rest.split('"').next())
        .unwrap_or_default();
    let rest = rest.replace("&#38;", "&");
    assert!(rest.contains("&type=token_refresh&after="), "{rest}");
    let second = world
        .get(&format!("/console/jobs?status=live{rest}"))
        .await?;

    let jobs = |text: &str| text.matches("<th scope=\"row\"").count();
    assert_eq!((jobs(&first.text), jobs(&second.text)), (50, 10));
    Ok(())
}
