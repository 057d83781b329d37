//! What happens to schedules at their end, and at ours.

use aws_sdk_scheduler::types::ActionAfterCompletion;

use super::world::{World, date};

#[tokio::test]
async fn what_is_complete_is_deleted_when_asked_for() {
    let mut world = World::listening().await;
    let delete = ActionAfterCompletion::Delete;
    let once = world.create("once", "at(2026-11-20T10:35:00)");
    once.action_after_completion(delete.clone())
        .send()
        .await
        .unwrap();
    let twice = world
        .create("twice", "cron(* * * * ? *)")
        .start_date(date("2026-11-20T10:36:00Z"));
    let twice = twice.end_date(date("2026-11-20T10:37:30Z"));
    twice.action_after_completion(delete).send().await.unwrap();

    for (time, once_stays, twice_stays) in [
        ("2026-11-20T10:35:00Z", false, true),
        ("2026-11-20T10:36:00Z", false, true),
        ("2026-11-20T10:37:00Z", false, false),
    ] {
        world.set(time);
        assert_eq!(world.heard().await, time);
        assert_eq!(world.is_there("once").await, once_stays, "at {time}");
        assert_eq!(world.is_there("twice").await, twice_stays, "at {time}");
    }
}

#[tokio::test]
async fn a_restart_brings_nothing_back_and_reckons_anew() {
    let dir = tempfile::tempdir().unwrap();
    let mut world = World::listening_keeping(dir.path(), "2026-11-20T10:34:30Z").await;
    for (name, expression) in [
        ("once", "at(2026-11-20T10:35:00)"),
        ("missed", "at(2026-11-20T10:40:00)"),
        ("later", "at(2026-11-20T10:50:00)"),
    ] {
        let create = world.create(name, expression);
        let create = create.action_after_completion(ActionAfterCompletion::Delete);
        create.send().await.unwrap();
    }
    world
        .create("often", "rate(10 minutes)")
        .send()
        .await
        .unwrap();
    assert_eq!(world.heard().await, "2026-11-20T10:34:30Z");
    world.set("2026-11-20T10:35:00Z");
    assert_eq!(world.heard().await, "2026-11-20T10:35:00Z");
    world.stop().await;

    let mut world = World::listening_keeping(dir.path(), "2026-11-20T10:45:00Z").await;

    world.heard_nothing().await;
    assert!(!world.is_there("once").await, "what had fired is gone");
    assert!(
        world.is_there("missed").await,
        "what has not fired is not complete"
    );
    world.set("2026-11-20T10:50:00Z");
    assert_eq!(world.heard().await, "2026-11-20T10:50:00Z");
    assert!(!world.is_there("later").await);
    world.set("2026-11-20T10:54:30Z");
    let rate = world.heard().await;
    assert_eq!(rate, "2026-11-20T10:54:30Z", "a rate keeps its phase");
}
