//! Rows of `meta_sync_slices` and `meta_sync_days`: what a sync has to fetch, and which days are complete.

mod days;
mod progress;

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    domain::slices::{Kind, Scope},
    store::{Tx, ads::Owner},
};

pub use days::{complete, planned, read_at_age};
pub use progress::{
    Stored, again, drop_field, fail, ready, shrink, split, still_pending, stored_page, submitted,
};

/// Which sync: the run that planned it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncId(pub Uuid);

/// How far a slice has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum State {
    /// To be asked for, or half read.
    Pending,
    /// Its report is being prepared.
    Submitted,
    /// Its report can be read.
    Ready,
    /// All of it is stored.
    Done,
    /// Its parts are slices of their own.
    Split,
    /// It was given up.
    Failed,
}

/// One question to Meta.
#[derive(Clone, Debug)]
pub struct Slice {
    /// Its number.
    pub id: i64,
    /// Which numbers.
    pub kind: Kind,
    /// Of which day.
    pub date: NaiveDate,
    /// Of which ads; `None`: all.
    pub scope: Option<Json<Scope>>,
    /// Which fields; `None`: all.
    pub fields: Option<Vec<String>>,
    /// How far it has come.
    pub state: State,
    /// Whether it is asked for by a report.
    pub is_report: bool,
    /// The report's number.
    pub report_run_id: Option<String>,
    /// How often the report was looked at.
    pub polls: i32,
    /// When the report was asked for.
    pub submitted_at: Option<DateTime<Utc>>,
    /// Where the next page begins.
    pub after_cursor: Option<String>,
    /// Rows per page.
    pub page_limit: i32,
    /// Pages stored.
    pub pages: i32,
    /// How often it failed.
    pub attempts: i32,
    /// Whether nothing was stored of its day when it was taken up, and all fields of it are asked for: each of its
    /// rows should be new.
    pub is_fresh: bool,
}

/// Plans days of a kind of numbers; days that are planned already stay as they are.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn plan(
    tx: &mut Tx,
    (sync, account): (SyncId, &str),
    kind: Kind,
    days: &[NaiveDate],
    (page_limit, is_report): (i32, bool),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into meta_sync_slices (sync_run_id, meta_ad_account_id, kind, date, page_limit, is_report, created_at)
        select $1, $2, $3, u.date, $5, $6, $7 from unnest($4::date[]) as u (date)
        on conflict do nothing
        "#,
        sync.0,
        account,
        kind.name(),
        days,
        page_limit,
        is_report,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The first `limit` slices of a sync that can be worked on now, the newest day first.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn due(
    tx: &mut Tx,
    (sync, owner): (SyncId, &Owner),
    kinds: &[&str],
    (now, limit): (DateTime<Utc>, i64),
) -> sqlx::Result<Vec<Slice>> {
    sqlx::query_as!(
        Slice,
        r#"
        select id, kind as "kind: Kind", date, scope as "scope: Json<Scope>", fields, state as "state: State",
               is_report, report_run_id, polls, submitted_at, after_cursor, page_limit, pages, attempts,
               -- The offset keeps Postgres from looking at all days of the brand at once.
               kind = 'performance' and fields is null and not exists (
                   select from meta_ads_performance p where p.brand_id = $5 and p.date = s.date offset 0) as "is_fresh!"
          from meta_sync_slices s
         where sync_run_id = $1 and kind = any ($2) and state in ('pending', 'submitted', 'ready')
           and (due_at is null or due_at <= $3)
         -- Those that may have no room for their report come last, so that they keep nobody from the reports there are.
         order by (state = 'pending' and is_report), kind, date desc, id
         limit $4
        "#,
        sync.0,
        kinds as &[&str],
        now,
        limit,
        owner.brand_id.0,
    )
    .fetch_all(&mut **tx)
    .await
}

/// How a sync stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Slices that are not over.
    pub open: i64,
    /// Slices whose rows are all stored.
    pub done: i64,
    /// When the next slice can be worked on, of those that wait.
    pub next_due: Option<DateTime<Utc>>,
    /// When the next report is to be looked at.
    pub next_poll: Option<DateTime<Utc>>,
    /// Rows stored; one that came field by field counts for each part.
    pub rows: i64,
    /// Rows that could not be read or belong to another brand.
    pub rejected: i64,
    /// Reports being prepared.
    pub reports: i64,
}

/// How a sync stands in kinds of numbers.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn standing(tx: &mut Tx, sync: SyncId, kinds: &[&str]) -> sqlx::Result<Standing> {
    sqlx::query_as!(
        Standing,
        r#"
        select count(*) filter (where state in ('pending', 'submitted', 'ready')) as "open!",
               count(*) filter (where state = 'done') as "done!",
               count(*) filter (where state = 'submitted') as "reports!",
               min(coalesce(due_at, created_at)) filter (where state in ('pending', 'submitted', 'ready')) as next_due,
               min(due_at) filter (where state = 'submitted') as next_poll,
               coalesce(sum(rows_stored), 0)::bigint as "rows!",
               coalesce(sum(rows_rejected), 0)::bigint as "rejected!"
          from meta_sync_slices
         where sync_run_id = $1 and kind = any ($2)
        "#,
        sync.0,
        kinds as &[&str],
    )
    .fetch_one(&mut **tx)
    .await
}

/// What people must know of slices that are over: days that are not complete, and fields left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which numbers.
    pub kind: Kind,
    /// Of which day.
    pub date: NaiveDate,
    /// Whether the slice was given up; else it was read without something.
    pub is_failed: bool,
    /// Why.
    pub error: String,
}

/// Slices that were given up or read without something, the oldest day first, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn failures(
    tx: &mut Tx,
    sync: SyncId,
    kinds: &[&str],
    limit: i64,
) -> sqlx::Result<Vec<Failure>> {
    sqlx::query_as!(
        Failure,
        r#"
        select kind as "kind: Kind", date, state = 'failed' as "is_failed!", error as "error!"
          from meta_sync_slices
         where sync_run_id = $1 and kind = any ($2) and state in ('done', 'failed') and error is not null
         order by state desc, kind, date, id
         limit $3
        "#,
        sync.0,
        kinds as &[&str],
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Takes slices that were given up up again, as a new attempt of the run does. Returns how many.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn retry_failed(tx: &mut Tx, sync: SyncId, kinds: &[&str]) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update meta_sync_slices
           set state = 'pending', error = null, attempts = 0, due_at = null, finished_at = null,
               report_run_id = null, polls = 0, submitted_at = null, after_cursor = null,
               pages = 0, rows_stored = 0, rows_rejected = 0
         where sync_run_id = $1 and kind = any ($2) and state = 'failed'
        "#,
        sync.0,
        kinds as &[&str],
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
