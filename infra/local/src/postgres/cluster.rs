//! One server of our own: its folder, its process, its end.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::Context;
use tokio::{process::Child, time::Instant};

use super::{
    Binaries, MAJOR_MIN,
    create::{DATABASE, ROLE, create, create_database},
    owner::Owner,
};
use crate::keeper::Keeper;

/// How long a server may take to accept connections. One that repairs itself after a power cut
/// has needed 5 s here.
const START_WAIT: Duration = Duration::from_secs(30);

/// How often to look whether it accepts them.
const START_POLL: Duration = Duration::from_millis(20);

/// How often to try another port, when somebody takes the free one between our look and the start.
const PORT_ATTEMPTS: u32 = 5;

/// Stops the server in the way that waits for nobody ("fast", SIGINT), then in the way that does
/// not even tidy up ("immediate", SIGQUIT), 15 s each. `$1` is the cluster, `$2` what to remove.
///
/// The server's own file names its process. After a power cut it may name another program's, which
/// the server would take for itself and refuse to start: then the file goes.
///
/// **Source:** PostgreSQL documentation, "Shutting Down the Server".
const STOP: &str = r#"
pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null)
runs() { kill -0 "$pid" && [ "$(head -n 1 "$1/postmaster.pid" 2>/dev/null)" = "$pid" ]; }
if [ -n "$pid" ]; then
  case $(ps -o comm= -p "$pid") in
    *postgres*)
      for signal in INT QUIT; do
        runs "$1" && kill -s "$signal" "$pid" || break
        n=0
        while runs "$1" && [ "$n" -lt 300 ]; do sleep 0.05; n=$((n + 1)); done
      done ;;
    *) rm -f "$1/postmaster.pid" ;;
  esac
fi
if [ -n "$2" ]; then rm -rf "$2" || { sleep 1; rm -rf "$2"; }; fi
"#;

/// How long a server's data is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Until somebody deletes the folder.
    Kept,
    /// Until it stops.
    ThrowAway,
}

/// A running server.
#[derive(Debug)]
pub(super) struct Cluster {
    folder: PathBuf,
    password: String,
    port: u16,
    server: Child,
    keeper: Keeper,
}

impl Cluster {
    /// Starts a server on `folder`, which is filled at first use.
    pub(super) async fn start(folder: &Path, life: Life) -> anyhow::Result<Self> {
        let owner = Owner::find().await?;
        let folder = owner.reachable(&std::path::absolute(folder)?).await;
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        owner.give(&folder)?;
        // Sees off a server that outlived both its starter and its keeper. The caller owns the data
        // folder, so nobody else can be using it on purpose.
        keep(&folder, Life::Kept)?.release().await?;
        // From here on whatever happens to us, nothing stays.
        let keeper = keep(&folder, life)?;
        match Self::start_kept(&folder, owner, life).await {
            Ok((server, port, password)) => Ok(Self {
                folder,
                password,
                port,
                server,
                keeper,
            }),
            Err(error) => {
                keeper.release().await?;
                Err(error)
            }
        }
    }

