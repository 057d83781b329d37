//! Objects in S3: streamed in, hashed once, visible only when whole.
//!
//! A body is pushed piece by piece into a [`Staging`]; [`Staged::publish`] makes it an object. Up to one part
//! goes up as a single PutObject, anything longer as a multipart upload whose parts leave while the next
//! ones arrive. Until `publish` nothing can be read under the key; a staging that is dropped instead
//! leaves nothing behind. Publishing the same bytes under the same key twice is safe.

mod error;
mod multipart;
mod pool;
mod staging;
#[cfg(test)]
mod tests;

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client,
    config::{RequestChecksumCalculation, timeout::TimeoutConfig},
    presigning::PresigningConfig,
    primitives::ByteStream,
};
use aws_types::service_config::ServiceConfigKey;
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt as _, stream};
use sha2::{Digest as _, Sha256};

pub use error::ObjectsError;
use pool::BufferPool;
pub use staging::{Staged, Staging};

/// Longest one request may take, a part of 8 MiB included: 140 kB/s, far below what S3 gives.
const ATTEMPT_MAX: Duration = Duration::from_secs(60);

/// What an error of reading says was being done.
const DOING_READ: &str = "reading an object";

/// The bucket and what it takes to write to it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    s3: Client,
    bucket: String,
    pool: BufferPool,
}

/// An object that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its key in the bucket.
    pub key: String,
    /// Its size.
    pub bytes: u64,
}

impl Objects {
    /// Opens a bucket with the account's settings. An endpoint override (`AWS_ENDPOINT_URL_S3` or
    /// `AWS_ENDPOINT_URL`) means a stand-in, which is addressed by path instead of by host name.
    #[must_use]
    pub fn open(aws: &SdkConfig, bucket: impl Into<String>) -> Self {
        let base = aws_sdk_s3::Config::from(aws);
        // The service's own override is not in the shared settings but is read from the same place.
        let is_stand_in = aws.endpoint_url().is_some() || has_endpoint_of_its_own(aws);
        let config = base
            .to_builder()
            .force_path_style(is_stand_in)
            // Otherwise the checksum we name is announced and not sent.
            .request_checksum_calculation(RequestChecksumCalculation::WhenSupported)
            .timeout_config(
                TimeoutConfig::builder()
                    .operation_attempt_timeout(ATTEMPT_MAX)
                    .build(),
            )
            .build();
        Self {
            s3: Client::from_conf(config),
            bucket: bucket.into(),
            pool: BufferPool::new(),
        }
    }

    /// Begins an object. Nothing is sent before a full part has come together or the body has ended.
    #[must_use]
    pub fn stage(&self, key: impl Into<String>, content_type: &'static str) -> Staging {
        Staging::new(self.clone(), key.into(), content_type)
    }

