//! `GET /api/brands/{id}/hook-types` and `GET /api/brands/{id}/congruence`.

use axum::Json;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{
        BrandId,
        classification::{Assessment, Dimension, Verdict},
    },
    store::classifications,
};

use super::{Window, expect_brand, view::Numbers};
use crate::{
    State,
    problem::Problem,
    query::{Id, Query},
};

/// The answer about hooks.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HookTypes {
    days: [NaiveDate; 2],
    hook_types: Vec<Hook>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Hook {
    /// `unknown` where an ad's is not known.
    hook_type: String,
    ads: i64,
    #[serde(flatten)]
    numbers: Numbers,
    /// These ads.
    ads_url: String,
}

/// What ads with each hook cost and brought, the costliest first.
pub(crate) async fn hook_types(
    state: State,
    Id(brand): Id<BrandId>,
    mut query: Query,
) -> Result<Json<HookTypes>, Problem> {
    let window = Window::take(&mut query, state.clock.now())?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    expect_brand(&mut tx, brand).await?;
    let hooks = classifications::hooks(&mut tx, brand, &window.days).await?;
    tx.commit().await?;
    let hooks = hooks.into_iter().map(|hook| {
        let hook_type = hook.hook_type.unwrap_or_else(|| "unknown".to_owned());
        Hook {
            ads_url: ads_url(brand, &window, &[("hook_type", &hook_type)]),
            ads: hook.sums.ads,
            numbers: Numbers::of(&hook.sums),
            hook_type,
        }
    });
    Ok(Json(HookTypes {
        days: [*window.days.start(), *window.days.end()],
        hook_types: hooks.collect(),
    }))
}

/// The answer about congruence.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Fit {
    days: [NaiveDate; 2],
    /// Whether creative, text and page of ads speak to people who know the same.
    congruence: Vec<Verdicts>,
    /// Whether videos and the pages behind them say the same, of those that were compared.
    dimensions: Vec<Assessed>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Verdicts {
    congruence: Verdict,
    #[serde(flatten)]
    share: Share,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Assessed {
    dimension: Dimension,
    /// Its weight in `congruence_overall`; all of them are 1.
    weight: Decimal,
    assessment: Assessment,
    #[serde(flatten)]
    share: Share,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Share {
    ads: i64,
    /// In the account's currency.
    spend: Decimal,
    /// These ads.
    ads_url: String,
}

/// How well a brand's ads fit the people they speak to, and the pages behind them.
pub(crate) async fn congruence(
    state: State,
    Id(brand): Id<BrandId>,
    mut query: Query,
) -> Result<Json<Fit>, Problem> {
    let window = Window::take(&mut query, state.clock.now())?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    expect_brand(&mut tx, brand).await?;
    let verdicts = classifications::verdicts(&mut tx, brand, &window.days).await?;
    let dimensions = classifications::dimensions(&mut tx, brand, &window.days).await?;
    tx.commit().await?;
    let verdicts = verdicts.into_iter().map(|share| Verdicts {
        congruence: share.of,
        share: Share {
            ads: share.ads,
            spend: share.spend,
            ads_url: ads_url(brand, &window, &[("congruence", share.of.name())]),
        },
    });
    let dimensions = dimensions.into_iter().map(|share| {
        let (dimension, assessment) = share.of;
        let wanted = [
            ("dimension", dimension.name()),
            ("assessment", assessment.name()),
        ];
        Assessed {
            dimension,
            weight: dimension.weight(),
            assessment,
            share: Share {
                ads: share.ads,
                spend: share.spend,
                ads_url: ads_url(brand, &window, &wanted),
            },
        }
    });
    Ok(Json(Fit {
        days: [*window.days.start(), *window.days.end()],
        congruence: verdicts.collect(),
        dimensions: dimensions.collect(),
    }))
}

/// Where the ads are that a figure is made of.
fn ads_url(brand: BrandId, window: &Window, wanted: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("days_back", &window.days_back.to_string())
        .extend_pairs(wanted)
        .finish();
    format!("/api/brands/{brand}/classifications?{query}")
}
