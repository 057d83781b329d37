//! The shapes of creatives, one ad for each file and then the special cases.
//!
//! Real accounts name the same picture in a dozen ways; each way here is one that was seen.

use serde_json::{Value, json};

use super::catalogue::{
    ACCOUNT, Catalogue, PAGE, SampleAd, Type, ad_set_id, campaign_id, image_hash, video_id,
};

/// Videos that exist but cannot be read start here.
const PUBLISHED_COPIES: usize = 5_000_000;

/// What an ad is made of, before it has ids.
struct Draft {
    name: String,
    object_type: &'static str,
    creative: Value,
    meta_video_id: Option<String>,
    is_video: bool,
    files: Vec<String>,
}

/// Adds an ad for every picture and every video, and the special cases.
pub(super) fn fill(catalogue: &mut Catalogue, images: &[String], videos: &[String]) {
    let mut drafts = Vec::new();
    for (place, name) in images.iter().enumerate() {
        let next = images.get(place + 1).unwrap_or(name);
        drafts.push(image_draft(catalogue, place, name, next));
    }
    for (place, name) in videos.iter().enumerate() {
        drafts.push(video_draft(catalogue, place, name, images.first()));
    }
    drafts.extend(carousel(images));
    drafts.extend(repeated(images));
    drafts.push(no_media());
    drafts.push(unreadable_video());
    drafts.push(video_without_source(catalogue));
    for (place, draft) in drafts.into_iter().enumerate() {
        add_ad(catalogue, place, draft);
    }
    // The API lists the newest first.
    catalogue.ads.reverse();
}

fn add_ad(catalogue: &mut Catalogue, place: usize, draft: Draft) {
    let ad_id = format!("1202120000000{:05}", place + 1);
    let creative_id = format!("1202130000000{:05}", place + 1);
    let campaign = 1 + place % 2;
    let mut creative = draft.creative;
    if let Some(fields) = creative.as_object_mut() {
        fields.insert("id".to_owned(), creative_id.as_str().into());
        fields.insert("name".to_owned(), draft.name.as_str().into());
        fields.insert("object_type".to_owned(), draft.object_type.into());
    }
    let ad = json!({
        "id": ad_id, "name": draft.name, "status": "ACTIVE", "effective_status": "ACTIVE",
        "account_id": ACCOUNT.trim_start_matches("act_"), "adset_id": ad_set_id(campaign),
        "campaign_id": campaign_id(campaign), "creative": creative,
        "created_time": format!("2026-03-{:02}T08:04:31-0700", 1 + place % 28),
    });
    catalogue.add(&creative_id, Type::Creative, creative);
    catalogue.add(&ad_id, Type::Ad, ad);
    catalogue.ads.push(ad_id.clone());
    catalogue.samples.push(SampleAd {
        ad_id,
        name: draft.name,
        campaign_id: campaign_id(campaign),
        object_type: draft.object_type.to_owned(),
        meta_video_id: draft.meta_video_id,
        is_video: draft.is_video,
        files: draft.files,
    });
}

fn image_draft(catalogue: &mut Catalogue, place: usize, name: &str, next: &str) -> Draft {
    let hash = image_hash(name);
    let mut files = vec![name.to_owned()];
    let (shape, object_type, creative) = match place % 6 {
        0 => ("link, hash only", "SHARE", link_image(&hash)),
        1 => (
            "image_url",
            "SHARE",
            json!({"image_url": format!("cdn:{name}"), "thumbnail_url": format!("thumb:{name}")}),
        ),
        2 => (
            "photo",
            "PHOTO",
            json!({"thumbnail_url": format!("thumb:{name}"), "object_story_spec": {"page_id": PAGE,
                "photo_data": {"url": format!("cdn:{name}"), "caption": "Fresh colours"}}}),
        ),
        3 => {
            if next != name {
                files.push(next.to_owned());
            }
            ("asset feed, hashes only", "SHARE", feed_of_images(&files))
        }
        4 => (
            "boosted post",
            "STATUS",
            boosted_post(catalogue, place, name),
        ),
        _ => (
            "link, picture",
            "SHARE",
            json!({"object_story_spec": {"page_id": PAGE, "link_data": {
                "link": "https://shop.example/spring?utm_source=fb", "message": "Spring is here",
                "picture": format!("cdn:{name}")}}}),
        ),
    };
    Draft {
        name: format!("{name} ({shape})"),
        object_type,
        creative,
        meta_video_id: None,
        is_video: false,
        files,
    }
}

fn link_image(hash: &str) -> Value {
    json!({
        "image_hash": hash,
        "object_story_spec": {"page_id": PAGE, "link_data": {
            "link": "https://shop.example/spring?utm_source=fb", "message": "Fresh colours",
            "name": "Spring", "image_hash": hash, "child_attachments": [],
            "call_to_action": {"type": "SHOP_NOW", "value": {"link": "https://shop.example/spring"}}}},
        "effective_object_story_id": format!("{PAGE}_800000000000002"),
    })
}

