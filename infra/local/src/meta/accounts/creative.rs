//! The creatives of an added account: one after the other in every shape in which copy and
//! destinations were seen. Their pictures and videos are those of the media folder.

use serde_json::{Value, json};

use super::super::catalogue::{PAGE, video_id};

/// How many shapes there are.
const SHAPES: usize = 11;

/// Every so many ads one has no creative.
const WITHOUT_EVERY: usize = 97;

/// The shop all destinations are in.
const SHOP: &str = "https://www.Shop.example";

/// Whether the ad at this place has a creative.
pub(super) fn exists(place: usize) -> bool {
    place % WITHOUT_EVERY != WITHOUT_EVERY - 1
}

/// Whether the ad at this place shows a video.
pub(super) fn is_video(place: usize) -> bool {
    matches!(place % SHAPES, 2 | 3 | 8)
}

/// The creative of the ad at this place.
pub(super) fn value(id: &str, account: &str, place: usize) -> Value {
    let (object_type, mut value) = shape(place);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("id".to_owned(), id.into());
        fields.insert("account_id".to_owned(), account.into());
        fields.insert("name".to_owned(), format!("Creative {}", place + 1).into());
        fields.insert("object_type".to_owned(), object_type.into());
        if !matches!(object_type, "INVALID" | "STATUS") {
            let thumbnail = format!("thumb:{}", thumbnail(place));
            fields.insert("thumbnail_url".to_owned(), thumbnail.into());
        }
    }
    value
}

/// A picture that is in the folder the stack is delivered with; elsewhere the address is dead.
fn thumbnail(place: usize) -> &'static str {
    if place.is_multiple_of(2) {
        "rocket.jpg"
    } else {
        "galaxies.jpg"
    }
}

fn shape(place: usize) -> (&'static str, Value) {
    let (landing, copy) = (
        format!("{SHOP}/p/{}/?utm_source=fb", place % 40),
        format!("Copy {place}: fresh colours, \"now\" \u{1f331}\nSecond line"),
    );
    let story =
        |member: &str, value: Value| json!({"object_story_spec": {"page_id": PAGE, member: value}});
    let action = |link: &str| json!({"type": "SHOP_NOW", "value": {"link": link}});
    match place % SHAPES {
        0 => (
            "SHARE",
            story(
                "link_data",
                json!({"link": landing, "message": copy, "name": "Spring",
                    "call_to_action": action(&format!("{SHOP}/other"))}),
            ),
        ),
        1 => (
            "SHARE",
            story(
                "link_data",
                json!({"message": copy, "call_to_action": action(&landing)}),
            ),
        ),
        2 => (
            "VIDEO",
            story(
                "video_data",
                json!({"video_id": video_id(0), "message": copy, "call_to_action": action(&landing)}),
            ),
        ),
        3 => ("VIDEO", nested_video(&copy)),
        4 => (
            "SHARE",
            json!({"link_url": landing, "object_story_spec": {"page_id": PAGE,
                "page_welcome_message": {"text": copy}}}),
        ),
        5 => ("SHARE", feed(place, &copy)),
        6 => (
            "SHARE",
            json!({"asset_feed_spec": {"bodies": [{"text": copy}],
                "link_urls": [landing, format!("{SHOP}/plain"), landing]}}),
        ),
        7 => (
            "STATUS",
            json!({"effective_object_story_id": format!("{PAGE}_800000000000003")}),
        ),
        8 => ("VIDEO", json!({"video_id": video_id(0)})),
        9 => ("INVALID", json!({"title": "Winter"})),
        // No scheme, and a NUL as some editors leave it.
        _ => (
            "SHARE",
            story(
                "link_data",
                json!({"link": format!("shop.example/p/{place}"), "message": format!("{copy}\0")}),
            ),
        ),
    }
}

/// The published copy's id is at the top, the downloadable one's inside; there is no link.
fn nested_video(copy: &str) -> Value {
    json!({"video_id": video_id(9_000_000), "object_story_spec": {"page_id": PAGE, "video_data": {
        "video_id": video_id(0), "message": copy, "call_to_action": {"type": "LEARN_MORE"}}}})
}

/// Several links, one of them twice.
fn feed(place: usize, copy: &str) -> Value {
    json!({"asset_feed_spec": {
        "bodies": [{"text": copy}, {"text": "B"}], "titles": [{"text": "T"}],
        "link_urls": [{"website_url": format!("{SHOP}/a/{}", place % 7)},
            {"website_url": format!("{SHOP}/b"), "display_url": "shop.example"},
            {"website_url": format!("{SHOP}/b")}],
        "optimization_type": "DEGREES_OF_FREEDOM"}})
}
