//! Rows of `api_tokens`: who may call, as people gave it out.
//!
//! `within` is the organisation whose tokens are meant; `None`: those of all, and of the installation.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    domain::{ApiTokenId, OrganizationId, Role, TokenScope, TokenScopes},
    store::Tx,
};

/// A token to be given out.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'a> {
    /// Its id, made by the caller.
    pub id: ApiTokenId,
    /// Whose rows it reaches; `None`: those of the whole installation.
    pub organization_id: Option<OrganizationId>,
    /// What people call it, 1 to 100 characters.
    pub name: &'a str,
    /// SHA-256 of the token.
    pub digest: &'a [u8; 32],
    /// What it may do.
    pub role: Role,
    /// Which parts of the API it reaches; `None`: all, and the console.
    pub scopes: Option<&'a [TokenScope]>,
    /// Who gives it out.
    pub created_by: &'a str,
    /// The first moment at which it is no good. `None`: it does not end by itself.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A token as people see it.
#[derive(Clone, Debug)]
pub struct ApiToken {
    /// Its id.
    pub id: ApiTokenId,
    /// Whose rows it reaches; `None`: those of the whole installation.
    pub organization_id: Option<OrganizationId>,
    /// That organisation's name.
    pub organization_name: Option<String>,
    /// What people call it.
    pub name: String,
    /// SHA-256 of the token, of which its callers' names have the first digits.
    pub digest: Vec<u8>,
    /// What it may do.
    pub role: Role,
    /// Which parts of the API it reaches; `None`: all, and the console.
    pub scopes: Option<TokenScopes>,
    /// Who gave it out.
    pub created_by: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// The first moment at which it is no good. A rotation moves it forward.
    pub expires_at: Option<DateTime<Utc>>,
    /// Its last use, exact to a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// When somebody took it back.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The token that takes its place.
    pub rotated_to: Option<ApiTokenId>,
}

impl ApiToken {
    /// Whether it may call at `now`.
    #[must_use]
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }
}

/// Gives a token out. `false`: there is no such organisation, or a token with this id, and nothing is done.
///
/// # Errors
/// When the database does not answer.
pub async fn create(tx: &mut Tx, token: &NewToken<'_>, now: DateTime<Utc>) -> sqlx::Result<bool> {
    let scopes = token.scopes.map(TokenScopes::from);
    let done = sqlx::query!(
        r#"
        insert into api_tokens (id, organization_id, name, digest, role, created_by, created_at, expires_at, scopes)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9
         where $2::uuid is null or exists (select from organizations where id = $2)
        on conflict (id) do nothing
        "#,
        token.id as ApiTokenId,
        token.organization_id as Option<OrganizationId>,
        token.name,
        &token.digest[..],
        token.role as Role,
        token.created_by,
        now,
        token.expires_at,
        scopes as Option<TokenScopes>,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// At most `limit` tokens, newest first, those after the place `before`.
///
/// # Errors
/// When the database does not answer.
pub async fn list(
    tx: &mut Tx,
    within: Option<OrganizationId>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> sqlx::Result<Vec<ApiToken>> {
    let (before_at, before_id) = before.unzip();
    sqlx::query_as!(
        ApiToken,
        r#"
        select t.id as "id: ApiTokenId", t.organization_id as "organization_id: OrganizationId",
               o.name as "organization_name?", t.name, t.digest, t.role as "role: Role", t.scopes as "scopes: TokenScopes",
               t.created_by,
               t.created_at, t.expires_at, t.last_used_at, t.revoked_at,
               t.rotated_to as "rotated_to: ApiTokenId"
          from api_tokens t
          left join organizations o on o.id = t.organization_id
         where ($1::uuid is null or t.organization_id = $1)
           and ($2::timestamptz is null or (t.created_at, t.id) < ($2, $3))
         order by t.created_at desc, t.id desc
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

/// One token. `None`: there is none with this id within `within`.
///
/// # Errors
/// When the database does not answer.
pub async fn get(
    tx: &mut Tx,
    id: ApiTokenId,
    within: Option<OrganizationId>,
) -> sqlx::Result<Option<ApiToken>> {
    sqlx::query_as!(
        ApiToken,
        r#"
        select t.id as "id: ApiTokenId", t.organization_id as "organization_id: OrganizationId",
               o.name as "organization_name?", t.name, t.digest, t.role as "role: Role", t.scopes as "scopes: TokenScopes",
               t.created_by,
               t.created_at, t.expires_at, t.last_used_at, t.revoked_at,
               t.rotated_to as "rotated_to: ApiTokenId"
          from api_tokens t
          left join organizations o on o.id = t.organization_id
         where t.id = $1 and ($2::uuid is null or t.organization_id = $2)
        "#,
        id as ApiTokenId,
        within as Option<OrganizationId>,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Takes a token back, from now on. May be repeated. `false`: there is none with this id within `within`.
///
/// # Errors
/// When the database does not answer.
pub async fn revoke(
    tx: &mut Tx,
    id: ApiTokenId,
    within: Option<OrganizationId>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update api_tokens
           set revoked_at = coalesce(revoked_at, $3)
         where id = $1 and ($2::uuid is null or organization_id = $2)
        "#,
        id as ApiTokenId,
        within as Option<OrganizationId>,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A token that takes another one's place.
#[derive(Clone, Copy, Debug)]
pub struct Rotation<'a> {
    /// The one that shall end.
    pub old: ApiTokenId,
    /// The new one's id, made by the caller.
    pub new: ApiTokenId,
    /// SHA-256 of the new one.
    pub digest: &'a [u8; 32],
    /// Who does it.
    pub by: &'a str,
    /// When the old one ends, unless it ends sooner anyway.
    pub old_until: DateTime<Utc>,
    /// When the new one ends. `None`: it lasts as long as the old one was meant to.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Gives out a token of the same name, role, scopes and organisation. `false`: the old one is not there within `within`,
/// no longer good, or was rotated before, and nothing is done.
///
/// # Errors
/// When the database does not answer.
pub async fn rotate(
    tx: &mut Tx,
    rotation: &Rotation<'_>,
    within: Option<OrganizationId>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        with old as (
            select * from api_tokens
             where id = $1 and ($2::uuid is null or organization_id = $2)
               and revoked_at is null and (expires_at is null or expires_at > $3) and rotated_to is null
               for update),
        new as (
            insert into api_tokens (id, organization_id, name, digest, role, created_by, created_at, expires_at, scopes)
            select $4, organization_id, name, $5, role, $6, $3, coalesce($8, $3 + (expires_at - created_at)), scopes
              from old
            returning id)
        update api_tokens
           set rotated_to = new.id, expires_at = least(api_tokens.expires_at, $7)
          from new
         where api_tokens.id = $1
        "#,
        rotation.old as ApiTokenId,
        within as Option<OrganizationId>,
        now,
        rotation.new as ApiTokenId,
        &rotation.digest[..],
        rotation.by,
        rotation.old_until,
        rotation.expires_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
