//! Rows of `remote_files`: what lies at a provider. Each is noted before it is sent there, so that after a crash
//! nothing lies there that nobody knows of.

use chrono::{DateTime, Utc};

use crate::{
    domain::{BrandId, RunId, provider::Provider},
    store::Tx,
};

/// Notes a file that is about to be sent, under the name it will have there. Noted again, it is
/// about to be sent again: it is not there yet, and young.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn note(
    tx: &mut Tx,
    (provider, name): (Provider, &str),
    (brand, run): (BrandId, RunId),
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into remote_files (provider, name, organization_id, brand_id, run_id, created_at)
        select $1, $2, organization_id, id, $4, $5
          from brands where id = $3
        on conflict (provider, name) do update
           set run_id = excluded.run_id, created_at = excluded.created_at, uploaded_at = null, deleted_at = null
        "#,
        provider.name(),
        name,
        brand.0,
        run.0,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that a file lies there. False when it was not noted before.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn uploaded(
    tx: &mut Tx,
    (provider, name): (Provider, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update remote_files set uploaded_at = coalesce(uploaded_at, $3) where provider = $1 and name = $2",
        provider.name(),
        name,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Notes that a file lies there no more, or never did. False when it was not noted before.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn deleted(
    tx: &mut Tx,
    (provider, name): (Provider, &str),
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update remote_files set deleted_at = coalesce(deleted_at, $3) where provider = $1 and name = $2",
        provider.name(),
        name,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// The first `limit` files that were noted before `before` and may still lie there, the oldest first. Of all brands:
/// whoever looks cleans up for all.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn orphans(
    tx: &mut Tx,
    provider: Provider,
    before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar!(
        r#"
        select name
          from remote_files
         where provider = $1 and deleted_at is null and created_at < $2
         order by created_at, name
         limit $3
        "#,
        provider.name(),
        before,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
