//! Who the server runs as. PostgreSQL refuses to run as root, so root lends its folder to somebody.

use std::{
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::Context;
use sha2::{Digest, Sha256};
use tokio::process::Command;

/// Who may be lent the folder, in order of preference. Packages create the first; every Unix has
/// the second.
const LENT_TO: &[&str] = &["postgres", "nobody"];

/// The account the server runs under.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner {
    /// Whoever we are.
    Us,
    /// We are root, and this is somebody who is not.
    Lent {
        /// User id.
        uid: u32,
        /// Group id.
        gid: u32,
    },
}

impl Owner {
    /// Finds out who we are and, for root, whom to run as.
    ///
    /// # Errors
    /// When we are root and none of the usual unprivileged accounts exists.
    pub(super) async fn find() -> anyhow::Result<Self> {
        if id(&["-u"]).await? != 0 {
            return Ok(Self::Us);
        }
        for name in LENT_TO {
            if let (Ok(uid), Ok(gid)) = (id(&["-u", name]).await, id(&["-g", name]).await) {
                return Ok(Self::Lent { uid, gid });
            }
        }
        anyhow::bail!(
            "PostgreSQL does not run as root, and none of these users exists: {LENT_TO:?}"
        )
    }

    /// A command that will run as this owner.
    #[must_use]
    pub(super) fn command(self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Self::Lent { uid, gid } = self {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Hands over one file or folder, not what is in it.
    ///
    /// # Errors
    /// When ownership cannot be changed.
    pub(super) fn give(self, path: &Path) -> anyhow::Result<()> {
        if let Self::Lent { uid, gid } = self {
            chown(path, Some(uid), Some(gid))
                .with_context(|| format!("handing {} to user {uid}", path.display()))?;
        }
        Ok(())
    }

    /// `wanted`, when this owner can get there; otherwise a folder in `/var/tmp` that belongs to
    /// `wanted` alone. A data folder below `/root` is the case: its parents let nobody through.
    pub(super) async fn reachable(self, wanted: &Path) -> PathBuf {
        let Self::Lent { .. } = self else {
            return wanted.to_owned();
        };
        let parent = wanted.parent().unwrap_or(wanted);
        let entered = self
            .command(Path::new("/bin/sh"))
            .args(["-c", r#"cd "$1""#, "sh"])
            .arg(parent)
            .current_dir("/")
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await;
        if entered.is_ok_and(|status| status.success()) {
            return wanted.to_owned();
        }
        let name = hex::encode(Sha256::digest(wanted.as_os_str().as_encoded_bytes()));
        Path::new("/var/tmp").join(format!("sundial-{}", name.get(..16).unwrap_or(&name)))
    }
}

async fn id(arguments: &[&str]) -> anyhow::Result<u32> {
    let output = Command::new("id")
        .args(arguments)
        .output()
        .await
        .context("asking `id` who we are")?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim()
        .parse()
        .with_context(|| format!("`id {}` gave no number", arguments.join(" ")))
}
