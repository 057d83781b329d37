//! The stand-in's CDN: addresses that carry a signature and an expiry, and the files behind them.
//!
//! Not imitated: several hosts, image renditions (a thumbnail is the picture itself), caching.

use std::{
    io::SeekFrom,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    body::Body,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};

use super::{Shared, faults::Fault, media::Medium};

/// How long an address is good for. Meta's last some days; a test that wants less orders expired
/// ones.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);

/// How far in the past the expiry of an address lies that was ordered expired.
const EXPIRED_SINCE: Duration = Duration::from_secs(3600);

/// How much of a file is in memory at a time, per download.
const CHUNK_BYTES: usize = 256 * 1024;

/// An ordered break waits so long, since an error at once would take back what is still to be sent.
const FLUSH: Duration = Duration::from_millis(20);

/// Signs in place of Meta's secret; nothing depends on its being unknown.
const KEY: &str = "sundial stand-in";

/// The query of a CDN address.
#[derive(Debug, Deserialize)]
pub(super) struct Signed {
    oe: Option<String>,
    oh: Option<String>,
}

/// Replaces every `cdn:`, `thumb:` and `permalink:` in an answer by an address that works.
pub(super) fn sign_all(shared: &Shared, value: &mut Value) {
    match value {
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|value| sign_all(shared, value)),
        Value::Array(items) => items.iter_mut().for_each(|value| sign_all(shared, value)),
        Value::String(text) => {
            if let Some(name) = text.strip_prefix("cdn:") {
                *text = address(shared, name, "");
            } else if let Some(name) = text.strip_prefix("thumb:") {
                *text = address(shared, name, "stp=dst-jpg_p1080x1080&");
            } else if let Some(hash) = text.strip_prefix("permalink:") {
                *text = format!("{}/ads/image/?d={hash}", shared.origin);
            }
        }
        _ => {}
    }
}

fn address(shared: &Shared, name: &str, rendition: &str) -> String {
    let now = SystemTime::now();
    let until = if shared.faults.take_expiry(name) {
        now - EXPIRED_SINCE
    } else {
        now + GOOD_FOR
    };
    let seconds = until.duration_since(UNIX_EPOCH).unwrap_or_default();
    let expiry = format!("{:X}", seconds.as_secs());
    let mut url = shared.cdn.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.extend(["v", "t45.1600-4", name]);
    }
    let signature = signature(name, &expiry);
    format!("{url}?{rendition}oh={signature}&oe={expiry}")
}

fn signature(name: &str, expiry: &str) -> String {
    let mut hasher = Sha256::new();
    for part in [KEY, name, expiry] {
        hasher.update(part);
        hasher.update([0]);
    }
    let digest = hex::encode(hasher.finalize());
    format!("00_{}", digest.get(..32).unwrap_or(&digest))
}

