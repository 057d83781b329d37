//! `POST /api/brands/{brand}/ad-accounts` and `DELETE …/{account}`.

use axum::{
    Extension, Json, extract,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use shared::{
    clients::meta::{Checked, LinkCheck, ReasonCode},
    domain::BrandId,
    store::{
        ad_accounts::{self, Facts, Linked, NewLink, NewToken, Unlinked},
        notifications, tokens,
    },
};

use super::{
    access::{Asking, Keeping, token_problem},
    body::{LinkBody, fit},
    read::of_brand,
    view::AccountView,
};
use crate::{State, auth::Caller, body::JsonBody, problem::Problem, query::Id};

/// Links an account once Meta lets its token read it. Linking it again renews its token and its facts.
pub(crate) async fn link(
    state: State,
    Extension(caller): Extension<Caller>,
    Id(brand): Id<BrandId>,
    JsonBody { value: body, .. }: JsonBody<LinkBody>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let accounts = of_brand(&state, brand).await?;
    let account = LinkCheck::format(&body.account).map_err(|it| Problem::not_linkable(*it))?;
    let given = body.access_token.map(fit).transpose()?;
    let linked = accounts.iter().find(|row| row.account == account);
    let asking = Asking::with(&state.graph, given, linked)?;
    let checked = asking.check(&state.graph, &account).await;
    if checked.check.reason_code != ReasonCode::Ok {
        return Err(Problem::not_linkable(checked.check));
    }
    let keeping = match &asking {
        Asking::Given(token) => Some(Keeping::of(&state.graph, token, &checked, now).await?),
        Asking::Own(_) | Asking::System(_) => None,
    };
    let place = (brand, account.as_str());
    let result = save(&state, place, body.is_primary, (keeping, &checked), now).await?;
    tracing::info!(brand.id = %brand, account, caller = caller.name, "an ad account was linked");

    let saved = of_brand(&state, brand).await?;
    let saved = saved.into_iter().find(|row| row.account == account);
    let saved = saved.ok_or_else(|| Problem::missing("ad account"))?;
    Ok((result, Json(AccountView::of(saved, now))).into_response())
}

async fn save(
    state: &State,
    (brand, account): (BrandId, &str),
    is_primary: Option<bool>,
    (keeping, checked): (Option<Keeping>, &Checked),
    now: DateTime<Utc>,
) -> Result<StatusCode, Problem> {
    let token = match &keeping {
        None => None,
        Some(keeping) => {
            let keys = &state.graph.config.token_keys;
            let sealed = tokens::seal(keys, &keeping.token, brand, account);
            Some(NewToken {
                sealed: sealed.map_err(|error| token_problem(&error))?,
                issued_at: keeping.issued_at,
                expires_at: keeping.expires_at,
            })
        }
    };
    let link = NewLink {
        brand,
        account,
        is_primary,
        token: token.as_ref(),
        user_name: keeping.as_ref().and_then(|it| it.user_name.as_deref()),
        facts: &facts(checked),
    };
    let mut tx = state.db.begin().await?;
    let linked = ad_accounts::link(&mut tx, &link, now).await?;
    if token.is_some() && linked == Linked::Again {
        notifications::accounts::settle(&mut tx, brand, account).await?;
    }
    match linked {
        Linked::New => {
            tx.commit().await?;
            Ok(StatusCode::CREATED)
        }
        Linked::Again => {
            tx.commit().await?;
            Ok(StatusCode::OK)
        }
        Linked::NoSuchBrand => Err(Problem::missing("brand")),
        Linked::Taken => {
            let detail = "this ad account is linked already and belongs to one brand only";
            Err(Problem::conflict("already-linked", detail))
        }
    }
}

fn facts(checked: &Checked) -> Facts {
    let Some(account) = &checked.account else {
        return Facts::default();
    };
    Facts {
        name: account.name.clone(),
        currency: account.currency.clone(),
        timezone_name: account.timezone_name.clone(),
        account_status: account.status(),
    }
}

/// Ends a link and forgets its token. An account whose ads or numbers are kept stays.
pub(crate) async fn unlink(
    state: State,
    Extension(caller): Extension<Caller>,
    extract::Path((brand, account)): extract::Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let brand: BrandId = brand
        .parse()
        .map_err(|_| Problem::address("id", "must be a UUID"))?;
    let account = LinkCheck::format(&account).map_err(|_| Problem::missing("ad account"))?;
    let mut tx = state.db.begin().await?;
    match ad_accounts::unlink(&mut tx, brand, &account).await? {
        Unlinked::Yes => {
            tx.commit().await?;
            tracing::info!(brand.id = %brand, account, caller = caller.name, "an ad account was unlinked");
            Ok(StatusCode::NO_CONTENT)
        }
        Unlinked::NoSuchAccount => Err(Problem::missing("ad account")),
        Unlinked::InUse => {
            let detail = "ads, numbers or media of this account are kept; it can only be linked \
                          again, with another token";
            Err(Problem::conflict("in-use", detail))
        }
    }
}
