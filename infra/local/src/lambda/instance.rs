//! One process of a function: started with Lambda's environment, watched until it ends.

use std::future::IntoFuture;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::Notify;

use super::function::Function;
use super::logs::LogStream;
use super::runtime_api;

/// How long a process may take until it asks for work. Source: AWS gives the init phase 10 s; an
/// unoptimised build on a loaded machine gets more.
const INIT_MAX: Duration = Duration::from_secs(30);

/// Where commands are found, as far as functions need any. AWS's own value adds only its folders.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Runs one instance until its process ends or `kill` is notified.
pub(super) async fn run(
    function: &Arc<Function>,
    id: u64,
    kill: &Notify,
) -> anyhow::Result<ExitStatus> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .context("opening a Runtime API")?;
    let address = listener.local_addr().context("opening a Runtime API")?;
    let mut child = command(function, address, id)
        .spawn()
        .with_context(|| format!("starting {}", function.spec.binary.display()))?;
    forward_output(function, id, &mut child);

    // Without TCP_NODELAY an answer waits up to 40 ms for the other side's acknowledgement.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "setting TCP_NODELAY");
        }
    });
    let served = axum::serve(listener, runtime_api::router(function.clone(), id));
    tokio::select! {
        served = served.into_future() => {
            served.context("serving a Runtime API")?;
            anyhow::bail!("the Runtime API ended")
        }
        end = watch(function, id, kill, &mut child) => end,
    }
}

async fn watch(
    function: &Arc<Function>,
    id: u64,
    kill: &Notify,
    child: &mut Child,
) -> anyhow::Result<ExitStatus> {
    let init_is_over = async {
        tokio::time::sleep(INIT_MAX).await;
        if !function.is_starting(id) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        end = child.wait() => return end.context("waiting for a function's process"),
        () = kill.notified() => {}
        () = init_is_over => tracing::warn!("{} did not ask for work within {INIT_MAX:?}", function.spec.name),
    }
    child.start_kill().context("killing a function's process")?;
    child
        .wait()
        .await
        .context("waiting for a function's process")
}

fn forward_output(function: &Function, id: u64, child: &mut Child) {
    let tail = function.started(id, child.id());
    let log = function
        .logs
        .of(&function.spec.name, child.id().unwrap_or_default(), tail);
    if let Some(pipe) = child.stdout.take() {
        tokio::spawn(log.clone().forward(pipe, LogStream::Stdout));
    }
    if let Some(pipe) = child.stderr.take() {
        tokio::spawn(log.forward(pipe, LogStream::Stderr));
    }
}

/// The process, with nothing of the host's environment, in a process group of its own so that
/// Ctrl-C reaches the host alone and the host ends it in order.
fn command(function: &Function, runtime_api: SocketAddr, id: u64) -> Command {
    let (spec, options) = (&function.spec, &function.options);
    let task_root = spec.binary.parent().unwrap_or(&spec.binary);
    let mut command = Command::new(&spec.binary);
    command
        .args(&spec.arguments)
        .env_clear()
        .env("PATH", PATH)
        .env("LANG", "en_US.UTF-8")
        .env("TZ", ":UTC")
        .env("LAMBDA_TASK_ROOT", task_root)
        .env("LAMBDA_RUNTIME_DIR", task_root)
        .env("_HANDLER", "bootstrap")
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
        .env("AWS_LAMBDA_RUNTIME_API", runtime_api.to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", &spec.name)
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env(
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            spec.memory_mb.to_string(),
        )
        .env(
            "AWS_LAMBDA_LOG_GROUP_NAME",
            format!("/aws/lambda/{}", spec.name),
        )
        .env("AWS_LAMBDA_LOG_STREAM_NAME", format!("[$LATEST]local-{id}"))
        .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
        .env("AWS_REGION", &options.region)
        .env("AWS_DEFAULT_REGION", &options.region)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .envs(spec.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    command
}
