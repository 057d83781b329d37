//! Precedences, one rule at a time, and real creatives where `SUNDIAL_META_FIXTURES` names a folder.

use serde_json::{Value, json};

use super::*;

fn creative(json: Value) -> Creative {
    serde_json::from_value(json).unwrap()
}

fn leads_to(json: Value) -> Destination {
    destination(Some(&creative(json)))
}

fn found(path: &str, url_count: usize) -> Destination {
    let url = format!("https://shop.example/{path}");
    Destination::Found {
        canonical: url.clone(),
        url,
        url_count,
    }
}

fn link(path: &str) -> Value {
    json!(format!("https://shop.example/{path}"))
}

/// A creative with a link, and a text, in every place.
fn full() -> Value {
    json!({
        "id": "98",
        "link_url": link("1"),
        "object_story_spec": {
            "link_data": {"link": link("2"), "call_to_action": {"value": {"link": link("3")}},
                "message": "1", "page_welcome_message": "3"},
            "video_data": {"call_to_action": {"type": "SHOP_NOW", "value": {"link": link("4")}}, "message": "2"},
        },
        "asset_feed_spec": {"link_urls": [{"website_url": link("5")}], "bodies": [{"text": "4"}, {"text": "5"}]},
    })
}

/// Without the member that each of these pointers leads to.
fn without(pointers: &[&str]) -> Value {
    let mut body = full();
    for pointer in pointers {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        body.pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(name)
            .unwrap();
    }
    body
}

const LINKS: [&str; 5] = [
    "/link_url",
    "/object_story_spec/link_data/link",
    "/object_story_spec/link_data/call_to_action/value/link",
    "/object_story_spec/video_data/call_to_action/value/link",
    "/asset_feed_spec/link_urls",
];

const TEXTS: [&str; 4] = [
    "/object_story_spec/link_data/message",
    "/object_story_spec/video_data/message",
    "/object_story_spec/link_data/page_welcome_message",
    "/asset_feed_spec/bodies",
];

#[test]
fn the_first_link_in_order_decides() {
    for (place, _) in LINKS.iter().enumerate() {
        assert_eq!(
            leads_to(without(&LINKS[..place])),
            found(&(place + 1).to_string(), 1)
        );
    }
    assert_eq!(leads_to(without(&LINKS)), Destination::NoLink);
}

#[test]
fn the_first_text_in_order_is_the_copy() {
    for (place, _) in TEXTS.iter().enumerate() {
        assert_eq!(
            ad_copy(&creative(without(&TEXTS[..place]))),
            Some((place + 1).to_string())
        );
    }
    assert_eq!(ad_copy(&creative(without(&TEXTS))), None);
}

#[test]
fn a_link_that_is_no_page_gives_way_to_the_next() {
    let mut body = full();
    body["link_url"] = json!("fb://page/1");
    body["object_story_spec"]["link_data"]["link"] = json!("{{product.url}}");
    assert_eq!(leads_to(body), found("3", 1));
    assert_eq!(
        leads_to(json!({"link_url": "tel:110"})),
        Destination::NoLink
    );
}

#[test]
fn links_of_a_feed_are_objects_or_strings_and_counted_once_each() {
    let feed = |links: Value| leads_to(json!({"asset_feed_spec": {"link_urls": links}}));
    let object = |path: &str| json!({"website_url": link(path), "display_url": "shop.example"});

    assert_eq!(
        feed(json!([object("b"), object("a"), object("b")])),
        found("b", 2)
    );
    assert_eq!(
        feed(json!([link("a"), object("a"), link("c"), 7, null, {}, ""])),
        found("a", 2)
    );
    assert_eq!(feed(json!([])), Destination::NoLink);
    assert_eq!(
        leads_to(
            json!({"link_url": link("x"), "asset_feed_spec": {"link_urls": [link("a"), link("b")]}})
        ),
        found("x", 2)
    );
}

#[test]
fn only_what_was_told_is_terminal() {
    assert_eq!(
        destination(None),
        Destination::NoLink,
        "an ad without a creative"
    );
    assert_eq!(leads_to(json!({"id": "98"})), Destination::Inconclusive);
    assert_eq!(
        leads_to(json!({"id": "98", "thumbnail_url": "https://x.fbcdn.net/1"})),
        Destination::Inconclusive
    );
    for field in ["link_url", "object_story_spec", "asset_feed_spec"] {
        for value in [json!({"page_id": "9"}), json!([]), json!(null)] {
            assert_eq!(
                leads_to(json!({"id": "98", field: value})),
                Destination::NoLink,
                "{field}"
            );
        }
    }
}

