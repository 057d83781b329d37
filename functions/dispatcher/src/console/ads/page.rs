//! `GET /console/brands/{brand}/ads/{ad}`: what is said of an ad, beside what was looked at.

use askama::Template;
use axum::{Extension, extract::Path, response::Response};
use shared::domain::{
    BrandId,
    classification::{Level, Media, VideoAnalysis},
};

use super::{STAND_IN, figure, list::Row, percent};
use crate::{
    State,
    console::{
        guard::Visitor,
        moment::Moment,
        page::{self, ADS, Shell},
        words::spaced,
    },
    problem::Problem,
    query::Query,
    reports::{self, Told, Window},
};

/// Characters of a page that are shown.
const PAGE_CHARACTERS: usize = 4_000;

#[derive(Template)]
#[template(path = "console/ad.html")]
struct AdPage {
    shell: Shell,
    row: Row,
    back_url: String,
    days_back: i64,
    facts: Vec<(&'static str, String)>,
    components: Vec<Component>,
    overall: Option<String>,
    copy: Option<String>,
    images: Vec<Medium>,
    videos: Vec<Medium>,
    thumbnail_url: Option<String>,
    video: Option<Video>,
    page: Option<Landing>,
    classified_at: Moment,
    raw: String,
    is_made_up: bool,
}

/// A stored medium.
struct Medium {
    path: String,
    link: Option<String>,
}

struct Component {
    dimension: String,
    look: &'static str,
    assessment: &'static str,
    explanation: Option<String>,
    suggestion: Option<String>,
}

/// What is known of a video.
struct Video {
    transcript: Option<String>,
    hook: Vec<(&'static str, String)>,
    scenes: Vec<(String, String)>,
    claims: Vec<(Option<String>, String, Option<String>)>,
    lists: Vec<(&'static str, Vec<String>)>,
}

struct Landing {
    url: Option<String>,
    title: Option<String>,
    text: String,
}

/// The page of an ad.
///
/// # Errors
/// 404 when nobody has classified it; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Path((brand, ad)): Path<(String, String)>,
    mut query: Query,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let brand: BrandId = brand.parse().map_err(|_| Problem::missing("brand"))?;
    let window = Window::take(&mut query, now)?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let told = reports::told(&mut tx, brand, &window, &ad).await?;
    tx.commit().await?;
    let told = told.ok_or_else(|| Problem::missing("classified ad"))?;
    let row = Row::of(brand, window.days_back, &told.ad);
    let title = row.name.clone().unwrap_or_else(|| format!("Ad {}", row.ad));
    let media = told.facts.as_ref().map(|facts| &facts.media);
    let images = media.map_or(&[][..], |it| &it.images);
    let videos = media.map_or(&[][..], |it| &it.videos);
    Ok(page::html(&AdPage {
        shell: Shell::new(&visitor, ADS, title, now),
        back_url: super::list_url(brand, window.days_back, &[]),
        days_back: window.days_back,
        facts: facts(&told),
        components: components(&told),
        overall: told.ad.congruence_overall.map(|it| percent(Some(it))),
        copy: told
            .facts
            .as_ref()
            .map(|it| it.copy.clone())
            .filter(|it| !it.is_empty()),
        images: linked(&state, images).await,
        videos: linked(&state, videos).await,
        thumbnail_url: media
            .and_then(|it| it.thumbnail_url.clone())
            .filter(|it| it.starts_with("https://")),
        video: told.video.as_ref().map(video),
        page: landing(&told),
        classified_at: Moment::seen_from(told.ad.classified_at, now),
        raw: serde_json::to_string_pretty(&told.said.raw).unwrap_or_default(),
        is_made_up: told.ad.model_used == STAND_IN,
        row,
    }))
}

async fn linked(state: &State, media: &[Media]) -> Vec<Medium> {
    let links = state.media.links(media).await;
    let media = media.iter().zip(links);
    let medium = media.map(|(it, link)| Medium {
        path: it.storage_path.clone(),
        link,
    });
    medium.collect()
}

fn facts(told: &Told) -> Vec<(&'static str, String)> {
    let numbers = reports::Numbers::of(&told.ad.sums());
    let judgement = &told.said.judgement;
    let level = |level: Option<Level>| {
        let level = level?;
        let word = spaced(level.awareness.name());
        Some(match level.confidence {
            Some(sure) => format!("{word}, {} sure", percent(Some(sure))),
            None => word,
        })
    };
    [
        ("Creative speaks to", level(judgement.creative)),
        ("Text speaks to", level(judgement.copy)),
        ("Page speaks to", level(told.said.landing_page_level)),
        ("Angle", told.ad.creative_angle.clone()),
        ("Call to action", told.ad.primary_cta.clone()),
        (
            "Length",
            judgement
                .video_duration_sec
                .map(|it| format!("{} s", figure(Some(it), 1))),
        ),
        ("Spend", Some(figure(Some(numbers.spend), 2))),
        ("Impressions", Some(numbers.impressions.to_string())),
        (
            "Link clicks",
            Some(format!(
                "{}, {} of impressions, {} each",
                numbers.link_clicks,
                percent(numbers.ctr),
                figure(numbers.cpc, 2)
            )),
        ),
        (
            "Purchases",
            Some(format!(
                "{}, worth {}, {} each",
                numbers.purchases,
                figure(Some(numbers.purchase_value), 2),
                figure(numbers.cost_per_purchase, 2)
            )),
        ),
        ("Looked at", Some(spaced(told.ad.source.name()))),
        ("Answered by", Some(told.ad.model_used.clone())),
        (
            "Versions",
            Some(format!(
                "prompt {}, schema {}",
                told.said.prompt_version, told.said.schema_version
            )),
        ),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn components(told: &Told) -> Vec<Component> {
    use shared::domain::classification::Assessment;
    let list = told.ad.components.0.list().iter();
    let component = |it: &shared::domain::classification::Component| Component {
        dimension: spaced(it.dimension.name()),
        look: match it.assessment {
            Assessment::Aligned => "good",
            Assessment::Weak => "warn",
            Assessment::Missing => "bad",
            Assessment::Unevaluated => "",
        },
        assessment: it.assessment.name(),
        explanation: it.explanation.clone(),
        suggestion: it.suggestion.clone(),
    };
    list.map(component).collect()
}

fn video(video: &VideoAnalysis) -> Video {
    let hook = [
        ("Spoken", &video.hook_transcript_spoken),
        ("Shown", &video.hook_transcript_overlay),
        ("Seen", &video.hook_visual_description),
    ];
    let scenes = video.storyboard.iter().flatten();
    let lists = [
        ("Benefits", &video.benefits_shown),
        ("Pain points", &video.pain_points_addressed),
        ("Angles", &video.angles_used),
        ("Features", &video.features_demonstrated),
    ];
    Video {
        transcript: video.full_transcript.clone(),
        hook: hook
            .into_iter()
            .filter_map(|(name, text)| Some((name, text.clone()?)))
            .collect(),
        scenes: scenes
            .filter_map(|scene| Some((at(scene.timestamp_sec), scene.scene_description.clone()?)))
            .collect(),
        claims: video
            .claims_made
            .iter()
            .map(|it| {
                (
                    it.timestamp_sec.map(at),
                    it.claim.clone(),
                    it.proof_shown.clone(),
                )
            })
            .collect(),
        lists: lists
            .into_iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| (name, list.clone()))
            .collect(),
    }
}

/// A second of a video, as in `1:05.5`.
fn at(seconds: f64) -> String {
    let minutes = (seconds / 60.0).floor();
    format!("{minutes}:{:04.1}", seconds - minutes * 60.0)
}

fn landing(told: &Told) -> Option<Landing> {
    let page = told.page.as_ref()?;
    let text = page.content.extracted_data.get("markdown");
    let text = text.and_then(|it| it.as_str()).unwrap_or_default();
    let url = told.facts.as_ref().and_then(|it| it.page.as_ref());
    let url = url.map(|it| it.url.clone());
    Some(Landing {
        url: url.filter(|it| it.starts_with("https://") || it.starts_with("http://")),
        title: page.content.page_title.clone(),
        text: text.chars().take(PAGE_CHARACTERS).collect(),
    })
}
