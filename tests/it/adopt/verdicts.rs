//! What becomes of the old rows.

use sqlx::PgPool;

use super::{migrate, old, told};

#[sqlx::test(migrations = false)]
async fn live_jobs_are_paused_and_hopeless_ones_end(pool: PgPool) {
    old(&pool).await;
    migrate(&pool).await;
    let jobs = told(
        &pool,
        "select concat_ws(', ', left(name, 24), schedule_type, status, timezone, pause_reason, last_error)
           from scheduled_jobs where job_type = 'asset_download' order by id",
    )
    .await;
    let zone = "America/Los_Angeles";
    let check = "adopted: check its schedule with schedules import-legacy, then resume";
    let no_cron = "adopted: it was recurring, but without a cron that could be kept";
    let double = "adopted: it did the same as job d0000000-0000-4000-8000-000000000001";
    assert_eq!(
        jobs,
        [
            format!("Download, recurring, paused, {zone}, {check}"),
            format!("Download again, recurring, archived, {zone}, {double}"),
            format!("Download images, recurring, paused, {zone}, {check}"),
            format!("Without cron, one_time, archived, {zone}, {no_cron}"),
            format!("Long cron, one_time, archived, {zone}, {no_cron}"),
            format!("Once, one_time, paused, {zone}, {check}"),
            format!("Once, dead, one_time, completed, {zone}"),
            format!("Done, one_time, completed, {zone}"),
            format!("Put away, recurring, archived, {zone}"),
            format!("Brand gone, recurring, archived, {zone}, adopted: its brand did not exist"),
            format!("With a product, one_time, completed, {zone}"),
        ]
    );
    let others = "select distinct job_type from scheduled_jobs where job_type <> 'asset_download'";
    assert_eq!(
        told(&pool, others).await,
        ["meta_sync"],
        "nothing could read any other"
    );
    let unknown = "select distinct row ->> 'job_type' from adopted_rows
                    where reason like '%Sundial does not know its job type'
                      and table_name = 'scheduled_jobs' and is_removed
                      and row ->> 'job_type' <> '' order by 1";
    let types = told(&pool, unknown).await;
    assert!(types.contains(&"template_scrape".to_owned()), "{types:?}");
}

#[sqlx::test(migrations = false)]
async fn old_runs_have_ended_and_nobody_is_told_of_them(pool: PgPool) {
    old(&pool).await;
    migrate(&pool).await;
    let runs = told(
        &pool,
        "select concat_ws(', ', status, error_kind, error_message, warnings[1]) from scheduled_job_runs order by id",
    )
    .await;
    let lost = "failed, lost, was at work when Sundial took over";
    let stuck = format!("{lost}, stuck");
    assert_eq!(
        runs,
        [
            "completed",
            "failed, permanent, rate limited",
            "failed, permanent, no message was kept",
            lost,
            &stuck,
            "cancelled",
            "cancelled",
            "completed",
            "failed, permanent, no message was kept",
        ]
    );
    let still_to_tell = "select id::text from scheduled_job_runs
          where announced_at is null or status = 'failed' and acknowledged_at is null or origin <> 'manual'";
    assert!(told(&pool, still_to_tell).await.is_empty());
    let logs = told(&pool, "select message from run_logs order by id").await;
    assert_eq!(logs, ["copying", "copied 3", "half a log"]);
}

#[sqlx::test(migrations = false)]
async fn a_person_is_told_what_to_look_at(pool: PgPool) {
    old(&pool).await;
    assert_eq!(
        migrate(&pool).await,
        [
            "a database of the old system was taken over",
            "5 jobs are paused: check their schedules with `schedules import-legacy`, then resume them",
            "10 jobs are of types that this version of Sundial does not know; adopted_rows has them",
            "4 jobs are archived; their last_error says why",
            "3 runs had not ended, and are closed",
            "2 brands did not exist, and are named Unknown brand",
            "3 brands had no organization, and belong to one named Adopted",
            "26 rows are set aside in adopted_rows",
            "38 rows were changed; adopted_rows has them as they were",
        ]
    );
}
