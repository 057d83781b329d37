//! Which media a creative shows, and where each may be had, best first. Pure.

use chrono::{DateTime, Utc};

use super::{
    creative::{Creative, LinkData},
    identity::{digest, identifier, path_of},
};

/// Most media taken of one creative: a carousel has up to 10 cards, a feed up to 10 images and 10 videos.
///
/// **Source:** Meta's limits for carousel and dynamic creatives, doubled.
const MEDIA_MAX: usize = 40;

/// Moving or still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A video.
    Video,
    /// An image.
    Image,
}

/// One thing an ad shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// Moving or still.
    pub kind: Kind,
    /// Its identity within the account: a video id, an image hash, or a digest. Letters and digits, at most 64.
    pub source_id: String,
    /// Where it may be had, best first. Never empty.
    pub places: Vec<Place>,
}

/// Where a medium may be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At this address.
    Url(String),
    /// At the address Meta gives for this hash.
    Hash(String),
    /// At the source of this video.
    Video(String),
    /// As the picture of this post.
    Post(String),
    /// As a render of the whole ad.
    Thumbnail(String),
}

/// How good a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// Smaller than 1080 pixels.
    Thumb,
    /// A render of up to 1080 pixels.
    Render1080,
    /// The medium itself.
    Full,
}

impl Medium {
    /// The video with this id.
    #[must_use]
    pub fn video(id: &str) -> Self {
        Self {
            kind: Kind::Video,
            source_id: identifier(id),
            places: vec![Place::Video(id.to_owned())],
        }
    }

    /// True when nothing but a post's picture or a render of the ad is known of it.
    #[must_use]
    pub fn is_stand_in(&self) -> bool {
        let is_render = |place: &Place| matches!(place, Place::Post(_) | Place::Thumbnail(_));
        self.places.iter().all(is_render)
    }
}

impl Place {
    /// How good a copy from here is.
    #[must_use]
    pub fn quality(&self) -> Quality {
        match self {
            Self::Url(_) | Self::Hash(_) | Self::Video(_) => Quality::Full,
            Self::Post(_) => Quality::Render1080,
            // The default render is marked in its own address.
            Self::Thumbnail(url) if url.contains("p64x64") || url.contains("w=64&") => {
                Quality::Thumb
            }
            Self::Thumbnail(_) => Quality::Render1080,
        }
    }
}

impl Quality {
    /// As stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Render1080 => "render_1080",
            Self::Thumb => "thumb",
        }
    }
}

impl Kind {
    /// As stored.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Image => "image",
        }
    }
}

/// The videos of a creative, the main one first.
///
/// The nested id is the uploaded file and may be downloaded; the top-level one is the published copy,
/// which often may not. They are one medium with two places.
#[must_use]
pub fn videos_of(creative: &Creative) -> Vec<Medium> {
    let spec = &creative.object_story_spec;
    let main = [&spec.video_data.video_id, &creative.video_id];
    let main: Vec<_> = main.into_iter().flatten().collect();
    let cards = cards_of(creative).filter_map(|card| card.video_id.as_ref());
    let feed = creative
        .asset_feed_spec
        .videos
        .iter()
        .filter_map(|video| video.video_id.as_ref());
    let others = cards
        .chain(feed)
        .filter(|id| !main.contains(id))
        .map(|id| Medium::video(id));
    let both = main.first().map(|id| {
        let places = main.iter().map(|id| Place::Video((*id).clone())).collect();
        Medium {
            places: without_repeats(places),
            ..Medium::video(id)
        }
    });
    distinct(both.into_iter().chain(others))
}

