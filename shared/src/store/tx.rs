//! A transaction, and how its statements are sent.

use std::{
    borrow::Cow,
    ops::{Deref, DerefMut},
};

use futures_util::{future::BoxFuture, stream::BoxStream};
use sqlx::{
    Either, Execute, Executor, PgConnection, Postgres, TransactionManager,
    error::BoxDynError,
    postgres::{PgArguments, PgQueryResult, PgRow, PgStatement, PgTransactionManager, PgTypeInfo},
};

use super::{
    Scope,
    connections::{Connections, Lent},
};

/// One transaction. Queries take `&mut Tx` and run on `&mut **tx`.
#[derive(Debug)]
pub struct Tx(Session);

impl Tx {
    pub(super) async fn begin(
        connections: &Connections,
        statement: Cow<'static, str>,
        are_unnamed: bool,
        scope: Scope,
    ) -> sqlx::Result<Self> {
        let mut connection = connections.lend().await?;
        // A beginning of which a part was refused is a transaction of which sqlx does not know.
        connection.is_in_doubt = true;
        PgTransactionManager::begin(&mut connection, Some(statement)).await?;
        connection.is_in_doubt = false;
        Ok(Self(Session {
            connection,
            are_unnamed,
            scope,
        }))
    }

    /// Whose rows it sees.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.0.scope
    }

    /// From here on each statement gets a plan for its values. Otherwise Postgres keeps one for any values from a statement's
    /// sixth time on, which reads far too much where `null` stands for "all".
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn plan_for_values(&mut self) -> sqlx::Result<()> {
        sqlx::query!(
            r#"select set_config('plan_cache_mode', 'force_custom_plan', true) as "set!""#
        )
        .fetch_one(&mut self.0)
        .await?;
        Ok(())
    }

    /// Makes the work visible.
    ///
    /// # Errors
    /// When the database does not confirm; whether it committed is then unknown.
    pub async fn commit(mut self) -> sqlx::Result<()> {
        PgTransactionManager::commit(&mut self.0.connection).await?;
        self.0.connection.keep();
        Ok(())
    }
}

impl Deref for Tx {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Session {
        &mut self.0
    }
}

/// The connection of a [`Tx`], for as long as it lasts.
#[derive(Debug)]
pub struct Session {
    connection: Lent,
    /// Whether statements are prepared without a name, each time anew.
    are_unnamed: bool,
    scope: Scope,
}

impl Session {
    /// Carries out a `copy … from stdin` with these bytes; returns how many rows they were.
    pub(super) async fn copy_in(&mut self, statement: &str, bytes: &[u8]) -> sqlx::Result<u64> {
        // Whoever stops waiting in the middle leaves answers behind, which sqlx would take for those of the next one.
        self.connection.is_in_doubt = true;
        let copied = self.copy(statement, bytes).await;
        self.connection.is_in_doubt = !matches!(copied, Ok(_) | Err(sqlx::Error::Database(_)));
        copied
    }

    async fn copy(&mut self, statement: &str, bytes: &[u8]) -> sqlx::Result<u64> {
        let connection: &mut PgConnection = &mut self.connection;
        let mut copy = connection.copy_in_raw(statement).await?;
        copy.send(bytes).await?;
        copy.finish().await
    }

    fn sent<E>(&mut self, statement: E) -> (&mut PgConnection, Sent<E>) {
        let sent = Sent {
            statement,
            is_unnamed: self.are_unnamed,
        };
        (&mut self.connection, sent)
    }
}

/// A statement, and whether it goes without a name whatever it says of itself.
struct Sent<E> {
    statement: E,
    is_unnamed: bool,
}

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Sent<E> {
    fn sql(&self) -> &'q str {
        self.statement.sql()
    }

    fn statement(&self) -> Option<&PgStatement<'q>> {
        self.statement.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.statement.take_arguments()
    }

    fn persistent(&self) -> bool {
        !self.is_unnamed && self.statement.persistent()
    }
}

impl<'c> Executor<'c> for &'c mut Session {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, sqlx::Result<Either<PgQueryResult, PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let (connection, sent) = self.sent(query);
        connection.fetch_many(sent)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, sqlx::Result<Option<PgRow>>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        let (connection, sent) = self.sent(query);
        connection.fetch_optional(sent)
    }

    fn prepare_with<'e, 'q: 'e>(
        self,
        sql: &'q str,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, sqlx::Result<PgStatement<'q>>>
    where
        'c: 'e,
    {
        let connection: &mut PgConnection = &mut self.connection;
        connection.prepare_with(sql, parameters)
    }

    fn describe<'e, 'q: 'e>(
        self,
        sql: &'q str,
    ) -> BoxFuture<'e, sqlx::Result<sqlx::Describe<Postgres>>>
    where
        'c: 'e,
    {
        let connection: &mut PgConnection = &mut self.connection;
        connection.describe(sql)
    }
}
