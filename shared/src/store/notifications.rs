//! Rows of `notifications`: what people must be told.

use chrono::{DateTime, Utc};

use crate::{
    domain::RunId,
    store::{Tx, jobs::ledger::LockedJob},
};

/// Tells that a run failed and no attempt is left. Told once per run.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn dead_letter(
    tx: &mut Tx,
    job: &LockedJob,
    run_id: RunId,
    error: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into notifications
               (organization_id, brand_id, run_id, kind, severity, title, body, created_at)
        values ($1, $2, $3, 'dead_letter', 'error', $4, $5, $6)
        on conflict (run_id, kind) do nothing
        "#,
        job.organization_id.map(|id| id.0),
        job.brand_id.map(|id| id.0),
        run_id.0,
        format!("{} failed and will not be tried again", job.job_type),
        error,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