/// The images of a creative, the main one first. When there is none, a render of the ad stands in.
#[must_use]
pub fn images_of(creative: &Creative) -> Vec<Medium> {
    let cards = cards_of(creative).filter(|card| card.video_id.is_none());
    let cards = cards.filter_map(|card| image([&card.picture], [&card.image_hash]));
    let feed = creative
        .asset_feed_spec
        .images
        .iter()
        .filter_map(|found| image([&found.url], [&found.hash]));
    let mut images = distinct(main_image(creative).into_iter().chain(cards).chain(feed));
    let last_resort = last_resort(creative);
    match images.first_mut() {
        Some(main) => main
            .places
            .extend(last_resort.into_iter().flat_map(|medium| medium.places)),
        None => images.extend(last_resort),
    }
    images
}

/// When a signed address stops working, from its `oe` (hexadecimal Unix seconds).
#[must_use]
pub fn expires_at(url: &str) -> Option<DateTime<Utc>> {
    let url = url::Url::parse(url).ok()?;
    let (_, value) = url.query_pairs().find(|(name, _)| name == "oe")?;
    DateTime::from_timestamp(i64::from_str_radix(&value, 16).ok()?, 0)
}

fn cards_of(creative: &Creative) -> impl Iterator<Item = &super::creative::Card> {
    let spec = &creative.object_story_spec;
    spec.link_data
        .child_attachments
        .iter()
        .chain(&spec.template_data.child_attachments)
}

fn main_image(creative: &Creative) -> Option<Medium> {
    let spec = &creative.object_story_spec;
    let (link, photo) = (&spec.link_data, &spec.photo_data);
    let LinkData {
        image_url,
        picture,
        image_hash,
        ..
    } = &spec.template_data;
    image(
        [
            &creative.image_url,
            &link.image_url,
            &link.picture,
            &photo.url,
            &photo.image_url,
            image_url,
            picture,
        ],
        [
            &creative.image_hash,
            &link.image_hash,
            &photo.image_hash,
            image_hash,
        ],
    )
}

/// A post needs a right over its page, a render is not the image itself: both come after everything else.
fn last_resort(creative: &Creative) -> Option<Medium> {
    let post = creative.effective_object_story_id.clone().map(Place::Post);
    let thumbnail = creative
        .thumbnail_url
        .clone()
        .filter(|url| is_address(url))
        .map(Place::Thumbnail);
    let places: Vec<_> = post.into_iter().chain(thumbnail).collect();
    let identity = creative
        .id
        .as_ref()
        .or(creative.effective_object_story_id.as_ref());
    let identity = format!("creative:{}", identity.map_or("", String::as_str));
    (!places.is_empty()).then(|| Medium {
        kind: Kind::Image,
        source_id: digest(&identity),
        places,
    })
}

fn image<const U: usize, const H: usize>(
    urls: [&Option<String>; U],
    hashes: [&Option<String>; H],
) -> Option<Medium> {
    let urls: Vec<_> = urls
        .into_iter()
        .flatten()
        .filter(|url| is_address(url))
        .collect();
    let hashes: Vec<_> = hashes.into_iter().flatten().collect();
    let source_id = match (hashes.first(), urls.first()) {
        (Some(hash), _) => identifier(hash),
        (None, Some(url)) => digest(path_of(url)),
        (None, None) => return None,
    };
    let mut places: Vec<_> = urls.into_iter().cloned().map(Place::Url).collect();
    places.extend(hashes.into_iter().cloned().map(Place::Hash));
    Some(Medium {
        kind: Kind::Image,
        source_id,
        places: without_repeats(places),
    })
}

fn without_repeats(places: Vec<Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::with_capacity(places.len());
    for place in places {
        if !kept.contains(&place) {
            kept.push(place);
        }
    }
    kept
}

fn distinct(media: impl Iterator<Item = Medium>) -> Vec<Medium> {
    let mut kept: Vec<Medium> = Vec::new();
    for medium in media {
        if let Some(known) = kept
            .iter_mut()
            .find(|known| known.source_id == medium.source_id)
        {
            let places = known.places.drain(..).chain(medium.places).collect();
            known.places = without_repeats(places);
        } else if kept.len() < MEDIA_MAX {
            kept.push(medium);
        }
    }
    kept
}

fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

#[cfg(test)]
#[path = "media_tests.rs"]
mod tests;
