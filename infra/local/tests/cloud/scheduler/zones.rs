//! Schedules by the clocks of their zones, while those change.

use super::world::World;

const ZONE: &str = "Europe/Berlin";

#[tokio::test]
async fn cron_fires_by_the_clocks_of_its_zone() {
    let mut world = World::listening().await;
    let create = world
        .create("r", "cron(35 11 * * ? *)")
        .schedule_expression_timezone(ZONE);
    create.send().await.unwrap();

    world.set("2026-11-20T10:34:59.999Z");
    world.heard_nothing().await;
    world.set("2026-11-20T10:35:00.004Z");
    assert_eq!(world.heard().await, "2026-11-20T10:35:00Z");
    world.set("2026-11-20T11:35:00Z");
    world.heard_nothing().await;
}

#[tokio::test]
async fn a_time_that_the_clocks_skip_is_left_out() {
    let mut world = World::listening_since("2027-03-27T12:00:00Z").await;
    let create = world
        .create("r", "cron(30 2 * * ? *)")
        .schedule_expression_timezone(ZONE);
    create.send().await.unwrap();

    for time in [
        "2027-03-28T00:30:00Z",
        "2027-03-28T01:00:00Z",
        "2027-03-28T01:30:00Z",
    ] {
        world.set(time);
        world.heard_nothing().await;
    }
    world.set("2027-03-29T00:30:00Z");
    assert_eq!(world.heard().await, "2027-03-29T00:30:00Z");
}

#[tokio::test]
async fn a_time_that_the_clocks_repeat_fires_once() {
    let mut world = World::listening_since("2027-10-30T12:00:00Z").await;
    let create = world
        .create("r", "cron(30 2 * * ? *)")
        .schedule_expression_timezone(ZONE);
    create.send().await.unwrap();

    world.set("2027-10-31T00:30:00Z");
    assert_eq!(world.heard().await, "2027-10-31T00:30:00Z");
    world.set("2027-10-31T01:30:00Z");
    world.heard_nothing().await;
    world.set("2027-11-01T01:30:00Z");
    assert_eq!(world.heard().await, "2027-11-01T01:30:00Z");
}

#[tokio::test]
async fn a_schedule_that_runs_once_does_so_by_the_clocks_of_its_zone() {
    let mut world = World::listening().await;
    let create = world
        .create("r", "at(2026-11-20T11:36:07)")
        .schedule_expression_timezone(ZONE);
    create.send().await.unwrap();
    let past = world
        .create("past", "at(2026-11-20T11:34:00)")
        .schedule_expression_timezone(ZONE);
    past.send().await.unwrap();

    world.set("2026-11-20T10:36:06.999Z");
    world.heard_nothing().await;
    world.set("2026-11-20T10:36:07Z");
    assert_eq!(world.heard().await, "2026-11-20T10:36:07Z");
    world.set("2026-11-21T10:36:07Z");
    world.heard_nothing().await;
    assert!(
        world.is_there("r").await,
        "what has run stays, unless told otherwise"
    );
}
