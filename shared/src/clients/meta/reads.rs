//! The reads that lead from an ad to its media.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Meta, MetaError,
    creative::{AdWithCreative, Creative, or_default, pixels, seconds, text},
    edges::AD_STATUSES,
    ids::{account_id, object_id},
};

/// Most ids or hashes named in one call, so that its URL stays below 8 kB.
///
/// **Source:** Graph API, "Read multiple objects": at most 50 ids.
pub(super) const GROUP_MAX: usize = 50;

/// The same as rows per page.
const GROUP_LIMIT: u32 = 50;

/// Everything the media resolver looks at. Without a size, renders have 64 pixels.
const AD_FIELDS: &str = "id,creative.thumbnail_width(1080).thumbnail_height(1080){id,object_type,image_url,image_hash,\
video_id,thumbnail_url,effective_object_story_id,object_story_spec,asset_feed_spec,link_url}";

const IMAGE_FIELDS: &str = "hash,url,permalink_url,width,height,original_width,original_height";

const VIDEO_FIELDS: &str = "id,source,length,status";

const POST_FIELDS: &str = "full_picture,attachments{media}";

/// An image of an account's library.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AdImage {
    /// Its hash within the account.
    #[serde(deserialize_with = "text")]
    pub hash: Option<String>,
    /// Its address, signed and short-lived.
    #[serde(deserialize_with = "text")]
    pub url: Option<String>,
    /// Its lasting address, which redirects to the signed one.
    #[serde(deserialize_with = "text")]
    pub permalink_url: Option<String>,
    /// Pixels across.
    #[serde(deserialize_with = "pixels")]
    pub width: Option<i32>,
    /// Pixels down.
    #[serde(deserialize_with = "pixels")]
    pub height: Option<i32>,
}

/// A video.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct AdVideo {
    /// Its id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Its address, signed and short-lived; absent when the token may not download it.
    #[serde(deserialize_with = "text")]
    pub source: Option<String>,
    /// Its length in seconds.
    #[serde(deserialize_with = "seconds")]
    pub length: Option<f64>,
    #[serde(deserialize_with = "or_default")]
    status: VideoStatus,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct VideoStatus {
    #[serde(deserialize_with = "text")]
    video_status: Option<String>,
}

impl AdVideo {
    /// True while Meta still works on it, so that a source may yet appear.
    #[must_use]
    pub fn is_processing(&self) -> bool {
        self.status.video_status.as_deref() == Some("processing")
    }
}

impl Meta {
    /// The creatives of these ads, by ad id. Ads that cannot be read are left out.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn creatives(
        &self,
        account: &str,
        ads: &[&str],
    ) -> Result<HashMap<String, Creative>, MetaError> {
        let found = self.ads_with_creatives(account, ads).await?;
        let creatives = found.into_iter();
        Ok(creatives
            .filter_map(|(ad, creative)| Some((ad, creative?)))
            .collect())
    }

    /// The same, with ads that have no creative. Ads are named through their account's edge, so one
    /// unreadable ad does not spoil the call.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn ads_with_creatives(
        &self,
        account: &str,
        ads: &[&str],
    ) -> Result<HashMap<String, Option<Creative>>, MetaError> {
        let mut creatives = HashMap::new();
        let statuses = [("effective_status", AD_STATUSES)];
        for group in ads.chunks(GROUP_MAX) {
            let path = [account_id(account)?, "ads"];
            let found: Vec<AdWithCreative> = self
                .named("creatives", (path, &statuses), group, AD_FIELDS)
                .await?;
            let named = found.into_iter();
            creatives.extend(named.filter_map(|ad| Some((ad.id?, ad.creative))));
        }
        Ok(creatives)
    }

    /// The images with these hashes, by hash. Unknown hashes are left out.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn images(
        &self,
        account: &str,
        hashes: &[&str],
    ) -> Result<HashMap<String, AdImage>, MetaError> {
        let mut images = HashMap::new();
        for group in hashes.chunks(GROUP_MAX) {
            let (path, hashes) = ([account_id(account)?, "adimages"], json!(group).to_string());
            let parameters = [("hashes", hashes.as_str()), ("fields", IMAGE_FIELDS)];
            let found: Vec<AdImage> = self.list("images", &path, &parameters, GROUP_LIMIT).await?;
            images.extend(
                found
                    .into_iter()
                    .filter_map(|image| Some((image.hash.clone()?, image))),
            );
        }
        Ok(images)
    }

    /// The account's videos with these ids, by id. Videos of others are left out.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn videos(
        &self,
        account: &str,
        ids: &[&str],
    ) -> Result<HashMap<String, AdVideo>, MetaError> {
        let mut videos = HashMap::new();
        for group in ids.chunks(GROUP_MAX) {
            let found: Vec<AdVideo> = self
                .named(
                    "videos",
                    ([account_id(account)?, "advideos"], &[]),
                    group,
                    VIDEO_FIELDS,
                )
                .await?;
            videos.extend(
                found
                    .into_iter()
                    .filter_map(|video| Some((video.id.clone()?, video))),
            );
        }
        Ok(videos)
    }

    /// One video by its id, for those that are not in the account's own list.
    ///
    /// # Errors
    /// [`MetaError`], of class `MissingObject` or `Permission` when it is not ours to read.
    pub async fn video(&self, id: &str) -> Result<AdVideo, MetaError> {
        let found = self
            .get(&[object_id(id)?], &[("fields", VIDEO_FIELDS)])
            .await?;
        serde_json::from_slice(&found).map_err(|_| MetaError::Shape { what: "a video" })
    }

    /// The address of a post's picture: its attachment's where there is one, else the full picture.
    ///
    /// # Errors
    /// [`MetaError`], often of class `Permission`: the token needs a role on the page.
    pub async fn post_picture(&self, story: &str) -> Result<Option<String>, MetaError> {
        let post = self
            .value(&[object_id(story)?], &[("fields", POST_FIELDS)])
            .await?;
        let attached = post
            .pointer("/attachments/data/0/media/image/src")
            .and_then(Value::as_str);
        let picture = attached.or_else(|| post.get("full_picture").and_then(Value::as_str));
        Ok(picture.map(str::to_owned))
    }

    /// The members of an edge with these ids.
    pub(super) async fn named<T: serde::de::DeserializeOwned + Send + 'static>(
        &self,
        what: &'static str,
        (path, more): ([&str; 2], &[(&str, &str)]),
        ids: &[&str],
        fields: &str,
    ) -> Result<Vec<T>, MetaError> {
        for id in ids {
            object_id(id)?;
        }
        let filtering = json!([{"field": "id", "operator": "IN", "value": ids}]).to_string();
        let parameters = [("filtering", filtering.as_str()), ("fields", fields)];
        let parameters: Vec<_> = parameters.iter().chain(more).copied().collect();
        self.list(what, &path, &parameters, GROUP_LIMIT).await
    }
}
