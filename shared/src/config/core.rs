//! What every function reads from the environment.

use super::{Environment, Secret};

/// What every function needs.
#[derive(Clone, Debug)]
pub struct Core {
    /// `DATABASE_URL`: PostgreSQL 15 or newer.
    pub database_url: Secret,
    /// `DATABASE_POOLING`: what stands between us and PostgreSQL.
    pub pooling: Pooling,
    /// `SUNDIAL_BUS`: the name of the event bus that carries our events.
    pub bus: String,
}

impl Core {
    /// Reads `DATABASE_URL`, `DATABASE_POOLING` and `SUNDIAL_BUS`.
    pub fn read(env: &mut Environment) -> Self {
        Self {
            database_url: Secret::new(env.required("DATABASE_URL")),
            pooling: Pooling::read(env),
            bus: env.required("SUNDIAL_BUS"),
        }
    }
}

/// Whose connection to PostgreSQL `DATABASE_URL` leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pooling {
    /// Ours for as long as we hold it: PostgreSQL itself, RDS Proxy, a pooler in session mode, or
    /// one that keeps track of prepared statements, as PgBouncer does from 1.21 on when
    /// `max_prepared_statements` is set.
    #[default]
    Session,
    /// Another one with each transaction: a pooler in transaction mode. Costs a parse for each
    /// statement.
    Transaction,
}

impl Pooling {
    fn read(env: &mut Environment) -> Self {
        match env.optional("DATABASE_POOLING").as_deref() {
            None | Some("session") => Self::Session,
            Some("transaction") => Self::Transaction,
            Some(other) => env.problem(format!(
                "DATABASE_POOLING is neither session nor transaction: {other:?}"
            )),
        }
    }
}
