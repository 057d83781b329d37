//! Rows of `job_types`: what can be scheduled.

use crate::{domain::JobType, store::Tx};

/// A row of `job_types`.
#[derive(Clone, Debug)]
pub struct JobTypeRow {
    /// The name, as in [`JobType::name`].
    pub name: String,
    /// What a job of this type belongs to: `brand`, `product` or `platform`.
    pub scope: String,
    /// The dataset its success refreshes; `None` when it refreshes none.
    pub dataset_key: Option<String>,
    /// What it does, for people.
    pub description: String,
    /// Runs at the same time over all brands; `None` for no limit.
    pub running_max: Option<i32>,
    /// Runs at the same time per brand; `None` for no limit.
    pub running_per_brand_max: Option<i32>,
}

/// Every job type, by name. The table has one row per function, so it needs no limit.
///
/// # Errors
/// When the database does not answer.
pub async fn all(tx: &mut Tx) -> sqlx::Result<Vec<JobTypeRow>> {
    sqlx::query_as!(
        JobTypeRow,
        r#"
        select name, scope, dataset_key, description, running_max, running_per_brand_max
          from job_types
         order by name
        "#,
    )
    .fetch_all(&mut **tx)
    .await
}

/// What jobs of this type belong to; `None` when the type has no row, so no migration ran for it.
///
/// # Errors
/// When the database does not answer.
pub async fn scope(tx: &mut Tx, job_type: JobType) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        r#"select scope from job_types where name = $1"#,
        job_type.name()
    )
    .fetch_optional(&mut **tx)
    .await
}

/// New limits of a job type. The outer `None` leaves a limit as it is, the inner one takes it away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Runs at the same time over all brands.
    pub running_max: Option<Option<i32>>,
    /// Runs at the same time per brand.
    pub running_per_brand_max: Option<Option<i32>>,
}

/// Limits the runs of a type. Runs at work go on. `false`: there is no such type.
///
/// # Errors
/// When the database does not answer, or a limit is not above 0.
pub async fn set_limits(tx: &mut Tx, name: &str, limits: Limits) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        r#"
        update job_types
           set running_max = case when $2 then $3 else running_max end,
               running_per_brand_max = case when $4 then $5 else running_per_brand_max end
         where name = $1
        "#,
        name,
        limits.running_max.is_some(),
        limits.running_max.flatten(),
        limits.running_per_brand_max.is_some(),
        limits.running_per_brand_max.flatten(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}
