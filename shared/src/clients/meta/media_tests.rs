//! What the resolver finds in composed creatives, and in real ones where `SUNDIAL_META_FIXTURES` names a folder.

use serde_json::{Value, json};

use super::*;

fn creative(json: Value) -> Creative {
    serde_json::from_value(json).unwrap()
}

fn url(path: &str) -> String {
    format!("https://scontent.xx.fbcdn.net/{path}?oh=00_X&oe=6A1B2C3D")
}

#[test]
fn the_nested_video_comes_before_the_published_one() {
    let found = videos_of(&creative(json!({
        "video_id": "700000000000002",
        "object_story_spec": {"video_data": {"video_id": "700000000000001", "image_hash": "aa"}},
    })));
    assert_eq!(found.len(), 1, "they are one medium");
    assert_eq!(found[0].source_id, "700000000000001");
    assert_eq!(
        found[0].places,
        [
            Place::Video("700000000000001".into()),
            Place::Video("700000000000002".into())
        ]
    );
}

#[test]
fn every_card_of_a_carousel_is_kept_with_its_kind() {
    let creative = creative(
        json!({"object_story_spec": {"link_data": {"child_attachments": [
            {"image_hash": "11"}, {"image_hash": "22", "picture": url("p.jpg")}, {"video_id": "7", "image_hash": "33"},
            {"image_hash": "11"}, {"link": "https://shop.example"},
        ]}}}),
    );
    let images: Vec<_> = images_of(&creative)
        .into_iter()
        .map(|medium| medium.source_id)
        .collect();
    let videos: Vec<_> = videos_of(&creative)
        .into_iter()
        .map(|medium| medium.source_id)
        .collect();
    assert_eq!(
        (images, videos),
        (vec!["11".into(), "22".into()], vec!["7".to_owned()])
    );
}

#[test]
fn every_image_and_video_of_a_feed_is_kept() {
    let creative = creative(json!({"asset_feed_spec": {
        "images": [{"hash": "11", "url": url("a.jpg")}, {"hash": "22"}, {"adlabels": []}],
        "videos": [{"video_id": "3", "thumbnail_hash": "bb"}, {"video_id": "4"}],
    }}));
    let images = images_of(&creative);
    assert_eq!(
        images[0].places,
        [Place::Url(url("a.jpg")), Place::Hash("11".into())]
    );
    assert_eq!(images[1].places, [Place::Hash("22".into())]);
    assert_eq!(videos_of(&creative).len(), 2);
}

#[test]
fn addresses_come_first_then_hash_then_post_then_thumbnail() {
    let images = images_of(&creative(json!({
        "id": "98", "image_hash": "11", "image_url": url("i"), "thumbnail_url": url("t"),
        "effective_object_story_id": "9_8",
        "object_story_spec": {
            "link_data": {"image_url": url("l"), "picture": "https://shop.example/p.png", "image_hash": "11"},
            "photo_data": {"url": url("u"), "image_url": url("v")},
        },
    })));
    let expected = [
        Place::Url(url("i")),
        Place::Url(url("l")),
        Place::Url("https://shop.example/p.png".into()),
        Place::Url(url("u")),
        Place::Url(url("v")),
        Place::Hash("11".into()),
        Place::Post("9_8".into()),
        Place::Thumbnail(url("t")),
    ];
    assert_eq!((images.len(), &images[0].places[..]), (1, &expected[..]));
    assert_eq!(images[0].source_id, "11");
}

#[test]
fn a_render_stands_in_only_when_there_is_nothing_else() {
    let images = images_of(&creative(
        json!({"id": "98", "thumbnail_url": url("v/stp=dst-jpg_p64x64")}),
    ));
    assert_eq!(images.len(), 1);
    assert_eq!(images[0].places[0].quality(), Quality::Thumb);
    assert_eq!(images_of(&creative(json!({"id": "98"}))), []);
    assert_eq!(images_of(&Creative::default()), []);
}

#[test]
fn an_image_without_a_hash_keeps_its_identity_when_its_signature_changes() {
    let of = |url: &str| {
        images_of(&creative(json!({"image_url": url})))[0]
            .source_id
            .clone()
    };
    let first = of("https://scontent-a.xx.fbcdn.net/v/1_n.jpg?oh=1&oe=2");
    assert_eq!(
        first,
        of("https://scontent-b.xx.fbcdn.net/v/1_n.jpg?oh=3&oe=4")
    );
    assert_ne!(
        first,
        of("https://scontent-a.xx.fbcdn.net/v/2_n.jpg?oh=1&oe=2")
    );
}

