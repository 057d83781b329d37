//! Everything Meta says about a group of ads: their creatives, and where images and videos may be had.

use std::collections::{HashMap, HashSet};

use futures_util::{StreamExt as _, stream};
use shared::{
    clients::meta::{
        AdImage, AdVideo, Creative, Meta, MetaError,
        media::{Medium, Place, images_of, videos_of},
    },
    store::assets::EligibleAd,
};

use crate::stop::is_about_more_than_one_object;

/// Videos asked for one by one at a time: gentle on the quota, and few are not in the account's own list.
const VIDEOS_AT_ONCE: usize = 4;

/// What Meta said, at one moment.
#[derive(Debug, Default)]
pub(crate) struct Library {
    creatives: HashMap<String, Creative>,
    /// `None` when images could not be read.
    images: Option<HashMap<String, AdImage>>,
    /// `None` in it for a video that could not be read.
    videos: HashMap<String, Option<AdVideo>>,
}

/// Where a place leads.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Located {
    /// To an address.
    At(Spot),
    /// To the picture of a post, which has to be asked for.
    Post(String),
    /// Nowhere: Meta answered, and there is nothing.
    Absent(&'static str),
    /// Unknown: Meta did not answer.
    Unreadable(&'static str),
}

/// An address, and what is known of the medium behind it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Spot {
    pub(crate) url: String,
    pub(crate) width: Option<i32>,
    pub(crate) height: Option<i32>,
    pub(crate) duration_seconds: Option<f64>,
}

/// The media of one ad, as far as they were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AdMedia {
    /// The main one first.
    pub(crate) media: Vec<Medium>,
    /// True when there are only videos and videos were not asked for.
    pub(crate) has_unwanted_videos: bool,
}

impl Library {
    /// Reads what Meta knows about ads of one account.
    ///
    /// # Errors
    /// [`MetaError`] when nothing is known, or when going on is pointless: a throttled or revoked token.
    pub(crate) async fn read(
        meta: &Meta,
        account: &str,
        ads: &[EligibleAd],
        wants_videos: bool,
    ) -> Result<Self, MetaError> {
        let ids: Vec<_> = ads.iter().map(|ad| ad.ad.as_str()).collect();
        let mut library = Self {
            creatives: meta.creatives(account, &ids).await?,
            ..Self::default()
        };
        let media: Vec<_> = ads
            .iter()
            .filter_map(|ad| library.media_of(ad, wants_videos))
            .collect();
        let places = || {
            media
                .iter()
                .flat_map(|ad| &ad.media)
                .flat_map(|medium| &medium.places)
        };

        let hashes = distinct(places().filter_map(|place| {
            if let Place::Hash(hash) = place {
                Some(hash)
            } else {
                None
            }
        }));
        let videos = distinct(places().filter_map(|place| {
            if let Place::Video(id) = place {
                Some(id)
            } else {
                None
            }
        }));
        library.images = some_of(meta.images(account, &hashes).await)?;
        library.videos = read_videos(meta, account, &videos).await?;
        Ok(library)
    }

    /// True when Meta knows none of the ads that were asked for, as in an outage.
    pub(crate) fn is_empty(&self) -> bool {
        self.creatives.is_empty()
    }

    /// The media of an ad; `None` when its creative could not be read.
    pub(crate) fn media_of(&self, ad: &EligibleAd, wants_videos: bool) -> Option<AdMedia> {
        let creative = self.creatives.get(&ad.ad)?;
        let videos = videos_of(creative);
        if ad.is_video {
            let known = ad.video_id.as_deref().map(Medium::video);
            let media = if videos.is_empty() {
                known.into_iter().collect()
            } else {
                videos
            };
            return Some(AdMedia {
                media,
                has_unwanted_videos: false,
            });
        }
        let mut media = images_of(creative);
        // A render of a video ad is no image of its own.
        if !videos.is_empty() && media.first().is_some_and(Medium::is_stand_in) {
            media.clear();
        }
        let has_unwanted_videos = media.is_empty() && !videos.is_empty() && !wants_videos;
        if wants_videos {
            media.extend(videos);
        }
        Some(AdMedia {
            media,
            has_unwanted_videos,
        })
    }

    /// Where a place leads.
    pub(crate) fn locate(&self, place: &Place) -> Located {
        match place {
            Place::Url(url) | Place::Thumbnail(url) => Located::At(Spot {
                url: url.clone(),
                ..Spot::default()
            }),
            Place::Post(story) => Located::Post(story.clone()),
            Place::Hash(hash) => self.locate_hash(hash),
            Place::Video(id) => self.locate_video(id),
        }
    }

    fn locate_hash(&self, hash: &str) -> Located {
        let Some(images) = &self.images else {
            return Located::Unreadable("hash_read_failed");
        };
        let found = images.get(hash);
        // The lasting address redirects to the signed one.
        let url = found.and_then(|image| image.url.clone().or_else(|| image.permalink_url.clone()));
        match (found, url) {
            (Some(image), Some(url)) => Located::At(Spot {
                url,
                width: image.width,
                height: image.height,
                duration_seconds: None,
            }),
            _ => Located::Absent("no_url_from_api"),
        }
    }

    fn locate_video(&self, id: &str) -> Located {
        match self.videos.get(id) {
            Some(Some(AdVideo {
                source: Some(url),
                length,
                ..
            })) => Located::At(Spot {
                url: url.clone(),
                duration_seconds: *length,
                ..Spot::default()
            }),
            Some(Some(video)) if video.is_processing() => Located::Unreadable("video_processing"),
            Some(Some(_)) => Located::Absent("no_source_url"),
            Some(None) | None => Located::Unreadable("video_read_failed"),
        }
    }
}

/// The account's own list first: it answers more often. Then one by one.
async fn read_videos(
    meta: &Meta,
    account: &str,
    ids: &[&str],
) -> Result<HashMap<String, Option<AdVideo>>, MetaError> {
    let mut listed = some_of(meta.videos(account, ids).await)?.unwrap_or_default();
    let read_one = async |id: &str| -> Result<_, MetaError> {
        let video = some_of(meta.video(id).await)?;
        Ok((id.to_owned(), video))
    };
    let mut videos = HashMap::new();
    let mut missing = Vec::new();
    for id in ids {
        match listed.remove(*id).filter(|video| video.source.is_some()) {
            Some(video) => drop(videos.insert((*id).to_owned(), Some(video))),
            None => missing.push(*id),
        }
    }
    let mut answers =
        stream::iter(missing.into_iter().map(read_one)).buffer_unordered(VIDEOS_AT_ONCE);
    while let Some(answer) = answers.next().await {
        videos.extend([answer?]);
    }
    Ok(videos)
}

/// `None` for an error that concerns what was asked for; an error that concerns every call goes up.
fn some_of<T>(answer: Result<T, MetaError>) -> Result<Option<T>, MetaError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if is_about_more_than_one_object(error.class()) => Err(error),
        Err(error) => {
            tracing::debug!(error = %error, "Meta did not tell");
            Ok(None)
        }
    }
}

fn distinct<'a>(ids: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    ids.map(String::as_str)
        .filter(|id| seen.insert(*id))
        .collect()
}
