//! Rows of `dataset_status`, how fresh each brand's data is, and of `run_steps`, which run did what about it.

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
    /// When it ended.
    pub at: DateTime<Utc>,
}

/// Writes how a step of a segment of a run ended. Only a success moves `last_success_at`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn record(
    tx: &mut Tx,
    job: &LockedJob,
    (run_id, segment): (RunId, i32),
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
        with kept as (
            insert into run_steps as s (run_id, segment, dataset_key, at, records, is_partial, error_message)
            values ($5, $8, $3, $9, $6, $10, $7)
            on conflict (run_id, segment, dataset_key) do update
               set at = excluded.at, records = excluded.records, is_partial = excluded.is_partial,
                   error_message = excluded.error_message)
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
        segment,
        step.at,
        step.is_partial && records.is_none(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What became of a dataset in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunStep {
    /// In which segment; 1 for the first.
    pub segment: i32,
    /// The dataset, as in `ad_assets`.
    pub dataset_key: String,
    /// When the run said so.
    pub at: DateTime<Utc>,
    /// Records written; `None`: it could not, or not all of it.
    pub records: Option<i64>,
    /// Whether some were written all the same.
    pub is_partial: bool,
    /// Why it could not.
    pub error_message: Option<String>,
}

/// The steps of a run in their order, at most `limit`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn steps_of_run(tx: &mut Tx, run_id: RunId, limit: i64) -> sqlx::Result<Vec<RunStep>> {
    sqlx::query_as!(
        RunStep,
        r#"
        select segment, dataset_key, at, records, is_partial, error_message
          from run_steps
         where run_id = $1
         order by segment, at, dataset_key
         limit $2
        "#,
        run_id.0,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
