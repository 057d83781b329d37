//! An upload in parts: begun, filled, and either completed or aborted.

use aws_sdk_s3::{
    primitives::ByteStream,
    types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart},
};
use bytes::Bytes;
use tokio::task::JoinSet;

use super::{ObjectsError, staging::Target};

/// Parts of one object on their way at a time: enough to keep the wire busy while the next one fills,
/// few enough that a large video leaves buffers to others.
const PARTS_IN_FLIGHT: usize = 3;

/// **Source:** Amazon S3 multipart upload limits.
const PARTS_MAX: i32 = 10_000;

/// Lets S3 refuse a damaged body. CRC because it costs next to nothing on both sides; our SHA-256 is for
/// telling media apart and runs over whole bodies, not over parts.
pub(super) const CHECKSUM: ChecksumAlgorithm = ChecksumAlgorithm::Crc32;

/// An upload in parts. Dropping it without completing it aborts it.
#[derive(Debug)]
pub(super) struct Multipart {
    target: Target,
    /// `None` once completed or aborted.
    upload_id: Option<String>,
    next_part: i32,
    in_flight: JoinSet<Result<CompletedPart, ObjectsError>>,
    done: Vec<CompletedPart>,
}

impl Multipart {
    /// Begins an upload; nothing is readable before it is completed.
    pub(super) async fn create(target: Target) -> Result<Self, ObjectsError> {
        const DOING: &str = "beginning a multipart upload";
        let request = target
            .objects
            .s3
            .create_multipart_upload()
            .bucket(&target.objects.bucket);
        let created = request.key(&target.key).content_type(target.content_type);
        let created = created.checksum_algorithm(CHECKSUM).send().await;
        let created = created.map_err(|e| ObjectsError::of(DOING, e))?;
        let upload_id = created
            .upload_id
            .ok_or_else(|| ObjectsError::of(DOING, NoUploadId))?;
        let (in_flight, done) = (JoinSet::new(), Vec::new());
        Ok(Self {
            target,
            upload_id: Some(upload_id),
            next_part: 1,
            in_flight,
            done,
        })
    }

    /// Sends the next part in the background, waiting while too many are on their way.
    pub(super) async fn send(&mut self, part: Bytes) -> Result<(), ObjectsError> {
        if self.next_part > PARTS_MAX {
            return Err(ObjectsError::TooManyParts(PARTS_MAX));
        }
        while self.in_flight.len() >= PARTS_IN_FLIGHT {
            self.finish_one().await?;
        }
        let (target, number) = (self.target.clone(), self.next_part);
        let upload_id = self.upload_id.clone().unwrap_or_default();
        self.in_flight
            .spawn(async move { upload_part(&target, upload_id, number, part).await });
        self.next_part += 1;
        Ok(())
    }

    /// Waits for one part; false when none is on its way.
    pub(super) async fn finish_one(&mut self) -> Result<bool, ObjectsError> {
        let Some(finished) = self.in_flight.join_next().await else {
            return Ok(false);
        };
        self.done
            .push(finished.map_err(|_| ObjectsError::Stopped)??);
        Ok(true)
    }

    /// Makes the parts one object.
    pub(super) async fn complete(mut self) -> Result<(), ObjectsError> {
        let mut parts = std::mem::take(&mut self.done);
        parts.sort_by_key(|part| part.part_number);
        let whole = CompletedMultipartUpload::builder()
            .set_parts(Some(parts))
            .build();
        let Target { objects, key, .. } = &self.target;
        let request = objects
            .s3
            .complete_multipart_upload()
            .bucket(&objects.bucket)
            .key(key);
        let request = request
            .set_upload_id(self.upload_id.clone())
            .multipart_upload(whole);
        request
            .send()
            .await
            .map_err(|e| ObjectsError::of("completing a multipart upload", e))?;
        self.upload_id = None;
        Ok(())
    }

    /// Stops the parts first: one that lands after the abort would be kept, and paid for.
    pub(super) async fn abort(mut self) {
        let Some(upload_id) = self.upload_id.take() else {
            return;
        };
        let (target, mut in_flight) = (self.target.clone(), std::mem::take(&mut self.in_flight));
        abort(target, upload_id, &mut in_flight).await;
    }
}

impl Drop for Multipart {
    /// The bucket's lifecycle rule clears what this cannot, as when the process dies.
    fn drop(&mut self) {
        let (Some(upload_id), Ok(runtime)) =
            (self.upload_id.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let (target, mut in_flight) = (self.target.clone(), std::mem::take(&mut self.in_flight));
        runtime.spawn(async move { abort(target, upload_id, &mut in_flight).await });
    }
}

async fn abort(
    target: Target,
    upload_id: String,
    in_flight: &mut JoinSet<Result<CompletedPart, ObjectsError>>,
) {
    in_flight.shutdown().await;
    let request = target
        .objects
        .s3
        .abort_multipart_upload()
        .bucket(&target.objects.bucket);
    if let Err(error) = request.key(&target.key).upload_id(upload_id).send().await {
        tracing::warn!(error = %ObjectsError::of("aborting a multipart upload", error), "parts are left to the lifecycle rule");
    }
}

async fn upload_part(
    target: &Target,
    upload_id: String,
    number: i32,
    part: Bytes,
) -> Result<CompletedPart, ObjectsError> {
    let request = target
        .objects
        .s3
        .upload_part()
        .bucket(&target.objects.bucket)
        .key(&target.key);
    let request = request
        .upload_id(upload_id)
        .part_number(number)
        .checksum_algorithm(CHECKSUM)
        .body(ByteStream::from(part));
    let sent = request.customize().disable_payload_signing().send().await;
    let sent = sent.map_err(|e| ObjectsError::of("uploading a part", e))?;
    Ok(CompletedPart::builder()
        .part_number(number)
        .set_e_tag(sent.e_tag)
        .set_checksum_crc32(sent.checksum_crc32)
        .build())
}

/// S3 answered a new multipart upload without its id.
#[derive(Debug, thiserror::Error)]
#[error("the answer names no upload")]
struct NoUploadId;
