//! Rows of `members`: people whom the identity provider vouched for, as they were when they came last.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{
    domain::{MemberId, OrganizationId, Role},
    store::Tx,
};

/// How exact `last_seen_at` is: somebody who calls costs a write at most this often.
const SEEN_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Somebody who comes now.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// SHA-256 of the issuer and of what it calls them.
    pub sha256: &'a [u8; 32],
    /// As they stand in what they change.
    pub name: &'a str,
    /// What they may do.
    pub role: Role,
    /// Whose rows they reach; `None`: those of the whole installation.
    pub organization_id: Option<OrganizationId>,
}

/// Somebody who came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The row.
    pub id: MemberId,
    /// As they stand in what they changed.
    pub name: String,
    /// What they might do when they came last.
    pub role: Role,
    /// Whose rows they reached then; `None`: those of the whole installation.
    pub organization_id: Option<OrganizationId>,
    /// Its name.
    pub organization_name: Option<String>,
    /// When they first came.
    pub first_seen_at: DateTime<Utc>,
    /// When they came last, to the minute.
    pub last_seen_at: DateTime<Utc>,
}

/// Notes that somebody comes. Of an organisation that is not there nothing is noted.
///
/// # Errors
/// When the database does not answer.
pub async fn note(tx: &mut Tx, it: &Seen<'_>, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into members as m (id, sha256, organization_id, name, role, first_seen_at, last_seen_at)
        select $1, $2, $3, $4, $5, $6, $6
         where ($3::uuid is null or exists (select from organizations where id = $3))
           -- Asked first: a row that conflicts is locked, though nothing is written.
           and not exists (select from members known
                            where known.sha256 = $2 and known.last_seen_at > $7
                              and (known.organization_id, known.name, known.role) is not distinct from ($3, $4, $5))
        on conflict (sha256) do update
           set organization_id = excluded.organization_id, name = excluded.name, role = excluded.role,
               last_seen_at = greatest(m.last_seen_at, excluded.last_seen_at)
        "#,
        MemberId::new() as MemberId,
        &it.sha256[..],
        it.organization_id as Option<OrganizationId>,
        it.name,
        it.role as Role,
        now,
        now - SEEN_NOTED_EVERY,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// At most `limit` of those who came, within `within`, those first who came last; from behind `before` on.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    tx: &mut Tx,
    within: Option<OrganizationId>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> sqlx::Result<Vec<Member>> {
    let (before_at, before_id) = before.unzip();
    sqlx::query_as!(
        Member,
        r#"
        select m.id as "id: MemberId", m.name, m.role as "role: Role", m.organization_id as "organization_id: OrganizationId",
               o.name as "organization_name?", m.first_seen_at, m.last_seen_at
          from members m
          left join organizations o on o.id = m.organization_id
         where ($1::uuid is null or m.organization_id = $1)
           and ($2::timestamptz is null or (m.last_seen_at, m.id) < ($2, $3::uuid))
         order by m.last_seen_at desc, m.id desc
         limit $4
        "#,
        within as Option<OrganizationId>,
        before_at,
        before_id,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Forgets at most `limit` of those who came last before `before`; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from members
         where id in (select id from members
                       where last_seen_at < $1
                       order by last_seen_at
                       limit $2
                         for update skip locked)
        "#,
        before,
        limit,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}
