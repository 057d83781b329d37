//! Serves one of the stack's HTTP parts on loopback.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use anyhow::Context;
use axum::{
    Router,
    serve::{Listener, ListenerExt as _},
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// How long requests in flight may take to finish at a stop. Whoever made them is being stopped too.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// A part that answers HTTP until it is stopped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Answers on 127.0.0.1 at `port`; 0 takes a free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn start(port: u16, router: Router) -> anyhow::Result<Self> {
        Ok(Self::bind(port).await?.serve(router))
    }

    /// Takes `port` without answering yet, for a router that has to know its own address.
    ///
    /// # Errors
    /// When the port is taken.
    pub async fn bind(port: u16) -> anyhow::Result<Bound> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .with_context(|| format!("listening on 127.0.0.1:{port}"))?;
        let address = listener.local_addr()?;
        Ok(Bound { address, listener })
    }

    /// Where it answers.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers, as a URL without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes no more requests and gives those in flight a moment to finish.
    pub async fn stop(self) {
        if self.stop.send(()).is_err() {
            return;
        }
        let mut task = self.task;
        if tokio::time::timeout(STOP_WAIT, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// A port that is ours; whoever connects waits until it is served.
#[derive(Debug)]
pub struct Bound {
    address: SocketAddr,
    listener: TcpListener,
}

impl Bound {
    /// The URL the server will have.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Begins to answer.
    #[must_use]
    pub fn serve(self, router: Router) -> Server {
        let (stop, stopped) = oneshot::channel();
        // Answers go out in small pieces; holding one back for the other side's acknowledgement
        // would cost 40 ms each.
        let listener = self.listener.tap_io(|connection| {
            if let Err(error) = connection.set_nodelay(true) {
                tracing::debug!(%error, "a connection stays slow");
            }
        });
        Server {
            address: self.address,
            stop,
            task: tokio::spawn(serve(listener, router, stopped)),
        }
    }
}

async fn serve<L>(
    listener: L,
    router: Router,
    stopped: oneshot::Receiver<()>,
) -> std::io::Result<()>
where
    L: Listener<Addr = SocketAddr>,
{
    axum::serve(listener, router)
        .with_graceful_shutdown(async {
            // A sender that is gone means the same.
            stopped.await.ok();
        })
        .await
}
