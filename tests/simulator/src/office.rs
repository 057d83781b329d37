//! A kind of process: its line to the database, and how far the simulator drives its work.

use std::{future::Future, pin::Pin, rc::Rc};

use anyhow::Context;
use shared::store::Database;
use sqlx::{
    ConnectOptions, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use crate::{
    line::{Line, Strike},
    work::Stage,
};

/// Work under way, polled by the simulator alone.
pub(crate) type Work<T> = Pin<Box<dyn Future<Output = T>>>;

/// One line and the ledger at its end.
#[derive(Clone, Debug)]
pub(crate) struct Office {
    pub(crate) line: Line,
    pub(crate) db: Database,
    pool: PgPool,
}

/// How far work has come.
pub(crate) enum Driven<T> {
    Done(T),
    /// Its handler waits for the simulator.
    Parked,
    /// Its process stands still before a transaction.
    Stalled,
    /// Its process has died; whoever drove it drops it and releases the line.
    Died,
}

impl Office {
    pub(crate) async fn open(server: &PgConnectOptions) -> anyhow::Result<Self> {
        let address = (server.get_host().to_owned(), server.get_port());
        let line = Line::open(address).await.context("opening a line")?;
        let options = server
            .clone()
            .host("127.0.0.1")
            .port(line.port)
            .ssl_mode(PgSslMode::Disable)
            // Most of the server's work would be to plan the same few statements again.
            .options([("plan_cache_mode", "force_generic_plan"), ("jit", "off")])
            .disable_statement_logging();
        // One connection: which of two is used would depend on real time.
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_lazy_with(options);
        let db = Database::from_pool(pool.clone());
        Ok(Self { line, db, pool })
    }

    /// Waits until connections that were used or broken are back or gone, which their pool sees to
    /// in its own time.
    pub(crate) async fn rest(&self) {
        while usize::try_from(self.pool.size()).is_ok_and(|size| size != self.pool.num_idle()) {
            tokio::task::yield_now().await;
        }
    }

    /// Lets work go on until it ends, waits for the simulator, or something happens to it.
    /// Only one piece of work goes on at any time, so its order is that of the queue.
    pub(crate) async fn drive<T>(&self, work: &mut Work<T>, stage: &Rc<Stage>) -> Driven<T> {
        let driven = tokio::select! {
            biased;
            () = self.line.held() => match self.line.struck() {
                Some(Strike::Stall) => Driven::Stalled,
                _ => Driven::Died,
            },
            out = work.as_mut() => Driven::Done(out),
            () = stage.parked.notified() => Driven::Parked,
        };
        // What the pool rolls back by itself is nobody's statement.
        self.line.call_off();
        driven
    }
}
