//! Rows of `run_logs`: what a run said.

use chrono::{DateTime, Utc};

use crate::{domain::RunId, store::Tx};

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For whoever looks closely.
    Debug,
    /// Part of the story.
    Info,
    /// The job coped.
    Warn,
    /// A person must look.
    Error,
}

impl Level {
    /// The word in SQL and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// A line, not yet saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When it was said.
    pub at: DateTime<Utc>,
    /// How much it matters.
    pub level: Level,
    /// The words, already redacted.
    pub message: String,
}

/// Saves lines in their order.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn append(tx: &mut Tx, run_id: RunId, segment: i32, lines: &[Line]) -> sqlx::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let at: Vec<_> = lines.iter().map(|line| line.at).collect();
    let levels: Vec<_> = lines
        .iter()
        .map(|line| line.level.name().to_owned())
        .collect();
    let messages: Vec<_> = lines.iter().map(|line| line.message.clone()).collect();
    sqlx::query!(
        r#"
        insert into run_logs (run_id, segment, at, level, message)
        select $1, $2, line.at, line.level, line.message
          from unnest($3::timestamptz[], $4::text[], $5::text[])
               with ordinality as line (at, level, message, position)
         order by line.position
        "#,
        run_id.0,
        segment,
        &at,
        &levels,
        &messages,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes at most `limit` lines older than `before` of runs that ended before it, also of runs
/// that are kept, but not of dead letters. Oldest first; returns how many.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from run_logs
         where id in (
            select l.id
              from run_logs l
              join scheduled_job_runs r on r.id = l.run_id
             where l.at < $1 and r.completed_at < $1
               and not (r.status = 'failed' and r.retry_run_id is null
                        and r.acknowledged_at is null)
             order by l.at
             limit $2)
        "#,
        before,
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
