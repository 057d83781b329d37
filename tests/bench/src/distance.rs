//! Somewhere that is farther away: a port whose bytes arrive later, as over a longer line.

use std::{net::SocketAddr, time::Duration};

use anyhow::Context;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until},
};
use url::Url;

/// Pieces under way in one direction before the sender has to wait.
const PIECES_MAX: usize = 256;
/// The largest piece.
const PIECE_BYTES: usize = 64 * 1024;

/// A line to another port of this machine. Dropping it ends it for new connections.
#[derive(Debug)]
pub(crate) struct Line {
    url: Url,
    accepting: JoinHandle<()>,
}

impl Line {
    /// Opens a line to the place of `url`, from which everything comes `round_trip` later, as if the way there took no
    /// time: a timer is late by up to a millisecond, and so there is but one in a question and its answer.
    pub(crate) async fn open(url: &str, round_trip: Duration) -> anyhow::Result<Self> {
        let mut url: Url = url.parse()?;
        let port = url.port().context("no port")?;
        let there = SocketAddr::from(([127, 0, 0, 1], port));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let here = listener.local_addr()?.port();
        url.set_port(Some(here))
            .map_err(|()| anyhow::anyhow!("{url} has no port"))?;
        let accepting = tokio::spawn(async move {
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(connect(caller, there, round_trip));
            }
        });
        Ok(Self { url, accepting })
    }

    /// The same address at the near end, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        self.url.as_str().trim_end_matches('/').to_owned()
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(
    caller: TcpStream,
    there: SocketAddr,
    round_trip: Duration,
) -> std::io::Result<()> {
    let callee = TcpStream::connect(there).await?;
    for stream in [&caller, &callee] {
        stream.set_nodelay(true)?;
    }
    let ((from, back), (answers, to)) = (caller.into_split(), callee.into_split());
    tokio::join!(
        carry(from, to, Duration::ZERO),
        carry(answers, back, round_trip)
    );
    Ok(())
}

/// Carries one direction until its sender ends it.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(PIECES_MAX);
    let sending = async move {
        let mut buffer = vec![0; PIECE_BYTES];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let piece = buffer.get(..length).unwrap_or_default().to_vec();
            if sender.send((Instant::now() + delay, piece)).await.is_err() {
                return;
            }
        }
    };
    let receiving = async move {
        while let Some((at, piece)) = pieces.recv().await {
            if at > Instant::now() {
                sleep_until(at).await;
            }
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(sending, receiving);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_comes_so_much_later_and_whole() {
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", echo.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = echo.accept().await.unwrap();
            let (mut from, mut to) = stream.split();
            tokio::io::copy(&mut from, &mut to).await.unwrap();
        });
        let line = Line::open(&url, Duration::from_millis(60)).await.unwrap();
        let address = line.url().replace("http://", "");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let sent: Vec<u8> = (0..=255).cycle().take(300_000).collect();

        let began = Instant::now();
        let mut received = vec![0; sent.len()];
        let (mut from, mut to) = stream.split();
        let (read, written) = tokio::join!(from.read_exact(&mut received), to.write_all(&sent));

        assert!(read.is_ok() && written.is_ok());
        assert!(began.elapsed() >= Duration::from_millis(60));
        assert_eq!(received, sent);
    }
}
