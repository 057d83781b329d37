//! Why an owner was refused, in words.

use shared::{
    domain::JobType,
    store::{
        Tx, job_types,
        jobs::create::{self, Owner},
    },
};

use crate::problem::Problem;

/// The owner does not exist: which part of it?
pub(crate) async fn missing(tx: &mut Tx, owner: Owner) -> sqlx::Result<Problem> {
    let has_brand = match owner.brand_id {
        None => false,
        Some(brand_id) => create::has_brand(tx, brand_id).await?,
    };
    Ok(match owner {
        Owner {
            brand_id: Some(_), ..
        } if !has_brand => Problem::field("brand_id", "there is no brand with this id"),
        Owner {
            brand_id: None,
            product_id: Some(_),
        } => Problem::field("brand_id", "name the brand of this product"),
        _ => Problem::field("product_id", "this brand has no product with this id"),
    })
}

/// The owner is not of the kind the job type works on: which would be?
pub(crate) async fn unfit(tx: &mut Tx, job_type: JobType, owner: Owner) -> sqlx::Result<Problem> {
    let scope = job_types::scope(tx, job_type).await?;
    let (field, advice) = match (scope.as_deref(), owner) {
        (Some("product"), Owner { brand_id: None, .. })
        | (Some("brand"), Owner { brand_id: None, .. }) => ("brand_id", "is missing"),
        (Some("product"), _) => ("product_id", "is missing"),
        (Some("brand"), _) => ("product_id", "must be left out"),
        (
            Some(_),
            Owner {
                product_id: Some(_),
                ..
            },
        ) => ("product_id", "must be left out"),
        (Some(_), _) => ("brand_id", "must be left out"),
        (None, _) => return Ok(Problem::field("job_type", "has no row in this database")),
    };
    let scope = scope.unwrap_or_default();
    let detail = format!("{advice}: a job of type {job_type} belongs to a {scope}");
    Ok(Problem::field(field, detail))
}
