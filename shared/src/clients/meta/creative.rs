//! Ads and creatives as Meta sends them: any field may be absent, null or of another type.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::Value;

pub(super) use super::lenient::{links, list, or_default, pixels, seconds, text, welcome};

/// The fields of a creative that may hold a link.
const LINK_FIELDS: [&str; 3] = ["link_url", "object_story_spec", "asset_feed_spec"];

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
#[serde(default, remote = "Self")]
pub struct Creative {
    /// True when any field that may hold a link came, even if empty. A token without rights over the
    /// creative gets none of them.
    #[serde(skip)]
    pub has_link_fields: bool,
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
    /// Where a plain link leads.
    #[serde(deserialize_with = "text")]
    pub link_url: Option<String>,
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

impl<'de> Deserialize<'de> for Creative {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let has_link_fields = LINK_FIELDS.iter().any(|name| value.get(name).is_some());
        // The derived reader, of the same name.
        let creative = Self::deserialize(value).map_err(D::Error::custom)?;
        Ok(Self {
            has_link_fields,
            ..creative
        })
    }
}

/// The parts a post is made of; at most one is filled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct StorySpec {
    /// What a chat that the ad opens begins with.
    #[serde(deserialize_with = "welcome")]
    pub page_welcome_message: Option<String>,
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
    /// Where it leads.
    #[serde(deserialize_with = "text")]
    pub link: Option<String>,
    /// The ad's text.
    #[serde(deserialize_with = "text")]
    pub message: Option<String>,
    /// Its button.
    #[serde(deserialize_with = "or_default")]
    pub call_to_action: CallToAction,
    /// What a chat that the ad opens begins with.
    #[serde(deserialize_with = "welcome")]
    pub page_welcome_message: Option<String>,
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
    /// The ad's text.
    #[serde(deserialize_with = "text")]
    pub message: Option<String>,
    /// Its button.
    #[serde(deserialize_with = "or_default")]
    pub call_to_action: CallToAction,
    /// What a chat that the ad opens begins with.
    #[serde(deserialize_with = "welcome")]
    pub page_welcome_message: Option<String>,
    /// The poster's address.
    #[serde(deserialize_with = "text")]
    pub image_url: Option<String>,
    /// The uploaded video, which may be downloaded.
    #[serde(deserialize_with = "text")]
    pub video_id: Option<String>,
}

/// A button.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CallToAction {
    /// What it does.
    #[serde(deserialize_with = "or_default")]
    pub value: ActionValue,
}

/// What a button does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ActionValue {
    /// Where it leads.
    #[serde(deserialize_with = "text")]
    pub link: Option<String>,
}

/// The media of a dynamic ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AssetFeed {
    /// Its links, in Meta's order.
    #[serde(deserialize_with = "links")]
    pub link_urls: Vec<String>,
    /// Its texts.
    #[serde(deserialize_with = "list")]
    pub bodies: Vec<FeedBody>,
    /// Its images.
    #[serde(deserialize_with = "list")]
    pub images: Vec<FeedImage>,
    /// Its videos.
    #[serde(deserialize_with = "list")]
    pub videos: Vec<FeedVideo>,
}

/// A text of a dynamic ad.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct FeedBody {
    /// The text.
    #[serde(deserialize_with = "text")]
    pub text: Option<String>,
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
