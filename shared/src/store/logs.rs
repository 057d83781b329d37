//! Rows of `run_logs`: what a run said. [`runs::read::logs`](super::runs::read::logs) has its lines from the first on.

use chrono::{DateTime, Utc};

use crate::{
    domain::RunId,
    store::{Tx, runs::read::LogLine},
};

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

/// The newest lines of a run's log before the line `before`, or of all; at most `limit`, oldest first.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(
    tx: &mut Tx,
    run_id: RunId,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<LogLine>> {
    let mut lines = sqlx::query_as!(
        LogLine,
        r#"
        select id, segment, at, level, message
          from run_logs
         where run_id = $1
           and ($2::bigint is null or id < $2)
         order by id desc
         limit $3
        "#,
        run_id as RunId,
        before,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    lines.reverse();
    Ok(lines)
}

/// How many lines of its log a run has up to the line `until`, or in all; at most `most`.
///
/// # Errors
/// When the database does not answer.
pub async fn count(tx: &mut Tx, run_id: RunId, until: Option<i64>, most: i64) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        select count(*) as "count!"
          from (select from run_logs
                 where run_id = $1
                   and ($2::bigint is null or id <= $2)
                 limit $3) line
        "#,
        run_id as RunId,
        until,
        most,
    )
    .fetch_one(&mut **tx)
    .await
}

/// What a segment of a run said first and last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Its number; 1 for the first.
    pub segment: i32,
    /// When it wrote its first line.
    pub first_at: DateTime<Utc>,
    /// When it wrote its last one so far.
    pub last_at: DateTime<Utc>,
    /// How many it wrote.
    pub lines: i64,
}

/// The segments of a run that wrote something, in their order, by the first `most` lines of its log.
///
/// # Errors
/// When the database does not answer.
pub async fn segments(tx: &mut Tx, run_id: RunId, most: i64) -> sqlx::Result<Vec<Segment>> {
    sqlx::query_as!(
        Segment,
        r#"
        select segment, min(at) as "first_at!", max(at) as "last_at!", count(*) as "lines!"
          from (select segment, at from run_logs where run_id = $1 order by id limit $2) line
         group by segment
         order by segment
        "#,
        run_id as RunId,
        most,
    )
    .fetch_all(&mut **tx)
    .await
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
