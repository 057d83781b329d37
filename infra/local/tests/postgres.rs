//! The database for the length of a command, by the program people use.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use sqlx::Connection as _;
use sundial_local::postgres::{Postgres, Source};
use tokio::{io::AsyncReadExt as _, process::Command};

/// Far above what a start or a stop takes, so that it only ends tests that hang.
const PATIENCE: Duration = Duration::from_secs(60);

fn with_postgres(folder: &Path, script: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sundial-local"));
    command
        .args(["with-postgres", "--", "sh", "-c", script])
        .env_remove("DATABASE_URL")
        .env("TMPDIR", folder)
        .kill_on_drop(true);
    command
}

/// A folder for temporary files that everybody may use, as `/tmp` is: as root, the server runs as
/// somebody else.
fn open_folder() -> anyhow::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777))?;
    Ok(folder)
}

/// Waits until a path is gone, by a process that looks.
async fn gone(path: &Path) -> anyhow::Result<()> {
    let mut look = Command::new("sh")
        .args(["-c", r#"while [ -e "$1" ]; do sleep 0.02; done"#, "sh"])
        .arg(path)
        .kill_on_drop(true)
        .spawn()?;
    tokio::time::timeout(PATIENCE, look.wait()).await??;
    Ok(())
}

fn only_entry(folder: &Path) -> anyhow::Result<std::path::PathBuf> {
    let mut entries = std::fs::read_dir(folder)?;
    let only = entries
        .next()
        .context("one folder is expected, there is none")?;
    anyhow::ensure!(
        entries.next().is_none(),
        "one folder is expected, there are more"
    );
    Ok(only?.path())
}

#[tokio::test]
async fn the_status_of_the_command_is_passed_on_and_nothing_stays() -> anyhow::Result<()> {
    let folder = open_folder()?;

    let output = with_postgres(folder.path(), "echo $DATABASE_URL; exit 7")
        .output()
        .await?;

    assert_eq!(output.status.code(), Some(7));
    let url = String::from_utf8(output.stdout)?;
    assert!(url.starts_with("postgres://sundial:"), "{url}");
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0, "all removed");
    let refused = sqlx::PgConnection::connect(url.trim()).await;
    assert!(refused.is_err(), "the server is stopped");
    Ok(())
}

#[tokio::test]
async fn a_database_that_is_given_is_used_and_none_is_started() -> anyhow::Result<()> {
    let folder = open_folder()?;
    let postgres = Postgres::start(Source::ThrowAway).await?;

    let output = with_postgres(folder.path(), "echo $DATABASE_URL; ls $TMPDIR")
        .env("DATABASE_URL", postgres.url())
        .output()
        .await?;

    assert_eq!(String::from_utf8(output.stdout)?.trim(), postgres.url());
    postgres.stop().await
}

#[tokio::test]
async fn a_starter_killed_outright_leaves_no_server_and_no_folder() -> anyhow::Result<()> {
    let folder = open_folder()?;
    let mut starter = with_postgres(folder.path(), "echo ready; exec cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut ready = [0; 5];
    let mut output = starter.stdout.take().expect("piped");
    tokio::time::timeout(PATIENCE, output.read_exact(&mut ready)).await??;
    let cluster = only_entry(folder.path())?;
    assert!(cluster.join("cluster/postmaster.pid").exists());

    starter.kill().await?;

    gone(&cluster).await
}

#[tokio::test]
async fn kept_data_is_there_again_after_a_crash_of_the_server() -> anyhow::Result<()> {
    let folder = open_folder()?;
    let kept = folder.path().join("postgres");
    let first = Postgres::start(Source::Kept(kept.clone())).await?;
    let mut connection = sqlx::PgConnection::connect(first.url()).await?;
    sqlx::query("create table kept as select 42 as answer")
        .execute(&mut connection)
        .await?;
    let pid_file = kept.join("cluster/postmaster.pid");
    let pid = std::fs::read_to_string(&pid_file)?;
    let pid = pid.lines().next().unwrap_or_default();
    Command::new("kill").args(["-9", pid]).status().await?;
    assert!(pid_file.exists(), "a crash leaves the file behind");
    first.stop().await?;

    let second = Postgres::start(Source::Kept(kept)).await?;
    let mut connection = sqlx::PgConnection::connect(second.url()).await?;
    let (answer,): (i32,) = sqlx::query_as("select answer from kept")
        .fetch_one(&mut connection)
        .await?;

    assert_eq!(answer, 42);
    second.stop().await
}

#[tokio::test]
async fn a_server_that_outlived_its_keeper_is_replaced() -> anyhow::Result<()> {
    let folder = open_folder()?;
    let kept = folder.path().join("postgres");
    // Never stopped, as if both the starter and the keeper had been killed.
    let orphan = std::mem::ManuallyDrop::new(Postgres::start(Source::Kept(kept.clone())).await?);

    let second = Postgres::start(Source::Kept(kept)).await?;

    let refused = sqlx::PgConnection::connect(orphan.url()).await;
    assert!(refused.is_err(), "the first server is gone");
    sqlx::PgConnection::connect(second.url()).await?;
    second.stop().await?;
    drop(std::mem::ManuallyDrop::into_inner(orphan));
    Ok(())
}

#[tokio::test]
async fn a_folder_behind_closed_doors_is_kept_elsewhere_for_root() -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700))?;

    let postgres = Postgres::start(Source::Kept(folder.path().join("postgres"))).await?;

    sqlx::PgConnection::connect(postgres.url()).await?;
    let used = postgres.folder().expect("our own server").to_owned();
    postgres.stop().await?;
    if !used.starts_with(folder.path()) {
        std::fs::remove_dir_all(used)?;
    }
    Ok(())
}