/// The long-lived address of a picture: a redirect to a fresh signed one.
pub(super) async fn permalink(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<std::collections::HashMap<String, String>>,
) -> Response {
    let picture = query
        .get("d")
        .and_then(|hash| shared.catalogue.images.get(hash))
        .and_then(|id| shared.catalogue.nodes.get(id))
        .and_then(|node| node.value.get("url"))
        .and_then(Value::as_str)
        .and_then(|url| url.strip_prefix("cdn:"));
    match picture {
        Some(name) => Redirect::to(&address(&shared, name, "")).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// One file, or a part of it.
pub(super) async fn file(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    Query(signed): Query<Signed>,
    headers: HeaderMap,
) -> Response {
    let fault = shared.faults.take_for_cdn(&name).await;
    if let Some(answer) = fault.as_ref().and_then(Fault::answer) {
        return answer;
    }
    if let Some(problem) = problem_with(&name, &signed) {
        return (StatusCode::FORBIDDEN, problem).into_response();
    }
    let Some(medium) = shared.catalogue.medium(&name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let cut = fault.and_then(|fault| fault.cut());
    match send(medium, &headers, cut).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(%error, file = name, "a media file cannot be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// **Source:** the texts are those of Meta's CDN.
fn problem_with(name: &str, signed: &Signed) -> Option<&'static str> {
    let (Some(expiry), Some(given)) = (&signed.oe, &signed.oh) else {
        return Some("Bad URL timestamp");
    };
    if *given != signature(name, expiry) {
        return Some("URL signature mismatch");
    }
    let until = u64::from_str_radix(expiry, 16).map(Duration::from_secs);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    match until {
        Ok(until) if until > now => None,
        Ok(_) => Some("URL signature expired"),
        Err(_) => Some("Bad URL timestamp"),
    }
}

async fn send(
    medium: &Medium,
    headers: &HeaderMap,
    cut: Option<(u64, Duration)>,
) -> std::io::Result<Response> {
    let asked = headers
        .get(header::RANGE)
        .and_then(|value| value.to_str().ok());
    let (status, from, to) = match asked.map(|asked| range(asked, medium.bytes)) {
        None | Some(Range::Ignored) => (StatusCode::OK, 0, medium.bytes),
        Some(Range::Part(from, to)) => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(Range::Outside) => {
            let all = format!("bytes */{}", medium.bytes);
            let headers = [(header::CONTENT_RANGE, all)];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, headers).into_response());
        }
    };
    let mut file = File::open(&medium.path).await?;
    file.seek(SeekFrom::Start(from)).await?;
    let end = cut.map_or(to, |(cut, _)| to.min(from + cut));
    let breaks_off = cut.filter(|_| end < to).map(|(_, silence)| silence);
    let body = Body::from_stream(chunks(file, end - from, breaks_off));
    let mut answer = (status, body).into_response();
    let described = [
        (header::CONTENT_TYPE, medium.content_type.to_owned()),
        (header::CONTENT_LENGTH, (to - from).to_string()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (
            header::CACHE_CONTROL,
            "max-age=1209600, no-transform".to_owned(),
        ),
    ];
    for (name, value) in described {
        if let Ok(value) = value.parse() {
            answer.headers_mut().insert(name, value);
        }
    }
    if status == StatusCode::PARTIAL_CONTENT
        && let Ok(value) = format!("bytes {from}-{}/{}", to - 1, medium.bytes).parse()
    {
        answer.headers_mut().insert(header::CONTENT_RANGE, value);
    }
    Ok(answer)
}

/// The next `left` bytes of a file; then, when it `breaks_off`, silence and an error that ends the
/// connection.
fn chunks(
    file: File,
    left: u64,
    breaks_off: Option<Duration>,
) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    futures_util::stream::try_unfold((file, left), move |(mut file, left)| async move {
        if left == 0 {
            let Some(silence) = breaks_off else {
                return Ok(None);
            };
            tokio::time::sleep(silence.max(FLUSH)).await;
            return Err(std::io::Error::other("cut short, as ordered"));
        }
        let wanted = usize::try_from(left).map_or(CHUNK_BYTES, |left| left.min(CHUNK_BYTES));
        let mut chunk = BytesMut::with_capacity(wanted);
        let mut limited = (&mut file).take(wanted as u64);
        if limited.read_buf(&mut chunk).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let left = left - chunk.len() as u64;
        Ok(Some((chunk.freeze(), (file, left))))
    })
}

/// What a `Range` header asks for.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// From the first byte to before the second.
    Part(u64, u64),
    /// Nothing that is in the file.
    Outside,
    /// Something we need not understand; the whole file is a right answer.
    Ignored,
}

/// **Source:** RFC 9110 §14.1.2, one range only.
fn range(asked: &str, bytes: u64) -> Range {
    let Some((from, to)) = asked
        .strip_prefix("bytes=")
        .filter(|list| !list.contains(','))
        .and_then(|one| one.split_once('-'))
    else {
        return Range::Ignored;
    };
    let (from, to) = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if to >= from => (from, bytes.min(to.saturating_add(1))),
        (Ok(from), Err(_)) if to.is_empty() => (from, bytes),
        (Err(_), Ok(last)) if from.is_empty() && last > 0 => (bytes.saturating_sub(last), bytes),
        _ => return Range::Ignored,
    };
    if from < to {
        Range::Part(from, to)
    } else {
        Range::Outside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        assert_eq!(range("bytes=0-4", 10), Range::Part(0, 5));
        assert_eq!(range("bytes=4-", 10), Range::Part(4, 10));
        assert_eq!(range("bytes=-3", 10), Range::Part(7, 10));
        assert_eq!(range("bytes=8-99", 10), Range::Part(8, 10));
        assert_eq!(range("bytes=10-", 10), Range::Outside);
        assert_eq!(range("bytes=4-2", 10), Range::Ignored);
        assert_eq!(range("bytes=0-1,3-4", 10), Range::Ignored);
    }
}
