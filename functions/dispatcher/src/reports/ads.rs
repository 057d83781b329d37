//! `GET /api/brands/{id}/classifications` and `GET /api/brands/{id}/classifications/{ad}`.

use axum::{Json, extract};
use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{
        BrandId,
        classification::{Assessment, Dimension, VideoAnalysis},
    },
    store::{
        Tx,
        classifications::{self, AdFacts, AdFilter, Classification, ClassifiedAd},
        landing_pages::{self, ReadPage},
        video_analyses,
    },
};

use super::{
    Window, expect_brand,
    view::{AdView, Detail},
};
use crate::{
    State,
    problem::Problem,
    query::{Id, Query, is_full},
};

/// Ads in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;

/// The answer of a list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ads {
    /// The first and the last day whose numbers are summed up.
    days: [NaiveDate; 2],
    ads: Vec<AdView>,
    /// Ask with `after=` this for what comes next; null at the end.
    next_after: Option<String>,
}

/// A brand's classified ads, the costliest first.
pub(crate) async fn list(
    state: State,
    Id(brand): Id<BrandId>,
    mut query: Query,
) -> Result<Json<Ads>, Problem> {
    let window = Window::take(&mut query, state.clock.now())?;
    let filter = filter(&mut query)?;
    let after = query.text("after")?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;

    let mut tx = state.db.begin().await?;
    expect_brand(&mut tx, brand).await?;
    let whose = (brand, &window.days);
    let page = (after.as_deref(), limit);
    let ads = classifications::list(&mut tx, whose, &filter, page).await?;
    tx.commit().await?;
    let is_full = is_full(ads.len(), limit);
    let last = ads.last().map(|ad| ad.ad.clone());
    Ok(Json(Ads {
        days: [*window.days.start(), *window.days.end()],
        next_after: last.filter(|_| is_full),
        ads: ads
            .into_iter()
            .map(|ad| AdView::of(brand, window.days_back, ad))
            .collect(),
    }))
}

/// The filter of a query string.
pub(crate) fn filter(query: &mut Query) -> Result<AdFilter, Problem> {
    let dimension: Option<Dimension> = query.word("dimension")?;
    let assessment: Option<Assessment> = query.word("assessment")?;
    let component = match (dimension, assessment) {
        (Some(dimension), Some(assessment)) => Some((dimension, assessment)),
        (None, None) => None,
        (Some(_), None) => return Err(Problem::address("assessment", "goes with `dimension`")),
        (None, Some(_)) => return Err(Problem::address("dimension", "goes with `assessment`")),
    };
    Ok(AdFilter {
        ad: None,
        hook_type: query.text("hook_type")?,
        creative_format: query.word("creative_format")?,
        awareness: query.word("awareness_level")?,
        verdict: query.word("congruence")?,
        component,
    })
}

/// All that is said of an ad, beside what was looked at.
pub(crate) async fn one(
    state: State,
    extract::Path((brand, ad)): extract::Path<(String, String)>,
    mut query: Query,
) -> Result<Json<Detail>, Problem> {
    let brand: BrandId = brand
        .parse()
        .map_err(|_| Problem::address("id", "must be a UUID"))?;
    let window = Window::take(&mut query, state.clock.now())?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    expect_brand(&mut tx, brand).await?;
    let told = told(&mut tx, brand, &window, &ad).await?;
    tx.commit().await?;
    let told = told.ok_or_else(|| Problem::missing("classified ad"))?;
    let detail = Detail::of(&state.media, (brand, window.days_back), told);
    Ok(Json(detail.await))
}

/// All that is known of a classified ad.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) ad: ClassifiedAd,
    pub(crate) said: Classification,
    pub(crate) facts: Option<AdFacts>,
    pub(crate) video: Option<VideoAnalysis>,
    pub(crate) page: Option<ReadPage>,
}

/// All that is known of an ad; `None` when nobody has classified it.
pub(crate) async fn told(
    tx: &mut Tx,
    brand: BrandId,
    window: &Window,
    ad: &str,
) -> Result<Option<Told>, Problem> {
    // Whatever else it is, nobody has classified it.
    if ad.is_empty() || !ad.bytes().all(|it| it.is_ascii_digit()) {
        return Ok(None);
    }
    let filter = AdFilter {
        ad: Some(ad.to_owned()),
        ..AdFilter::default()
    };
    let listed = classifications::list(tx, (brand, &window.days), &filter, (None, 1)).await?;
    let newest = classifications::newest(tx, brand, ad).await?;
    let Some((listed, newest)) = listed.into_iter().next().zip(newest) else {
        return Ok(None);
    };
    let facts = classifications::facts(tx, brand, &[ad.to_owned()]).await?;
    let video = match newest.classification.video_analysis {
        Some(id) => video_analyses::read(tx, brand, id).await?,
        None => None,
    };
    let page = match newest.classification.landing_page {
        Some(id) => landing_pages::read(tx, brand, id).await?,
        None => None,
    };
    Ok(Some(Told {
        ad: listed,
        said: newest.classification,
        facts: facts.into_iter().next(),
        video,
        page,
    }))
}
