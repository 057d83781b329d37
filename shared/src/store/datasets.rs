//! Rows of `dataset_status`: how fresh each brand's data is.

use chrono::{DateTime, Utc};

use crate::{
    domain::RunId,
    store::{Tx, jobs::ledger::LockedJob},
};

/// How one step of a run ended, for the dataset it refreshes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The dataset, as in `ad_assets`.
    pub dataset: String,
    /// Records written, or why not.
    pub result: Result<u64, String>,
    /// Whether some were written all the same.
    pub is_partial: bool,
}

/// Writes how a step ended. Only a success moves `last_success_at`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn record(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    step: &Step,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let records = step
        .result
        .as_ref()
        .ok()
        .map(|count| i64::try_from(*count).unwrap_or(i64::MAX));
    sqlx::query!(
        r#"
        insert into dataset_status
               (organization_id, brand_id, dataset_key, last_attempt_at, last_run_id,
                last_status, last_success_at, records_affected, error_message)
        values ($1, $2, $3, $4::timestamptz, $5,
                case when $6::bigint is null then 'failed' else 'completed' end,
                case when $6::bigint is null then null else $4::timestamptz end,
                coalesce($6::bigint, 0), $7)
        on conflict (brand_id, dataset_key) do update
           set last_attempt_at = excluded.last_attempt_at,
               last_run_id = excluded.last_run_id,
               last_status = excluded.last_status,
               last_success_at = coalesce(excluded.last_success_at, dataset_status.last_success_at),
               records_affected = excluded.records_affected,
               error_message = excluded.error_message
        "#,
        job.organization_id.map(|id| id.0),
        job.brand_id.map(|id| id.0),
        step.dataset,
        now,
        run_id.0,
        records,
        step.result.as_ref().err(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
