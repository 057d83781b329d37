//! Media on their way to Gemini: small ones within the question, large ones as files of Google's that are noted
//! before they exist and deleted after they were looked at.

use std::time::Duration;

use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};
use shared::{
    clients::gemini::{Class, FileState, GeminiError, Part, RemoteFile, Upload},
    domain::{JobError, RunId, chain, classification::Media, provider::Provider},
    steps::questions::{ATTEMPTS_MAX, Trouble, given_up},
    store::{Database, Scope, logs::Level, remote_files},
};

use tokio::time::timeout;

use crate::work::Work;

/// Bytes of pictures within one question. Several questions are asked at once, and each holds its pictures.
const INLINE_BYTES_MAX: u64 = 8 << 20;

/// How long Google may process a file before it is given up.
/// **Source:** the limit of the system before; most videos of ads take some seconds.
const PROCESSING_MAX: Duration = Duration::from_secs(180);

/// Files older than this belong to no invocation that is still alive: Lambda ends each after 15 minutes.
const ORPHANED_AFTER: TimeDelta = TimeDelta::minutes(20);

/// Files cleaned up in one go.
const ORPHANS_MAX: i64 = 100;

/// Hexadecimal digits of a digest in a file's name, of 40 characters.
const NAME_DIGITS: usize = 31;

/// Pictures that models read. **Source:** Gemini API, "Image understanding".
const READ: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/heic"];

/// Whether models read pictures of this type; of the others, as of GIF, there may be a thumbnail.
pub(crate) fn can_be_read(mime: &str) -> bool {
    READ.contains(&mime)
}

/// Media as parts of a question, and the files that are to be deleted afterwards.
#[derive(Debug, Default)]
pub(crate) struct Attached {
    pub(crate) parts: Vec<Part>,
    files: Vec<String>,
}

