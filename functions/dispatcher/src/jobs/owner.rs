//! Why an owner was refused, in words.

use axum::http::StatusCode;
use shared::{
    domain::JobType,
    store::{
        Tx, job_types,
        jobs::create::{self, Owner},
        owners::{self, Subject},
    },
};

use crate::{State, auth::Caller, problem::Problem};

/// Whether `caller` may make jobs of this owner. What belongs to the platform is made by callers of the installation.
///
/// # Errors
/// 403 for the platform's; 422 for a brand that is not the caller's; when the database does not answer.
pub(crate) async fn permit(
    state: &State,
    caller: &Caller,
    job_type: JobType,
    owner: Owner,
) -> Result<(), Problem> {
    let Some(organization) = caller.organization() else {
        return Ok(());
    };
    let mut tx = state.db.begin().await?;
    let Some(brand) = owner.brand_id else {
        if owner.product_id.is_some() {
            return Err(missing(&mut tx, owner).await?);
        }
        let scope = job_types::scope(&mut tx, job_type).await?;
        if scope.as_deref() == Some("platform") {
            let detail = "jobs of the platform are made by callers of the whole installation";
            return Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", detail));
        }
        return Err(unfit(&mut tx, job_type, owner).await?);
    };
    let owns = owners::owns(&mut tx, organization, Subject::Brand, brand.0).await?;
    tx.commit().await?;
    owns.then_some(())
        .ok_or_else(|| Problem::field("brand_id", NO_BRAND))
}

const NO_BRAND: &str = "there is no brand with this id";

/// The owner does not exist: which part of it?
pub(crate) async fn missing(tx: &mut Tx, owner: Owner) -> sqlx::Result<Problem> {
    let has_brand = match owner.brand_id {
        None => false,
        Some(brand_id) => create::has_brand(tx, brand_id).await?,
    };
    Ok(match owner {
        Owner {
            brand_id: Some(_), ..
        } if !has_brand => Problem::field("brand_id", NO_BRAND),
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
