//! What is done once for every new cluster.

use std::{fs, path::Path, process::Stdio};

use anyhow::Context;

use super::{Binaries, owner::Owner};

/// The role that owns everything in a server of ours.
pub(super) const ROLE: &str = "sundial";

/// The database we work in.
pub(super) const DATABASE: &str = "sundial";

/// Fills `folder`: a password, and a cluster that appears under its name only when complete.
pub(super) async fn create(folder: &Path, owner: Owner, binaries: &Binaries) -> anyhow::Result<()> {
    let (unfinished, password) = (folder.join("cluster.new"), folder.join("password"));
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    write_secret(&password, &uuid::Uuid::new_v4().simple().to_string())?;
    owner.give(&password)?;
    let output = owner
        .command(&binaries.initdb())
        .args([
            "--no-sync",
            "--encoding=UTF8",
            "--locale=C",
            "--auth=password",
        ])
        .args(["--username", ROLE, "--pwfile"])
        .arg(&password)
        .arg("-D")
        .arg(&unfinished)
        .current_dir("/")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .context("starting initdb")?;
    anyhow::ensure!(
        output.status.success(),
        "initdb ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    fs::rename(&unfinished, folder.join("cluster")).context("naming the new cluster")
}

/// Writes what only its owner may read.
pub(crate) fn write_secret(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    fs::remove_file(path).ok();
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("writing {}", path.display()))?;
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// Makes our database when it is not there.
pub(super) async fn create_database(url: &str) -> Result<(), sqlx::Error> {
    use sqlx::Connection as _;
    let mut connection = sqlx::PgConnection::connect(url).await?;
    let existing = sqlx::query("select 1 from pg_database where datname = $1")
        .bind(DATABASE)
        .fetch_optional(&mut connection)
        .await?;
    if existing.is_none() {
        sqlx::query(&format!("create database {DATABASE}"))
            .execute(&mut connection)
            .await?;
    }
    connection.close().await
}
