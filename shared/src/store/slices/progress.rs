//! One slice, from question to answer. Every change is conditional on how the slice was when it was read, so
//! of two workers the slower one changes nothing: `false`.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::types::Json;

use super::Slice;
use crate::{domain::slices::Scope, store::Tx};

/// A page that was stored.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Where the next one begins; `None`: it was the last.
    pub next: Option<&'a str>,
    /// Rows per page from now on.
    pub page_limit: i32,
    /// Rows written.
    pub rows: i64,
    /// Rows that could not be read, or belong to another brand.
    pub rejected: i64,
}

/// Notes a page together with its rows, in their transaction. With the last one the slice is done.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn stored_page(
    tx: &mut Tx,
    slice: &Slice,
    stored: Stored<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update meta_sync_slices
           set after_cursor = $4, page_limit = $5, pages = pages + 1,
               rows_stored = rows_stored + $6, rows_rejected = rows_rejected + $7,
               state = case when $4::text is null then 'done' else state end,
               finished_at = case when $4::text is null then $8::timestamptz end
         where id = $1 and pages = $2 and after_cursor is not distinct from $3 and state in ('pending', 'ready')
        "#,
        slice.id,
        slice.pages,
        slice.after_cursor,
        stored.next,
        stored.page_limit,
        stored.rows,
        stored.rejected,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a smaller page is to be asked for.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn shrink(tx: &mut Tx, slice: &Slice, page_limit: i32) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update meta_sync_slices set page_limit = $3 where id = $1 and pages = $2",
        slice.id,
        slice.pages,
        page_limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes the number of a report that was asked for, and when to look at it.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn submitted(
    tx: &mut Tx,
    slice: &Slice,
    report: &str,
    (now, wait): (DateTime<Utc>, TimeDelta),
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update meta_sync_slices
           set state = 'submitted', report_run_id = $2, submitted_at = $3, due_at = $4, polls = 0
         where id = $1 and state = 'pending'
        "#,
        slice.id,
        report,
        now,
        now + wait,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a report is not ready, and when to look again.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn still_pending(tx: &mut Tx, slice: &Slice, due: DateTime<Utc>) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update meta_sync_slices set polls = polls + 1, due_at = $3
         where id = $1 and state = 'submitted' and report_run_id is not distinct from $2
        "#,
        slice.id,
        slice.report_run_id,
        due,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a report can be read.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn ready(tx: &mut Tx, slice: &Slice) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update meta_sync_slices set state = 'ready', due_at = null
         where id = $1 and state = 'submitted' and report_run_id is not distinct from $2
        "#,
        slice.id,
        slice.report_run_id,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Begins a slice anew, from its first page: by a report or at once, after `due`. Every other slice of its sync
/// and kind that is not begun follows it into reports.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn again(
    tx: &mut Tx,
    slice: &Slice,
    is_report: bool,
    (due, error): (DateTime<Utc>, &str),
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        with this as (
            update meta_sync_slices
               set state = 'pending', is_report = $3, attempts = attempts + 1, due_at = $4, report_run_id = null,
                   polls = 0, submitted_at = null, after_cursor = null, pages = 0, rows_stored = 0, rows_rejected = 0
             where id = $1 and attempts = $2 and state in ('pending', 'submitted', 'ready')
            returning id, sync_run_id, kind
        ), others as (
            -- One that somebody is at work on is left to them: two that wait for each other's slice wait for ever.
            select s.id
              from meta_sync_slices s
              join this on s.sync_run_id = this.sync_run_id and s.kind = this.kind and s.id <> this.id
             where $3 and s.state = 'pending' and s.pages = 0 and not s.is_report
               for update of s skip locked
        ), following as (
            update meta_sync_slices s set is_report = true from others where s.id = others.id
        )
        select count(*) as "count!" from this
        "#,
        slice.id,
        slice.attempts,
        is_report,
        due,
    )
    .fetch_one(&mut **tx)
    .await?;
    tracing::debug!(slice.id, error, "a slice begins anew");
    Ok(done.count == 1)
}

/// Replaces a slice by parts of it: other ads, or other fields. What it has stored is read, and counted, again.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn split(
    tx: &mut Tx,
    slice: &Slice,
    parts: &[(Option<Scope>, Option<Vec<String>>)],
    (page_limit, is_report): (i32, bool),
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update meta_sync_slices set state = 'split', finished_at = $2, rows_stored = 0, rows_rejected = 0
         where id = $1 and state in ('pending', 'submitted', 'ready')
        "#,
        slice.id,
        now,
    )
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    for (scope, fields) in parts {
        sqlx::query!(
            r#"
            insert into meta_sync_slices
                   (sync_run_id, meta_ad_account_id, kind, date, scope, fields, parent_id, is_report, page_limit, created_at)
            select sync_run_id, meta_ad_account_id, kind, date, $2, $3, id, $4, $5, $6
              from meta_sync_slices where id = $1
            on conflict do nothing
            "#,
            slice.id,
            scope.as_ref().map(Json) as _,
            fields.as_deref(),
            is_report,
            page_limit,
            now,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(true)
}

/// Leaves a field out of every slice of the sync and kind that is not over: Meta does not answer with it.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn drop_field(
    tx: &mut Tx,
    slice: &Slice,
    (all, field): (&[String], &str),
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        with others as (
            -- In one order, as others may do the same at the same time.
            select s.id
              from meta_sync_slices this
              join meta_sync_slices s on s.sync_run_id = this.sync_run_id and s.kind = this.kind
             where this.id = $1 and s.state in ('pending', 'submitted') and $3 = any (coalesce(s.fields, $2))
             order by s.id
               for update of s
        )
        update meta_sync_slices s
           set fields = array_remove(coalesce(s.fields, $2), $3)
          from others
         where s.id = others.id
        "#,
        slice.id,
        all,
        field,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Gives a slice up, or (`is_done`) ends it without what Meta cannot answer with.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn fail(
    tx: &mut Tx,
    slice: &Slice,
    (is_done, error): (bool, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update meta_sync_slices
           set state = case when $2 then 'done' else 'failed' end, error = $3, finished_at = $4
         where id = $1 and state in ('pending', 'submitted', 'ready')
        "#,
        slice.id,
        is_done,
        error,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
