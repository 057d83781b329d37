//! Finds the PostgreSQL programs installed on this machine.
//!
//! Looks, in this order, on the search path, where `pg_config` points, and where Debian, Red Hat
//! and Homebrew put versions side by side. The first that is recent enough wins.

use std::path::{Path, PathBuf};

use tokio::process::Command;

/// The oldest major version that knows `unique nulls not distinct`, which our tables use.
///
/// **Source:** PostgreSQL 15 release notes, E.1.3.1.
pub const MAJOR_MIN: u32 = 15;

/// Where distributions keep several versions: a folder, and what follows the version.
const SHELVES: &[(&str, &str)] = &[
    ("/usr/lib/postgresql", "bin"),
    ("/usr", "bin"),
    ("/opt/homebrew/opt", "bin"),
    ("/usr/local/opt", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "bin"),
];

/// `initdb` and `postgres` of one version.
#[derive(Debug, Clone)]
pub struct Binaries {
    /// The folder they are in; `None` when the search path leads to them.
    folder: Option<PathBuf>,
    /// Their major version.
    pub major: u32,
}

impl Binaries {
    /// The installed programs to use; only major version `major_wanted` when that is given, since
    /// a cluster opens only with the version that made it.
    pub async fn find(major_wanted: Option<u32>) -> Option<Self> {
        for folder in candidates().await {
            let Some(major) = major_in(folder.as_deref()).await else {
                continue;
            };
            if major_wanted.map_or(major >= MAJOR_MIN, |wanted| major == wanted) {
                return Some(Self { folder, major });
            }
        }
        None
    }

    /// The programs in `folder`, when they are there and recent enough.
    pub async fn in_folder(folder: &Path) -> Option<Self> {
        let major = major_in(Some(folder)).await?;
        (major >= MAJOR_MIN).then(|| Self {
            folder: Some(folder.to_owned()),
            major,
        })
    }

    /// What to run for `initdb`.
    #[must_use]
    pub fn initdb(&self) -> PathBuf {
        program(self.folder.as_deref(), "initdb")
    }

    /// What to run for the server.
    #[must_use]
    pub fn server(&self) -> PathBuf {
        program(self.folder.as_deref(), "postgres")
    }
}

fn program(folder: Option<&Path>, name: &str) -> PathBuf {
    folder.map_or_else(|| PathBuf::from(name), |folder| folder.join(name))
}

async fn candidates() -> Vec<Option<PathBuf>> {
    let mut candidates = vec![None];
    if let Some(line) = first_line(Path::new("pg_config"), "--bindir").await {
        candidates.push(Some(PathBuf::from(line)));
    }
    for (shelf, bin) in SHELVES {
        let mut versions: Vec<PathBuf> = std::fs::read_dir(shelf)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| is_a_version(&entry.file_name().to_string_lossy()))
            .map(|entry| entry.path().join(bin))
            .collect();
        // The newest first; names of one shelf have one shape, so the text's order will do.
        versions.sort_unstable_by(|one, other| other.cmp(one));
        candidates.extend(versions.into_iter().map(Some));
    }
    candidates
}

/// `16` (Debian), `pgsql-16` (Red Hat), `postgresql@16` (Homebrew).
fn is_a_version(name: &str) -> bool {
    let number = name
        .strip_prefix("pgsql-")
        .or_else(|| name.strip_prefix("postgresql@"))
        .unwrap_or(name);
    number.parse::<u32>().is_ok()
}

/// The version both programs agree on; `None` when one is missing.
async fn major_in(folder: Option<&Path>) -> Option<u32> {
    let server = first_line(&program(folder, "postgres"), "--version").await?;
    let initdb = first_line(&program(folder, "initdb"), "--version").await?;
    let major = major_of(&server)?;
    (major_of(&initdb)? == major).then_some(major)
}

async fn first_line(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().await.ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` → 15.
fn major_of(version: &str) -> Option<u32> {
    let (_, number) = version.split_once("(PostgreSQL) ")?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_read_from_releases_and_previews() {
        assert_eq!(
            major_of("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major_of("initdb (PostgreSQL) 18beta2"), Some(18));
        assert_eq!(major_of("psql 15"), None);
    }

    #[test]
    fn folders_of_all_three_distributions_are_seen_as_versions() {
        for name in ["16", "pgsql-16", "postgresql@16"] {
            assert!(is_a_version(name), "{name}");
        }
        for name in ["bin", "postgresql", "lib64"] {
            assert!(!is_a_version(name), "{name}");
        }
    }
}
