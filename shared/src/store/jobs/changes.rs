//! Rows of `scheduled_job_changes`: who changed what about a job, and when.
//!
//! The caller has locked the job, keeps its fields [`before`] the change, makes it, and
//! [`record`]s the difference in the same transaction. What the ledger moves by itself (the
//! watermark, counters, the last error) is no change of the job.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    domain::{JobId, past::Logged},
    store::Tx,
};

/// Who changes a job, and when.
#[derive(Clone, Copy, Debug)]
pub struct Author<'a> {
    /// As in `token 01020304`.
    pub name: &'a str,
    /// The present moment.
    pub now: DateTime<Utc>,
}

/// A job's fields before a change.
#[derive(Debug)]
pub struct Before(Value);

/// One changed field.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The revision the change made.
    pub revision: i32,
    /// When.
    pub changed_at: DateTime<Utc>,
    /// Who.
    pub changed_by: String,
    /// A column of `scheduled_jobs`, or `job` for a new one.
    pub field: String,
    /// What it was; `None` for a new job.
    pub old_value: Option<Value>,
    /// What it became.
    pub new_value: Value,
}

/// The fields of a locked job, to compare with.
///
/// # Errors
/// When the database does not answer, or there is no such job.
pub async fn before(tx: &mut Tx, id: JobId) -> sqlx::Result<Before> {
    sqlx::query_scalar!(
        r#"
        select to_jsonb(j) as "fields!"
          from scheduled_jobs j
         where id = $1
        "#,
        id as JobId,
    )
    .fetch_one(&mut **tx)
    .await
    .map(Before)
}

/// Writes one row per field that differs from `before`, and counts the change in the job's
/// `revision`. `false`: nothing differs, and nothing was written.
///
/// # Errors
/// When the database does not answer.
pub async fn record(
    tx: &mut Tx,
    id: JobId,
    before: &Before,
    author: Author<'_>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        with changed as (
            insert into scheduled_job_changes
                   (scheduled_job_id, revision, changed_at, changed_by,
                    field, old_value, new_value)
            select j.id, j.revision + 1, $3, $4,
                   field.key, $2::jsonb -> field.key, field.value
              from scheduled_jobs j
             cross join jsonb_each(to_jsonb(j)) field
             where j.id = $1
               and field.key <> all (array['next_run_at', 'runs_completed', 'last_error',
                                           'revision', 'updated_at'])
               and $2::jsonb -> field.key is distinct from field.value
         returning scheduled_job_id)
        update scheduled_jobs
           set revision = revision + 1
         where id in (select scheduled_job_id from changed)
        "#,
        id as JobId,
        before.0,
        author.now,
        author.name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes the first row of a new job, with all it began with.
///
/// # Errors
/// When the database does not answer.
pub async fn record_new(tx: &mut Tx, id: JobId, author: Author<'_>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into scheduled_job_changes
               (scheduled_job_id, revision, changed_at, changed_by, field, new_value)
        select j.id, j.revision, $2, $3, 'job', to_jsonb(j)
          from scheduled_jobs j
         where j.id = $1
        "#,
        id as JobId,
        author.now,
        author.name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes that somebody left out a fire time, after the watermark moved on, and counts it.
///
/// # Errors
/// When the database does not answer.
pub async fn record_skip(
    tx: &mut Tx,
    id: JobId,
    skipped: DateTime<Utc>,
    author: Author<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with job as (
            update scheduled_jobs
               set revision = revision + 1
             where id = $1
         returning id, revision, next_run_at)
        insert into scheduled_job_changes
               (scheduled_job_id, revision, changed_at, changed_by, field, old_value, new_value)
        select id, revision, $2, $3, 'next_run_at',
               to_jsonb($4::timestamptz), coalesce(to_jsonb(next_run_at), 'null')
          from job
        "#,
        id as JobId,
        author.now,
        author.name,
        skipped,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A changed field's place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The revision the change made.
    pub revision: i32,
    /// Which field.
    pub field: String,
}

/// At most `limit` changed fields of a job, newest first.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut Tx, id: JobId, limit: i64) -> sqlx::Result<Vec<Change>> {
    list_after(tx, id, None, limit).await
}

/// The same, of those after `after`.
///
/// # Errors
/// When the database does not answer.
pub async fn list_after(
    tx: &mut Tx,
    id: JobId,
    after: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Vec<Change>> {
    sqlx::query_as!(
        Change,
        r#"
        select revision, changed_at, changed_by, field, old_value, new_value
          from scheduled_job_changes
         where scheduled_job_id = $1
           and ($3::int is null or revision <= $3 and (revision < $3 or field > $4))
         order by revision desc, field
         limit $2
        "#,
        id as JobId,
        limit,
        after.map(|place| place.revision),
        after.map(|place| place.field.as_str()),
    )
    .fetch_all(&mut **tx)
    .await
}

/// Changed fields of the jobs from `first` to `last` that tell when they fired since `since`: those of
/// the changes since then and of the last one before. By job, newest first, at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn logged_since(
    tx: &mut Tx,
    (first, last): (JobId, JobId),
    since: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<(JobId, Logged)>> {
    let rows = sqlx::query!(
        r#"
        select c.scheduled_job_id as "job_id: JobId", c.revision, c.changed_at, c.field,
               case when c.field in ('status', 'cron_expression', 'scheduled_at', 'timezone',
                                     'dst_gap_policy', 'dst_repeat_policy', 'starts_at', 'ends_at')
                    then c.old_value end as old_value
          from scheduled_jobs j
         cross join lateral (
               select max(b.revision) as revision
                 from scheduled_job_changes b
                where b.scheduled_job_id = j.id and b.changed_at < $3) before
          join scheduled_job_changes c
            on c.scheduled_job_id = j.id and c.revision >= coalesce(before.revision, 1)
         where j.id between $1 and $2
         order by c.scheduled_job_id, c.revision desc, c.field
         limit $4
        "#,
        first as JobId,
        last as JobId,
        since,
        limit,
    )
    .fetch_all(&mut **tx)
    .await?;
    let logged = rows.into_iter().map(|row| {
        let logged = Logged {
            revision: row.revision,
            changed_at: row.changed_at,
            field: row.field,
            old_value: row.old_value,
        };
        (row.job_id, logged)
    });
    Ok(logged.collect())
}
