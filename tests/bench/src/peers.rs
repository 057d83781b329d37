//! The same files copied by public tools.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use sundial_local::{objects, stack::REGION};
use tokio::{process::Command, time::Instant};

use crate::files::{self, IMAGES};

/// Copies at a time, the same for all.
pub(crate) const AT_ONCE: u32 = 8;

/// True when a program can be started.
pub(crate) async fn is_installed(program: &str) -> bool {
    let asked = Command::new(program).arg("--version").output().await;
    asked.is_ok_and(|output| output.status.success())
}

/// Whether rclone only copies, or does what the function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rclone {
    /// Copies.
    Plain,
    /// Copies through its `hasher`, which takes the SHA-256 on the way and keeps it in a database.
    Hashing,
}

/// rclone from the origin into a bucket, as a fresh process with its own defaults and its cache in `home`.
pub(crate) async fn rclone(
    kind: Rclone,
    (origin, home): (&str, &Path),
    s3: &str,
    bucket: &str,
) -> anyhow::Result<Duration> {
    let mut command = Command::new("rclone");
    command
        // With it in the environment rclone 1.60 refuses to start.
        .env_remove("AWS_CA_BUNDLE")
        .env("RCLONE_CONFIG", "/dev/null")
        .env("RCLONE_CONFIG_SRC_TYPE", "http")
        .env(
            "RCLONE_CONFIG_SRC_URL",
            format!("{origin}/{}/", files::pictures()),
        )
        .env("RCLONE_CONFIG_DST_TYPE", "s3")
        .env("RCLONE_CONFIG_DST_PROVIDER", "Other")
        .env("RCLONE_CONFIG_DST_ENDPOINT", s3)
        .env("RCLONE_CONFIG_DST_REGION", REGION)
        .env("RCLONE_CONFIG_DST_ACCESS_KEY_ID", objects::ACCESS_KEY)
        .env("RCLONE_CONFIG_DST_SECRET_ACCESS_KEY", objects::SECRET_KEY)
        .env("RCLONE_CONFIG_HASHED_TYPE", "hasher")
        .env(
            "RCLONE_CONFIG_HASHED_REMOTE",
            format!("dst:{bucket}/rclone"),
        )
        .env("RCLONE_CONFIG_HASHED_HASHES", "sha256")
        .args(["--transfers", &AT_ONCE.to_string(), "--cache-dir"])
        .arg(home.join("rclone"))
        .args(["copy", "src:"])
        .arg(match kind {
            Rclone::Plain => format!("dst:{bucket}/rclone"),
            Rclone::Hashing => "hashed:".to_owned(),
        });
    timed(command).await.context("copying with rclone")
}

/// curl from the origin to files: no S3 at all, what the origin and the disk can do.
pub(crate) async fn curl(origin: &str, folder: &Path) -> anyhow::Result<Duration> {
    std::fs::create_dir_all(folder)?;
    let line = |number: u64| {
        let file: PathBuf = folder.join(format!("{number}.jpg"));
        format!(
            "url = \"{origin}/{}\"\noutput = \"{}\"\n",
            files::picture(number),
            file.display()
        )
    };
    let list = folder.join("list");
    std::fs::write(&list, (0..u64::from(IMAGES)).map(line).collect::<String>())?;
    let mut command = Command::new("curl");
    command
        .args([
            "-s",
            "-f",
            "-Z",
            "--parallel-max",
            &AT_ONCE.to_string(),
            "-K",
        ])
        .arg(&list);
    timed(command).await.context("copying with curl")
}

async fn timed(mut command: Command) -> anyhow::Result<Duration> {
    let from = Instant::now();
    let output = command.kill_on_drop(true).output().await?;
    let took = from.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{}: {said}", output.status);
    Ok(took)
}
