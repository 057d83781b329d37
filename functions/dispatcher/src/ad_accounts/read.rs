//! `GET /api/brands/{brand}/ad-accounts` and `POST …/check`.

use axum::Json;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    clients::meta::LinkCheck,
    domain::BrandId,
    store::{
        ad_accounts::{self, AdAccount},
        jobs::create::has_brand,
    },
};

use super::{
    access::Asking,
    body::{CheckBody, fit},
    view::AccountView,
};
use crate::{State, body::JsonBody, problem::Problem, query::Id};

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Accounts {
    ad_accounts: Vec<AccountView>,
}

/// A brand's accounts, the primary one first.
pub(crate) async fn list(state: State, Id(brand): Id<BrandId>) -> Result<Json<Accounts>, Problem> {
    let accounts = of_brand(&state, brand).await?;
    let now = state.clock.now();
    let views = accounts.into_iter().map(|it| AccountView::of(it, now));
    Ok(Json(Accounts {
        ad_accounts: views.collect(),
    }))
}

/// Whether an account could be linked. Nothing is changed or kept.
pub(crate) async fn check(
    state: State,
    Id(brand): Id<BrandId>,
    JsonBody { value: body, .. }: JsonBody<CheckBody>,
) -> Result<Json<LinkCheck>, Problem> {
    let accounts = of_brand(&state, brand).await?;
    let account = match LinkCheck::format(&body.account) {
        Ok(account) => account,
        Err(check) => return Ok(Json(*check)),
    };
    let given = body.access_token.map(fit).transpose()?;
    let linked = accounts.iter().find(|row| row.account == account);
    let asking = Asking::with(&state.graph, given, linked)?;
    Ok(Json(asking.check(&state.graph, &account).await.check))
}

/// The accounts of a brand that exists.
pub(super) async fn of_brand(state: &State, brand: BrandId) -> Result<Vec<AdAccount>, Problem> {
    let mut tx = state.db.begin().await?;
    let exists = has_brand(&mut tx, brand).await?;
    let accounts = ad_accounts::of_brand(&mut tx, brand).await?;
    tx.commit().await?;
    if exists {
        Ok(accounts)
    } else {
        Err(Problem::missing("brand"))
    }
}
