//! Rows of `products`: what of a brand some jobs work on.

use crate::{
    domain::{BrandId, ProductId},
    store::Tx,
};

/// A product and its brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductRow {
    /// Its id.
    pub id: ProductId,
    /// What people call it.
    pub name: String,
    /// What people call its brand.
    pub brand_name: String,
}

/// Products of which there are jobs, by brand and name, at most `limit`; `brand`: of this one alone.
///
/// # Errors
/// When the database does not answer.
pub async fn with_jobs(
    tx: &mut Tx,
    brand: Option<BrandId>,
    limit: i64,
) -> sqlx::Result<Vec<ProductRow>> {
    sqlx::query_as!(
        ProductRow,
        r#"
        select p.id as "id: ProductId", p.name, b.name as brand_name
          from products p
          join brands b on b.id = p.brand_id
         where ($1::uuid is null or p.brand_id = $1)
           and p.id in (select product_id from scheduled_jobs where product_id is not null)
         order by b.name, p.name, p.id
         limit $2
        "#,
        brand as Option<BrandId>,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}
