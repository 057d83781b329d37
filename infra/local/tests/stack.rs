//! The whole stack, by the program people use. Needs the function binaries, which a build of the
//! whole workspace puts beside it.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::Context as _;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, ChildStdout, Command},
};

/// Far above what a start or a stop takes, so that it only ends tests that hang.
const PATIENCE: Duration = Duration::from_secs(120);

fn sundial_local(command: &str, data: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_sundial-local"));
    program
        .arg(command)
        .arg("--data")
        .arg(data)
        .env_remove("DATABASE_URL")
        .env_remove("META_ACCESS_TOKEN")
        .env_remove("GEMINI_API_KEY")
        .kill_on_drop(true);
    program
}

/// A data folder that everybody may enter, as a project's is: as root, the database server runs as
/// somebody else.
fn data_folder() -> anyhow::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

/// A stack that is up, and the rest of what it prints.
struct Dev {
    process: Child,
    output: BufReader<ChildStdout>,
    api: String,
    scheduler: String,
}

impl Dev {
    async fn up(data: &Path) -> anyhow::Result<Self> {
        let ports = [
            "--api-port",
            "--aws-port",
            "--s3-port",
            "--meta-port",
            "--gemini-port",
        ];
        let mut process = sundial_local("dev", data)
            .args(ports.iter().flat_map(|port| [*port, "0"]))
            .stdout(Stdio::piped())
            .spawn()?;
        let output = process.stdout.take().context("its output")?;
        let mut dev = Self {
            process,
            output: BufReader::new(output),
            api: String::new(),
            scheduler: String::new(),
        };
        let guide = tokio::time::timeout(PATIENCE, dev.read_until("Ctrl-C stops")).await??;
        anyhow::ensure!(guide.contains("asset_download, "), "{guide}");
        let address = |name: &str| {
            let line = guide.lines().find(|line| line.starts_with(name));
            let address = line.and_then(|line| line.split_whitespace().nth(1));
            address
                .map(str::to_owned)
                .context(format!("a line for {name}"))
        };
        dev.api = address("API ")?;
        dev.scheduler = address("Scheduler ")?;
        Ok(dev)
    }

    async fn read_until(&mut self, words: &str) -> anyhow::Result<String> {
        let mut read = String::new();
        while !read.contains(words) {
            let bytes = self.output.read_line(&mut read).await?;
            anyhow::ensure!(bytes > 0, "it ended, having printed: {read}");
        }
        Ok(read)
    }

    /// Whether the dispatcher answers.
    async fn is_healthy(&self) -> anyhow::Result<bool> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let answer = http.get(format!("{}/healthz", self.api)).send().await;
        Ok(answer.is_ok_and(|answer| answer.status().is_success()))
    }
}

#[tokio::test]
async fn the_demo_keeps_its_promises() -> anyhow::Result<()> {
    let data = data_folder()?;

    let demo = sundial_local("demo", data.path()).output().await?;

    let (out, err) = (
        String::from_utf8_lossy(&demo.stdout),
        String::from_utf8_lossy(&demo.stderr),
    );
    assert_eq!(demo.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("Everything is as promised."), "{out}");
    assert!(out.contains("A STAND-IN"), "it says what Meta is: {out}");
    let runs = ["scheduled  meta_sync", "on-demand  meta_sync"];
    assert!(runs.iter().all(|run| out.contains(run)), "{out}");
    assert_eq!(out.matches("then     asset_download").count(), 2, "{out}");
    Ok(())
}

#[tokio::test]
async fn a_stack_that_was_killed_starts_again_and_stops_when_asked() -> anyhow::Result<()> {
    let data = data_folder()?;
    let mut first = Dev::up(data.path()).await?;
    first.process.kill().await?;

    let mut second = Dev::up(data.path()).await?;
    assert!(second.is_healthy().await?, "the dispatcher answers");

    let id = second.process.id().context("it runs")?;
    let told = Command::new("kill")
        .args(["-INT", &id.to_string()])
        .status();
    assert!(told.await?.success());
    let status = tokio::time::timeout(PATIENCE, second.process.wait()).await??;
    assert_eq!(status.code(), Some(0), "being asked to stop is no failure");
    assert!(!second.is_healthy().await?, "nothing answers any more");
    assert!(!data.path().join("postgres/cluster/postmaster.pid").exists());
    Ok(())
}

#[tokio::test]
async fn scheduler_answers_beside_eventbridge_and_has_our_group() -> anyhow::Result<()> {
    let data = data_folder()?;
    let dev = Dev::up(data.path()).await?;
    let http = reqwest::Client::builder().no_proxy().build()?;

    let group = http.get(format!("{}/schedule-groups/sundial", dev.scheduler));
    let group = group.send().await?;
    let rules = http.post(&dev.scheduler).body("{}");
    let rules = rules.header("x-amz-target", "AWSEvents.ListRules");
    let rules = rules.send().await?;

    assert!(group.status().is_success(), "{group:?}");
    assert!(rules.status().is_success(), "{rules:?}");
    Ok(())
}

#[tokio::test]
async fn two_stacks_do_not_share_a_folder() -> anyhow::Result<()> {
    let data = data_folder()?;
    let _first = Dev::up(data.path()).await?;

    let second = sundial_local("dev", data.path()).output().await?;

    assert_eq!(second.status.code(), Some(1));
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(error.contains("another stack runs in"), "{error}");
    Ok(())
}
