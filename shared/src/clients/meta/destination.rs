//! What a creative says, where it leads, and whether it moves. Pure.

use crate::domain::ads::Destination;

use super::creative::{Creative, StorySpec};

pub use super::address::{canonical, stored};

/// The text of the ad: of a link, else of a video, else of the chat it opens, else the first of a feed.
///
/// The system before knew only the first three; a dynamic ad has nothing but a feed, of which Meta shows
/// now one text and now another.
///
/// **Source:** step 3 of the system before.
#[must_use]
pub fn ad_copy(creative: &Creative) -> Option<String> {
    let spec = &creative.object_story_spec;
    let of_feed = || {
        creative
            .asset_feed_spec
            .bodies
            .iter()
            .find_map(|body| body.text.as_ref())
    };
    let messages = [&spec.link_data.message, &spec.video_data.message];
    let of_post = messages.into_iter().chain(welcomes(spec)).flatten().next();
    of_post.or_else(of_feed).cloned()
}

/// Where the ad leads. `None` is an ad without a creative, which leads nowhere.
///
/// The first link that is the address of a page decides: the creative's own, that of its link, of the
/// link's button, of the video's button, and at last the first of its feed.
///
/// **Source:** step 4.5 of the system before.
#[must_use]
pub fn destination(creative: Option<&Creative>) -> Destination {
    let Some(creative) = creative else {
        return Destination::NoLink;
    };
    match links(creative).find_map(|link| Some((stored(link)?, canonical(link)?))) {
        Some((url, canonical)) => Destination::Found {
            url,
            canonical,
            url_count: distinct_links(creative).max(1),
        },
        None if creative.has_link_fields => Destination::NoLink,
        None => Destination::Inconclusive,
    }
}

/// Whether the ad shows a video: it is of that type, or it names one.
#[must_use]
pub fn is_video(creative: &Creative) -> bool {
    let kind = creative.object_type.as_deref().unwrap_or_default();
    kind.to_ascii_uppercase().contains("VIDEO") || library_video_id(creative).is_some()
}

/// The ad's video: the uploaded file, else the published copy, which often may not be downloaded, else the
/// first of a feed.
#[must_use]
pub fn library_video_id(creative: &Creative) -> Option<&str> {
    let of_post = [
        &creative.object_story_spec.video_data.video_id,
        &creative.video_id,
    ];
    let of_feed = creative
        .asset_feed_spec
        .videos
        .iter()
        .map(|video| &video.video_id);
    let mut videos = of_post.into_iter().chain(of_feed).flatten();
    videos.next().map(String::as_str)
}

fn welcomes(spec: &StorySpec) -> [&Option<String>; 4] {
    [
        &spec.link_data.page_welcome_message,
        &spec.video_data.page_welcome_message,
        &spec.template_data.page_welcome_message,
        &spec.page_welcome_message,
    ]
}

fn links(creative: &Creative) -> impl Iterator<Item = &String> {
    let (link, video) = (
        &creative.object_story_spec.link_data,
        &creative.object_story_spec.video_data,
    );
    let of_post = [
        &creative.link_url,
        &link.link,
        &link.call_to_action.value.link,
        &video.call_to_action.value.link,
    ];
    of_post
        .into_iter()
        .flatten()
        .chain(&creative.asset_feed_spec.link_urls)
}

/// Links of the feed, as they are written: two that differ only in their query are two.
fn distinct_links(creative: &Creative) -> usize {
    let mut links: Vec<_> = creative
        .asset_feed_spec
        .link_urls
        .iter()
        .map(|link| link.trim())
        .collect();
    links.sort_unstable();
    links.dedup();
    links.len()
}

#[cfg(test)]
#[path = "destination_tests.rs"]
mod tests;
