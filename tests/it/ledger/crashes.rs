//! A process that dies at any step of a delivery loses nothing and repeats nothing.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use chrono::TimeDelta;
use shared::domain::{Outcome, Report};
use sqlx::PgPool;

use crate::world::{INVOCATION, LedgerRow, World, at};

/// More steps than one delivery has.
const STEPS_MAX: usize = 400;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_crash_between_any_two_steps_leaves_one_completed_attempt(pool: PgPool) {
    let world = World::new(pool).await;
    let mut deaths = 0;
    for steps in 0..STEPS_MAX {
        let job = world.daily_job().await;
        world.clock.set(at("2026-11-20T06:00:00Z"));
        let delivery = world.deliver_to(world.tick(job), async |run| {
            run.checkpoint(None).await?;
            Ok(Outcome::Done(Report::new()))
        });
        let survived = Mortal::new(delivery, steps).await.is_some();
        deaths += u32::from(!survived);

        for _ in 0..6 {
            world.clock.advance(INVOCATION + TimeDelta::minutes(6));
            for event in world.sweep().await {
                world.deliver(event).await;
            }
        }

        let ledger = world.ledger(job).await;
        let completed = ledger
            .iter()
            .filter(|run| run.status == "completed")
            .count();
        assert_eq!(
            completed,
            1,
            "death after {steps} steps: {:?}",
            world.verdicts(job).await
        );
        let is_settled = |run: &LedgerRow| {
            run.status == "completed" || (run.status == "failed" && run.retry.is_some())
        };
        assert!(
            ledger.iter().all(is_settled),
            "{:?}",
            world.verdicts(job).await
        );
        world
            .set(job, "status = 'archived', next_run_at = null")
            .await;
        if survived {
            break;
        }
    }
    assert!(
        deaths >= 6,
        "the delivery died at {deaths} different steps only"
    );
    let silent = "select count(*) from scheduled_job_runs where announced_at is null";
    assert_eq!(world.count(silent).await, 0, "every ending was told");
}

/// A future whose process dies after a number of steps: dropped, never to be resumed.
struct Mortal<F> {
    future: Pin<Box<F>>,
    steps_left: usize,
}

impl<F: Future> Mortal<F> {
    fn new(future: F, steps: usize) -> Self {
        Self {
            future: Box::pin(future),
            steps_left: steps,
        }
    }
}

impl<F: Future> Future for Mortal<F> {
    /// `None`: it died.
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.steps_left == 0 {
            return Poll::Ready(None);
        }
        self.steps_left -= 1;
        self.future.as_mut().poll(context).map(Some)
    }
}
