//! C: success that is not success, failure that is not failure.

use chrono::TimeDelta;
use serde_json::json;
use shared::{
    domain::{AssetDownloadParams, Outcome, Report, message::Channel},
    runtime::{self, Run},
    store::deliveries,
};
use sqlx::PgPool;

use super::tools::{assert_refused, break_writes, broken, texts_below};
use crate::{
    asset_download::studio::Studio,
    world::{World, at},
};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m24_a_function_does_no_work_of_a_type_that_is_not_its_own(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    for sql in [
        "insert into job_types (name, scope, description) values ('paint_ads', 'brand', 'Paints.')",
        "update scheduled_jobs set job_type = 'paint_ads'",
    ] {
        sqlx::query(sql).execute(&world.pool).await.unwrap();
    }
    world.clock.set(at("2026-11-20T06:00:00Z"));

    let done = async |_: &_| Ok(Outcome::Done(Report::new()));
    assert!(world.try_deliver(world.tick(job), done).await.is_err());

    assert_eq!(world.worked(), 0);
    assert!(world.verdicts(job).await.is_empty());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m25_an_ending_that_cannot_be_written_fails_the_invocation(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let breaks = async |_: &_| {
        break_writes(&world.pool, "update on scheduled_job_runs").await;
        Ok(Outcome::Done(Report::new()))
    };
    assert!(world.try_deliver(world.tick(job), breaks).await.is_err());

    let illegal = "update scheduled_job_runs
                      set status = 'completed_with_errors', lease_token = null, lease_expires_at = null";
    sqlx::query("drop trigger broken on scheduled_job_runs")
        .execute(&world.pool)
        .await
        .unwrap();
    assert_refused(&world.pool, illegal, "scheduled_job_runs_status_check").await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m26_a_step_that_fails_is_seen_even_when_the_run_goes_on(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let half = async |run: &Run<AssetDownloadParams>| {
        run.step_succeeded("ad_assets", 3);
        run.step_failed("ad_thumbnails", "unknown argument");
        Ok(Outcome::Done(Report::new()))
    };
    world.deliver_to(world.tick(job), half).await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    let failed = "select count(*) from dataset_status where dataset_key = 'ad_thumbnails'
                   and last_status = 'failed' and error_message = 'unknown argument'
                   and last_success_at is null";
    assert_eq!(world.count(failed).await, 1);
}

#[test]
fn m27_every_job_type_is_run_by_tests_that_call_its_own_handler() {
    let tests = texts_below("tests/it");
    for job_type in shared::domain::JobType::ALL {
        let name = job_type.name();
        let calls = [format!("{name}::handle("), format!("use {name}::")];
        let is_called = tests
            .iter()
            .any(|text| calls.iter().any(|call| text.contains(call)) && text.contains("handle("));
        assert!(is_called, "no test calls the handler of {name}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m28_a_run_whose_every_item_failed_has_failed(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .order(json!({"on": "cdn", "contains": "", "status": 500, "times": 9999}))
        .await;

    let run = studio.run().await;

    assert_eq!(run.status, "failed", "{}", run.metadata);
    assert_eq!(run.error_kind.as_deref(), Some("retry"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m29_a_dataset_cannot_be_left_running(pool: PgPool) {
    let running =
        "insert into dataset_status (dataset_key, last_status) values ('ad_assets', 'running')";
    assert_refused(&pool, running, "dataset_status_last_status_check").await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m30_what_fetched_nothing_makes_nothing_fresh(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .order(json!({"on": "cdn", "contains": "", "status": 500, "times": 9999}))
        .await;
    studio.run().await;

    let stale = "select count(*) from dataset_status where dataset_key = 'ad_assets'
                  and last_status = 'failed' and last_success_at is null";
    assert_eq!(studio.world.count(stale).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m31_a_run_over_dead_inputs_says_so(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    let dead = studio.ad_of("Old ad without media");
    let others = format!("delete from meta_ads_performance where meta_ad_id <> '{dead}'");
    sqlx::query(&others)
        .execute(&studio.world.pool)
        .await
        .unwrap();

    studio.run().await;

    let warned = "select count(*) from scheduled_job_runs
                   where warnings::text like '%none of 1 ads has media that can be downloaded%'";
    assert_eq!(studio.world.count(warned).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m32_what_a_limit_left_out_is_no_error(pool: PgPool) {
    let studio = Studio::with_ads(pool).await;
    studio
        .params(json!({"max_videos": 0, "max_images": 1}))
        .await;

    let run = studio.run().await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["images_failed"], 0);
    assert!(run.metadata["images_eligible_left"].as_u64().unwrap() > 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m33_nothing_to_do_is_success_and_a_part_is_success_with_warnings(pool: PgPool) {
    let studio = Studio::new(pool).await;
    studio.link_account().await;
    let nothing = studio.run().await;
    assert_eq!(
        (nothing.status.as_str(), nothing.error),
        ("completed", None)
    );

    for ad in studio.meta.samples() {
        studio
            .insert_ad(&ad.ad_id, ad.is_video, ad.meta_video_id.as_deref(), 1)
            .await;
    }
    studio
        .order(json!({"on": "cdn", "contains": "rocket.jpg", "status": 500, "times": 99}))
        .await;
    let part = studio.run().await;
    assert_eq!(part.status, "completed", "{:?}", part.error);
    let warned = "select count(*) from scheduled_job_runs where cardinality(warnings) > 0";
    assert_eq!(studio.world.count(warned).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m34_a_run_that_was_cut_short_is_not_a_success(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let deadline = world.clock.now() + TimeDelta::milliseconds(20);
    let never = async |_: &Run<AssetDownloadParams>| std::future::pending().await;

    runtime::deliver(&world.worker, world.tick(job), deadline, &never)
        .await
        .unwrap();

    let ledger = world.ledger(job).await;
    assert_eq!(ledger[0].status, "failed");
    assert_eq!(ledger[0].error_kind.as_deref(), Some("timeout"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m35_structured_columns_cannot_hold_text(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.run_now(job).await;
    for (column, constraint) in [
        (
            "scheduled_jobs set parameters",
            "scheduled_jobs_parameters_check",
        ),
        (
            "scheduled_job_runs set parameters",
            "scheduled_job_runs_parameters_check",
        ),
        (
            "scheduled_job_runs set metadata",
            "scheduled_job_runs_metadata_check",
        ),
    ] {
        let text = format!("update {column} = '\"{{}}\"'");
        assert_refused(&world.pool, &text, constraint).await;
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m36_what_did_not_leave_is_not_noted_as_sent(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let silent = "select count(*) from scheduled_job_runs where announced_at is null";

    world.bus.set_down(true);
    world.deliver(world.tick(job)).await;
    assert_eq!(world.count(silent).await, 1);

    world.bus.set_down(false);
    world.sweep().await;
    assert_eq!(world.count(silent).await, 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m38_a_run_whose_every_step_failed_has_failed(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let in_vain = async |run: &Run<AssetDownloadParams>| {
        for source in ["visits", "orders", "clicks", "posts"] {
            run.step_failed(source, &format!("{source} did not answer"));
        }
        Ok(Outcome::Done(Report::new()))
    };

    world.deliver_to(world.tick(job), in_vain).await;

    let ledger = world.ledger(job).await;
    assert_eq!(ledger[0].status, "failed");
    let error = ledger[0].error.as_deref().unwrap();
    assert!(error.contains("visits did not answer"), "{error}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn m37_a_message_that_did_not_arrive_is_still_to_be_delivered(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.set(job, "max_retries = 0").await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    world
        .deliver_to(world.tick(job), async |_| Err(broken()))
        .await;

    let now = world.clock.now();
    let mut tx = world.worker.db.begin().await.unwrap();
    deliveries::hand_out(&mut tx, &[Channel::Slack], now)
        .await
        .unwrap();
    let later = now + TimeDelta::minutes(5);
    let attempt = deliveries::begin(&mut tx, Channel::Slack, now, later).await;
    let attempt = attempt.unwrap().unwrap();
    deliveries::fail(&mut tx, &attempt, "503", Some(later), now)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let due = "select count(*) from notification_deliveries
                where delivered_at is null and next_attempt_at is not null and last_error = '503'";
    assert_eq!(world.count(due).await, 1);
}
