//! Which channels there are, and test messages on them.

use reconciler::courier::Channels;
use sqlx::PgPool;

use crate::{
    courier::{ok, sweep_after, told, with_slack},
    world::World,
};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_test_message_goes_to_its_channel_alone_also_while_that_is_off(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let job = world.job("0 6 * * *").await;
    world.set_channel(job, "slack", "is_on = false").await;
    for channel in ["email", "slack"] {
        let sql = "insert into notifications (organization_id, only_channel, kind, severity, title, deliver_after)
                   select organization_id, $1, 'test', 'info', 'A test of ' || $1, $2 from scheduled_jobs";
        sqlx::query(sql)
            .bind(channel)
            .bind(world.clock.now())
            .execute(&world.pool)
            .await
            .expect("a test message");
    }

    assert_eq!(sweep_after(&world, 1).await, 1);

    assert_eq!(told(&slack).await, ["A test of slack"]);
    let deliveries = "select count(*) from notification_deliveries";
    assert_eq!(world.number(deliveries).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_sweep_notes_which_channels_there_are(pool: PgPool) {
    let (mut world, _slack) = with_slack(pool, ok()).await;
    let seen = async |world: &World| -> Vec<(String, bool, bool)> {
        sqlx::query_as("select channel, is_open, seen_at = $1 from open_channels order by channel")
            .bind(world.clock.now())
            .fetch_all(&world.pool)
            .await
            .expect("channels")
    };
    let of = |channel: &str, is_open| (channel.to_owned(), is_open, true);

    sweep_after(&world, 1).await;
    assert_eq!(seen(&world).await, [of("email", false), of("slack", true)]);

    world.reconciler = world.reconciler.clone().with_channels(Channels::default());
    sweep_after(&world, 1).await;
    assert_eq!(seen(&world).await, [of("email", false), of("slack", false)]);
}
