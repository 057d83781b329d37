//! What every function reads from the environment.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;
use url::Url;

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
    /// The function's memory; `None` elsewhere than on Lambda.
    pub memory_mb: Option<u32>,
}

impl Core {
    /// Reads `DATABASE_URL`, `DATABASE_POOLING` and `SUNDIAL_BUS`, and what Lambda says about the memory.
    pub fn read(env: &mut Environment) -> Self {
        Self {
            database_url: Secret::new(env.required("DATABASE_URL")),
            pooling: Pooling::read(env),
            bus: env.required("SUNDIAL_BUS"),
            memory_mb: env.memory_mb(),
        }
    }
}

/// What a function tells about its work.
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// `SUNDIAL_LOG`: which lines are logged, in the syntax of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// Where traces of runs go.
    pub collector: Option<Collector>,
}

/// Who collects traces, in the words of OpenTelemetry.
/// **Source:** OpenTelemetry specification, "OpenTelemetry Protocol Exporter".
#[derive(Clone, Debug)]
pub struct Collector {
    /// `OTEL_EXPORTER_OTLP_ENDPOINT`, as in `http://localhost:4318`.
    pub endpoint: String,
    /// `OTEL_EXPORTER_OTLP_HEADERS`, as in `api-key=…,team=ads`, percent-encoded: a secret.
    pub headers: HashMap<String, Secret>,
}

impl Telemetry {
    /// Reads `SUNDIAL_LOG`, `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_HEADERS`.
    pub fn read(env: &mut Environment) -> Self {
        Self {
            filter: env.required("SUNDIAL_LOG"),
            collector: Collector::read(env),
        }
    }
}

impl Collector {
    fn read(env: &mut Environment) -> Option<Self> {
        const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
        const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
        let headers = env.list(HEADERS);
        let endpoint = env.optional(ENDPOINT)?;
        if !Url::parse(&endpoint).is_ok_and(|it| it.scheme().starts_with("http") && it.has_host()) {
            env.problem::<()>(format!(
                "{ENDPOINT} is not an http(s) address: {endpoint:?}"
            ));
        }
        let headers = headers
            .iter()
            .filter_map(|header| match header.split_once('=') {
                Some((name, value)) => {
                    let value = percent_decode_str(value.trim()).decode_utf8_lossy();
                    Some((name.trim().to_owned(), Secret::new(value)))
                }
                None => env.problem(format!("{HEADERS} is not like name=value,name=value")),
            });
        Some(Self {
            headers: headers.collect(),
            endpoint,
        })
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
