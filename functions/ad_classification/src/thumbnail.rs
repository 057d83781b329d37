//! The small picture that Meta shows of an ad for a while.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use shared::{
    clients::{
        http::{Bounds, FetchError},
        meta::sniff::format_of,
    },
    domain::classification::Digest,
};
use tokio::time::Instant;

use crate::{files::can_be_read, work::Work};

/// **Source:** the limit of the system before.
const TIME_MAX: Duration = Duration::from_secs(10);

/// Most bytes of a thumbnail: of 1,080 by 1,080 points they have some 200 kB.
const BYTES_MAX: u64 = 4 << 20;

/// A picture that was fetched.
#[derive(Debug)]
pub(crate) struct Thumbnail {
    pub(crate) mime: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) sha256: Digest,
}

impl Work<'_> {
    /// Fetches a thumbnail; the error says why there is none any more.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Thumbnail, String> {
        let bytes = self
            .download(url)
            .await
            .map_err(|error| error.to_string())?;
        let format = format_of(&bytes).filter(|format| can_be_read(format.mime));
        let mime = format
            .ok_or("what Meta gives is no picture that a model reads")?
            .mime;
        Ok(Thumbnail {
            mime,
            sha256: Sha256::digest(&bytes).into(),
            bytes,
        })
    }

    async fn download(&self, url: &str) -> Result<Bytes, FetchError> {
        let bounds = Bounds {
            bytes_max: BYTES_MAX,
            deadline: Instant::now() + TIME_MAX,
        };
        let mut download = self.clients.http.download(url, bounds).await?;
        let mut bytes = BytesMut::new();
        while let Some(chunk) = download.chunk().await? {
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    }
}
