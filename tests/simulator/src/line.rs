//! A telephone line to PostgreSQL that can be cut, or held, at any statement.
//!
//! A proxy that counts what the client executes. At the chosen statement it closes the line, or
//! holds it until the simulator has decided: to let the process die, or to go on much later. This
//! happens either before the server hears of the statement or after it has done it and nobody
//! hears of that. Statements are counted, not steps of a future, because only their number is the
//! same in every replay.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, watch},
};

/// What happens at a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    /// The connection breaks; the process lives.
    Cut,
    /// The process dies.
    Death,
    /// The process stands still before it begins a transaction, and goes on later.
    Stall,
}

/// A strike that waits for its statement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble {
    pub(crate) strike: Strike,
    /// How many statements (for a stall: transactions) still pass.
    pub(crate) after: u32,
    /// Whether the server does the statement first. Not for a stall.
    pub(crate) is_done: bool,
}

#[derive(Debug, Default)]
struct Control {
    trouble: Option<Trouble>,
    struck: Option<Strike>,
    goes_on: bool,
    /// The server is away; nobody gets through.
    is_down: bool,
    /// The server was away since somebody last got through.
    is_dead: bool,
    was_dead: bool,
}

#[derive(Debug, Default)]
struct Shared {
    control: Mutex<Control>,
    /// Counts restarts, each of which ends every connection.
    restarts: watch::Sender<u64>,
    struck: Notify,
    released: Notify,
}

/// One line, used by one process at a time.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) port: u16,
    shared: Arc<Shared>,
}

