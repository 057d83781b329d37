//! Ads and creatives as Meta sends them: any field may be absent, null or of another type.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// An ad with its creative, as read through the account's `ads` edge.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct AdWithCreative {
    #[serde(default, deserialize_with = "text")]
    pub(super) id: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) creative: Option<Creative>,
}

/// What an ad shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Creative {
    /// The creative's id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// `VIDEO`, `SHARE`, `INVALID`, …
    #[serde(deserialize_with = "text")]
    pub object_type: Option<String>,
    /// The image's address, signed and short-lived.
    #[serde(deserialize_with = "text")]
    pub image_url: Option<String>,
    /// The image's hash within its account.
    #[serde(deserialize_with = "text")]
    pub image_hash: Option<String>,
    /// The published video, often without a source.
    #[serde(deserialize_with = "text")]
    pub video_id: Option<String>,
    /// A render of the ad in the size asked for.
    #[serde(deserialize_with = "text")]
    pub thumbnail_url: Option<String>,
    /// The post behind the ad.
    #[serde(deserialize_with = "text")]
    pub effective_object_story_id: Option<String>,
    /// How the post was made.
    #[serde(deserialize_with = "or_default")]
    pub object_story_spec: StorySpec,
    /// The media of a dynamic ad.
    #[serde(deserialize_with = "or_default")]
    pub asset_feed_spec: AssetFeed,
}

/// The parts a post is made of; at most one is filled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StorySpec {
    /// A link, or a carousel of links.
    #[serde(deserialize_with = "or_default")]
    pub link_data: LinkData,
    /// A catalogue's template.
    #[serde(deserialize_with = "or_default")]
    pub template_data: LinkData,
    /// A photo.
    #[serde(deserialize_with = "or_default")]
    pub photo_data: PhotoData,
    /// A video.
    #[serde(deserialize_with = "or_default")]
    pub video_data: VideoData,
}

/// A link with its picture.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LinkData {
    /// The picture's address, at Meta.
    #[serde(deserialize_with = "text")]
    pub image_url: Option<String>,
    /// The picture's address, wherever the advertiser keeps it.
    #[serde(deserialize_with = "text")]
    pub picture: Option<String>,
    /// The picture's hash.
    #[serde(deserialize_with = "text")]
    pub image_hash: Option<String>,
    /// The cards of a carousel.
    #[serde(deserialize_with = "list")]
    pub child_attachments: Vec<Card>,
}

/// One card of a carousel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Card {
    /// The card's picture, by hash.
    #[serde(deserialize_with = "text")]
    pub image_hash: Option<String>,
    /// The card's picture, by address.
    #[serde(deserialize_with = "text")]
    pub picture: Option<String>,
    /// The card's video.
    #[serde(deserialize_with = "text")]
    pub video_id: Option<String>,
}

/// A photo post.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PhotoData {
    /// The photo's address.
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
    /// The photo's address, in other bodies.
    #[serde(deserialize_with = "text")]
    pub image_url: Option<String>,
    /// The photo's hash.
    #[serde(deserialize_with = "text")]
    pub image_hash: Option<String>,
}

/// A video post.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct VideoData {
    /// The uploaded video, which may be downloaded.
    #[serde(deserialize_with = "text")]
    pub video_id: Option<String>,
}

/// The media of a dynamic ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AssetFeed {
    /// Its images.
    #[serde(deserialize_with = "list")]
    pub images: Vec<FeedImage>,
    /// Its videos.
    #[serde(deserialize_with = "list")]
    pub videos: Vec<FeedVideo>,
}

/// An image of a dynamic ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FeedImage {
    /// Its hash.
    #[serde(deserialize_with = "text")]
    pub hash: Option<String>,
    /// Its address, often missing.
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
}

/// A video of a dynamic ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FeedVideo {
    /// Its id.
    #[serde(deserialize_with = "text")]
    pub video_id: Option<String>,
}

/// A string, a number written out, or nothing. NUL is dropped: Postgres has no place for it.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text.replace('\0', "")).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// A whole number in the range of pixels, or nothing.
pub(super) fn pixels<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i32>, D::Error> {
    let value = Value::deserialize(from)?;
    Ok(value
        .as_i64()
        .and_then(|pixels| pixels.try_into().ok())
        .filter(|pixels| *pixels > 0))
}

/// A number of seconds, or nothing.
pub(super) fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    Ok(Value::deserialize(from)?
        .as_f64()
        .filter(|seconds| *seconds >= 0.0))
}

/// Empty objects arrive as `[]`, missing ones as null: both are the default.
pub(super) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value = Value::deserialize(from)?;
    Ok(if value.is_object() {
        T::deserialize(value).unwrap_or_default()
    } else {
        T::default()
    })
}

/// The members of a list that can be read; anything else is an empty list.
fn list<'de, D, T>(from: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let Value::Array(members) = Value::deserialize(from)? else {
        return Ok(Vec::new());
    };
    Ok(members
        .into_iter()
        .filter(Value::is_object)
        .filter_map(|member| T::deserialize(member).ok())
        .collect())
}
