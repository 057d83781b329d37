//! `schedules why` of what was then: edits, periods, skips that were asked for, and limits.

use chrono::TimeDelta;
use reconciler::why::Asked;
use shared::domain::JobId;
use sqlx::PgPool;

use crate::{
    why::{says, tick, why, why_at},
    world::{World, at},
};

/// A daily job that ran at six by its first revision, and is hourly since eight.
async fn edited(world: &World) -> JobId {
    let job = world.job("0 6 * * *").await;
    tick(world, job).await;
    world.clock.set(at("2026-11-20T08:00:00Z"));
    world.reschedule(job, "0 * * * *").await;
    world.clock.set(at("2026-11-20T09:30:00Z"));
    world.sweep().await.expect("a sweep");
    job
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_schedule_of_then_is_told_with_its_revision_and_its_time(pool: PgPool) {
    let world = World::new(pool).await;
    let job = edited(&world).await;

    let six = Asked::Instant(at("2026-11-20T06:00:00Z"));
    let (facts, text) = why_at(&world, job, Some(six)).await;

    let then = "Revision 1 was in force then, until 2026-11-20T08:00:00Z: `0 6 * * *` (At 06:00, \
                UTC), active. The time was a fire time of that.";
    says(
        &text,
        &[
            "at revision 2",
            then,
            "was skipped: the job's schedule was changed",
        ],
    );
    assert_eq!(facts["then"]["revision"], 1);
    let seven = Asked::Instant(at("2026-11-20T07:00:00Z"));
    let (_, text) = why_at(&world, job, Some(seven)).await;
    let not_then = "The time was not a fire time of that.";
    let is_now = "2026-11-20T07:00:00Z is Fri 2026-11-20 07:00 UTC, a fire time of its present";
    says(
        &text,
        &[
            is_now,
            not_then,
            "There is no row, as there should be none.",
        ],
    );
    let text = why(&world, job).await;
    assert!(
        !text.contains("was in force then"),
        "nine is of the present schedule: {text}"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_fire_time_of_then_without_a_row_is_lost(pool: PgPool) {
    let world = World::new(pool).await;
    let job = edited(&world).await;
    let gone = sqlx::query("delete from scheduled_job_runs where scheduled_for = $1")
        .bind(at("2026-11-20T06:00:00Z"))
        .execute(&world.pool)
        .await;
    gone.expect("a deletion");

    let six = Asked::Instant(at("2026-11-20T06:00:00Z"));
    let (_, text) = why_at(&world, job, Some(six)).await;

    says(
        &text,
        &["although there should be one: the fire time is lost"],
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_time_outside_the_period_says_so(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 * * * *").await;
    let set = "set starts_at = '2026-11-20T08:00Z', ends_at = '2026-11-20T10:00Z',
                   next_run_at = '2026-11-20T08:00Z'";
    world.edit(job, set).await;
    world.clock.set(at("2026-11-20T12:01:00Z"));

    for (time, told) in [
        ("07:00", "Its period begins later, at 2026-11-20T08:00:00Z."),
        ("11:00", "Its period ended before, at 2026-11-20T10:00:00Z."),
    ] {
        let asked = Asked::Instant(at(&format!("2026-11-20T{time}:00Z")));
        let (_, text) = why_at(&world, job, Some(asked)).await;
        says(&text, &[told, "There is no row, as there should be none."]);
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_skip_that_was_asked_for_names_who_asked(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let run = tick(&world, job).await;
    sqlx::query(
        "update scheduled_job_runs
            set status = 'skipped', reason = 'requested', requested_by = 'token 01020304',
                completed_at = '2026-11-19T12:00:00Z'
          where id = $1",
    )
    .bind(run.0)
    .execute(&world.pool)
    .await
    .expect("a skip");

    let asked = "was skipped: token 01020304 asked at 2026-11-19T12:00:00Z to leave it out.";
    says(&why(&world, job).await, &[asked]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_without_a_slot_names_the_limit_that_is_reached(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let set = "update job_types set running_max = 1, running_per_brand_max = null";
    sqlx::query(set)
        .execute(&world.pool)
        .await
        .expect("a limit");
    sqlx::query("update brands set running_max = 1")
        .execute(&world.pool)
        .await
        .expect("a limit");
    let other = world.job("0 7 * * *").await;
    world
        .edit(other, "set next_run_at = '2026-11-20T07:00Z'")
        .await;
    let holder = world.running(other).await;
    let lease =
        "update scheduled_job_runs set lease_expires_at = '2026-11-20T07:00Z' where id = $1";
    let done = sqlx::query(lease).bind(holder.0).execute(&world.pool).await;
    done.expect("a lease");
    tick(&world, job).await;

    let full = "is pending: it waits for a slot: 1 of 1 slots of asset_download are taken, and 1 \
                of 1 slots of its brand are taken";
    says(&why(&world, job).await, &[full]);

    world.clock.advance(TimeDelta::hours(2));
    let free = "it waited for a slot; one is free now, and the next sweep sends it";
    says(&why(&world, job).await, &[free]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_pause_says_when_it_ends(pool: PgPool) {
    let world = World::new(pool).await;
    let job = world.job("0 6 * * *").await;
    let set = "set status = 'paused', pause_reason = 'stocktaking',
                   paused_until = '2026-11-21T05:00Z'";
    world.edit(job, set).await;

    let paused = "it is paused until 2026-11-21T05:00:00Z (stocktaking), at revision 1";
    let next = "The next fire time is 2026-11-20T06:00:00Z, and is skipped while";
    says(&why(&world, job).await, &[paused, next]);
    let later = "set next_run_at = '2026-11-21T06:00Z'";
    world.edit(job, later).await;
    let next = "The next fire time without a verdict is 2026-11-21T06:00:00Z.";
    says(&why(&world, job).await, &[next]);
}
