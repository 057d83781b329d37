//! Rows of `organizations`.

use crate::{domain::OrganizationId, store::Tx};

/// An organisation to choose.
#[derive(Clone, Debug)]
pub struct OrganizationRow {
    /// Its id.
    pub id: OrganizationId,
    /// What people call it.
    pub name: String,
}

/// At most `limit` organisations, by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list(tx: &mut Tx, limit: i64) -> sqlx::Result<Vec<OrganizationRow>> {
    sqlx::query_as!(
        OrganizationRow,
        r#"select id as "id: OrganizationId", name from organizations order by name, id limit $1"#,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
