//! `GET /console/ads`: a brand's classified ads, the costliest first, and figures of all of them.

use askama::Template;
use axum::{Extension, response::Response};
use shared::{
    domain::{
        BrandId,
        classification::{Assessment, Verdict},
    },
    store::{
        brands,
        classifications::{self, AdFilter, ClassifiedAd},
    },
};

use super::{
    STAND_IN, figure, list_url,
    tables::{Tables, look},
};
use crate::{
    State,
    console::{
        guard::Visitor,
        jobs::list::{BRANDS_MAX, Choice, brand_choices},
        page::{self, ADS, Shell},
        words::spaced,
    },
    problem::Problem,
    query::Query,
    reports::{self, Window},
};

/// Ads on a page.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "console/ads.html")]
struct AdsPage {
    shell: Shell,
    brands: Vec<Choice>,
    days_back: i64,
    is_chosen: bool,
    tables: Tables,
    assessments: Vec<String>,
    /// What the list is restricted to, as in "hook type: question".
    restricted: Vec<String>,
    all_url: String,
    rows: Vec<Row>,
    next: Option<String>,
    is_made_up: bool,
}

/// An ad.
pub(super) struct Row {
    pub(super) url: String,
    pub(super) ad: String,
    pub(super) name: Option<String>,
    pub(super) status: Option<String>,
    pub(super) format: String,
    pub(super) hook: String,
    pub(super) levels: String,
    pub(super) verdict: &'static str,
    pub(super) look: &'static str,
    pub(super) notes: Option<String>,
    pub(super) spend: String,
    pub(super) roas: String,
}

impl Row {
    /// A row of the list.
    pub(super) fn of(brand: BrandId, days_back: i64, ad: &ClassifiedAd) -> Self {
        let numbers = reports::Numbers::of(&ad.sums());
        let verdict = Verdict::of(ad.congruence_score);
        let levels = [
            ("creative", ad.creative),
            ("text", ad.copy),
            ("page", ad.page),
        ];
        let levels = levels
            .into_iter()
            .filter_map(|(what, level)| Some(format!("{what}: {}", spaced(level?.name()))));
        Self {
            url: format!(
                "/console/brands/{brand}/ads/{}?days_back={days_back}",
                ad.ad
            ),
            ad: ad.ad.clone(),
            name: ad.name.clone(),
            status: ad.status.as_deref().map(|it| spaced(&it.to_lowercase())),
            format: ad
                .creative_format
                .map_or("–".to_owned(), |it| spaced(it.name())),
            hook: ad.hook_type.as_deref().map_or("–".to_owned(), spaced),
            levels: levels.collect::<Vec<_>>().join(", "),
            verdict: verdict.name(),
            look: look(verdict),
            notes: ad.congruence_notes.clone(),
            spend: figure(Some(numbers.spend), 2),
            roas: figure(numbers.roas, 2),
        }
    }
}

/// The list.
///
/// # Errors
/// 400 for a filter that is none; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let chosen: Option<BrandId> = query.id("brand")?;
    let window = Window::take(&mut query, now)?;
    let filter = reports::filter(&mut query)?;
    let after = query.text("after")?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let brands = brands::all(&mut tx, BRANDS_MAX).await?;
    // Where there is one brand, nobody has to choose it.
    let only = brands.first().filter(|_| brands.len() == 1);
    let brand = chosen.or(only.map(|brand| brand.id));
    let (mut tables, mut ads) = (Tables::default(), vec![]);
    if let Some(brand) = brand {
        tables = Tables::read(&mut tx, brand, (&window.days, window.days_back)).await?;
        let page = (after.as_deref(), ROWS);
        ads = classifications::list(&mut tx, (brand, &window.days), &filter, page).await?;
    }
    tx.commit().await?;
    let (days_back, of) = (window.days_back, brand.unwrap_or_default());
    let is_full = i64::try_from(ads.len()).is_ok_and(|count| count == ROWS);
    let wanted = wanted(&filter);
    let last = ads.last().filter(|_| is_full);
    let next = last.map(|last| {
        let mut wanted: Vec<_> = wanted.iter().map(|(name, word)| (*name, *word)).collect();
        wanted.push(("after", &last.ad));
        list_url(of, days_back, &wanted)
    });
    Ok(page::html(&AdsPage {
        shell: Shell::new(&visitor, ADS, "Ads", now),
        brands: brand_choices(&brands, brand),
        days_back,
        is_chosen: brand.is_some(),
        tables,
        assessments: Assessment::ALL.iter().map(|it| spaced(it.name())).collect(),
        restricted: wanted
            .iter()
            .map(|(name, word)| format!("{}: {}", spaced(name), spaced(word)))
            .collect(),
        all_url: list_url(of, days_back, &[]),
        is_made_up: ads.iter().any(|ad| ad.model_used == STAND_IN),
        rows: ads.iter().map(|ad| Row::of(of, days_back, ad)).collect(),
        next,
    }))
}

/// A filter as its query string has it.
fn wanted(filter: &AdFilter) -> Vec<(&'static str, &str)> {
    let (dimension, assessment) = filter.component.unzip();
    [
        ("hook_type", filter.hook_type.as_deref()),
        (
            "creative_format",
            filter.creative_format.map(|it| it.name()),
        ),
        ("awareness_level", filter.awareness.map(|it| it.name())),
        ("congruence", filter.verdict.map(Verdict::name)),
        ("dimension", dimension.map(|it| it.name())),
        ("assessment", assessment.map(|it| it.name())),
    ]
    .into_iter()
    .filter_map(|(name, word)| Some((name, word?)))
    .collect()
}
