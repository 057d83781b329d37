//! Waiting, asking over HTTP, and reading what there is.

use std::{collections::BTreeMap, path::Path, time::Duration};

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::domain::Clock;

/// How long anything may take that the stack does by itself. It takes milliseconds, and seconds
/// on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks until there is something to see.
///
/// # Panics
/// After 30 s, telling what was waited for.
pub async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    eventually_within(PATIENCE, what, look).await
}

/// Looks for so long.
pub async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    look: impl AsyncFn() -> Option<T>,
) -> T {
    let looking = async {
        let mut ticks = tokio::time::interval(LOOK_EVERY);
        loop {
            ticks.tick().await;
            if let Some(seen) = look().await {
                return seen;
            }
        }
    };
    let seen = tokio::time::timeout(patience, looking).await;
    seen.unwrap_or_else(|_| panic!("waited {patience:?} in vain: {what}"))
}

/// What a request over HTTP got.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// Prints the logs of a stack's functions.
pub fn show_logs(data: &Path) {
    for entry in std::fs::read_dir(data.join("logs")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let log = std::fs::read_to_string(&path).unwrap_or_default();
        eprintln!("{}\n{log}", path.display());
    }
}

pub async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}

pub fn now() -> DateTime<Utc> {
    Clock::system().now()
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    let text = value[name].as_str();
    text.unwrap_or_else(|| panic!("no {name} in {value}"))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Notes the SHA-256 of every file below a folder, by its path from `root`.
pub fn read_below(root: &Path, folder: &Path, objects: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_below(root, &path, objects);
            continue;
        }
        let key = path.strip_prefix(root).unwrap().display().to_string();
        objects.insert(key, hex(&Sha256::digest(std::fs::read(&path).unwrap())));
    }
}
