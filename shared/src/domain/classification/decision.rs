//! What of an ad is looked at, or why nothing is.

use rust_decimal::Decimal;

use super::{Digest, MissingImage, SkipReason, Source};

/// Cards of one ad that are looked at: as many as a carousel of Meta's may have.
/// **Source:** Meta, "Design requirements for carousel ads".
pub const CARDS_MAX: usize = 10;

/// A stored picture or video.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Where it lies.
    pub storage_path: String,
    /// Digest of its bytes.
    pub sha256: Digest,
    /// As in `image/jpeg`.
    pub mime_type: String,
    /// How large it is, in bytes.
    pub bytes: u64,
    /// How long it is, in seconds; `None`: a picture, or not known.
    pub duration_seconds: Option<Decimal>,
}

/// What was tried of an ad and did not work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failed {
    /// The analysis of its video.
    pub video: bool,
    /// Reading its stored pictures.
    pub images: bool,
    /// Fetching its thumbnail.
    pub thumbnail: bool,
}

/// What there is to look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdMedia {
    /// Whether it is a video ad, stored or not.
    pub is_video: bool,
    /// Its stored videos, the main one first.
    pub videos: Vec<Media>,
    /// Its stored pictures, the main one first. Several are the cards of a carousel.
    pub images: Vec<Media>,
    /// Where Meta shows a small picture of it, for a while.
    pub thumbnail_url: Option<String>,
    /// Why its media cannot be had of Meta, as in `no_source_url`.
    pub not_downloadable: Option<String>,
    /// What was tried already.
    pub failed: Failed,
}

/// What a run may still spend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Analyses of videos.
    pub videos: u32,
}

/// Why an ad is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    /// In a word.
    pub reason: SkipReason,
    /// Why there is no picture, where that is the reason.
    pub missing_image: Option<MissingImage>,
    /// Why the picture cannot be had, where that is the reason.
    pub not_downloadable: Option<String>,
}

impl Skip {
    /// What more is to be said than the reason, as in `asset_not_downloadable: no_source_url`.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        let missing = self.missing_image?;
        Some(match &self.not_downloadable {
            Some(why) => format!("{missing}: {why}"),
            None => missing.name().to_owned(),
        })
    }
}

/// What is done about an ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Its videos are analysed, at most [`CARDS_MAX`], the main one first.
    Videos(Vec<Media>),
    /// Its stored pictures are looked at, at most [`CARDS_MAX`], in order.
    Images(Vec<Media>),
    /// The picture at this address is looked at.
    Thumbnail(String),
    /// Nothing.
    Skip(Skip),
}

impl Decision {
    /// What a classification that comes of it says of its source.
    #[must_use]
    pub fn source(&self) -> Source {
        match self {
            Self::Videos(_) => Source::GeminiVideo,
            Self::Images(_) => Source::GeminiLightStored,
            Self::Thumbnail(_) => Source::GeminiLightThumbnail,
            Self::Skip(skip) => skip.reason.into(),
        }
    }
}

/// Whether an ad is a video: it is said to be, names one, is of such a type, or was watched.
#[must_use]
pub fn is_video(
    is_said: bool,
    video_id: Option<&str>,
    object_type: Option<&str>,
    views: i64,
) -> bool {
    let is_typed = object_type.is_some_and(|it| it.to_lowercase().contains("video"));
    is_said || video_id.is_some() || is_typed || views > 0
}

/// Decides what of an ad is looked at. A video is never judged by a still of it, and nothing by its text alone.
#[must_use]
pub fn decide(media: &AdMedia, budget: Budget) -> Decision {
    if media.is_video {
        decide_video(media, budget)
    } else {
        decide_image(media)
    }
}

fn decide_video(media: &AdMedia, budget: Budget) -> Decision {
    let skip = |reason| {
        Decision::Skip(Skip {
            reason,
            missing_image: None,
            not_downloadable: None,
        })
    };
    if media.failed.video {
        skip(SkipReason::VideoClassificationFailed)
    } else if budget.videos == 0 {
        skip(SkipReason::VideoBudgetExhausted)
    } else if media.videos.is_empty() {
        skip(SkipReason::MissingVideoFile)
    } else {
        Decision::Videos(cards(&media.videos))
    }
}

fn decide_image(media: &AdMedia) -> Decision {
    if !media.images.is_empty() && !media.failed.images {
        return Decision::Images(cards(&media.images));
    }
    match &media.thumbnail_url {
        Some(url) if !media.failed.thumbnail => Decision::Thumbnail(url.clone()),
        _ => {
            let missing = missing_image(media);
            let why = media.not_downloadable.clone();
            Decision::Skip(Skip {
                reason: SkipReason::MissingImage,
                missing_image: Some(missing),
                not_downloadable: why.filter(|_| missing == MissingImage::AssetNotDownloadable),
            })
        }
    }
}

/// The cause that is nearest to us comes first.
fn missing_image(media: &AdMedia) -> MissingImage {
    if media.failed.images {
        MissingImage::StorageDownloadFailed
    } else if media.not_downloadable.is_some() {
        MissingImage::AssetNotDownloadable
    } else if media.failed.thumbnail {
        MissingImage::ThumbnailExpired
    } else {
        MissingImage::NoImageSource
    }
}

fn cards(media: &[Media]) -> Vec<Media> {
    media.iter().take(CARDS_MAX).cloned().collect()
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
