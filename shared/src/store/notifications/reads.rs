//! Rows of `notification_reads`: what of the notifications somebody has read.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{domain::OrganizationId, store::Tx};

/// Somebody who reads notifications.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    /// SHA-256 of their token, or of what the identity provider calls them.
    pub sha256: &'a [u8; 32],
    /// Whose rows they reach; `None`: those of the whole installation.
    pub organization_id: Option<OrganizationId>,
}

/// How many notifications of every brand that happened after `since` they have not read, counted up to `most`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn unread_of_all_brands(
    tx: &mut Tx,
    reader: Reader<'_>,
    since: DateTime<Utc>,
    most: i64,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"
        with own as (
            select notification_id, read_at
              from notification_reads
             where reader_sha256 = $1 and organization_id is not distinct from $2)
        select count(*) as "count!"
          from (select
                  from notifications n
                 where coalesce(n.last_occurred_at, n.created_at)
                       > greatest($3, (select max(read_at) from own where notification_id is null))
                   and not exists (select from own
                                    where own.notification_id = n.id
                                      and own.read_at >= coalesce(n.last_occurred_at, n.created_at))
                 -- By the index: where most are read, a look at all of them would find few.
                 order by coalesce(n.last_occurred_at, n.created_at) desc
                 limit $4) unread
        "#,
        &reader.sha256[..],
        reader.organization_id as Option<OrganizationId>,
        since,
        most,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Notes that they have read these, as they were at `now`. Unknown ones are passed over. How many there were.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn mark(
    tx: &mut Tx,
    reader: Reader<'_>,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into notification_reads (reader_sha256, organization_id, notification_id, read_at)
        select $1, $2, n.id, $4
          from notifications n
         where n.id = any($3)
        on conflict (reader_sha256, organization_id, notification_id)
        do update set read_at = greatest(notification_reads.read_at, excluded.read_at)
        "#,
        &reader.sha256[..],
        reader.organization_id as Option<OrganizationId>,
        ids,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Notes that they have read all that had happened by `until`, and forgets what that says already.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn mark_all(tx: &mut Tx, reader: Reader<'_>, until: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        with forgotten as (
            delete from notification_reads
             where reader_sha256 = $1 and organization_id is not distinct from $2
               and notification_id is not null and read_at <= $3)
        insert into notification_reads (reader_sha256, organization_id, read_at)
        values ($1, $2, $3)
        on conflict (reader_sha256, organization_id, notification_id)
        do update set read_at = greatest(notification_reads.read_at, excluded.read_at)
        "#,
        &reader.sha256[..],
        reader.organization_id as Option<OrganizationId>,
        until,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
