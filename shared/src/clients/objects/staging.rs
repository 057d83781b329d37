//! One object on its way up, before anybody can see it.

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

use super::{
    Objects, ObjectsError, Stored,
    multipart::{CHECKSUM, Multipart},
    pool::{Buffer, PART_BYTES},
};

/// An object being pushed together. Dropping it takes back what has been sent.
#[derive(Debug)]
pub struct Staging {
    target: Target,
    hash: Sha256,
    bytes: u64,
    buffer: Option<Buffer>,
    multipart: Option<Multipart>,
}

/// A whole object that nobody can see yet. Dropping it takes back what has been sent.
#[derive(Debug)]
pub struct Staged {
    target: Target,
    sha256: [u8; 32],
    bytes: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    /// Still here, in one buffer.
    Single(Bytes),
    /// In parts at S3.
    Parts(Multipart),
}

/// Where an object goes.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) objects: Objects,
    pub(super) key: String,
    pub(super) content_type: &'static str,
}

impl Staging {
    pub(super) fn new(objects: Objects, key: String, content_type: &'static str) -> Self {
        let target = Target {
            objects,
            key,
            content_type,
        };
        Self {
            target,
            hash: Sha256::new(),
            bytes: 0,
            buffer: None,
            multipart: None,
        }
    }

    /// Takes the next piece of the body. Waits when buffers are short or too many parts are on their way.
    ///
    /// # Errors
    /// [`ObjectsError`] when a part could not be sent; drop the staging then.
    pub async fn push(&mut self, mut piece: Bytes) -> Result<(), ObjectsError> {
        self.hash.update(&piece);
        self.bytes = self
            .bytes
            .saturating_add(piece.len().try_into().unwrap_or(u64::MAX));
        while !piece.is_empty() {
            // A full buffer leaves only when more is to come, so that one exact part stays a single put.
            if self
                .buffer
                .as_ref()
                .is_some_and(|buffer| buffer.as_ref().len() == PART_BYTES)
            {
                self.send_buffer().await?;
            }
            self.buffer().await?.fill_from(&mut piece);
        }
        Ok(())
    }

    /// Ends the body: everything has been sent, or fits in one part and waits here.
    ///
    /// # Errors
    /// [`ObjectsError`] when a part could not be sent.
    pub async fn seal(mut self) -> Result<Staged, ObjectsError> {
        if self.multipart.is_some() && self.buffer.is_some() {
            self.send_buffer().await?;
        }
        let body = match self.multipart {
            None => Body::Single(self.buffer.map(Buffer::into_bytes).unwrap_or_default()),
            Some(mut multipart) => {
                while multipart.finish_one().await? {}
                Body::Parts(multipart)
            }
        };
        Ok(Staged {
            target: self.target,
            sha256: self.hash.finalize().into(),
            bytes: self.bytes,
            body,
        })
    }

    async fn buffer(&mut self) -> Result<&mut Buffer, ObjectsError> {
        let buffer = match self.buffer.take() {
            Some(buffer) => buffer,
            None => self
                .target
                .objects
                .pool
                .take()
                .await
                .ok_or(ObjectsError::Stopped)?,
        };
        Ok(self.buffer.insert(buffer))
    }

    async fn send_buffer(&mut self) -> Result<(), ObjectsError> {
        let Some(buffer) = self.buffer.take() else {
            return Ok(());
        };
        let multipart = match self.multipart.take() {
            Some(multipart) => multipart,
            None => Multipart::create(self.target.clone()).await?,
        };
        self.multipart
            .insert(multipart)
            .send(buffer.into_bytes())
            .await
    }
}

impl Staged {
    /// SHA-256 of the whole body.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Size of the whole body.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes the body an object, replacing what was under its key.
    ///
    /// # Errors
    /// [`ObjectsError`]; the object is then there whole or not at all.
    pub async fn publish(self) -> Result<Stored, ObjectsError> {
        match self.body {
            Body::Single(body) => self.target.put(body).await?,
            Body::Parts(multipart) => multipart.complete().await?,
        }
        Ok(Stored {
            key: self.target.key,
            bytes: self.bytes,
        })
    }

    /// Takes back what has been sent, and waits until that is done.
    pub async fn discard(self) {
        if let Body::Parts(multipart) = self.body {
            multipart.abort().await;
        }
    }
}

impl Target {
    async fn put(&self, body: Bytes) -> Result<(), ObjectsError> {
        let request = self
            .objects
            .s3
            .put_object()
            .bucket(&self.objects.bucket)
            .key(&self.key);
        let request = request
            .content_type(self.content_type)
            .checksum_algorithm(CHECKSUM)
            .body(ByteStream::from(body));
        // The signature would need a second SHA-256 over all of it.
        let sent = request.customize().disable_payload_signing().send().await;
        sent.map(drop)
            .map_err(|e| ObjectsError::of("putting an object", e))
    }
}