    async fn start_kept(
        folder: &Path,
        owner: Owner,
        life: Life,
    ) -> anyhow::Result<(Child, u16, String)> {
        let made_by = fs::read_to_string(folder.join("cluster/PG_VERSION")).ok();
        let made_by = made_by.and_then(|text| text.trim().parse().ok());
        let binaries = find_binaries(made_by, folder, owner).await?;
        if made_by.is_none() {
            create(folder, owner, &binaries).await?;
        }
        let password = fs::read_to_string(folder.join("password"))
            .context("reading the password of the database")?;
        let mut attempts = 1;
        loop {
            let port = free_port()?;
            let mut server = spawn(folder, owner, &binaries, settings(port, life))?;
            match wait_until_ready(&mut server, folder, port, &password).await {
                Ok(()) => return Ok((server, port, password)),
                // Somebody took the port between our look and the server's.
                Err(error)
                    if attempts < PORT_ATTEMPTS
                        && format!("{error:#}").contains("Address already in use") =>
                {
                    attempts += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn url(&self) -> String {
        url_of(&self.password, self.port, DATABASE)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        let (kept, reaped) = tokio::join!(self.keeper.release(), self.server.wait());
        reaped.context("waiting for postgres to end")?;
        kept.context("stopping postgres")
    }
}

async fn find_binaries(
    made_by: Option<u32>,
    folder: &Path,
    owner: Owner,
) -> anyhow::Result<Binaries> {
    if let Some(binaries) = Binaries::find(made_by).await {
        return Ok(binaries);
    }
    if let Some(binaries) = downloaded(owner, made_by).await? {
        return Ok(binaries);
    }
    match made_by {
        Some(major) => anyhow::bail!(
            "{} was made by PostgreSQL {major}, which is not installed; install it or delete the folder",
            folder.display()
        ),
        None => anyhow::bail!(
            "no PostgreSQL {MAJOR_MIN} or newer is installed; install one (Debian: postgresql, macOS: brew install postgresql@17), \
             set DATABASE_URL, or build with the feature download-postgres"
        ),
    }
}

#[cfg(feature = "download-postgres")]
async fn downloaded(owner: Owner, made_by: Option<u32>) -> anyhow::Result<Option<Binaries>> {
    super::download::binaries(owner, made_by).await
}

#[cfg(not(feature = "download-postgres"))]
async fn downloaded(_: Owner, _: Option<u32>) -> anyhow::Result<Option<Binaries>> {
    Ok(None)
}

fn keep(folder: &Path, life: Life) -> anyhow::Result<Keeper> {
    let remove = match life {
        Life::Kept => Path::new(""),
        Life::ThrowAway => folder,
    };
    Keeper::start(STOP, [&folder.join("cluster"), remove])
}

fn spawn(
    folder: &Path,
    owner: Owner,
    binaries: &Binaries,
    settings: Vec<String>,
) -> anyhow::Result<Child> {
    let cluster = folder.join("cluster");
    let log = fs::File::create(folder.join("log"))?;
    owner
        .command(&binaries.server())
        .arg("-D")
        .arg(&cluster)
        .args(settings)
        .env_remove("PGDATA")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Its own group: Ctrl-C is ours to handle.
        .process_group(0)
        .spawn()
        .context("starting postgres")
}

fn free_port() -> anyhow::Result<u16> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

fn settings(port: u16, life: Life) -> Vec<String> {
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        // A socket's path ends at 107 bytes, and a project may lie deeper than that.
        "unix_socket_directories=".to_owned(),
        // nextest runs a process per test, each with a small pool.
        "max_connections=200".to_owned(),
        "timezone=UTC".to_owned(),
        "log_min_messages=warning".to_owned(),
    ];
    if life == Life::ThrowAway {
        settings.extend(
            [
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
            ]
            .map(str::to_owned),
        );
    }
    settings
        .into_iter()
        .flat_map(|setting| ["-c".to_owned(), setting])
        .collect()
}

fn url_of(password: &str, port: u16, database: &str) -> String {
    format!("postgres://{ROLE}:{password}@127.0.0.1:{port}/{database}")
}

/// Waits for the first accepted connection, and makes our database when it is not there.
async fn wait_until_ready(
    server: &mut Child,
    folder: &Path,
    port: u16,
    password: &str,
) -> anyhow::Result<()> {
    let give_up = Instant::now() + START_WAIT;
    loop {
        if let Some(status) = server.try_wait()? {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            anyhow::bail!("postgres ended with {status}: {}", log.trim());
        }
        match create_database(&url_of(password, port, "postgres")).await {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() >= give_up => {
                return Err(error).context("waiting for postgres to accept connections");
            }
            Err(_) => tokio::time::sleep(START_POLL).await,
        }
    }
}
