//! Rows of `console_sessions`: who is signed in to the console.
//!
//! The table has digests only. A session that has expired is as if it were not there, and is deleted
//! when somebody signs in.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{OrganizationId, Role},
    store::Tx,
};

/// How exact `last_used_at` is: a page that is looked at costs a write at most this often.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Somebody whom the identity provider vouched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// What they are called in what they change.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whose rows they reach; `None`: those of the whole installation.
    pub organization_id: Option<OrganizationId>,
}

/// A session that is good.
#[derive(Clone, Debug)]
pub struct Session {
    /// SHA-256 of the token it was opened with, or of what the identity provider calls its visitor.
    pub token_sha256: Vec<u8>,
    /// `None`: whoever has that token.
    pub visitor: Option<Visitor>,
}

/// A session to be opened.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// SHA-256 of its id.
    pub id_sha256: [u8; 32],
    /// SHA-256 of the token it was opened with, or of what the identity provider calls its visitor.
    pub token_sha256: [u8; 32],
    /// Whom the identity provider vouched for, if it did.
    pub visitor: Option<Visitor>,
    /// The first moment at which it is no good.
    pub expires_at: DateTime<Utc>,
}

/// Opens a session. `false`: there is no such organisation, and nothing is done.
///
/// # Errors
/// When the database does not answer.
pub async fn open(tx: &mut Tx, session: &NewSession, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let visitor = session.visitor.as_ref();
    let organization_id = visitor.and_then(|it| it.organization_id);
    let done = sqlx::query!(
        r#"
        insert into console_sessions
               (id_sha256, token_sha256, created_at, expires_at, last_used_at,
                visitor_name, visitor_role, visitor_organization_id)
        select $1, $2, $3, $4, $3, $5, $6, $7
         where $7::uuid is null or exists (select from organizations where id = $7)
        "#,
        &session.id_sha256[..],
        &session.token_sha256[..],
        now,
        session.expires_at,
        visitor.map(|it| it.name.as_str()),
        visitor.map(|it| it.role) as Option<Role>,
        organization_id as Option<OrganizationId>,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A session, and notes that it was used. `None`: there is no such session, or it has expired.
///
/// # Errors
/// When the database does not answer.
pub async fn find(
    tx: &mut Tx,
    id_sha256: &[u8; 32],
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Session>> {
    let row = sqlx::query!(
        r#"
        with used as (
            update console_sessions
               set last_used_at = $2
             where id_sha256 = $1 and expires_at > $2 and last_used_at < $3)
        select token_sha256, visitor_name, visitor_role as "visitor_role: Role",
               visitor_organization_id as "visitor_organization_id: OrganizationId"
          from console_sessions
         where id_sha256 = $1 and expires_at > $2
        "#,
        &id_sha256[..],
        now,
        now - USE_NOTED_EVERY,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Session {
        token_sha256: row.token_sha256,
        visitor: row
            .visitor_name
            .zip(row.visitor_role)
            .map(|(name, role)| Visitor {
                name,
                role,
                organization_id: row.visitor_organization_id,
            }),
    }))
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