    /// The size of an object, `None` when there is none under `key`.
    ///
    /// # Errors
    /// [`ObjectsError`] when S3 does not say.
    pub async fn bytes_of(&self, key: &str) -> Result<Option<u64>, ObjectsError> {
        match self
            .s3
            .head_object()
            .bucket(&self.bucket)
            .key(key)
            .send()
            .await
        {
            Ok(found) => Ok(found
                .content_length()
                .and_then(|length| length.try_into().ok())),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_not_found()) => Ok(None),
            Err(error) => Err(ObjectsError::of("looking for an object", error)),
        }
    }

    /// The first object whose key starts with `prefix`.
    ///
    /// # Errors
    /// [`ObjectsError`] when S3 does not say.
    pub async fn first_under(&self, prefix: &str) -> Result<Option<Stored>, ObjectsError> {
        let request = self
            .s3
            .list_objects_v2()
            .bucket(&self.bucket)
            .prefix(prefix)
            .max_keys(1);
        let found = request
            .send()
            .await
            .map_err(|e| ObjectsError::of("listing objects", e))?;
        Ok(found.contents().first().and_then(|object| {
            let bytes = object.size()?.try_into().ok()?;
            Some(Stored {
                key: object.key()?.to_owned(),
                bytes,
            })
        }))
    }

    /// An address at which an object can be read for so long by whoever has it, at most seven days, and no longer than
    /// the function's own credentials live. Nothing is asked: whether there is such an object shows when it is read.
    ///
    /// # Errors
    /// [`ObjectsError`] when there are no credentials, or `valid_for` is longer.
    pub async fn link(&self, key: &str, valid_for: Duration) -> Result<String, ObjectsError> {
        const DOING: &str = "making a link to an object";
        let config = PresigningConfig::expires_in(valid_for)
            .map_err(|error| ObjectsError::of(DOING, error))?;
        let request = self.s3.get_object().bucket(&self.bucket).key(key);
        let signed = request.presigned(config).await;
        let signed = signed.map_err(|error| ObjectsError::of(DOING, error))?;
        Ok(signed.uri().to_owned())
    }

    /// An object of at most `bytes_max` bytes, whole; `None` when there is none under `key`.
    ///
    /// # Errors
    /// [`ObjectsError`] when it is larger, or when it cannot be read to its end.
    pub async fn read(&self, key: &str, bytes_max: u64) -> Result<Option<Bytes>, ObjectsError> {
        let Some(mut body) = self.find(key, DOING_READ).await? else {
            return Ok(None);
        };
        let mut bytes = BytesMut::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|e| ObjectsError::of(DOING_READ, e))?;
            bytes.extend_from_slice(&chunk);
            if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bytes_max {
                let error = format!("it has more than {bytes_max} bytes");
                return Err(ObjectsError::of(DOING_READ, std::io::Error::other(error)));
            }
        }
        Ok(Some(bytes.freeze()))
    }

    /// An object, piece by piece; `None` when there is none under `key`.
    ///
    /// # Errors
    /// [`ObjectsError`] when S3 does not say. Of the stream, when it cannot be read to its end.
    pub async fn stream(
        &self,
        key: &str,
    ) -> Result<Option<impl Stream<Item = Result<Bytes, ObjectsError>> + Send + use<>>, ObjectsError>
    {
        let Some(body) = self.find(key, DOING_READ).await? else {
            return Ok(None);
        };
        let pieces = stream::unfold(body, |mut body| async {
            let chunk = body.next().await?;
            Some((chunk.map_err(|e| ObjectsError::of(DOING_READ, e)), body))
        });
        Ok(Some(pieces.fuse()))
    }

    async fn find(
        &self,
        key: &str,
        doing: &'static str,
    ) -> Result<Option<ByteStream>, ObjectsError> {
        let request = self.s3.get_object().bucket(&self.bucket).key(key);
        match request.send().await {
            Ok(found) => Ok(Some(found.body)),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_no_such_key()) => Ok(None),
            Err(error) => Err(ObjectsError::of(doing, error)),
        }
    }

    /// Reads an object back and hashes it.
    ///
    /// # Errors
    /// [`ObjectsError`] when it cannot be read to its end.
    pub async fn sha256_of(&self, key: &str) -> Result<[u8; 32], ObjectsError> {
        const DOING: &str = "reading an object back";
        let request = self.s3.get_object().bucket(&self.bucket).key(key);
        let found = request.send().await;
        let mut body = found.map_err(|e| ObjectsError::of(DOING, e))?.body;
        let mut hash = Sha256::new();
        while let Some(chunk) = body.next().await {
            hash.update(&chunk.map_err(|e| ObjectsError::of(DOING, e))?);
        }
        Ok(hash.finalize().into())
    }
}

/// True when the environment or the profile names an endpoint for S3 alone.
fn has_endpoint_of_its_own(aws: &SdkConfig) -> bool {
    let key = ServiceConfigKey::builder()
        .service_id("S3")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let settings = aws.service_config();
    settings
        .zip(key.ok())
        .is_some_and(|(settings, key)| settings.load_config(key).is_some())
}
