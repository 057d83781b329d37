//! A PostgreSQL of our own on loopback, or the one somebody gave us.
//!
//! With a database address given, that is used and nothing is started. Otherwise a server is
//! started from the installed programs, on a free port, reachable only by TCP on 127.0.0.1 with a
//! password made for it. Two kinds: one that stays between starts (in the data folder), and one
//! for a single test run, which trades safety at a power cut for speed and is removed afterwards.
//!
//! Nothing is left behind: a [`crate::keeper`] stops the server even when we are killed.

mod binaries;
mod cluster;
mod create;
#[cfg(feature = "download-postgres")]
mod download;
mod owner;

use std::path::{Path, PathBuf};

use anyhow::Context;

pub use binaries::{Binaries, MAJOR_MIN};
use cluster::Cluster;
pub(crate) use create::write_secret;

/// Where the database comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// It runs already, at this address.
    Given(String),
    /// Ours, kept in this folder from one start to the next.
    Kept(PathBuf),
    /// Ours, removed at the end.
    ThrowAway,
}

/// A database that can be used until it is stopped.
#[derive(Debug)]
pub struct Postgres {
    url: String,
    cluster: Option<Cluster>,
}

impl Postgres {
    /// Makes the database available: connects, or starts a server and waits until it answers.
    ///
    /// # Errors
    /// When no programs are installed, the server does not come up within 30 s (its own words are
    /// part of the message), or the given address does not answer. Nothing keeps running.
    pub async fn start(source: Source) -> anyhow::Result<Self> {
        let (url, cluster) = match source {
            Source::Given(url) => (url, None),
            Source::Kept(folder) => {
                let cluster = Cluster::start(&folder, cluster::Life::Kept).await?;
                (cluster.url(), Some(cluster))
            }
            Source::ThrowAway => {
                let folder = tempfile::Builder::new()
                    .prefix("sundial-pg-")
                    .tempdir()
                    .context("making a folder for the throw-away database")?
                    .keep();
                let cluster = Cluster::start(&folder, cluster::Life::ThrowAway).await?;
                (cluster.url(), Some(cluster))
            }
        };
        let postgres = Self { url, cluster };
        match postgres.check().await {
            Ok(()) => Ok(postgres),
            Err(error) => {
                postgres.stop().await?;
                Err(error)
            }
        }
    }

    /// The address to connect to, password included.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address without its password, for people to read.
    #[must_use]
    pub fn address(&self) -> String {
        url::Url::parse(&self.url).map_or_else(
            |_| "an address that is no URL".to_owned(),
            |url| {
                let host = url.host_str().unwrap_or("localhost");
                format!("{host}:{}{}", url.port().unwrap_or(5432), url.path())
            },
        )
    }

    /// The folder of our own server; `None` when the database was given.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        self.cluster.as_ref().map(Cluster::folder)
    }

    async fn check(&self) -> anyhow::Result<()> {
        use sqlx::Connection as _;
        let mut connection = sqlx::PgConnection::connect(&self.url)
            .await
            .with_context(|| format!("connecting to PostgreSQL at {}", self.address()))?;
        let (version,): (i32,) =
            sqlx::query_as("select current_setting('server_version_num')::int")
                .fetch_one(&mut connection)
                .await?;
        connection.close().await?;
        let major = version / 10_000;
        anyhow::ensure!(
            u32::try_from(major).is_ok_and(|major| major >= MAJOR_MIN),
            "PostgreSQL {major} at {} is too old, {MAJOR_MIN} is needed",
            self.address()
        );
        Ok(())
    }

    /// Stops what was started; a given database is left alone.
    ///
    /// # Errors
    /// When the server does not stop. It has been told to, as hard as it can be.
    pub async fn stop(self) -> anyhow::Result<()> {
        match self.cluster {
            Some(cluster) => cluster.stop().await,
            None => Ok(()),
        }
    }
}
