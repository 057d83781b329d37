//! `GET /healthz`: whether a request could be carried out. Open to everyone, so it tells nothing.

use std::time::Duration;

use axum::{
    Json, extract,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::auth::Unscoped;

/// How long the database may take to answer. Whoever asks has a time-out of a few seconds.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// 200 when the database answers, else 503.
pub(crate) async fn check(extract::State(unscoped): extract::State<Unscoped>) -> Response {
    let state = unscoped.of_installation();
    let answer = tokio::time::timeout(ANSWER_WITHIN, state.db.begin()).await;
    let (status, word) = match answer {
        Ok(Ok(_)) => (StatusCode::OK, "ok"),
        Ok(Err(_)) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    (status, Json(json!({ "status": word }))).into_response()
}
