//! Every SQL statement, one file or folder per table.
//!
//! Work happens in explicit transactions: behind a transaction pooler, statements outside of one
//! can be answered with another client's rows, because sqlx parses and executes in two steps. So
//! [`Database`] hands out [`Tx`] and nothing else. Behind such a pooler statements have no names
//! either, since another server may know the name for something else, or not at all.
//!
//! A transaction sees the rows of its [`Scope`]: PostgreSQL's policies hold to it, whatever its statements ask for.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sqlx::{
    PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use tokio::sync::Notify;

use crate::{
    config::{Pooling, Secret},
    domain::JobError,
};

pub mod ad_accounts;
pub mod admissions;
pub mod ads;
pub mod api_tokens;
pub mod assets;
pub mod baselines;
pub mod brands;
pub mod classifications;
mod connections;
pub mod console_sessions;
pub mod dataset_limits;
pub mod datasets;
pub mod deliveries;
pub mod destinations;
pub mod freshness;
pub mod job_types;
pub mod jobs;
pub mod landing_pages;
pub mod ledger_hours;
pub mod logs;
pub mod members;
mod migrate;
pub mod notification_channels;
pub mod notifications;
pub mod organizations;
pub mod owners;
pub mod products;
pub mod provider_limits;
pub mod remote_files;
pub mod retry_batches;
pub mod run_costs;
pub mod runs;
mod scope;
pub mod slices;
pub mod tokens;
mod tx;
pub mod usage;
pub mod video_analyses;

use self::connections::Connections;
pub use scope::Scope;
pub use tx::{Session, Tx};

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
/// instance does not see the server hang up.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Lets failovers and password changes reach a long-lived instance.
const LIFETIME: Duration = Duration::from_secs(600);
/// A statement that takes longer is given up, long before the invocation is. And a transaction whose
/// instance was frozen or killed in the middle does not keep its locks until TCP notices. Set within
/// the transaction: poolers refuse such settings at the start of a session, or leak them to others.
const BEGIN: &str = "begin; set local statement_timeout = '30s'; \
                     set local idle_in_transaction_session_timeout = '30s'";

/// The same, and the commit does not wait for the disk. For work that a later commit makes durable and that is done
/// anew if it never comes: after a crash the transaction is there as a whole or not at all.
/// **Source:** PostgreSQL's manual, "Asynchronous Commit".
const BEGIN_UNHURRIED: &str = "begin; set local statement_timeout = '30s'; \
                               set local idle_in_transaction_session_timeout = '30s'; \
                               set local synchronous_commit = off";

/// A PostgreSQL that hands out transactions. Clones share the connections.
#[derive(Clone, Debug)]
pub struct Database {
    connections: Connections,
    pooling: Pooling,
    scope: Scope,
    begun: Arc<AtomicU64>,
    refused: Arc<Notify>,
}

impl Database {
    /// One transaction, which is `doing` this for whoever reads of its failure.
    ///
    /// # Errors
    /// `Retry`, when Postgres does not answer or refuses; nothing is done then.
    pub async fn in_tx<T>(
        &self,
        doing: &'static str,
        work: impl AsyncFnOnce(&mut Tx) -> sqlx::Result<T>,
    ) -> Result<T, JobError> {
        let mut tx = self.begin().await.map_err(JobError::retry(doing))?;
        let value = work(&mut tx).await.map_err(JobError::retry(doing))?;
        tx.commit().await.map_err(JobError::retry(doing))?;
        Ok(value)
    }

    /// Prepares a pool for `url`, behind which there may be a pooler; the first transaction connects.
    ///
    /// # Errors
    /// When `url` is not a PostgreSQL URL.
    pub fn open(url: &Secret, pooling: Pooling) -> sqlx::Result<Self> {
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
            .test_before_acquire(true)
            .connect_lazy_with(options);
        Ok(Self {
            connections: Connections::of_own(pool.clone()),
            pooling,
            ..Self::from_pool(pool)
        })
    }

    /// Wraps a pool made elsewhere, as tests do.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self {
            connections: Connections::of_shared(pool),
            pooling: Pooling::Session,
            scope: Scope::Installation,
            begun: Arc::default(),
            refused: Arc::default(),
        }
    }

    /// The same database, of which transactions see what `scope` may see.
    #[must_use]
    pub fn within(&self, scope: Scope) -> Self {
        Self {
            scope,
            ..self.clone()
        }
    }

    /// Begins a transaction; dropped without [`Tx::commit`], it leaves nothing behind.
    ///
    /// # Errors
    /// When the database cannot be reached within 5 s.
    pub async fn begin(&self) -> sqlx::Result<Tx> {
        self.begin_with(BEGIN).await
    }

    /// Begins a transaction whose commit does not wait for the disk: after a crash of the database it is there as a
    /// whole or not at all. For work that is done anew if it is lost; the next ordinary commit keeps it.
    ///
    /// # Errors
    /// When the database cannot be reached within 5 s.
    pub async fn begin_unhurried(&self) -> sqlx::Result<Tx> {
        self.begin_with(BEGIN_UNHURRIED).await
    }

    async fn begin_with(&self, statement: &'static str) -> sqlx::Result<Tx> {
        self.begun.fetch_add(1, Ordering::Relaxed);
        let are_unnamed = self.pooling == Pooling::Transaction;
        let statement = self.scope.applied_to(statement);
        let begun = Tx::begin(&self.connections, statement, are_unnamed, self.scope).await;
        begun.inspect_err(|error| {
            if is_refused_login(error) {
                self.refused.notify_one();
            }
        })
    }

    /// Waits until the server refuses the login, as after a change of the password: this handle
    /// and its clones will never reach it again.
    pub async fn login_refused(&self) {
        self.refused.notified().await;
    }

    /// How many transactions this handle and its clones have begun. A run's budget is tested.
    #[must_use]
    pub fn transactions_begun(&self) -> u64 {
        self.begun.load(Ordering::Relaxed)
    }

    /// Brings the schema up to date; running it again changes nothing. A database of the old system
    /// is taken over first, with its rows; the lines returned are what a person must know of that.
    ///
    /// # Errors
    /// When a migration fails or was changed after it ran. A take-over that fails changes nothing.
    pub async fn migrate(&self) -> Result<Vec<String>, sqlx::migrate::MigrateError> {
        migrate::migrate(&self.connections.pool).await
    }

    /// Closes every connection.
    pub async fn close(&self) {
        self.connections.close().await;
    }
}

/// Whether PostgreSQL does not know the user or the password.
/// **Source:** PostgreSQL's manual, "Error Codes", class 28.
fn is_refused_login(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.starts_with("28"))
}