#[test]
fn identities_are_fit_for_object_keys_whatever_meta_sends() {
    let odd = creative(json!({
        "image_hash": "../../etc/passwd", "image_url": "ftp://a/b", "video_id": 700_000_000_000_001_i64,
        "object_story_spec": {"link_data": {"child_attachments": [{"image_hash": "x".repeat(65)}]}},
    }));
    for medium in images_of(&odd).into_iter().chain(videos_of(&odd)) {
        let id = &medium.source_id;
        assert!(
            (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()),
            "{id}"
        );
    }
    assert_eq!(
        videos_of(&odd)[0].source_id,
        "700000000000001",
        "numbers are ids as well"
    );
}

#[test]
fn odd_shapes_count_as_absent() {
    let odd = creative(json!({
        "id": null, "image_url": 7.5, "object_story_spec": [], "asset_feed_spec": {"images": {}, "videos": [null, [], 3]},
    }));
    assert!(videos_of(&odd).is_empty());
    assert!(images_of(&odd).is_empty(), "7.5 is no address");
}

#[test]
fn a_creative_of_a_thousand_cards_is_cut_short() {
    let cards: Vec<_> = (0..1000)
        .map(|n| json!({"image_hash": format!("{n}")}))
        .collect();
    let creative =
        creative(json!({"object_story_spec": {"link_data": {"child_attachments": cards}}}));
    assert_eq!(images_of(&creative).len(), MEDIA_MAX);
}

#[test]
fn the_expiry_of_a_signed_address_is_read() {
    assert_eq!(expires_at(&url("a")).unwrap().timestamp(), 0x6A1B_2C3D);
    for text in [
        "https://a.fbcdn.net/x",
        "https://a.fbcdn.net/x?oe=zz",
        "nonsense",
        "https://a/x?oe=ffffffffffffffff",
    ] {
        assert_eq!(expires_at(text), None, "{text}");
    }
}

/// The ids and hashes that stand in a real body, found without our types.
fn stands_in(value: &Value, key: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members
                .iter()
                .filter(|(name, _)| *name != "video_data" || key == "video_id")
            {
                found.extend(member.as_str().filter(|_| name == key).map(str::to_owned));
                stands_in(member, key, found);
            }
        }
        Value::Array(members) => members
            .iter()
            .for_each(|member| stands_in(member, key, found)),
        _ => {}
    }
}

#[test]
fn no_id_of_a_real_creative_is_lost() {
    #[expect(clippy::disallowed_methods, reason = "a test input, not a setting")]
    let Ok(folder) = std::env::var("SUNDIAL_META_FIXTURES") else {
        eprintln!("SKIPPED: SUNDIAL_META_FIXTURES names no folder with recorded creatives");
        return;
    };
    let bodies: Vec<Value> =
        serde_json::from_slice(&std::fs::read(format!("{folder}/creatives.json")).unwrap())
            .unwrap();
    assert_eq!(bodies.len(), 196);
    for body in bodies {
        let (images, videos) = (
            images_of(&creative(body.clone())),
            videos_of(&creative(body.clone())),
        );
        let places: Vec<_> = images
            .iter()
            .chain(&videos)
            .flat_map(|medium| medium.places.clone())
            .collect();
        let mut ids = Vec::new();
        stands_in(&body, "video_id", &mut ids);
        assert!(
            ids.into_iter().all(|id| places.contains(&Place::Video(id))),
            "{body}"
        );

        let mut hashes = Vec::new();
        stands_in(&body, "image_hash", &mut hashes);
        let of_cards_with_video = |hash: &String| {
            body.pointer("/object_story_spec/link_data/child_attachments")
                .and_then(Value::as_array)
                .is_some_and(|cards| {
                    cards
                        .iter()
                        .any(|card| card["image_hash"] == **hash && !card["video_id"].is_null())
                })
        };
        assert!(
            hashes
                .into_iter()
                .filter(|hash| !of_cards_with_video(hash))
                .all(|hash| places.contains(&Place::Hash(hash))),
            "{body}"
        );
        assert!(
            !images.is_empty(),
            "every real creative has a post behind it"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_body_makes_the_resolver_panic(text in "\\PC*", number in 0..10_i64) {
        for value in [json!(text), json!(number), json!([text]), json!({"video_id": text, "images": number})] {
            let body = json!({"id": value, "video_id": value, "image_hash": value, "image_url": value,
                "object_story_spec": {"video_data": value, "link_data": {"child_attachments": [value]}},
                "asset_feed_spec": value});
            let creative = creative(body);
            for medium in images_of(&creative).into_iter().chain(videos_of(&creative)) {
                proptest::prop_assert!(!medium.places.is_empty() && !medium.source_id.is_empty());
            }
        }
    }
}
