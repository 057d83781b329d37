//! Groups and their tags.

use aws_sdk_scheduler::types::{ScheduleGroupState, Tag};

use super::world::{World, date};
use crate::world::refusal;

const ARN: &str = "arn:aws:scheduler:eu-central-1:000000000000:schedule-group/brand";

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

impl World {
    async fn tags(&self, arn: &str) -> Vec<Tag> {
        let list = self.sdk.list_tags_for_resource().resource_arn(arn);
        list.send().await.unwrap().tags.unwrap()
    }
}

#[tokio::test]
async fn a_group_is_created_told_listed_and_deleted() {
    let World { sdk, .. } = World::empty().await;
    let created = sdk
        .create_schedule_group()
        .name("brand")
        .send()
        .await
        .unwrap();
    assert_eq!(created.schedule_group_arn(), ARN);

    let told = sdk.get_schedule_group().name("brand").send().await.unwrap();
    assert_eq!((told.name(), told.arn()), (Some("brand"), Some(ARN)));
    assert_eq!(told.state(), Some(&ScheduleGroupState::Active));
    assert_eq!(told.creation_date(), Some(&date("2026-11-20T10:34:30Z")));
    assert_eq!(told.last_modification_date(), told.creation_date());

    for (prefix, limit, expected, more) in [
        (None, 100, &["brand", "default", "sundial"][..], false),
        (Some("s"), 100, &["sundial"], false),
        (None, 2, &["brand", "default"], true),
    ] {
        let list = sdk
            .list_schedule_groups()
            .set_name_prefix(prefix.map(str::to_owned));
        let listed = list.max_results(limit).send().await.unwrap();
        let names = listed
            .schedule_groups()
            .iter()
            .map(|group| group.name().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), expected);
        assert_eq!(listed.next_token().is_some(), more);
    }

    sdk.delete_schedule_group()
        .name("brand")
        .send()
        .await
        .unwrap();
    let gone = sdk.get_schedule_group().name("brand").send().await;
    let said = "Schedule group brand does not exist.".to_owned();
    assert_eq!(
        refusal(gone),
        ("ResourceNotFoundException".to_owned(), said.clone())
    );
    let again = sdk.delete_schedule_group().name("brand").send().await;
    assert_eq!(refusal(again).1, said);
}

#[tokio::test]
async fn a_group_takes_its_schedules_along() {
    let world = World::empty().await;
    world.create("r", "rate(1 day)").send().await.unwrap();
    world
        .sdk
        .delete_schedule_group()
        .name("sundial")
        .send()
        .await
        .unwrap();
    world
        .sdk
        .create_schedule_group()
        .name("sundial")
        .send()
        .await
        .unwrap();

    assert!(!world.is_there("r").await);
}

#[tokio::test]
async fn the_default_group_stays() {
    let world = World::empty().await;
    let delete = world
        .sdk
        .delete_schedule_group()
        .name("default")
        .send()
        .await;
    assert_eq!(refusal(delete).0, "ValidationException");
    let create = world
        .sdk
        .create_schedule_group()
        .name("default")
        .send()
        .await;
    assert_eq!(refusal(create).0, "ConflictException");
    world
        .sdk
        .get_schedule_group()
        .name("default")
        .send()
        .await
        .unwrap();
}

#[tokio::test]
async fn nothing_can_be_done_in_a_group_that_is_not_there() {
    let world = World::empty().await;
    let sdk = &world.sdk;
    let create = world
        .create("r", "rate(1 day)")
        .group_name("nowhere")
        .send()
        .await;
    let update = world
        .update("r", "rate(1 day)")
        .group_name("nowhere")
        .send()
        .await;
    let get = sdk
        .get_schedule()
        .name("r")
        .group_name("nowhere")
        .send()
        .await;
    let delete = sdk
        .delete_schedule()
        .name("r")
        .group_name("nowhere")
        .send()
        .await;
    let list = sdk.list_schedules().group_name("nowhere").send().await;
    for refusal in [
        refusal(create),
        refusal(update),
        refusal(get),
        refusal(delete),
        refusal(list),
    ] {
        let said = "Schedule group nowhere does not exist.";
        assert_eq!(
            refusal,
            ("ResourceNotFoundException".to_owned(), said.to_owned())
        );
    }
}

#[tokio::test]
async fn a_request_for_a_group_sent_twice_is_one() {
    let World { sdk, .. } = World::empty().await;
    let create = |token: &str| {
        sdk.create_schedule_group()
            .name("brand")
            .client_token(token)
    };
    create("a").send().await.unwrap();
    create("a").send().await.expect("the same request again");
    assert_eq!(refusal(create("b").send().await).0, "ConflictException");
    let different = create("a").tags(tag("a", "1")).send().await;
    assert_eq!(refusal(different).0, "ConflictException");
}

#[tokio::test]
async fn tags_are_added_changed_and_removed_by_arn() {
    let world = World::empty().await;
    let sdk = &world.sdk;
    let create = sdk
        .create_schedule_group()
        .name("brand")
        .tags(tag("a", "1"));
    create.send().await.unwrap();
    assert_eq!(world.tags(ARN).await, [tag("a", "1")]);

    let add = sdk.tag_resource().resource_arn(ARN).tags(tag("a", "2"));
    add.tags(tag("b", "3"))
        .tags(tag("c", "4"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        world.tags(ARN).await,
        [tag("a", "2"), tag("b", "3"), tag("c", "4")]
    );
    let remove = sdk
        .untag_resource()
        .resource_arn(ARN)
        .tag_keys("a")
        .tag_keys("c");
    remove.send().await.unwrap();
    assert_eq!(world.tags(ARN).await, [tag("b", "3")]);

    let twice = sdk
        .tag_resource()
        .resource_arn(ARN)
        .tags(tag("a", "1"))
        .tags(tag("a", "2"));
    assert_eq!(refusal(twice.send().await).0, "ValidationException");
    let many = (0..51)
        .map(|number| tag(&number.to_string(), "x"))
        .collect();
    let many = sdk
        .tag_resource()
        .resource_arn(ARN)
        .set_tags(Some(many))
        .send()
        .await;
    assert_eq!(refusal(many).0, "ServiceQuotaExceededException");
    let nobody = sdk
        .list_tags_for_resource()
        .resource_arn(format!("{ARN}x"))
        .send()
        .await;
    assert_eq!(refusal(nobody).0, "ResourceNotFoundException");
    let schedule = ARN.replace("schedule-group/brand", "schedule/brand/r");
    let schedule = sdk
        .list_tags_for_resource()
        .resource_arn(schedule)
        .send()
        .await;
    assert_eq!(refusal(schedule).0, "ValidationException");
}
