//! One medium on its way from the CDN into the object store.

use bytes::{Bytes, BytesMut};
use shared::{
    clients::{
        http::{Bounds, Download, FetchError, Refusal},
        meta::{
            media::Kind,
            sniff::{Format, HEAD_BYTES, format_of},
        },
        objects::{ObjectsError, Staged},
    },
    domain::BrandId,
};
use tokio::time::{Duration, Instant};

use crate::Clients;

/// Longest time for an image of up to 30 MB.
const IMAGE_TIME_MAX: Duration = Duration::from_secs(120);
/// Longest time for a video of up to 1 GiB: 1.8 MB/s, and below the longest function of 15 minutes.
const VIDEO_TIME_MAX: Duration = Duration::from_secs(600);

/// Where a medium is to be kept. Every part has been checked or made by us.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shelf<'a> {
    pub(crate) brand: BrandId,
    pub(crate) ad: &'a str,
    pub(crate) source_id: &'a str,
}

impl Shelf<'_> {
    /// What every key of this medium starts with.
    pub(crate) fn prefix(&self) -> String {
        format!("{}/{}/{}.", self.brand, self.ad, self.source_id)
    }
}

/// A body that is whole and not yet visible.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) staged: Staged,
    pub(crate) format: Format,
    /// Without its query.
    pub(crate) source_url: String,
}

/// Why a place did not give the medium.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Miss {
    /// Its address no longer works; a fresh one may.
    #[error("{reason}")]
    Gone {
        reason: String,
        is_final: bool,
        source: Option<FetchError>,
    },
    /// What is there is of no use; another place may do. Trying again changes nothing where it is final.
    #[error("{reason}")]
    Unusable {
        reason: &'static str,
        is_final: bool,
        source: Option<FetchError>,
    },
    /// It may work later.
    #[error("{reason}")]
    Passing {
        reason: String,
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// Our own time ran out.
    #[error("out_of_time")]
    OutOfTime,
}

/// Streams what is at `url` into the object store, without making it visible.
///
/// # Errors
/// [`Miss`]; whatever was sent is taken back.
pub(crate) async fn fetch(
    clients: &Clients,
    url: &str,
    kind: Kind,
    shelf: Shelf<'_>,
    deadline: Instant,
) -> Result<Fetched, Miss> {
    let (bytes_max, time_max) = match kind {
        Kind::Image => (clients.media.image_bytes_max, IMAGE_TIME_MAX),
        Kind::Video => (clients.media.video_bytes_max, VIDEO_TIME_MAX),
    };
    let bounds = Bounds {
        bytes_max,
        deadline: deadline.min(Instant::now() + time_max),
    };
    let mut download = clients.http.download(url, bounds).await?;
    let head = read_head(&mut download).await?;
    let Some(format) = format_of(&head).filter(|format| format.kind == kind) else {
        return Err(Miss::Unusable {
            reason: "bad_content",
            is_final: false,
            source: None,
        });
    };
    let mut staging = clients
        .objects
        .stage(shelf.prefix() + format.extension, format.mime);
    staging.push(head).await?;
    while let Some(piece) = download.chunk().await? {
        staging.push(piece).await?;
    }
    Ok(Fetched {
        staged: staging.seal().await?,
        format,
        source_url: download.source().to_owned(),
    })
}

/// Enough of the body to tell its format, or all of it. Usually the first piece as it is.
async fn read_head(download: &mut Download) -> Result<Bytes, Miss> {
    let first = download.chunk().await?.unwrap_or_default();
    if first.len() >= HEAD_BYTES {
        return Ok(first);
    }
    let mut head = BytesMut::from(first);
    while head.len() < HEAD_BYTES {
        let Some(piece) = download.chunk().await? else {
            break;
        };
        head.extend_from_slice(&piece);
    }
    Ok(head.freeze())
}

impl From<ObjectsError> for Miss {
    fn from(error: ObjectsError) -> Self {
        Self::Passing {
            reason: "storage_error".to_owned(),
            source: Some(Box::new(error)),
        }
    }
}

impl From<FetchError> for Miss {
    /// 403 usually is an expired signature, so it is never final; 404 and 410 are, once a fresh address fails too.
    fn from(error: FetchError) -> Self {
        let unusable = |reason, is_final, error| Self::Unusable {
            reason,
            is_final,
            source: Some(error),
        };
        match error {
            FetchError::DeadlinePassed => Self::OutOfTime,
            FetchError::Status {
                status: status @ (403 | 404 | 410),
                ..
            } => Self::Gone {
                reason: format!("http_{status}"),
                is_final: status != 403,
                source: Some(error),
            },
            FetchError::Refused(Refusal::Host(_)) => unusable("host_not_allowed", true, error),
            FetchError::Refused(Refusal::Address(_)) => {
                unusable("address_not_allowed", false, error)
            }
            FetchError::Refused(_) => unusable("url_not_allowed", true, error),
            FetchError::TooLarge { .. } => unusable("too_large", true, error),
            FetchError::Compressed => unusable("compressed", false, error),
            FetchError::TooManyRedirects(_) | FetchError::LostRedirect => {
                unusable("bad_redirect", false, error)
            }
            error => Self::Passing {
                reason: passing_reason(&error),
                source: Some(Box::new(error)),
            },
        }
    }
}

fn passing_reason(error: &FetchError) -> String {
    match error {
        FetchError::Status { status, .. } => format!("http_{status}"),
        FetchError::LengthMismatch { .. } => "length_mismatch".to_owned(),
        FetchError::TimedOut { .. } => "timed_out".to_owned(),
        FetchError::TooSlow { .. } => "too_slow".to_owned(),
        _ => "connection_broken".to_owned(),
    }
}
