//! What a delivery leaves beside the ledger: how fresh the data is, and figures.

use chrono::TimeDelta;
use shared::{
    clients::throttles::Throttles,
    domain::{JobError, Outcome, Report, RunStatus},
    runtime::{Event, Measured},
};
use sqlx::PgPool;

use crate::world::{ON_PURPOSE, World, at};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn all_runs_write_datasets_in_the_same_order(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |run| {
            run.step_succeeded("campaigns", 1);
            run.step_succeeded("ads", 1);
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    let written: Vec<String> =
        sqlx::query_scalar("select dataset_key from dataset_status order by ctid")
            .fetch_all(&world.pool)
            .await
            .unwrap();
    assert_eq!(written, ["ad_assets", "ads", "campaigns"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_keeps_what_it_did_about_each_dataset_and_when(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world
        .deliver_to(world.tick(job), async |run| {
            run.step_succeeded("campaigns", 7);
            world.clock.advance(TimeDelta::seconds(5));
            run.step_incomplete("ads", "no answer");
            world.clock.advance(TimeDelta::seconds(5));
            Ok(Outcome::Done(Report::new()))
        })
        .await;

    let kept: Vec<String> = sqlx::query_scalar(
        "select concat_ws(' ', segment, dataset_key, at at time zone 'UTC', records, is_partial, error_message)
           from run_steps order by at",
    )
    .fetch_all(&world.pool)
    .await
    .unwrap();
    let wanted = [
        "1 campaigns 2026-11-20 06:00:00 7 f",
        "1 ads 2026-11-20 06:00:05 t no answer",
        "1 ad_assets 2026-11-20 06:00:10 0 f",
    ];
    assert_eq!(kept, wanted);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_delivery_tells_its_figures(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let tick = world.tick(job);
    world.clock.advance(TimeDelta::seconds(4));

    let first = world
        .deliver_to(tick, async |_| {
            world.clock.advance(TimeDelta::seconds(2));
            Err(JobError::retry("copying")(std::io::Error::other("403")))
        })
        .await;
    let nothing = world.deliver(tick).await;
    world.clock.advance(TimeDelta::hours(1));
    let retry = world.sweep().await[0];
    let second = world.deliver(retry).await;

    let wanted = Measured {
        status: RunStatus::Failed,
        duration: TimeDelta::seconds(2),
        start_lateness: Some(TimeDelta::seconds(4)),
        is_retry: false,
        vendor_throttles: 0,
    };
    assert_eq!(first.measured, Some(wanted));
    assert_eq!(nothing.measured, None);
    let second = second.measured.unwrap();
    assert!(second.is_retry && second.start_lateness.is_none());
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_delivery_counts_the_throttles_of_its_own_vendors_however_it_ends(pool: PgPool) {
    let world = World::new(pool).await;
    let vendor = Throttles::default();
    vendor.count();
    let deliver = async |throttles: u32, ending: fn() -> Result<Outcome, JobError>| {
        let job = world.daily_job().await;
        let event = Event::Run {
            run_id: world.run_now(job).await,
        };
        let delivery = world.deliver_to(event, async |run| {
            run.watch(&vendor);
            (0..throttles).for_each(|_| vendor.count());
            ending()
        });
        delivery.await.measured.unwrap().vendor_throttles
    };

    let none = deliver(0, || Ok(Outcome::Done(Report::new()))).await;
    let failed = deliver(3, || Err(JobError::give_up("enough"))).await;
    let panicked = deliver(2, || panic!("{ON_PURPOSE}")).await;

    assert_eq!((none, failed, panicked), (0, 3, 2));
}
