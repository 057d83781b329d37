//! Files: what is kept of them, how they become usable, and the requests about them.
//!
//! Not imitated: the end of a file after 48 hours, the limit of 20 GB per project, and the bytes themselves, of which
//! only length and SHA-256 are kept.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex},
};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{HeaderMap, Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Seen, Shared,
    faults::{On, Wrong},
    lock,
    refusal::Refusal,
};

/// Files on a page unless asked otherwise, and at most. **Source:** Gemini API reference, "Method: files.list".
const PAGE: usize = 10;
const PAGE_MAX: usize = 100;

/// How uploaded files become usable, as posted to `/_control/processing`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Processing {
    /// They are `PROCESSING` at so many looks after the upload.
    pub looks: u32,
    /// And `FAILED` then, instead of `ACTIVE`.
    #[serde(default)]
    pub fails: bool,
}

/// A file that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// As in `files/abc-123`.
    pub name: String,
    /// As in `video/mp4`.
    pub mime: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// `PROCESSING`, `ACTIVE` or `FAILED`.
    pub state: &'static str,
}

/// A file that arrived.
#[derive(Debug, Clone)]
pub(super) struct Arrived {
    pub(super) id: String,
    pub(super) mime: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

#[derive(Debug, Clone)]
struct Entry {
    arrived: Arrived,
    looks_left: u32,
    fails: bool,
}

/// All files, by the part of their names behind `files/`.
#[derive(Debug, Default)]
pub(super) struct Files {
    entries: Mutex<BTreeMap<String, Entry>>,
    processing: Mutex<Option<Processing>>,
}

impl Entry {
    fn state(&self) -> &'static str {
        match (self.looks_left, self.fails) {
            (1.., _) => "PROCESSING",
            (0, true) => "FAILED",
            (0, false) => "ACTIVE",
        }
    }

    fn kept(&self) -> Kept {
        let Arrived {
            id,
            mime,
            bytes,
            sha256,
        } = self.arrived.clone();
        let (name, state) = (format!("files/{id}"), self.state());
        Kept {
            name,
            mime,
            bytes,
            sha256,
            state,
        }
    }

    /// As Google writes it.
    fn wire(&self, origin: &str) -> Value {
        let Kept {
            name,
            mime,
            bytes,
            sha256,
            state,
        } = self.kept();
        let mut file = json!({
            "name": name,
            "mimeType": mime,
            "sizeBytes": bytes.to_string(),
            // Google encodes the hexadecimal digits.
            "sha256Hash": BASE64_STANDARD.encode(sha256),
            "uri": format!("{origin}/v1beta/{name}"),
            "state": state,
            "source": "UPLOADED",
        });
        if let ("FAILED", Some(fields)) = (state, file.as_object_mut()) {
            let error = json!({"code": 3, "message": "The file could not be processed."});
            fields.insert("error".to_owned(), error);
        }
        file
    }
}

impl Files {
    pub(super) fn set_processing(&self, processing: Option<Processing>) {
        *lock(&self.processing) = processing;
    }

    pub(super) fn all(&self) -> Vec<Kept> {
        lock(&self.entries).values().map(Entry::kept).collect()
    }

    pub(super) fn is_taken(&self, id: &str) -> bool {
        lock(&self.entries).contains_key(id)
    }

    /// Keeps a file, and says it as Google writes it.
    pub(super) fn keep(&self, arrived: Arrived, origin: &str) -> Result<Value, Refusal> {
        let mut entries = lock(&self.entries);
        if entries.contains_key(&arrived.id) {
            return Err(Refusal::taken(&arrived.id));
        }
        let usual = Processing {
            looks: u32::from(arrived.mime.starts_with("video/")),
            fails: false,
        };
        let processing = lock(&self.processing).unwrap_or(usual);
        let entry = Entry {
            looks_left: processing.looks,
            fails: processing.fails,
            arrived,
        };
        let wire = entry.wire(origin);
        entries.insert(entry.arrived.id.clone(), entry);
        Ok(wire)
    }

    /// A file that a model is to look at, by its address.
    pub(super) fn usable(&self, uri: &str) -> Result<Kept, Refusal> {
        let id = uri.rsplit('/').next().unwrap_or_default();
        match lock(&self.entries).get(id).map(Entry::kept) {
            None => Err(Refusal::no_file(id)),
            Some(file) if file.state == "ACTIVE" => Ok(file),
            Some(_) => Err(Refusal::not_active(id)),
        }
    }

    fn look(&self, id: &str, origin: &str) -> Result<Value, Refusal> {
        let mut entries = lock(&self.entries);
        let entry = entries.get_mut(id).ok_or_else(|| Refusal::no_file(id))?;
        let wire = entry.wire(origin);
        entry.looks_left = entry.looks_left.saturating_sub(1);
        Ok(wire)
    }

    fn page(&self, page: &Page, origin: &str) -> Value {
        let entries = lock(&self.entries);
        let size = page.page_size.unwrap_or(PAGE).clamp(1, PAGE_MAX);
        let begin = match page.page_token.as_str() {
            "" => Bound::Unbounded,
            last => Bound::Excluded(last),
        };
        let mut rest = entries
            .range::<str, _>((begin, Bound::Unbounded))
            .peekable();
        let mut files = Vec::new();
        let mut last = None;
        for (id, entry) in rest.by_ref().take(size) {
            files.push(entry.wire(origin));
            last = Some(id.clone());
        }
        match rest.peek() {
            Some(_) => json!({"files": files, "nextPageToken": last}),
            None if files.is_empty() => json!({}),
            None => json!({"files": files}),
        }
    }
}

/// Which page of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Page {
    page_size: Option<usize>,
    page_token: String,
}

/// Answers `GET /v1beta/files`.
pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    Query(page): Query<Page>,
) -> Result<Json<Value>, Refusal> {
    enter(&shared, &Method::GET, &uri, &headers).await?;
    Ok(Json(shared.files.page(&page, &shared.origin)))
}

/// Answers `GET /v1beta/files/{id}`.
pub(super) async fn one(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    enter(&shared, &Method::GET, &uri, &headers).await?;
    shared.files.look(&id, &shared.origin).map(Json)
}

/// Answers `DELETE /v1beta/files/{id}`.
pub(super) async fn delete(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    enter(&shared, &Method::DELETE, &uri, &headers).await?;
    match lock(&shared.files.entries).remove(&id) {
        Some(_) => Ok(Json(json!({})).into_response()),
        None => Err(Refusal::no_file(&id)),
    }
}

/// What every request about files goes through.
async fn enter(
    shared: &Shared,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    let seen = Seen::of(method, uri, headers);
    let line = seen.line.clone();
    shared.ledger.note(seen);
    shared.check_key(headers)?;
    match shared.faults.take(On::Files, &line).await {
        Some(wrong) => Err(refused(&wrong)),
        None => Ok(()),
    }
}

/// The errors that any request can end with.
pub(super) fn refused(wrong: &Wrong) -> Refusal {
    match wrong {
        Wrong::Throttle {
            retry_delay,
            is_daily,
        } => Refusal::throttled(*is_daily, retry_delay.as_deref()),
        Wrong::Status(status) => {
            let status = StatusCode::from_u16(*status).ok();
            Refusal::ordered(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
        }
        _ => Refusal::ordered(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
