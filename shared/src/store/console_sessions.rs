//! Rows of `console_sessions`: who is signed in to the console.
//!
//! The table has digests only. A session that has expired is as if it were not there, and is deleted
//! when somebody signs in.

use chrono::{DateTime, TimeDelta, Utc};

use crate::store::Tx;

/// How exact `last_used_at` is: a page that is looked at costs a write at most this often.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A session to be opened.
#[derive(Clone, Copy, Debug)]
pub struct NewSession {
    /// SHA-256 of its id.
    pub id_sha256: [u8; 32],
    /// SHA-256 of the token it was opened with.
    pub token_sha256: [u8; 32],
    /// The first moment at which it is no good.
    pub expires_at: DateTime<Utc>,
}

/// Opens a session.
///
/// # Errors
/// When the database does not answer.
pub async fn open(tx: &mut Tx, session: &NewSession, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into console_sessions (id_sha256, token_sha256, created_at, expires_at, last_used_at)
        values ($1, $2, $3, $4, $3)
        "#,
        &session.id_sha256[..],
        &session.token_sha256[..],
        now,
        session.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The digest of the token that a session was opened with, and notes that the session was used. `None`:
/// there is no such session, or it has expired.
///
/// # Errors
/// When the database does not answer.
pub async fn token_of(
    tx: &mut Tx,
    id_sha256: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        r#"
        with used as (
            update console_sessions
               set last_used_at = $2
             where id_sha256 = $1 and expires_at > $2 and last_used_at < $3)
        select token_sha256
          from console_sessions
         where id_sha256 = $1 and expires_at > $2
        "#,
        &id_sha256[..],
        now,
        now - USE_NOTED_EVERY,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Ends a session. May be repeated.
///
/// # Errors
/// When the database does not answer.
pub async fn close(tx: &mut Tx, id_sha256: &[u8; 32]) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from console_sessions where id_sha256 = $1",
        &id_sha256[..],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Deletes at most `limit` sessions that have expired, oldest first; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from console_sessions
         where id_sha256 in (select id_sha256 from console_sessions
                              where expires_at <= $1
                              order by expires_at
                              limit $2)
        "#,
        now,
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
