//! Stored media, shown by links of their bucket: no byte of them goes through this function.

use std::time::Duration;

use aws_config::SdkConfig;
use shared::{
    clients::objects::Objects,
    domain::{chain, classification},
};
use url::Url;

/// How long a link works: longer than anybody looks at a page.
const VALID_FOR: Duration = Duration::from_secs(3_600);

/// The way to the media. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Media {
    objects: Option<Objects>,
    origin: Option<String>,
}

impl Media {
    /// Opens a bucket; nothing is asked of it.
    pub async fn open(aws: &SdkConfig, bucket: &str) -> Self {
        let mut media = Self {
            objects: Some(Objects::open(aws, bucket)),
            origin: None,
        };
        let link = media.link("any").await;
        let origin = link.and_then(|link| Url::parse(&link).ok());
        media.origin = origin.map(|url| url.origin().ascii_serialization());
        media
    }

    /// No media can be shown.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Where links lead, as in `https://bucket.s3.eu-central-1.amazonaws.com`.
    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// A link to a medium, for an hour; `None` where none can be made.
    pub(crate) async fn link(&self, path: &str) -> Option<String> {
        match self.objects.as_ref()?.link(path, VALID_FOR).await {
            Ok(link) => Some(link),
            Err(error) => {
                tracing::warn!(error = chain(&error), "no link to a medium was made");
                None
            }
        }
    }

    /// Links to several media.
    pub(crate) async fn links(&self, media: &[classification::Media]) -> Vec<Option<String>> {
        let mut links = Vec::with_capacity(media.len());
        for medium in media {
            links.push(self.link(&medium.storage_path).await);
        }
        links
    }
}
