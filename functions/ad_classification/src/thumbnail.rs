//! The small picture that Meta shows of an ad for a while.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};
use shared::{
    clients::http::{Bounds, FetchError},
    domain::classification::Digest,
};
use tokio::time::Instant;

use crate::work::Work;

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
        let mime = mime_of(&bytes).ok_or("what Meta gives is no JPEG, PNG or WebP")?;
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

/// What a picture is, by how it begins. **Source:** each format's signature.
fn mime_of(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}
