//! What was lost is found, what is due is sent, and one failing part stops no other.

use chrono::TimeDelta;
use shared::{clients::bus::BusEvent, domain::RunId};
use sqlx::PgPool;

use crate::world::{World, at};

fn requests(events: &[BusEvent]) -> Vec<RunId> {
    let of = |event: &BusEvent| match event {
        BusEvent::RunRequested { run_id, .. } => Some(*run_id),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_due_run_is_asked_for_once_and_again_when_nobody_took_it(pool: PgPool) {
    let world = World::new(pool).await;
    let run = world
        .pending_run(world.job_once("2026-11-21T00:00:00Z").await)
        .await;

    assert_eq!(world.sweep().await.expect("a sweep").sent, 1);
    assert_eq!(requests(&world.bus.take()), [run]);

    world.clock.advance(TimeDelta::seconds(30));
    assert_eq!(
        world.sweep().await.expect("a sweep").sent,
        0,
        "it is on its way"
    );

    world.clock.advance(TimeDelta::seconds(31));
    assert_eq!(world.sweep().await.expect("a sweep").sent, 1);
    assert_eq!(requests(&world.bus.take()), [run]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn more_runs_than_a_batch_leave_in_one_sweep(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job_once("2026-11-21T00:00:00Z").await;
    for _ in 0..205 {
        world.pending_run(job).await;
    }
    assert_eq!(world.sweep().await.expect("a sweep").sent, 205);
    assert_eq!(world.bus.sent().len(), 205);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_refused_request_fails_the_sweep_and_stays_unsent(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job_once("2026-11-21T00:00:00Z").await;
    let (bad, good) = (world.pending_run(job).await, world.pending_run(job).await);
    world.bus.refuse(BusEvent::RunRequested {
        run_id: bad,
        job_id: job,
        job_type: "asset_download".to_owned(),
    });

    let line = world.sweep().await.expect_err("a refusal").to_string();

    assert_eq!(line, "asking for due runs: the bus refused 1 events");
    assert_eq!(requests(&world.bus.sent()), [good]);
    assert_eq!(world.run(bad, "sent_at").await, None);
    assert!(world.run(good, "sent_at").await.is_some());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_lost_run_fails_gets_its_retry_and_is_announced(pool: PgPool) {
    let world = World::new(pool).await;
    let run = world.running(world.job("0 6 * * *").await).await;

    world.clock.advance(TimeDelta::seconds(59));
    assert_eq!(
        world.sweep().await.expect("a sweep").lost,
        0,
        "it holds its lease"
    );
    world.clock.advance(TimeDelta::seconds(2));
    let report = world.sweep().await.expect("a sweep");

    assert_eq!((report.lost, report.announced), (1, 1));
    assert_eq!(world.run(run, "error_kind").await.as_deref(), Some("lost"));
    assert!(world.run(run, "retry_run_id").await.is_some());
    assert!(world.run(run, "announced_at").await.is_some());
    let told = world.bus.sent();
    assert!(
        matches!(told.as_slice(), [BusEvent::RunFinished { status, .. }] if status == "failed"),
        "{told:?}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_nobody_delivered_is_accounted_for_and_sent(pool: PgPool) {
    let world = World::new(pool).await;
    world.job("0 6 * * *").await;

    world.clock.set(at("2026-11-20T06:02:00Z"));
    let report = world.sweep().await.expect("a sweep");

    assert_eq!(
        (report.overdue.jobs, report.overdue.queued, report.sent),
        (1, 1, 1)
    );
    let ticks = "select count(*) from scheduled_job_runs where origin = 'tick'";
    assert_eq!(world.number(ticks).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_bus_that_is_down_stops_neither_verdicts_nor_rules(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let run = world.running(job).await;
    world.bus.set_down(true);
    world.clock.set(at("2026-11-20T06:02:00Z"));

    let line = world.sweep().await.expect_err("no bus").to_string();

    assert!(
        line.contains("asking for due runs: ") && line.contains("telling endings: "),
        "{line}"
    );
    assert_eq!(world.run(run, "status").await.as_deref(), Some("failed"));
    assert!(world.rule(job).is_some());

    world.bus.set_down(false);
    let report = world.sweep().await.expect("a sweep");
    assert_eq!((report.sent, report.announced), (1, 1), "nothing was lost");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_cloud_that_is_down_stops_no_run(pool: PgPool) {
    let world = World::new(pool).await;
    let run = world
        .pending_run(world.job_once("2026-11-21T00:00:00Z").await)
        .await;
    world
        .cloud
        .fail("ListRules", "sundial-", "AccessDeniedException");

    world.sweep().await.expect_err("no cloud");

    assert_eq!(requests(&world.bus.sent()), [run]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn paused_one_time_jobs_past_their_time_do_not_hold_up_the_sweep(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job_once("2026-11-20T05:00:00Z").await;
    world.edit(job, "set status = 'paused'").await;
    let report = world.sweep().await.expect("a sweep");
    assert_eq!((report.overdue.queued, report.overdue.skipped), (0, 0));
}
