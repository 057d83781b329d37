//! Every SQL statement, one file or folder per table.
//!
//! Work happens in explicit transactions: behind a transaction pooler, statements outside of one
//! can be answered with another client's rows, because sqlx parses and executes in two steps. So
//! [`Database`] hands out [`Tx`] and nothing else.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Transaction,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::config::Secret;

pub mod assets;
pub mod datasets;
pub mod deliveries;
pub mod job_types;
pub mod jobs;
pub mod logs;
pub mod notifications;
pub mod retry_batches;
pub mod runs;

/// The numbered files of `migrations/`, in this binary.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Most connections of one function instance: one at work, one for a handler that overlaps two
/// queries. The sum over all instances must stay below the server's `max_connections`.
const CONNECTIONS_MAX: u32 = 2;
/// How long to wait for a connection before the work is given back.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Below the idle time-outs of the usual poolers, so that we close first.
const IDLE_TIMEOUT: Duration = Duration::from_secs(240);
/// A connection that lay idle for longer is asked whether it still lives before it is used: a frozen
/// instance does not see the server hang up. The pool asks each one as it comes back.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Lets failovers and password changes reach a long-lived instance.
const LIFETIME: Duration = Duration::from_secs(600);

/// A PostgreSQL that hands out transactions. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Database {
    pool: PgPool,
    begun: Arc<AtomicU64>,
}

impl Database {
    /// Prepares a pool for `url`; the first transaction connects.
    ///
    /// # Errors
    /// When `url` is not a PostgreSQL URL.
    pub fn open(url: &Secret) -> sqlx::Result<Self> {
        // PgBouncer refuses the start-up parameter `extra_float_digits`.
        let options: PgConnectOptions = url
            .expose()
            .parse::<PgConnectOptions>()?
            .extra_float_digits(None);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS_MAX)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(IDLE_TIMEOUT)
            .max_lifetime(LIFETIME)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self::from_pool(pool))
    }

    /// Wraps a pool made elsewhere, as tests do.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self {
            pool,
            begun: Arc::default(),
        }
    }

    /// Begins a transaction; dropped without [`Tx::commit`], it leaves nothing behind.
    ///
    /// # Errors
    /// When the database cannot be reached within 5 s.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.pool.begin().await.map(Tx)
    }

    /// How many transactions this handle and its clones have begun. A run's budget is tested.
    #[must_use]
    pub fn transactions_begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Brings the schema up to date; running it again changes nothing.
    ///
    /// # Errors
    /// When a migration fails or was changed after it ran.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        MIGRATOR.run(&self.pool).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// One transaction. Queries take `&mut Tx` and run on `&mut **tx`.
#[derive(Debug)]
pub struct Tx(Transaction<'static, Postgres>);

impl Tx {
    /// Makes the work visible.
    ///
    /// # Errors
    /// When the database does not confirm; whether it committed is then unknown.
    pub async fn commit(self) -> sqlx::Result<()> {
        self.0.commit().await
    }
}

impl Deref for Tx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
