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
