//! Several calls in one.
//!
//! Not imitated: names and dependencies between the calls, attached files, a limit of time other
//! than the one ordered.

use std::sync::Arc;

use axum::{
    Json,
    body::to_bytes,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shared,
    faults::BatchFault,
    graph,
    refusal::Refusal,
    request::{self, Call},
    token,
};

/// The most calls of one batch.
///
/// **Source:** Graph API, "Batch requests".
const CALLS_MAX: usize = 50;

/// The largest answer of one call; a page of five thousand rows is smaller.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// One call, as the parameter `batch` has it.
#[derive(Debug, Deserialize)]
struct Part {
    method: String,
    relative_url: String,
    #[serde(default)]
    body: String,
}

/// Answers `POST /` with `batch`: always 200, unless the batch as a whole is refused.
pub(super) async fn answer(shared: Arc<Shared>, call: Call) -> Response {
    let parts = match read(&shared, &call) {
        Ok(parts) => parts,
        Err(refusal) => return refusal.into_response(),
    };
    let mut answers = Vec::with_capacity(parts.len());
    for part in parts {
        answers.push(match inner(&call, &part) {
            Ok(inner) if shared.faults.take_for_batch(BatchFault::Null, &inner) => Value::Null,
            Ok(inner) => describe(graph::respond(shared.clone(), inner).await).await,
            Err(refusal) => describe(refusal.into_response()).await,
        });
    }
    Json(answers).into_response()
}

fn read(shared: &Shared, call: &Call) -> Result<Vec<Part>, Refusal> {
    token::check(shared, call)?;
    if shared.faults.take_for_batch(BatchFault::Timeout, call) {
        return Err(Refusal::batch_timeout());
    }
    let text = call.parameters.get("batch").map_or("", String::as_str);
    let parts: Vec<Part> = serde_json::from_str(text)
        .map_err(|_| Refusal::parameter("param batch must be an array."))?;
    if parts.len() > CALLS_MAX {
        return Err(Refusal::batch_too_large(CALLS_MAX));
    }
    Ok(parts)
}

/// One call by itself, with the token of the batch unless it has one.
fn inner(batch: &Call, part: &Part) -> Result<Call, Refusal> {
    let (path, query) = part
        .relative_url
        .split_once('?')
        .unwrap_or((&part.relative_url, ""));
    let (version, path) = request::split(path);
    let mut parameters = request::form(query.as_bytes());
    parameters.extend(request::form(part.body.as_bytes()));
    for name in ["access_token", "appsecret_proof"] {
        if let Some(value) = batch.parameters.get(name) {
            parameters
                .entry(name.to_owned())
                .or_insert_with(|| value.clone());
        }
    }
    Ok(Call {
        is_post: request::is_post(&part.method)?,
        version,
        path,
        parameters,
        bearer: batch.bearer.clone(),
    })
}

async fn describe(response: Response) -> Value {
    let (head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_BYTES_MAX).await else {
        return Value::Null;
    };
    json!({
        "code": head.status.as_u16(),
        "headers": headers(&head.headers),
        "body": String::from_utf8_lossy(&bytes),
    })
}

fn headers(headers: &HeaderMap) -> Vec<Value> {
    headers
        .iter()
        .filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some(json!({"name": name.as_str(), "value": value}))
        })
        .collect()
}

/// Whether a call is a batch.
pub(super) fn is_one(call: &Call) -> bool {
    call.is_post && call.path.is_empty() && call.parameters.contains_key("batch")
}
