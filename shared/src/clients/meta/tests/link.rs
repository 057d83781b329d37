//! Which accounts can be linked, and what is said of those that cannot.

mod tokens;

use serde_json::json;
use wiremock::{MockServer, ResponseTemplate};

use super::{
    super::{LinkCheck, ReasonCode},
    answer, meta, says,
};

/// What Meta answers at each of the four places.
#[derive(Clone)]
struct Story {
    node: ResponseTemplate,
    listed: ResponseTemplate,
    ads: ResponseTemplate,
    insights: ResponseTemplate,
}

fn good() -> Story {
    let account = json!({"id": "act_5", "name": "Tea", "account_status": 1, "currency": "EUR",
        "timezone_name": "Europe/Berlin"});
    Story {
        node: says(&account),
        listed: says(&json!({"data": [{"id": "act_4"}, account]})),
        ads: says(&json!({"data": [{"id": "1"}]})),
        insights: says(&json!({"data": []})),
    }
}

fn refuses(code: i64, subcode: Option<i64>) -> ResponseTemplate {
    let error = json!({"message": format!("(#{code}) no"), "code": code, "error_subcode": subcode});
    ResponseTemplate::new(400).set_body_json(json!({ "error": error }))
}

async fn check(story: Story) -> LinkCheck {
    let server = MockServer::start().await;
    for (place, response) in [
        ("act_5", story.node),
        ("me/adaccounts", story.listed),
        ("act_5/ads", story.ads),
        ("act_5/insights", story.insights),
    ] {
        answer(&server, &format!("/v25.0/{place}"), response).await;
    }
    meta(&server).await.check_link("act_5", None).await.check
}

#[test]
fn an_account_is_its_number_with_or_without_its_prefix() {
    for (text, wanted) in [
        ("act_5", Some("act_5")),
        (" 123456789012345 ", Some("act_123456789012345")),
        ("act_", None),
        ("", None),
        ("act_5/ads", None),
        ("ACT_5", None),
        ("act_act_5", None),
        ("-5", None),
        ("٥", None),
        ("123456789012345678901234567890123", None),
    ] {
        let format = LinkCheck::format(text);
        assert_eq!(format.as_deref().ok(), wanted, "{text:?}");
        if let Err(check) = format {
            assert_eq!(check.reason_code, ReasonCode::InvalidFormat);
            assert!(!check.valid_format && check.meta_ad_account_id.is_none());
            assert!(check.error.is_some());
        }
    }
}

#[tokio::test]
async fn an_account_that_can_be_read_has_nothing_the_matter_and_its_name() {
    let check = check(good()).await;

    assert_eq!(
        serde_json::to_value(&check).unwrap(),
        json!({"valid_format": true, "exists": true, "can_read_ads": true, "can_read_insights": true,
            "has_access": true, "name": "Tea", "meta_ad_account_id": "act_5", "reason_code": "ok",
            "error": null})
    );
}

type Change = fn(&mut Story);

/// A change of the good story, then: exists, reads ads, reads numbers, reason.
type Chapter = (&'static str, Change, (bool, bool, bool), ReasonCode);

const STORIES: &[Chapter] = {
    use ReasonCode::{NoAccess, NotFound, Ok, RateLimited, SdkError};
    const NOTHING: (bool, bool, bool) = (false, false, false);
    const THERE: (bool, bool, bool) = (true, false, false);
    &[
        (
            "node 4",
            |it| it.node = refuses(4, None),
            NOTHING,
            RateLimited,
        ),
        (
            "node 17",
            |it| it.node = refuses(17, Some(2_446_079)),
            NOTHING,
            RateLimited,
        ),
        (
            "node 80004",
            |it| it.node = refuses(80_004, None),
            NOTHING,
            RateLimited,
        ),
        (
            "node 100/33",
            |it| it.node = refuses(100, Some(33)),
            NOTHING,
            NotFound,
        ),
        (
            "node 100",
            |it| it.node = refuses(100, None),
            NOTHING,
            NotFound,
        ),
        (
            "node 10",
            |it| it.node = refuses(10, None),
            NOTHING,
            NoAccess,
        ),
        (
            "node 200",
            |it| it.node = refuses(200, None),
            NOTHING,
            NoAccess,
        ),
        (
            "node 190",
            |it| it.node = refuses(190, Some(463)),
            NOTHING,
            NoAccess,
        ),
        (
            "node 2635",
            |it| it.node = refuses(2_635, None),
            NOTHING,
            SdkError,
        ),
        (
            "node 502",
            |it| it.node = ResponseTemplate::new(502),
            NOTHING,
            SdkError,
        ),
        (
            "node text",
            |it| it.node = ResponseTemplate::new(200).set_body_string("hi"),
            NOTHING,
            SdkError,
        ),
        (
            "not listed",
            |it| it.listed = says(&json!({"data": [{"id": "act_55"}]})),
            THERE,
            NoAccess,
        ),
        (
            "list 17",
            |it| it.listed = refuses(17, None),
            THERE,
            RateLimited,
        ),
        (
            "list 200",
            |it| it.listed = refuses(200, None),
            THERE,
            NoAccess,
        ),
        ("list 1", |it| it.listed = refuses(1, None), THERE, SdkError),
        (
            "no ads",
            |it| it.ads = refuses(10, None),
            (true, false, true),
            Ok,
        ),
        (
            "no numbers",
            |it| it.insights = refuses(200, None),
            (true, true, false),
            Ok,
        ),
        (
            "numbers wait",
            |it| it.insights = refuses(80_000, None),
            (true, true, false),
            Ok,
        ),
        (
            "neither",
            |it| {
                it.ads = refuses(10, None);
                it.insights = refuses(100, Some(33));
            },
            THERE,
            NoAccess,
        ),
        (
            "one waits",
            |it| {
                it.ads = refuses(10, None);
                it.insights = refuses(4, None);
            },
            THERE,
            RateLimited,
        ),
        (
            "one is broken",
            |it| {
                it.ads = refuses(999, None);
                it.insights = refuses(10, None);
            },
            THERE,
            NoAccess,
        ),
        (
            "both are broken",
            |it| {
                it.ads = refuses(999, None);
                it.insights = refuses(100, None);
            },
            THERE,
            SdkError,
        ),
    ]
};

#[tokio::test]
async fn every_way_to_be_refused_has_its_reason() {
    for (what, change, (exists, ads, insights), reason) in STORIES {
        let mut story = good();
        change(&mut story);

        let check = check(story).await;

        assert!(check.valid_format, "{what}");
        assert_eq!(check.meta_ad_account_id.as_deref(), Some("act_5"), "{what}");
        let seen = (check.exists, check.can_read_ads, check.can_read_insights);
        assert_eq!(seen, (*exists, *ads, *insights), "{what}: {check:?}");
        assert_eq!(check.reason_code, *reason, "{what}: {check:?}");
        assert_eq!(check.has_access, *reason == ReasonCode::Ok, "{what}");
        assert_eq!(check.error.is_none(), check.has_access, "{what}");
        assert_eq!(check.name.is_some(), *exists, "{what}");
    }
}
