//! The connections of one function instance, of which the one used last is kept at hand.
//!
//! sqlx gives a connection back in a task of its own that first asks the server whether it still lives. The
//! next transaction, which follows at once, finds the pool empty and opens a second connection. Here the
//! same connection goes from one transaction to the next, so an instance that does one thing after the
//! other has one connection.

use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, TransactionManager, pool::PoolConnection,
    postgres::PgTransactionManager,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{ACQUIRE_TIMEOUT, IDLE_TIMEOUT, LIFETIME, TRUSTED_FOR};

/// A pool, and the connection used last.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pub(super) pool: PgPool,
    /// `None`: every connection goes back to the pool, which others use as well.
    kept: Option<Arc<Kept>>,
}

#[derive(Debug)]
struct Kept {
    last: Mutex<Option<Idle>>,
    /// As many as the pool has connections, so that nobody waits for the pool while one is kept.
    permits: Arc<Semaphore>,
}

#[derive(Debug)]
struct Idle {
    connection: PoolConnection<Postgres>,
    opened: Instant,
    since: Instant,
}

/// A connection at work. Dropped, it rolls back what is open and goes back to the pool; see [`Lent::keep`].
#[derive(Debug)]
pub(super) struct Lent {
    /// Gone only when there is no value any more.
    connection: Option<PoolConnection<Postgres>>,
    /// Whether answers may be under way that nobody waits for: dropped then, it is closed.
    pub(super) is_in_doubt: bool,
    opened: Instant,
    home: Option<(Arc<Kept>, OwnedSemaphorePermit)>,
}

impl Connections {
    /// Keeps the last connection of `pool`, which nobody else may use.
    pub(super) fn of_own(pool: PgPool) -> Self {
        let connections = usize::try_from(pool.options().get_max_connections());
        let kept = Kept {
            last: Mutex::default(),
            permits: Arc::new(Semaphore::new(connections.unwrap_or(1))),
        };
        Self {
            pool,
            kept: Some(Arc::new(kept)),
        }
    }

    /// Uses a pool together with others.
    pub(super) fn of_shared(pool: PgPool) -> Self {
        Self { pool, kept: None }
    }

    /// A connection that answers.
    pub(super) async fn lend(&self) -> sqlx::Result<Lent> {
        let Some(kept) = &self.kept else {
            return Ok(Lent {
                connection: Some(self.pool.acquire().await?),
                is_in_doubt: false,
                opened: Instant::now(),
                home: None,
            });
        };
        let permit = timeout(ACQUIRE_TIMEOUT, Arc::clone(&kept.permits).acquire_owned()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        let (connection, opened) = match kept.take_living().await {
            Some(living) => living,
            None => (self.pool.acquire().await?, Instant::now()),
        };
        Ok(Lent {
            connection: Some(connection),
            is_in_doubt: false,
            opened,
            home: Some((Arc::clone(kept), permit)),
        })
    }

    /// Closes every connection.
    pub(super) async fn close(&self) {
        if let Some(kept) = &self.kept {
            kept.permits.close();
            drop(kept.take());
        }
        self.pool.close().await;
    }
}

impl Kept {
    fn take(&self) -> Option<Idle> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.take()
    }

    /// The one used last, unless it has grown old or the server has hung up.
    async fn take_living(&self) -> Option<(PoolConnection<Postgres>, Instant)> {
        let Idle {
            mut connection,
            opened,
            since,
        } = self.take()?;
        let lives = match trust(opened.elapsed(), since.elapsed()) {
            Trust::Full => true,
            Trust::IfItAnswers => connection.ping().await.is_ok(),
            Trust::No => false,
        };
        lives.then_some((connection, opened))
    }
}

/// How far a connection is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Full,
    IfItAnswers,
    No,
}

/// How far one is trusted that was opened so long ago and has lain idle for so long.
fn trust(age: Duration, idle: Duration) -> Trust {
    match () {
        () if age > LIFETIME || idle > IDLE_TIMEOUT => Trust::No,
        () if idle > TRUSTED_FOR => Trust::IfItAnswers,
        () => Trust::Full,
    }
}

impl Lent {
    /// Keeps the connection for the next one, after a transaction that ended well.
    pub(super) fn keep(mut self) {
        let (Some(connection), Some((kept, permit))) = (self.connection.take(), self.home.take())
        else {
            return;
        };
        if !kept.permits.is_closed() {
            let idle = Idle {
                connection,
                opened: self.opened,
                since: Instant::now(),
            };
            let mut last = kept.last.lock().unwrap_or_else(PoisonError::into_inner);
            // Of two that end at the same time the later one goes back to the pool.
            last.get_or_insert(idle);
        }
        // Only now may the next one look for it.
        drop(permit);
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        match &mut self.connection {
            Some(connection) if self.is_in_doubt => connection.close_on_drop(),
            Some(connection) => PgTransactionManager::start_rollback(connection),
            None => {}
        }
    }
}

impl Deref for Lent {
    type Target = PgConnection;

    #[expect(
        clippy::expect_used,
        reason = "taken by `keep` alone, which takes the value"
    )]
    fn deref(&self) -> &PgConnection {
        self.connection.as_ref().expect("a connection")
    }
}

impl DerefMut for Lent {
    #[expect(clippy::expect_used, reason = "as above")]
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("a connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_asked_after_a_second_and_left_when_old_or_long_idle() {
        let second = Duration::from_secs(1);
        for (age, idle, wanted) in [
            (second * 100, second, Trust::Full),
            (second * 100, second * 2, Trust::IfItAnswers),
            (second * 300, second * 241, Trust::No),
            (second * 601, Duration::ZERO, Trust::No),
        ] {
            assert_eq!(trust(age, idle), wanted, "{age:?} {idle:?}");
        }
    }
}
