//! Rows of `brands`: whose data jobs work on, and how much of it at the same time.

use crate::{domain::BrandId, store::Tx};

/// A brand and its limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandRow {
    /// Its id.
    pub id: BrandId,
    /// What people call it.
    pub name: String,
    /// Runs at the same time, of whatever type; `None` for no limit. Changed by people.
    pub running_max: Option<i32>,
}

/// Every brand by name, at most `limit`.
///
/// # Errors
/// When the database does not answer.
pub async fn all(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<BrandRow>> {
    behind(tx, None, limit).await
}

/// The next brands by name behind the brand `after`, at most `limit`; the first ones without it.
///
/// # Errors
/// When the database does not answer.
pub async fn behind(
    tx: &mut Tx,
    after: Option<BrandId>,
    limit: i64,
) -> sqlx::Result<Vec<BrandRow>> {
    sqlx::query_as!(
        BrandRow,
        r#"
        select id as "id: BrandId", name, running_max
          from brands
         where $1::uuid is null or (name, id) > (select last.name, last.id from brands last where last.id = $1)
         order by name, id
         limit $2
        "#,
        after as Option<BrandId>,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// What people call a brand; `None`: there is no such brand.
///
/// # Errors
/// When the database does not answer.
pub async fn name(tx: &mut Tx, id: BrandId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select name from brands where id = $1", id.0)
        .fetch_optional(&mut **tx)
        .await
}

/// Limits a brand's runs at the same time; `None` takes the limit away. Runs at work go on. `false`:
/// there is no such brand.
///
/// # Errors
/// When the database does not answer, or the limit is not above 0.
pub async fn set_running_max(
    tx: &mut Tx,
    id: BrandId,
    running_max: Option<i32>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "update brands set running_max = $2 where id = $1",
        id.0,
        running_max,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
