//! Rows of `dataset_limits`: how old data may be before somebody should look.

use crate::store::Tx;

/// How old data may be of which nothing is said, in hours: every job that reads data is meant to run at least daily.
pub const FRESH_FOR_HOURS: i32 = 24;

/// How old a dataset may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetLimit {
    /// Which, as in `ad_assets`.
    pub dataset_key: String,
    /// Since its last success, in hours, to count as fresh; up to twice that it is ageing.
    pub fresh_for_hours: i32,
}

/// What is said of datasets, by their keys.
///
/// # Errors
/// When the database does not answer.
pub async fn all(tx: &mut Tx) -> sqlx::Result<Vec<DatasetLimit>> {
    sqlx::query_as!(
        DatasetLimit,
        "select dataset_key, fresh_for_hours from dataset_limits order by dataset_key"
    )
    .fetch_all(&mut **tx)
    .await
}

/// Says how old a dataset may be, of every brand. `false`: nothing makes such a dataset, and nobody has tried to.
///
/// # Errors
/// When the database does not answer.
pub async fn set(tx: &mut Tx, limit: &DatasetLimit) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        insert into dataset_limits (dataset_key, fresh_for_hours)
        select $1, $2
         where exists (select from job_types where dataset_key = $1)
            or exists (select from dataset_status where dataset_key = $1)
            or exists (select from dataset_limits where dataset_key = $1)
        on conflict (dataset_key) do update set fresh_for_hours = excluded.fresh_for_hours
        "#,
        limit.dataset_key,
        limit.fresh_for_hours,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Says nothing of a dataset any more: it may be [`FRESH_FOR_HOURS`] old. May be repeated.
///
/// # Errors
/// When the database does not answer.
pub async fn remove(tx: &mut Tx, dataset_key: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from dataset_limits where dataset_key = $1",
        dataset_key
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
