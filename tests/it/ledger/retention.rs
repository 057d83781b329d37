//! A row that is gone does not come back.

use chrono::TimeDelta;
use shared::{runtime::Event, store::runs::prune::prune};
use sqlx::PgPool;

use crate::world::{World, at};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_tick_whose_row_was_deleted_is_not_admitted_again(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    let six = at("2026-11-20T06:00:00Z");
    for day in 0..2 {
        world.clock.set(six + TimeDelta::days(day));
        world.deliver(world.tick(job)).await;
    }
    let before = world.verdicts(job).await;
    let mut tx = world.worker.db.begin().await.unwrap();
    let pruned = prune(&mut tx, six + TimeDelta::hours(1), 10).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((before.len(), pruned), (2, 1));

    let old = Event::Tick {
        job_id: job,
        time: six,
    };
    let delivery = world.deliver(old).await;
    world.sweep().await;

    assert_eq!(delivery.run_id, None);
    assert_eq!(world.worked(), 2);
    let left = world.ledger(job).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].scheduled_for, six + TimeDelta::days(1));
}
