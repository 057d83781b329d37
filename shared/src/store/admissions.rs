//! Who a request comes from, and how many came before: one look at `api_tokens` and `api_request_counts`.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{OrganizationId, Role, TokenScopes},
    store::Tx,
};

/// How exact `last_used_at` is: a token that is used costs a write of its row at most this often.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// The time over which requests are counted, from the first one on.
pub const WINDOW: TimeDelta = TimeDelta::minutes(1);

/// Who asks to be admitted.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// SHA-256 of the token.
    pub token_sha256: &'a [u8; 32],
    /// Whether the token is known to be good by other means; then it is not looked for.
    pub is_known: bool,
    /// SHA-256 of what its requests are counted by.
    pub counted_sha256: &'a [u8; 32],
    /// Requests of a window that are counted one by one, those beyond as one more; 0: none are counted.
    pub requests_max: i32,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// The token's row, if it is good.
    pub token: Option<FoundToken>,
    /// The requests of the present window, this one included; `None` when none are counted.
    pub count: Option<Count>,
}

/// A token that is good.
#[derive(Clone, Debug)]
pub struct FoundToken {
    /// Whose rows it reaches; `None`: those of the whole installation.
    pub organization_id: Option<OrganizationId>,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Which parts of the API it reaches; `None`: all, and the console.
    pub scopes: Option<TokenScopes>,
}

/// Requests of one window.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// How many, at most one more than are counted.
    pub requests: i32,
    /// When the window began.
    pub window_began_at: DateTime<Utc>,
}

/// Looks for a good token, notes its use and counts the request, in one statement. Of a token that is neither found
/// nor known nothing is written.
///
/// Digests are found by an index and not in constant time: what the time tells of a digest says nothing of the 256
/// random bits it was made of.
///
/// # Errors
/// When the database does not answer.
pub async fn find(tx: &mut Tx, asking: &Asking<'_>, now: DateTime<Utc>) -> sqlx::Result<Found> {
    let row = sqlx::query!(
        r#"
        with token as (
            select id, organization_id, name, role, scopes from api_tokens
             where digest = $1 and not $2 and revoked_at is null and (expires_at is null or expires_at > $3)),
        used as (
            update api_tokens
               set last_used_at = $3
             where id in (select id from token) and (last_used_at is null or last_used_at <= $4)),
        counted as (
            insert into api_request_counts as c (caller_sha256, window_began_at, requests)
            select $5, $3, 1
             where $6 > 0 and ($2 or exists (select from token))
            on conflict (caller_sha256) do update
               set requests = case when c.window_began_at <= $7 then 1 else least(c.requests, $6) + 1 end,
                   window_began_at = case when c.window_began_at <= $7 then $3 else c.window_began_at end
            returning window_began_at, requests)
        select token.organization_id as "organization_id?: OrganizationId", token.name as "name?",
               token.role as "role?: Role", token.scopes as "scopes?: TokenScopes", counted.window_began_at as "window_began_at?",
               counted.requests as "requests?"
          from (select) one
          left join token on true
          left join counted on true
        "#,
        &asking.token_sha256[..],
        asking.is_known,
        now,
        now - USE_NOTED_EVERY,
        &asking.counted_sha256[..],
        asking.requests_max,
        now - WINDOW,
    )
    .fetch_one(&mut **tx)
    .await?;
    let token = row.name.zip(row.role).map(|(name, role)| FoundToken {
        organization_id: row.organization_id,
        name,
        role,
        scopes: row.scopes,
    });
    let count = row.requests.zip(row.window_began_at);
    Ok(Found {
        token,
        count: count.map(|(requests, window_began_at)| Count {
            requests,
            window_began_at,
        }),
    })
}

/// Deletes at most `limit` counts of windows that began before `before`; returns how many.
///
/// # Errors
/// When the database does not answer.
pub async fn prune(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        delete from api_request_counts
         where caller_sha256 in (select caller_sha256 from api_request_counts
                                  where window_began_at < $1
                                  order by window_began_at
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
