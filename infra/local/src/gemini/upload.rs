//! Uploads by Google's resumable protocol: `start`, `upload`, `finalize`, `query`, `cancel`.
//!
//! Of a piece that broke off, what came in whole steps is kept.
//!
//! Not imitated: the end of an upload that nobody goes on with.

use std::{io, sync::Arc};

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    Seen, Shared,
    faults::{On, Wrong},
    files::{Arrived, refused},
    lock,
    pieces::{Begun, STEP, take},
    refusal::Refusal,
};

/// The longest description of a file.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// The largest file. **Source:** Gemini API, "Files API".
const FILE_BYTES_MAX: u64 = 2 << 30;

/// The part of an upload's address that names it.
#[derive(Debug, Deserialize)]
pub(super) struct Place {
    upload_id: Option<String>,
}

/// Answers `POST /upload/v1beta/files`.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    Query(place): Query<Place>,
    request: Request,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    let command = text(&head.headers, "x-goog-upload-command").to_owned();
    let wrong = shared.faults.take(On::Upload, &command).await;
    match place.upload_id {
        None => {
            shared.ledger.note(seen(&head));
            shared.check_key(&head.headers)?;
            wrong.map_or(Ok(()), |wrong| Err(refused(&wrong)))?;
            begin(&shared, &head.headers, body).await
        }
        Some(id) => {
            let cut = match wrong {
                Some(Wrong::CutAtBytes(bytes)) => Some(bytes),
                Some(wrong) => {
                    shared.ledger.note(seen(&head));
                    return Err(refused(&wrong));
                }
                None => None,
            };
            go_on(&shared, &id, &command, (&head, body), cut).await
        }
    }
}

fn seen(head: &Parts) -> Seen {
    Seen::of(&head.method, &head.uri, &head.headers)
}

async fn begin(shared: &Shared, headers: &HeaderMap, body: Body) -> Result<Response, Refusal> {
    let is_start = text(headers, "x-goog-upload-protocol") == "resumable"
        && text(headers, "x-goog-upload-command") == "start";
    let bytes_total = text(headers, "x-goog-upload-header-content-length").parse();
    let (true, Ok(bytes_total)) = (is_start, bytes_total) else {
        return Err(Refusal::invalid("Not the start of a resumable upload."));
    };
    if bytes_total > FILE_BYTES_MAX {
        return Err(Refusal::invalid(
            "The file is larger than 2147483648 bytes.",
        ));
    }
    let body = to_bytes(body, HEAD_BYTES_MAX).await.unwrap_or_default();
    let wanted: Value = serde_json::from_slice(&body).unwrap_or_default();
    let name = wanted.pointer("/file/name").and_then(Value::as_str);
    let id = match name {
        None => Uuid::new_v4()
            .simple()
            .to_string()
            .chars()
            .take(12)
            .collect(),
        Some(name) => chosen(name)?,
    };
    if shared.files.is_taken(&id) {
        return Err(Refusal::taken(&id));
    }
    let begun = Begun {
        id,
        mime: text(headers, "x-goog-upload-header-content-type").to_owned(),
        bytes_total,
        received: 0,
        hash: Sha256::new(),
        is_done: false,
    };
    let upload = Uuid::new_v4().simple().to_string();
    let url = format!(
        "{}/upload/v1beta/files?upload_id={upload}&upload_protocol=resumable",
        shared.origin
    );
    lock(&shared.uploads.0).insert(upload, begun);
    let headers = [
        ("x-goog-upload-url", url),
        ("x-goog-upload-status", "active".to_owned()),
        ("x-goog-upload-chunk-granularity", STEP.to_string()),
    ];
    Ok((headers, ()).into_response())
}

/// **Source:** Gemini API reference, "Using files", `File.name`.
fn chosen(name: &str) -> Result<String, Refusal> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let id = name.strip_prefix("files/").filter(|id| {
        (1..=40).contains(&id.len())
            && id.bytes().all(is_allowed)
            && !id.starts_with('-')
            && !id.ends_with('-')
    });
    let message = "File name must be lowercase alphanumeric characters or dashes (-), 40 at most.";
    id.map(str::to_owned)
        .ok_or_else(|| Refusal::invalid(message))
}

async fn go_on(
    shared: &Shared,
    upload: &str,
    command: &str,
    (head, body): (&Parts, Body),
    cut: Option<u64>,
) -> Result<Response, Refusal> {
    let known = lock(&shared.uploads.0)
        .get(upload)
        .map(|begun| (begun.received, begun.bytes_total, begun.is_done));
    let is_piece = matches!(command, "upload" | "upload, finalize");
    let Some((received, bytes_total, is_done)) = known else {
        shared.ledger.note(seen(head));
        return Err(Refusal::not_found("There is no such upload."));
    };
    if !is_piece || is_done {
        shared.ledger.note(seen(head));
        return match command {
            "query" if is_done => Ok([("x-goog-upload-status", "final")].into_response()),
            "query" => Ok(active(received)),
            "finalize" if !is_done => finish(shared, upload),
            "cancel" => {
                lock(&shared.uploads.0).remove(upload);
                Ok([("x-goog-upload-status", "cancelled")].into_response())
            }
            _ => Err(Refusal::invalid("The upload cannot take this command.")),
        };
    }
    if text(&head.headers, "x-goog-upload-offset") != received.to_string() {
        shared.ledger.note(seen(head));
        let message = format!("The offset is not {received}.");
        return Err(Refusal::invalid(message));
    }
    let piece = take(shared, upload, body, cut).await;
    shared.ledger.note(Seen {
        parts: vec![piece.seen()],
        ..seen(head)
    });
    if piece.is_cut {
        return Ok(broken());
    }
    let is_last = command != "upload";
    let end = received + piece.bytes;
    if end > bytes_total || (!is_last && piece.bytes % STEP != 0) {
        return Err(Refusal::invalid("The piece has a length it cannot have."));
    }
    let answer = match is_last {
        true => finish(shared, upload)?,
        false => active(end),
    };
    Ok(if cut.is_some() { broken() } else { answer })
}

fn finish(shared: &Shared, upload: &str) -> Result<Response, Refusal> {
    let mut uploads = lock(&shared.uploads.0);
    let Some(begun) = uploads.get_mut(upload) else {
        return Err(Refusal::not_found("There is no such upload."));
    };
    if begun.received != begun.bytes_total {
        return Err(Refusal::invalid("The file is not as long as announced."));
    }
    let arrived = Arrived {
        id: begun.id.clone(),
        mime: begun.mime.clone(),
        bytes: begun.received,
        sha256: hex::encode(begun.hash.clone().finalize()),
    };
    let file = shared.files.keep(arrived, &shared.origin)?;
    begun.is_done = true;
    let status = [("x-goog-upload-status", "final")];
    Ok((status, Json(serde_json::json!({"file": file}))).into_response())
}

fn active(received: u64) -> Response {
    let headers = [
        ("x-goog-upload-status", "active".to_owned()),
        ("x-goog-upload-size-received", received.to_string()),
    ];
    (headers, ()).into_response()
}

/// A connection that breaks off.
fn broken() -> Response {
    let error = io::Error::from(io::ErrorKind::ConnectionReset);
    let body = Body::from_stream(stream::iter([Err::<Vec<u8>, _>(error)]));
    (StatusCode::OK, body).into_response()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}
