//! Both clocks of the cloud, each on the local stack's stand-in of AWS and on moto: one suite for all four.

mod migration;
mod place;
mod suite;

use shared::config::ClockBackend::{Rules, Scheduler};
use sqlx::PgPool;

use self::{place::Place, suite::conforms};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn rules_on_the_local_stack(pool: PgPool) {
    conforms(pool, &Place::local().await, Rules).await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn schedules_on_the_local_stack(pool: PgPool) {
    conforms(pool, &Place::local().await, Scheduler).await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn rules_on_moto(pool: PgPool) {
    if let Some(place) = Place::moto().await {
        conforms(pool, &place, Rules).await;
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn schedules_on_moto(pool: PgPool) {
    if let Some(place) = Place::moto().await {
        conforms(pool, &place, Scheduler).await;
    }
}