impl Line {
    /// Opens a line to the server at `server`, on the current runtime.
    pub(crate) async fn open(server: (String, u16)) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared::default());
        let of_task = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (shared, server) = (Arc::clone(&of_task), server.clone());
                // An error is a closed line, which both sides see for themselves.
                tokio::spawn(async move { connect(client, server, &shared).await.ok() });
            }
        });
        Ok(Self { port, shared })
    }

    /// Lets trouble come, or calls it off.
    pub(crate) fn expect(&self, trouble: Option<Trouble>) {
        let mut control = self.shared.lock();
        control.trouble = trouble;
        control.struck = None;
        control.was_dead = control.is_dead;
    }

    /// Trouble that has not come yet does not come any more.
    pub(crate) fn call_off(&self) {
        self.shared.lock().trouble = None;
    }

    /// The server goes away, with every connection, or comes back.
    pub(crate) fn restart(&self, is_down: bool) {
        let mut control = self.shared.lock();
        control.is_down = is_down;
        control.is_dead = true;
        self.shared.restarts.send_modify(|count| *count += 1);
    }

    /// Whether what fails now may fail.
    pub(crate) fn is_excused(&self) -> bool {
        let control = self.shared.lock();
        control.struck.is_some() || control.was_dead
    }

    /// What has struck since trouble was last expected.
    pub(crate) fn struck(&self) -> Option<Strike> {
        self.shared.lock().struck
    }

    /// Waits until the line is held.
    pub(crate) async fn held(&self) {
        self.shared.struck.notified().await;
    }

    /// Ends the hold: the line goes on as if nothing had been, or is closed.
    pub(crate) fn release(&self, goes_on: bool) {
        self.shared.lock().goes_on = goes_on;
        self.shared.released.notify_one();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Control> {
        self.control.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a message of the client; tells whether trouble strikes now.
    fn count(&self, message: &[u8]) -> Option<Trouble> {
        let mut control = self.lock();
        let trouble = control.trouble.as_mut()?;
        let counts = match trouble.strike {
            Strike::Stall => begins(message),
            // Parse and describe happen once per connection, so they are not counted.
            _ => message.starts_with(b"E") || message.starts_with(b"Q"),
        };
        if !counts {
            return None;
        }
        if trouble.after > 0 {
            trouble.after -= 1;
            return None;
        }
        let trouble = *trouble;
        control.trouble = None;
        control.struck = Some(trouble.strike);
        Some(trouble)
    }

    /// Whether the server is there.
    fn lets_through(&self) -> bool {
        let mut control = self.lock();
        control.is_dead = control.is_down;
        !control.is_down
    }

    /// Holds the line if the strike says so; `false`: close it.
    async fn hold(&self, strike: Strike) -> bool {
        if strike == Strike::Cut {
            return false;
        }
        self.struck.notify_one();
        self.released.notified().await;
        self.lock().goes_on
    }
}

/// Whether a message of the client begins a transaction: a query whose text, after the message's type
/// and length, says so.
fn begins(message: &[u8]) -> bool {
    let text = message.strip_prefix(b"Q").and_then(|rest| rest.get(4..9));
    text.is_some_and(|text| text.eq_ignore_ascii_case(b"begin"))
}

async fn connect(client: TcpStream, server: (String, u16), shared: &Shared) -> io::Result<()> {
    let restarts = shared.restarts.subscribe();
    if !shared.lets_through() {
        return Ok(());
    }
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    Connection {
        client,
        server,
        asked: Vec::new(),
        is_started: false,
    }
    .serve(shared, restarts)
    .await
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// Bytes of the client that are not yet a whole message.
    asked: Vec<u8>,
    is_started: bool,
}

impl Connection {
    async fn serve(
        mut self,
        shared: &Shared,
        mut restarts: watch::Receiver<u64>,
    ) -> io::Result<()> {
        let (mut question, mut answer) = (vec![0; 16_384], vec![0; 16_384]);
        loop {
            tokio::select! {
                biased;
                _ = restarts.changed() => return Ok(()),
                count = self.client.read(&mut question) => {
                    let bytes = question.get(..count?).unwrap_or_default();
                    self.asked.extend_from_slice(bytes);
                    if bytes.is_empty() || !self.forward(shared).await? {
                        return Ok(());
                    }
                }
                count = self.server.read(&mut answer) => {
                    let bytes = answer.get(..count?).unwrap_or_default();
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    self.client.write_all(bytes).await?;
                }
            }
        }
    }

    /// Passes whole messages on; `false`: the line is to be closed.
    async fn forward(&mut self, shared: &Shared) -> io::Result<bool> {
        let mut to_pass = Vec::new();
        while let Some(message) = self.next_message() {
            match shared.count(&message) {
                None => to_pass.extend(message),
                Some(trouble) if trouble.is_done => {
                    to_pass.extend(message);
                    to_pass.append(&mut self.asked);
                    self.server.write_all(&to_pass).await?;
                    self.wait_until_done().await?;
                    shared.hold(trouble.strike).await;
                    return Ok(false);
                }
                Some(trouble) => {
                    if !shared.hold(trouble.strike).await {
                        return Ok(false);
                    }
                    to_pass.extend(message);
                }
            }
        }
        self.server.write_all(&to_pass).await?;
        Ok(true)
    }

    /// Takes one message off what the client sent. The first of a connection has no letter.
    fn next_message(&mut self) -> Option<Vec<u8>> {
        let at = usize::from(self.is_started);
        let length = self.asked.get(at..at + 4)?.try_into().ok()?;
        let length = at + usize::try_from(u32::from_be_bytes(length)).ok()?;
        if self.asked.len() < length {
            return None;
        }
        self.is_started = true;
        Some(self.asked.drain(..length).collect())
    }

    /// Reads the server's answer up to `ReadyForQuery`, and keeps it from the client.
    async fn wait_until_done(&mut self) -> io::Result<()> {
        loop {
            let kind = self.server.read_u8().await?;
            let length = usize::try_from(self.server.read_u32().await?).unwrap_or(4);
            let mut body = vec![0; length.saturating_sub(4)];
            self.server.read_exact(&mut body).await?;
            if kind == b'Z' {
                return Ok(());
            }
        }
    }
}
