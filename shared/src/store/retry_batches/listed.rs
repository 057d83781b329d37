//! Batches in a list.

use chrono::{DateTime, Utc};

use crate::{domain::BatchId, store::Tx};

/// A batch in a list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: BatchId,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
    /// `active`, `done`, `stopped` or `cancelled`.
    pub status: String,
    /// Runs in it.
    pub runs: i64,
    /// Runs whose turn has come.
    pub released: i64,
}

/// The newest batches, at most `limit`, those first that are active.
///
/// # Errors
/// When the database does not answer.
pub async fn newest(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"
        select b.id as "id: BatchId", b.created_at, b.created_by, b.status,
               count(m.run_id) as "runs!", count(m.released_at) as "released!"
          from (select * from retry_batches order by status = 'active' desc, created_at desc limit $1) b
          left join retry_batch_runs m on m.batch_id = b.id
         group by b.id, b.created_at, b.created_by, b.status
         order by b.status = 'active' desc, b.created_at desc
        "#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
