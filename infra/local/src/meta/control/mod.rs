//! `/_control`: what tests and the demo ask of the stand-in that Meta would not answer.
//!
//! - `GET /_control` — orders still open, how often each thing was asked for.
//! - `POST /_control/faults` — order a failure (see [`super::faults::Fault`]); `DELETE` forgets all.
//! - `POST /_control/usage` — what the quota headers say: `{"percent":95,"regain_minutes":2}`.
//! - `POST /_control/accounts` — adds an ad account (see [`super::AccountSpec`]).
//! - `POST /_control/clock` — sets the time: `{"now":"2026-11-20T10:00:00Z"}`, where it then stands;
//!   `DELETE` goes back to the machine's.
//! - `POST /_control/reports` — how the next reports go (see [`super::ReportOrder`]); `DELETE` forgets.
//! - `POST /_control/limits` — how much one request may ask for (see [`super::Sizes`]); `DELETE`
//!   lifts the limits.
//! - `POST /_control/poison` — a day of an ad that cannot be reported (see [`super::Poison`]);
//!   `DELETE` forgets all.
//! - `GET /_control/served` — the pages of insights served (see [`super::Served`]); `DELETE` forgets
//!   them.
//! - `GET /_control/seen` — every request that came (see [`super::Seen`]); `DELETE` forgets them.
//! - `POST /_control/quota` — so many calls per account (see [`super::Quota`]); `DELETE` lifts it.
//! - `POST /_control/tokens` — a token and what it may read (see [`super::TokenSpec`]);
//!   `POST /_control/tokens/revoke` takes one back: `{"token":"…"}`.
//! - `GET /_control/samples` — the ads, with the files behind each.
//! - `GET /_control/media` — the files with length and SHA-256; `/{source}` is one of them, by its
//!   name, image hash or video id.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};

use super::{Shared, catalogue::image_hash, faults::Fault, media::Medium, token::Usage};

mod switches;

pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/_control", get(overview))
        .route("/_control/faults", post(order).delete(forget))
        .route("/_control/usage", post(set_usage))
        .merge(switches::router())
        .route("/_control/samples", get(samples))
        .route("/_control/media", get(all_media))
        .route("/_control/media/{source}", get(one_medium))
}

async fn overview(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(json!({"faults": shared.faults.open(), "requests": shared.faults.requests()}))
}

async fn order(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) -> Response {
    match shared.faults.order(fault) {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(problem) => (StatusCode::TOO_MANY_REQUESTS, problem).into_response(),
    }
}

async fn forget(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

async fn set_usage(State(shared): State<Arc<Shared>>, Json(usage): Json<Usage>) -> StatusCode {
    shared.set_usage(usage);
    StatusCode::NO_CONTENT
}

async fn samples(State(shared): State<Arc<Shared>>) -> Response {
    Json(&shared.catalogue.samples).into_response()
}

async fn all_media(State(shared): State<Arc<Shared>>) -> Response {
    let described = tokio::task::spawn_blocking(move || {
        let media = shared.catalogue.media.iter();
        media.map(describe).collect::<std::io::Result<Vec<Value>>>()
    });
    answer(described.await)
}

async fn one_medium(State(shared): State<Arc<Shared>>, Path(source): Path<String>) -> Response {
    let described = tokio::task::spawn_blocking(move || {
        let name = name_of(&shared, &source);
        let medium = name.and_then(|name| shared.catalogue.medium(&name));
        medium.map(describe).transpose()
    });
    match described.await {
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        other => answer(other),
    }
}

fn answer<T: serde::Serialize>(
    described: Result<std::io::Result<T>, tokio::task::JoinError>,
) -> Response {
    match described {
        Ok(Ok(value)) => Json(value).into_response(),
        Ok(Err(error)) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// A video's `source` or a picture's `url` names its file.
fn name_of(shared: &Shared, source: &str) -> Option<String> {
    if shared.catalogue.medium(source).is_some() {
        return Some(source.to_owned());
    }
    let id = shared.catalogue.images.get(source);
    let node = shared
        .catalogue
        .nodes
        .get(id.map_or(source, String::as_str))?;
    let address = node.value.get("source").or_else(|| node.value.get("url"))?;
    address.as_str()?.strip_prefix("cdn:").map(str::to_owned)
}

fn describe(medium: &Medium) -> std::io::Result<Value> {
    Ok(json!({
        "name": medium.name,
        "bytes": medium.bytes,
        "content_type": medium.content_type,
        "sha256": hex::encode(medium.sha256()?),
        "image_hash": image_hash(&medium.name),
    }))
}