impl Work<'_> {
    /// Pictures, small enough to go within the question, or as files. The inner error is that there are
    /// none.
    pub(crate) async fn attach_images(
        &self,
        ad: &str,
        images: &[Media],
        attempt: i32,
    ) -> Result<Result<Attached, String>, Trouble> {
        let images: Vec<Media> = images
            .iter()
            .filter(|image| can_be_read(&image.mime_type))
            .cloned()
            .collect();
        if images.is_empty() {
            return Ok(Err("no model reads pictures of this kind".to_owned()));
        }
        let bytes: u64 = images.iter().map(|image| image.bytes).sum();
        if bytes > INLINE_BYTES_MAX {
            return self.attach_files(ad, &images, attempt).await.map(Ok);
        }
        let mut attached = Attached::default();
        for image in &images {
            match self
                .clients
                .objects
                .read(&image.storage_path, INLINE_BYTES_MAX)
                .await
            {
                Ok(None) => return Ok(Err("the bucket does not have it".to_owned())),
                Ok(Some(bytes)) => attached.parts.push(Part::Inline {
                    mime: image.mime_type.clone(),
                    bytes,
                }),
                Err(error) => return Err(JobError::retry("reading a picture")(error).into()),
            }
        }
        Ok(Ok(attached))
    }

    /// Media as files of Google's, once they can be used.
    pub(crate) async fn attach_files(
        &self,
        ad: &str,
        media: &[Media],
        attempt: i32,
    ) -> Result<Attached, Trouble> {
        let mut attached = Attached::default();
        for medium in media {
            let name = name(self.run.id, ad, medium);
            attached.files.push(name.clone());
            match self.upload((&name, medium), attempt).await {
                Ok(uri) => attached.parts.push(Part::File {
                    mime: medium.mime_type.clone(),
                    uri,
                }),
                Err(trouble) => {
                    self.detach(attached).await;
                    return Err(trouble);
                }
            }
        }
        Ok(attached)
    }

    /// Deletes what was attached. What cannot be deleted now is by a later run.
    pub(crate) async fn detach(&self, attached: Attached) {
        for name in attached.files {
            if let Err(error) = self.delete(&name).await {
                self.run.log(
                    Level::Warn,
                    format!("{name} could not be deleted at Google, the next run does: {error}"),
                );
            }
        }
    }

    /// Deletes files that invocations which were cut off have left at Google, of whichever brand.
    pub(crate) async fn clean_up(&self) -> Result<(), JobError> {
        let before = self.run.now() - ORPHANED_AFTER;
        let orphans = self
            .everybody()
            .in_tx("looking for left files", async |tx| {
                remote_files::orphans(tx, Provider::Google, before, ORPHANS_MAX).await
            })
            .await?;
        for name in orphans {
            if self.is_short_of_time() {
                break;
            }
            match self.delete(&name).await {
                Ok(()) => {}
                Err(Trouble::Run(error)) => return Err(error),
                Err(error) => {
                    let line = format!("{name} is left at Google for now: {error}");
                    self.run.log(Level::Warn, line);
                    break;
                }
            }
        }
        Ok(())
    }

    /// Uploads a file and waits until it can be used. Returns where models find it.
    async fn upload(
        &self,
        (name, medium): (&str, &Media),
        attempt: i32,
    ) -> Result<String, Trouble> {
        let file = (Provider::Google, name);
        self.run
            .db()
            .in_tx("noting a file", async |tx| {
                remote_files::note(tx, file, (self.brand, self.run.id), self.run.now()).await
            })
            .await?;
        let body = self.clients.objects.stream(&medium.storage_path).await;
        let body = body.map_err(JobError::retry("reading a medium"))?;
        let body = body.ok_or_else(|| Trouble::Ad {
            kind: "storage",
            message: format!("the bucket does not have {}", medium.storage_path),
        })?;
        let upload = Upload {
            name,
            mime: &medium.mime_type,
            bytes_total: medium.bytes,
        };
        let left = self.run.time_left().saturating_sub(self.time_left_min / 4);
        let uploaded = timeout(left, self.clients.gemini.upload(&upload, body)).await;
        let uploaded = uploaded.map_err(|_| Trouble::not_now(Duration::ZERO))?;
        let found = uploaded.map_err(|error| self.broken(&error, attempt))?;
        self.run
            .db()
            .in_tx("noting a file", async |tx| {
                remote_files::uploaded(tx, file, self.run.now()).await
            })
            .await?;
        self.until_active(found, attempt).await
    }

    async fn until_active(&self, mut found: RemoteFile, attempt: i32) -> Result<String, Trouble> {
        let mut waited = Duration::ZERO;
        loop {
            match &found.state {
                FileState::Active => return Ok(found.uri),
                FileState::Failed { reason } => {
                    return Err(Trouble::Ad {
                        kind: "file_failed",
                        message: format!("Google could not process the file: {reason}"),
                    });
                }
                FileState::Processing if self.is_short_of_time() => {
                    return Err(Trouble::not_now(Duration::ZERO));
                }
                FileState::Processing if waited >= PROCESSING_MAX => {
                    return Err(Trouble::Ad {
                        kind: "file_processing",
                        message: format!(
                            "Google still processes the file after {} s",
                            waited.as_secs()
                        ),
                    });
                }
                FileState::Processing => {}
            }
            tokio::time::sleep(self.clients.poll_every).await;
            waited += self.clients.poll_every.max(Duration::from_millis(1));
            match self.clients.gemini.file(&found.name).await {
                Ok(Some(looked)) => found = looked,
                Ok(None) => return Err(self.broken(&GeminiError::NoSuchFile, attempt)),
                // It is looked at again, as long as a file may be processed.
                Err(error) if error.class() == Class::Transient => {}
                Err(error) => return Err(self.broken(&error, attempt)),
            }
        }
    }

    /// An upload, or a look at a file, did not work.
    fn broken(&self, error: &GeminiError, attempt: i32) -> Trouble {
        match error.class() {
            Class::Throttled | Class::Daily => Trouble::not_now(error.pause(self.run.now())),
            Class::Config => Trouble::Run(JobError::give_up(chain(error))),
            Class::Transient | Class::File if attempt < ATTEMPTS_MAX => Trouble::Rest {
                delay: error.pause(self.run.now()),
                is_tried: true,
            },
            Class::Transient | Class::Input | Class::Answer | Class::File => given_up(error),
        }
    }

    /// The database with the rows of all: files that were left are whoever's.
    fn everybody(&self) -> Database {
        self.run.db().within(Scope::Installation)
    }

    async fn delete(&self, name: &str) -> Result<(), Trouble> {
        let deleted = self.clients.gemini.delete(name).await;
        deleted.map_err(|error| self.broken(&error, ATTEMPTS_MAX))?;
        self.everybody()
            .in_tx("noting that a file is gone", async |tx| {
                remote_files::deleted(tx, (Provider::Google, name), self.run.now()).await
            })
            .await?;
        Ok(())
    }
}

/// The file's name, the same in every invocation of a run, so that an upload that was cut off is gone on with.
fn name(run: RunId, ad: &str, medium: &Media) -> String {
    let digest = Sha256::new()
        .chain_update(run.0)
        .chain_update(medium.sha256)
        .chain_update(ad);
    let mut digits = hex::encode(digest.finalize());
    digits.truncate(NAME_DIGITS);
    format!("files/sundial-{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn medium(byte: u8) -> Media {
        Media {
            storage_path: "a/b.mp4".to_owned(),
            sha256: [byte; 32],
            mime_type: "video/mp4".to_owned(),
            bytes: 1,
            duration_seconds: None,
        }
    }

    #[test]
    fn a_name_is_of_the_run_the_ad_and_the_bytes_and_fits() {
        let run = RunId::new();
        let one = name(run, "1", &medium(1));

        assert_eq!(one, name(run, "1", &medium(1)));
        assert_ne!(one, name(run, "2", &medium(1)));
        assert_ne!(one, name(run, "1", &medium(2)));
        assert_ne!(one, name(RunId::new(), "1", &medium(1)));
        assert!(one.len() <= "files/".len() + 40, "{one}");
    }
}
