//! S3 on one machine: `s3s-fs` over HTTP, objects as files below one folder.
//!
//! An object is written to a temporary file and renamed, so it is never visible half-written: an
//! upload that breaks off, by PUT or in parts, leaves nothing under its key.
//!
//! Not imitated: permissions beyond one key pair, versions, lifecycle rules other than the removal
//! of uploads abandoned for a day, virtual-hosted addresses (use path style), encryption. A PUT
//! whose checksum is wrong is refused, but what it wrote stays readable. Bucket names need three
//! characters, and bucket and key together 130, since they become a file's name.

use std::{
    convert::Infallible,
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use anyhow::Context;
use axum::{Router, error_handling::HandleError, http::StatusCode};
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use s3s_fs::FileSystem;

use crate::server::Server;

/// The access key this S3 knows. No secret: it opens what is on this machine's loopback only.
pub const ACCESS_KEY: &str = "sundial-local";

/// The secret key that goes with [`ACCESS_KEY`].
pub const SECRET_KEY: &str = "sundial-local-secret";

/// How long an upload in parts may be left alone before it is removed, at the next start. What a
/// lifecycle rule does on AWS.
const ABANDONED_AFTER: Duration = Duration::from_secs(24 * 3600);

/// What `s3s-fs` calls the parts of an unfinished upload.
const PART_PREFIX: &str = ".upload_id-";

/// A running object store.
#[derive(Debug)]
pub struct Objects {
    folder: PathBuf,
    server: Server,
}

impl Objects {
    /// Serves the objects below `folder`, which is made when missing. Port 0 takes a free one.
    ///
    /// # Errors
    /// When the folder cannot be used or the port is taken.
    pub async fn start(folder: &Path, port: u16) -> anyhow::Result<Self> {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        remove_abandoned(folder).context("removing abandoned uploads")?;
        let files = FileSystem::new(folder)
            .map_err(|error| anyhow::anyhow!("opening {}: {error:?}", folder.display()))?;
        let mut service = S3ServiceBuilder::new(files);
        service.set_auth(SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY));
        let service = HandleError::new(service.build(), |error: s3s::HttpError| async move {
            tracing::warn!(?error, "an S3 request was not answered");
            Ok::<_, Infallible>(StatusCode::INTERNAL_SERVER_ERROR)
        });
        let server = Server::start(port, Router::new().fallback_service(service)).await?;
        Ok(Self {
            folder: folder.to_owned(),
            server,
        })
    }

    /// Makes a bucket; one that exists is left as it is.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create_bucket(&self, name: &str) -> anyhow::Result<()> {
        fs::create_dir_all(self.folder.join(name)).with_context(|| format!("making bucket {name}"))
    }

    /// The endpoint for `AWS_ENDPOINT_URL_S3`.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Stops answering. The objects stay.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

fn remove_abandoned(folder: &Path) -> std::io::Result<()> {
    let now = SystemTime::now();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_part = entry.file_name().to_string_lossy().starts_with(PART_PREFIX);
        let age = now.duration_since(entry.metadata()?.modified()?);
        if is_part && age.is_ok_and(|age| age > ABANDONED_AFTER) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