fn feed_of_images(files: &[String]) -> Value {
    let images: Vec<Value> = files
        .iter()
        .map(|name| json!({"hash": image_hash(name)}))
        .collect();
    json!({"asset_feed_spec": {
        "images": images, "bodies": [{"text": "A"}, {"text": "B"}], "titles": [{"text": "T"}],
        "link_urls": [{"website_url": "https://shop.example/a"}],
        "optimization_type": "DEGREES_OF_FREEDOM"}})
}

fn boosted_post(catalogue: &mut Catalogue, place: usize, name: &str) -> Value {
    let id = format!("{PAGE}_8000000{:08}", place + 1);
    let picture = format!("cdn:{name}");
    catalogue.add(
        &id,
        Type::Post,
        json!({"id": id, "message": "Look", "full_picture": picture, "attachments": {"data": [
            {"media": {"image": {"src": picture, "width": 1080, "height": 1080}}}]}}),
    );
    json!({"effective_object_story_id": id, "thumbnail_url": format!("thumb:{name}")})
}

fn video_draft(
    catalogue: &mut Catalogue,
    place: usize,
    name: &str,
    poster: Option<&String>,
) -> Draft {
    let id = video_id(place);
    let thumbnail = poster.map(|poster| format!("thumb:{poster}"));
    let (shape, meta_video_id, mut creative) = match place % 3 {
        0 => {
            let copy = video_id(PUBLISHED_COPIES + place);
            add_video_without_source(catalogue, &copy);
            let story = json!({"page_id": PAGE, "video_data": {"video_id": id, "message": "Watch",
                "image_url": thumbnail, "call_to_action": {"type": "LEARN_MORE",
                    "value": {"link": "https://shop.example/watch"}}}});
            let creative = json!({"video_id": copy, "object_story_spec": story});
            ("nested video id differs", Some(copy), creative)
        }
        1 => (
            "top-level video id",
            Some(id.clone()),
            json!({"video_id": id}),
        ),
        _ => (
            "asset feed video",
            None,
            json!({"asset_feed_spec": {"videos": [{"video_id": id, "thumbnail_url": thumbnail}],
                "bodies": [{"text": "A"}]}}),
        ),
    };
    if let (Some(thumbnail), Some(fields)) = (thumbnail, creative.as_object_mut()) {
        fields.insert("thumbnail_url".to_owned(), thumbnail.into());
    }
    Draft {
        name: format!("{name} ({shape})"),
        object_type: "VIDEO",
        creative,
        meta_video_id,
        is_video: true,
        files: vec![name.to_owned()],
    }
}

fn carousel(images: &[String]) -> Option<Draft> {
    let files: Vec<String> = images.iter().take(3).cloned().collect();
    let cards: Vec<Value> = files
        .iter()
        .map(|name| json!({"image_hash": image_hash(name), "link": "https://shop.example/card"}))
        .collect();
    (files.len() > 1).then(|| Draft {
        name: "Carousel of three".to_owned(),
        object_type: "SHARE",
        creative: json!({"object_story_spec": {"page_id": PAGE, "link_data": {
            "link": "https://shop.example/all", "child_attachments": cards}}}),
        meta_video_id: None,
        is_video: false,
        files,
    })
}

/// The same picture in a second ad: to be stored once.
fn repeated(images: &[String]) -> Option<Draft> {
    let name = images.last()?;
    Some(Draft {
        name: format!("{name} (again)"),
        object_type: "SHARE",
        creative: link_image(&image_hash(name)),
        meta_video_id: None,
        is_video: false,
        files: vec![name.clone()],
    })
}

fn no_media() -> Draft {
    Draft {
        name: "Old ad without media".to_owned(),
        object_type: "INVALID",
        creative: json!({"title": "Winter"}),
        meta_video_id: None,
        is_video: false,
        files: Vec::new(),
    }
}

/// The video belongs to somebody who does not share it: 100/33, and absent from `advideos`.
fn unreadable_video() -> Draft {
    let id = video_id(PUBLISHED_COPIES * 2 - 1);
    Draft {
        name: "Video of a partner, unreadable".to_owned(),
        object_type: "VIDEO",
        creative: json!({"video_id": id}),
        meta_video_id: Some(id),
        is_video: true,
        files: Vec::new(),
    }
}

fn video_without_source(catalogue: &mut Catalogue) -> Draft {
    let id = video_id(PUBLISHED_COPIES * 2 - 2);
    add_video_without_source(catalogue, &id);
    Draft {
        name: "Video without a source".to_owned(),
        object_type: "VIDEO",
        creative: json!({"video_id": id}),
        meta_video_id: Some(id),
        is_video: true,
        files: Vec::new(),
    }
}

/// Readable, but this token may not download it.
fn add_video_without_source(catalogue: &mut Catalogue, id: &str) {
    catalogue.add(
        id,
        Type::Video,
        json!({"id": id, "length": 5.0, "permalink_url": format!("/{PAGE}/videos/{id}/"),
            "status": {"video_status": "ready"}, "created_time": "2026-03-01T21:40:03+0000"}),
    );
}
