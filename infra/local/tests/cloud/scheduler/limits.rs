//! Quotas, the bounds of lists, and what is not even a request.

use serde_json::json;

use super::world::World;
use crate::world::refusal;

/// Status, error type and message of an answer to something no SDK would send.
async fn send(
    world: &World,
    method: &str,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> (u16, String, String) {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = http.request(method.parse().unwrap(), format!("{}{path}", world.url));
    let answer = request.body(body).send().await.unwrap();
    let status = answer.status().as_u16();
    let code = answer.headers().get("x-amzn-errortype");
    let code = code
        .map(|code| code.to_str().unwrap().to_owned())
        .unwrap_or_default();
    let body: serde_json::Value = answer.json().await.unwrap();
    (status, code, body["Message"].as_str().unwrap().to_owned())
}

/// A body in which nothing is wrong.
fn good() -> serde_json::Value {
    json!({
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": { "Mode": "OFF" },
        "Target": {
            "Arn": "arn:aws:lambda:r:0:function:f",
            "RoleArn": "arn:aws:iam::000000000000:role/r",
        },
    })
}

#[tokio::test]
async fn one_schedule_more_than_the_quota_is_one_too_many() {
    let world = World::empty().await;
    world.scheduler.grant_schedules(2);
    world.create("a", "rate(1 day)").send().await.unwrap();
    world
        .create("b", "rate(1 day)")
        .group_name("default")
        .send()
        .await
        .unwrap();

    let third = world.create("c", "rate(1 day)").send().await;
    let error = third.unwrap_err().into_service_error();
    assert!(error.is_service_quota_exceeded_exception(), "{error:?}");
    world
        .update("a", "rate(2 days)")
        .send()
        .await
        .expect("one that is there");

    world.scheduler.grant_schedules(3);
    world.create("c", "rate(1 day)").send().await.unwrap();
}

#[tokio::test]
async fn one_group_more_than_500_is_one_too_many() {
    let World { sdk, .. } = World::empty().await;
    for number in 0..498 {
        let create = sdk.create_schedule_group().name(format!("g{number}"));
        create.send().await.unwrap();
    }
    let create = sdk.create_schedule_group().name("g498").send().await;
    let error = create.unwrap_err().into_service_error();
    assert!(error.is_service_quota_exceeded_exception(), "{error:?}");
}

#[tokio::test]
async fn what_lists_are_asked_for_is_checked() {
    let World { sdk, .. } = World::empty().await;
    let list = || sdk.list_schedules();
    for (list, expected) in [
        (list().max_results(0), "value greater than or equal to 1"),
        (list().max_results(101), "value less than or equal to 100"),
        (list().name_prefix("a b"), "at 'namePrefix'"),
        (list().group_name("a b"), "at 'scheduleGroup'"),
        (
            list().state("ASLEEP".into()),
            "enum value set: [ENABLED, DISABLED]",
        ),
        (list().next_token("x".repeat(2049)), "at 'nextToken'"),
    ] {
        let (code, message) = refusal(list.send().await);
        assert_eq!(code, "ValidationException", "{message}");
        assert!(message.contains(expected), "{message}: no {expected}");
    }
    let groups = sdk.list_schedule_groups().max_results(101).send().await;
    assert_eq!(refusal(groups).0, "ValidationException");
    let groups = sdk.list_schedule_groups().name_prefix("a b").send().await;
    assert_eq!(refusal(groups).0, "ValidationException");
}

#[tokio::test]
async fn names_in_the_address_are_checked() {
    let World { sdk, .. } = World::empty().await;
    let refusals = [
        refusal(sdk.get_schedule().name("a b").send().await),
        refusal(sdk.get_schedule().name("a").group_name("a b").send().await),
        refusal(sdk.delete_schedule().name("a/b").send().await),
        refusal(
            sdk.delete_schedule()
                .name("a")
                .client_token("a b")
                .send()
                .await,
        ),
        refusal(sdk.create_schedule_group().name("ä").send().await),
        refusal(
            sdk.create_schedule_group()
                .name("a")
                .client_token("ä")
                .send()
                .await,
        ),
        refusal(sdk.delete_schedule_group().name("a b").send().await),
        refusal(sdk.get_schedule_group().name("x".repeat(65)).send().await),
    ];
    for (code, message) in refusals {
        assert_eq!(code, "ValidationException", "{message}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_status_of_its_kind() {
    let world = World::empty().await;
    world.scheduler.grant_schedules(1);
    world
        .create("r", "rate(1 day)")
        .group_name("default")
        .send()
        .await
        .unwrap();
    for (method, path, status, code) in [
        ("GET", "/schedules/nobody", 404, "ResourceNotFoundException"),
        ("POST", "/schedules/r", 409, "ConflictException"),
        (
            "POST",
            "/schedules/r2",
            402,
            "ServiceQuotaExceededException",
        ),
        ("POST", "/schedules/a%20b", 400, "ValidationException"),
    ] {
        let (got, kind, _) = send(&world, method, path, good().to_string()).await;
        assert_eq!((got, kind.as_str()), (status, code));
    }
}

#[tokio::test]
async fn rubbish_is_refused() {
    let world = World::empty().await;
    for body in ["{", "[]", "null", "\"text\"", "\u{0}"] {
        let (status, code, _) = send(&world, "POST", "/schedules/r", body).await;
        let expected = (400, "SerializationException");
        assert_eq!((status, code.as_str()), expected, "{body}");
    }
    let (_, code, said) = send(&world, "POST", "/schedules/r", "").await;
    assert_eq!(code, "ValidationException");
    assert!(said.starts_with("3 validation errors detected"), "{said}");
    for (member, value) in [
        ("ScheduleExpression", json!(5)),
        ("Target", json!([])),
        ("StartDate", json!("tomorrow")),
        ("StartDate", json!(1e300)),
        (
            "FlexibleTimeWindow",
            json!({ "Mode": "OFF", "MaximumWindowInMinutes": 1.5 }),
        ),
    ] {
        let mut body = good();
        body[member] = value;
        let (status, code, _) = send(&world, "POST", "/schedules/r", body.to_string()).await;
        let expected = (400, "SerializationException");
        assert_eq!((status, code.as_str()), expected, "{body}");
    }
    let deep = "[".repeat(100_000);
    let (status, code, _) = send(&world, "POST", "/schedules/r", deep).await;
    assert_eq!((status, code.as_str()), (400, "SerializationException"));

    for path in [
        "/schedules?MaxResults=many",
        "/schedules?MaxResults=",
        "/schedules/%FF",
        "/schedules?NamePrefix=%FF",
    ] {
        let (status, code, _) = send(&world, "GET", path, "").await;
        assert_eq!(
            (status, code.as_str()),
            (400, "ValidationException"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_request_of_a_megabyte_is_too_large() {
    let world = World::empty().await;
    let body = |bytes: usize| json!({ "Description": "x".repeat(bytes) }).to_string();

    let (status, code, said) = send(&world, "POST", "/schedules/r", body(1024 * 1024)).await;
    assert_eq!((status, code.as_str()), (400, "ValidationException"));
    assert_eq!(said, "The request is too large.");
    let (_, _, said) = send(&world, "POST", "/schedules/r", body(1024 * 1024 - 100)).await;
    assert!(said.contains("at 'description'"), "a smaller one is read");
}
