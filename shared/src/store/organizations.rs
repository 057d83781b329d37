//! Rows of `organizations`.

use chrono::{DateTime, Utc};

use crate::{domain::OrganizationId, store::Tx};

/// An organisation to choose.
#[derive(Clone, Debug)]
pub struct OrganizationRow {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
}

/// At most `limit` organisations, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<OrganizationRow>> {
    sqlx::query_as!(
        OrganizationRow,
        r#"select id as "id: OrganizationId", name from organizations order by name, id limit $1"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// An organisation and who may reach its rows with a token that is good.
#[derive(Clone, Debug)]
pub struct Access {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Brands that it has.
    pub brands: i64,
    /// Jobs of it that are active or paused.
    pub jobs: i64,
    /// Tokens of viewers.
    pub viewers: i64,
    /// Tokens of operators.
    pub operators: i64,
    /// Tokens of administrators.
    pub admins: i64,
}

/// Organisations with who may reach them, by name, at most `limit`; or the one that is `only`.
///
/// # Errors
/// When the database does not answer.
pub async fn access(
    tx: &mut Tx,
    only: Option<OrganizationId>,
    now: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Access>> {
    sqlx::query_as!(
        Access,
        r#"
        select o.id as "id: OrganizationId", o.name, o.created_at,
               (select count(*) from brands b where b.organization_id = o.id) as "brands!",
               (select count(*)
                  from scheduled_jobs j
                 where j.organization_id = o.id and j.status in ('active', 'paused')) as "jobs!",
               t.viewers as "viewers!", t.operators as "operators!", t.admins as "admins!"
          from (select *
                  from organizations
                 where $1::uuid is null or id = $1
                 order by name, id
                 limit $3) o
         cross join lateral (
               select count(*) filter (where role = 'viewer') as viewers,
                      count(*) filter (where role = 'operator') as operators,
                      count(*) filter (where role = 'admin') as admins
                 from api_tokens
                where organization_id = o.id and revoked_at is null
                  and (expires_at is null or expires_at > $2)) t
         order by o.name, o.id
        "#,
        only as Option<OrganizationId>,
        now,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// What people call an organisation; `None`: there is none with this id that the transaction's scope may see.
///
/// # Errors
/// When the database does not answer.
pub async fn name(tx: &mut Tx, id: OrganizationId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select name from organizations where id = $1", id.0)
        .fetch_optional(&mut **tx)
        .await
}

/// Makes an organisation. `false`: there is one with this id, and nothing is done.
///
/// # Errors
/// When the database does not answer.
pub async fn create(
    tx: &mut Tx,
    id: OrganizationId,
    name: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into organizations (id, name, created_at) values ($1, $2, $3) on conflict (id) do nothing",
        id as OrganizationId,
        name,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Calls an organisation by another name. `false`: there is no such organisation.
///
/// # Errors
/// When the database does not answer.
pub async fn rename(tx: &mut Tx, id: OrganizationId, name: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update organizations set name = $2 where id = $1",
        id as OrganizationId,
        name,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
