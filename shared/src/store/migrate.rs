//! The schema, brought up to date: on an empty database, on one of ours, and on one of the old system.
//!
//! A database of the old system has tables of our names, which our first migrations would refuse to
//! create. So it is given a baseline: `migrations/adopt.sql` makes of its tables what those migrations
//! make, and they count as applied. The later ones run on it as on any other.

use sqlx::{
    Executor, PgConnection, PgPool,
    migrate::{Migrate, MigrateError, Migration},
};

use super::MIGRATOR;
use crate::domain::JobType;

/// Version of the last migration that a database of the old system skips.
const BASELINE_LAST: i64 = 20_261_120_100_600;

/// Makes of the old system's tables what the baseline's migrations make.
const ADOPT: &str = include_str!("../../../migrations/adopt.sql");

/// Lets the migrations make the pattern that [`ADOPT`] copies. It removes the schema at its end.
const PATTERN: &str = "select set_config('sundial.search_path', current_setting('search_path'), true); \
                       create schema sundial_baseline; \
                       set local search_path = sundial_baseline";

/// Key of the advisory lock of a take-over, so that of two at once the second finds nothing to do.
const LOCK: i64 = 0x5d1a_0a40;

/// Takes over a database of the old system, then applies what is missing. Returns what a person must
/// know, line by line: nothing, unless a database was taken over.
pub(super) async fn migrate(pool: &PgPool) -> Result<Vec<String>, MigrateError> {
    let told = adopt(pool).await?;
    refuse_gaps(pool).await?;
    MIGRATOR.run(pool).await?;
    Ok(told)
}

/// A migration that is older than one that ran, and did not run itself, was written for another schema
/// than it would find.
async fn refuse_gaps(pool: &PgPool) -> Result<(), MigrateError> {
    let mut connection = pool.acquire().await?;
    connection.ensure_migrations_table().await?;
    let applied = connection.list_applied_migrations().await?;
    let newest = applied.iter().map(|it| it.version).max();
    let has_run = |version| applied.iter().any(|it| it.version == version);
    let skipped = MIGRATOR
        .iter()
        .find(|it| newest.is_some_and(|newest| it.version < newest) && !has_run(it.version));
    match skipped {
        None => Ok(()),
        Some(it) => Err(MigrateError::Source(
            format!(
                "migration {} was skipped, and newer ones have run: look at what it does, and run it by hand",
                it.version
            )
            .into(),
        )),
    }
}

/// In one transaction: what fails changes nothing.
async fn adopt(pool: &PgPool) -> Result<Vec<String>, MigrateError> {
    let mut tx = pool.begin().await?;
    sqlx::query("select pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *tx)
        .await?;
    if !is_of_the_old_system(&mut tx).await? {
        tx.rollback().await?;
        return Ok(vec![]);
    }
    tracing::info!("taking over a database of the old system");
    tx.execute(PATTERN).await?;
    for migration in baseline() {
        let made = tx.execute(&*migration.sql).await;
        made.map_err(|error| MigrateError::ExecuteMigration(error, migration.version))?;
    }
    let known: Vec<_> = JobType::ALL.iter().map(|it| it.name()).collect();
    sqlx::query("select set_config('sundial.job_types', $1, true)")
        .bind(known.join(","))
        .execute(&mut *tx)
        .await?;
    tx.execute(ADOPT).await?;
    record(&mut tx).await?;
    let told: Vec<String> =
        sqlx::query_scalar("select line from adoption_report order by position")
            .fetch_all(&mut *tx)
            .await?;
    tx.commit().await?;
    for line in &told {
        tracing::info!("{line}");
    }
    Ok(told)
}

/// Whether there is a table of jobs that no migration of ours has made.
async fn is_of_the_old_system(connection: &mut PgConnection) -> Result<bool, MigrateError> {
    let has_old_jobs: bool = sqlx::query_scalar(
        "select exists (select from pg_class c
                         where c.relnamespace = quote_ident(current_schema())::regnamespace
                           and c.relname = 'scheduled_jobs'
                           and not exists (select from pg_attribute a
                                            where a.attrelid = c.oid and a.attname = 'timezone'
                                              and not a.attisdropped))",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !has_old_jobs {
        return Ok(false);
    }
    connection.ensure_migrations_table().await?;
    Ok(connection.list_applied_migrations().await?.is_empty())
}

fn baseline() -> impl Iterator<Item = &'static Migration> {
    MIGRATOR
        .iter()
        .filter(|migration| migration.version <= BASELINE_LAST)
}

/// Counts the baseline as applied, as sqlx would have after running it.
async fn record(connection: &mut PgConnection) -> Result<(), MigrateError> {
    for migration in baseline() {
        sqlx::query(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values ($1, $2, true, $3, 0)",
        )
        .bind(migration.version)
        .bind(&*migration.description)
        .bind(&*migration.checksum)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}
