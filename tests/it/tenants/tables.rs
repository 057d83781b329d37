//! Tables, and how tenants may use them.

use sqlx::{PgConnection, PgPool};

/// Tables that everybody reads and nobody writes but the installation.
pub(super) const SHARED: &[&str] = &[
    // How old data may be.
    "dataset_limits",
    // Which jobs there are, and the limits of each type.
    "job_types",
    // Since when the ledger is kept.
    "ledger_horizon",
    // Which hours of it are counted.
    "ledger_hours",
    // Which channels of notifications are set up.
    "open_channels",
];

/// Tables that are the installation's alone, and why no tenant reads them.
pub(super) const INSTALLATION: &[(&str, &str)] = &[
    ("_sqlx_migrations", "what the schema is"),
    (
        "api_request_counts",
        "counted before it is known whose they are",
    ),
    (
        "console_sessions",
        "looked up before it is known whose they are",
    ),
    (
        "ledger_hour_totals",
        "verdicts of all organizations together",
    ),
    ("ledger_quarters", "counts of all organizations together"),
    (
        "provider_limits",
        "a key's allowance at a vendor, which all share",
    ),
];

/// Tables of tenants in which they may not do everything, and what they may.
const LIMITED: &[(&str, &str)] = &[
    ("organizations", "select update"),
    ("brands", "select update"),
    ("products", "select"),
    ("usage_limits", "select"),
    ("scheduled_jobs", "select insert update"),
    ("scheduled_job_changes", "select insert"),
    ("scheduled_job_runs", "select insert update"),
    ("run_logs", "select insert"),
    ("run_steps", "select insert update"),
    ("retry_batches", "select insert update"),
    ("retry_batch_runs", "select insert update"),
    ("dataset_status", "select insert update"),
    ("notification_deliveries", "select"),
    ("api_tokens", "select insert update"),
    ("members", "select"),
    ("ledger_hour_verdicts", "select"),
    ("job_rules", "select"),
];

/// A table with rows of tenants.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) name: String,
    /// The column that says whose a row is, itself or by what it hangs on.
    pub(super) owner: String,
    /// Columns that can be written.
    pub(super) columns: String,
    /// The primary key, as JSON.
    pub(super) key: String,
}

impl Table {
    /// Every table that is neither everybody's nor the installation's.
    pub(super) async fn of_tenants(pool: &PgPool) -> Vec<Self> {
        let rows: Vec<(String, String, String)> = sqlx::query_as(
            "select c.relname::text,
                    (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
                      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''),
                    (select format('jsonb_build_array(%s)', string_agg(quote_ident(a.attname), ', ' order by a.attnum))
                       from pg_index i
                       join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey)
                      where i.indrelid = c.oid and i.indisprimary)
               from pg_class c
              where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
              order by c.relname",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        let is_known =
            |name: &str| SHARED.contains(&name) || INSTALLATION.iter().any(|(it, _)| *it == name);
        let rows = rows.into_iter().filter(|(name, ..)| !is_known(name));
        rows.map(|(name, columns, key)| Self {
            owner: owner(&name).to_owned(),
            name,
            columns,
            key,
        })
        .collect()
    }

    /// Whether tenants may do this in rows of theirs; `operation` as in SQL.
    pub(super) fn allows(&self, operation: &str) -> bool {
        let limited = LIMITED.iter().find(|(table, _)| *table == self.name);
        limited.is_none_or(|(_, allowed)| allowed.split(' ').any(|it| it == operation))
    }

    /// Keys of the rows that a statement with `returning` the key, or a `select` of it, comes to.
    pub(super) async fn keys(
        &self,
        connection: &mut PgConnection,
        statement: &str,
    ) -> sqlx::Result<Vec<String>> {
        let statement = statement.replace("{key}", &format!("{}::text", self.key));
        let mut keys: Vec<String> = sqlx::query_scalar(&statement).fetch_all(connection).await?;
        keys.sort();
        Ok(keys)
    }
}

fn owner(table: &str) -> &'static str {
    match table {
        "organizations" => "id",
        // The organisation of a run is found by its job, whatever a statement says.
        "scheduled_job_runs" | "scheduled_job_changes" | "job_rules" => "scheduled_job_id",
        "run_logs" | "run_steps" => "run_id",
        "notification_deliveries" => "notification_id",
        "meta_sync_slices" => "sync_run_id",
        "retry_batch_runs" => "batch_id",
        "product_template_usage" => "product_id",
        _ => "organization_id",
    }
}
