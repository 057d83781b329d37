//! Lists of schedules.

use aws_sdk_scheduler::types::ScheduleState;

use super::world::World;
use crate::world::refusal;

#[tokio::test]
async fn schedules_are_listed_by_page_in_order() {
    let world = World::empty().await;
    let names: Vec<_> = (0..250).map(|number| format!("job-{number:03}")).collect();
    for name in &names {
        world.create(name, "rate(1 day)").send().await.unwrap();
    }

    let sdk = &world.sdk;
    let mut pages = Vec::new();
    let mut token = None;
    for _ in 0..3 {
        let page = sdk
            .list_schedules()
            .set_next_token(token)
            .send()
            .await
            .unwrap();
        token = page.next_token;
        let names = page
            .schedules
            .into_iter()
            .map(|schedule| schedule.name.unwrap());
        pages.push(names.collect::<Vec<_>>());
    }
    assert_eq!(token, None);
    assert_eq!(
        pages.iter().map(Vec::len).collect::<Vec<_>>(),
        [100, 100, 50]
    );
    assert_eq!(pages.concat(), names);

    let page = sdk.list_schedules().max_results(7).send().await.unwrap();
    assert_eq!(page.schedules().len(), 7);
    let made_up = sdk.list_schedules().next_token("made-up").send().await;
    assert_eq!(refusal(made_up).0, "ValidationException");
}

#[tokio::test]
async fn a_page_may_end_in_any_group() {
    let world = World::empty().await;
    let sdk = &world.sdk;
    // Sorted as texts, "sundial-2/…" would come before "sundial/…".
    let create = sdk.create_schedule_group().name("sundial-2");
    create.send().await.unwrap();
    for (group, name) in [("sundial", "c"), ("sundial-2", "a"), ("sundial-2", "b")] {
        let create = world.create(name, "rate(1 day)").group_name(group);
        create.send().await.unwrap();
    }

    let mut listed = Vec::new();
    let mut token = None;
    for _ in 0..3 {
        let page = sdk.list_schedules().max_results(1).set_next_token(token);
        let page = page.send().await.unwrap();
        token = page.next_token;
        listed.extend(page.schedules.into_iter().map(|one| one.name.unwrap()));
    }
    assert_eq!(token, None);
    assert_eq!(listed, ["c", "a", "b"]);
}

#[tokio::test]
async fn schedules_are_listed_by_group_prefix_and_state() {
    let world = World::empty().await;
    for (name, state) in [
        ("job-1", ScheduleState::Enabled),
        ("job-2", ScheduleState::Disabled),
        ("other", ScheduleState::Enabled),
    ] {
        world
            .create(name, "rate(1 day)")
            .state(state)
            .send()
            .await
            .unwrap();
    }
    let elsewhere = world.create("job-1", "rate(1 day)").group_name("default");
    elsewhere.send().await.unwrap();

    let list = || world.sdk.list_schedules();
    for (list, expected) in [
        (
            list(),
            &[
                "default job-1",
                "sundial job-1",
                "sundial job-2",
                "sundial other",
            ][..],
        ),
        (
            list().group_name("sundial"),
            &["sundial job-1", "sundial job-2", "sundial other"],
        ),
        (
            list().name_prefix("job-"),
            &["default job-1", "sundial job-1", "sundial job-2"],
        ),
        (list().state(ScheduleState::Disabled), &["sundial job-2"]),
        (
            list()
                .state(ScheduleState::Enabled)
                .group_name("sundial")
                .name_prefix("job-"),
            &["sundial job-1"],
        ),
    ] {
        let listed = list.send().await.unwrap();
        let listed = listed.schedules().iter();
        let listed =
            listed.map(|one| format!("{} {}", one.group_name().unwrap(), one.name().unwrap()));
        assert_eq!(listed.collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_list_tells_neither_times_nor_descriptions() {
    let world = World::empty().await;
    let create = world.create("r", "rate(1 day)").description("hash");
    create.send().await.unwrap();

    let listed = reqwest::get(format!("{}/schedules", world.url))
        .await
        .unwrap();
    let listed: serde_json::Value = listed.json().await.unwrap();

    let expected = serde_json::json!({ "Schedules": [{
        "Arn": "arn:aws:scheduler:eu-central-1:000000000000:schedule/sundial/r",
        "Name": "r",
        "GroupName": "sundial",
        "State": "ENABLED",
        "CreationDate": 1_795_170_870.0,
        "LastModificationDate": 1_795_170_870.0,
        "Target": { "Arn": "arn:aws:lambda:eu-central-1:000000000000:function:listener" },
    }] });
    assert_eq!(listed, expected);
}