#[test]
fn a_destination_is_stored_without_click_ids() {
    let Destination::Found { url, canonical, .. } =
        leads_to(json!({"link_url": "www.shop.example/a/?c=1&fbclid=2#d"}))
    else {
        panic!("there is a link");
    };
    assert_eq!(url, "https://www.shop.example/a/?c=1");
    assert_eq!(canonical, "https://shop.example/a");
}

#[test]
fn a_welcome_message_is_text_or_an_object_in_either_form() {
    let copy = |message: Value| {
        ad_copy(&creative(
            json!({"object_story_spec": {"video_data": {"page_welcome_message": message}}}),
        ))
    };
    for message in [
        json!("Hi"),
        json!({"text": "Hi"}),
        json!({"message": {"text": "Hi", "quick_replies": []}}),
        json!({"type": "VISUAL_EDITOR", "text_format": {"message": {"text": "Hi"}}}),
        json!(r#"{"text": "Hi"}"#),
        json!(r#"{"message": {"text": "Hi"}}"#),
        json!("H\0i"),
    ] {
        assert_eq!(copy(message.clone()).as_deref(), Some("Hi"), "{message}");
    }
    for message in [
        json!(""),
        json!("{}"),
        json!({"text": 7}),
        json!(null),
        json!([]),
        json!(r#"{"attachment": {}}"#),
    ] {
        assert_eq!(copy(message.clone()), None, "{message}");
    }
    let number = copy(json!("7 % off"));
    assert_eq!(
        (number.as_deref(), copy(json!("7")).as_deref()),
        (Some("7 % off"), Some("7"))
    );
}

#[test]
fn a_video_is_known_by_its_type_or_by_its_id() {
    let nested = json!({"video_data": {"video_id": "1"}});
    let feed = json!({"videos": [{"thumbnail_hash": "aa"}, {"video_id": "3"}]});
    let all =
        creative(json!({"video_id": "2", "object_story_spec": nested, "asset_feed_spec": feed}));
    assert_eq!(library_video_id(&all), Some("1"), "the uploaded one");
    assert_eq!(
        library_video_id(&creative(json!({"video_id": "2", "asset_feed_spec": feed}))),
        Some("2")
    );
    assert_eq!(
        library_video_id(&creative(json!({"asset_feed_spec": feed}))),
        Some("3")
    );

    assert!(is_video(&all) && is_video(&creative(json!({"object_type": "VIDEO"}))));
    assert!(!is_video(&creative(
        json!({"object_type": "SHARE", "image_hash": "aa"})
    )));
}

#[test]
fn odd_shapes_count_as_absent() {
    for value in [
        json!(7),
        json!([]),
        json!("x"),
        json!(null),
        json!({"value": []}),
        json!({"link": {}, "message": []}),
    ] {
        let body = json!({"id": "98", "object_story_spec": {"link_data": value, "video_data": {"call_to_action": value}}});
        let creative = creative(body);
        assert_eq!(
            (destination(Some(&creative)), ad_copy(&creative)),
            (Destination::NoLink, None),
            "{value}"
        );
    }
}

#[test]
fn every_real_creative_leads_somewhere_or_has_no_link() {
    #[expect(clippy::disallowed_methods, reason = "a test input, not a setting")]
    let Ok(folder) = std::env::var("SUNDIAL_META_FIXTURES") else {
        eprintln!("SKIPPED: SUNDIAL_META_FIXTURES names no folder with recorded creatives");
        return;
    };
    let text = std::fs::read(format!("{folder}/creatives.json")).unwrap();
    let bodies: Vec<Value> = serde_json::from_slice(&text).unwrap();
    let (mut found, mut carousels, mut posts, mut others, mut copies, mut videos) =
        (0, 0, 0, 0, 0, 0);
    for body in &bodies {
        let read = creative(body.clone());
        copies += usize::from(ad_copy(&read).is_some());
        videos += usize::from(is_video(&read));
        match destination(Some(&read)) {
            Destination::Found { url_count, .. } => found += url_count,
            // Its cards have links, each its own; the rule takes none of them.
            Destination::NoLink
                if body
                    .pointer("/object_story_spec/link_data/child_attachments")
                    .is_some() =>
            {
                carousels += 1
            }
            Destination::NoLink if body["object_story_spec"].is_null() => posts += 1,
            Destination::NoLink => others += 1,
            Destination::Inconclusive => panic!("{body}"),
        }
    }
    assert_eq!((found, carousels, posts, others), (114, 73, 7, 2), "of 196");
    assert_eq!((copies, videos), (185, 69));
}
