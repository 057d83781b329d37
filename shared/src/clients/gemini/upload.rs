//! Uploads, a piece at a time, that go on where they broke off.
//!
//! **Source:** Gemini API reference, "Using files", and the resumable upload protocol of Google's APIs, as its page for
//! the Photos Library API describes it.

use std::pin::pin;

use bytes::Bytes;
use futures_util::Stream;
use serde::Deserialize;
use serde_json::json;

use super::{
    ANSWER_BYTES_MAX, Call, Class, FILE_REQUEST_MAX, Gemini, GeminiError, KEY, Method, Outgoing,
    PIECE_MAX, RemoteFile, VERSION,
    chunks::Chunks,
    files::{WireFile, id, is_the_same},
    http,
};

/// How much is sent at once and may have to be sent again, in bytes.
/// **Source:** Google's client libraries for Gemini.
const CHUNK_BYTES: usize = 8 << 20;

/// How often one piece is tried.
const ATTEMPTS: u32 = 4;

const COMMAND: &str = "x-goog-upload-command";
const OFFSET: &str = "x-goog-upload-offset";

/// A file to upload.
#[derive(Debug, Clone, Copy)]
pub struct Upload<'a> {
    /// Its name, as in `files/abc-123`, chosen and noted before anything exists at Google, so that it can be deleted
    /// whatever happens.
    pub name: &'a str,
    /// As in `video/mp4`.
    pub mime: &'a str,
    /// Its length. Google takes 2 GB. **Source:** Gemini API, "Files API".
    pub bytes_total: u64,
}

/// An upload that has begun.
struct Session<'a> {
    upload: &'a Upload<'a>,
    /// A secret: whoever knows it can upload.
    url: String,
    chunk_bytes: usize,
}

/// How far Google has got.
enum Received {
    /// This far.
    Bytes(u64),
    /// All, and the file exists.
    Everything,
}

impl Gemini {
    /// Uploads a file, 8 MiB at a time, of which no more is in memory. Google may have to process it before it can be
    /// used: see [`RemoteFile::state`].
    ///
    /// An upload under a name that is taken finds the file of an earlier attempt and returns it.
    ///
    /// # Errors
    /// [`GeminiError`]; a file may exist all the same. [`GeminiError::Replaced`] when the name was taken by something
    /// else, which is deleted now.
    pub async fn upload<E>(
        &self,
        upload: &Upload<'_>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<RemoteFile, GeminiError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let uploaded = match self.begin(upload).await {
            Ok(session) => self.send_all(&session, body).await,
            Err(error) => Err(error),
        };
        match uploaded {
            Err(GeminiError::Taken) => self.earlier(upload).await,
            uploaded => uploaded,
        }
    }

    /// The file of an earlier attempt.
    async fn earlier(&self, upload: &Upload<'_>) -> Result<RemoteFile, GeminiError> {
        match self.file(upload.name).await? {
            Some(file) if is_the_same(&file, upload.bytes_total) => Ok(file),
            _ => {
                self.delete(upload.name).await?;
                Err(GeminiError::Replaced(upload.name.to_owned()))
            }
        }
    }

    async fn begin<'a>(&self, upload: &'a Upload<'a>) -> Result<Session<'a>, GeminiError> {
        id(upload.name)?;
        let body = json!({"file": {"name": upload.name}}).to_string();
        let bytes_total = upload.bytes_total.to_string();
        let answer = self
            .exchange(Call {
                method: Method::POST,
                url: &self.url(&["upload", VERSION, "files"]),
                headers: &[
                    (KEY, self.key()?.expose()),
                    ("content-type", "application/json"),
                    ("x-goog-upload-protocol", "resumable"),
                    (COMMAND, "start"),
                    ("x-goog-upload-header-content-length", &bytes_total),
                    ("x-goog-upload-header-content-type", upload.mime),
                ],
                body: Outgoing::Whole(body.into()),
                bytes_max: ANSWER_BYTES_MAX,
                timeout: FILE_REQUEST_MAX.min(self.inner.request_max),
            })
            .await?;
        let url = header(&answer, "x-goog-upload-url").ok_or_else(|| garbled(&answer))?;
        Ok(Session {
            upload,
            url: url.to_owned(),
            chunk_bytes: chunk_bytes(&answer),
        })
    }

    async fn send_all<E>(
        &self,
        session: &Session<'_>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<RemoteFile, GeminiError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let body = pin!(body);
        let mut chunks = Chunks::of(body);
        let expected = session.upload.bytes_total;
        let mut offset = 0;
        loop {
            let chunk = chunks.next(session.chunk_bytes).await?;
            let end = offset + u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            if chunks.is_over().await? != (end == expected) || end > expected {
                let received = end;
                return Err(GeminiError::WrongLength { expected, received });
            }
            if let Some(file) = self.send(session, offset, &chunk).await? {
                return Ok(file);
            }
            offset = end;
        }
    }

    /// Sends a piece, and goes on with it when it breaks off. The last one makes the file.
    async fn send(
        &self,
        session: &Session<'_>,
        offset: u64,
        chunk: &Bytes,
    ) -> Result<Option<RemoteFile>, GeminiError> {
        let mut rest = chunk.clone();
        let mut at = offset;
        let mut wait = self.retry_wait;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failed = match self.send_rest(session, at, &rest).await {
                Err(error) if error.class() == Class::Transient && attempt < ATTEMPTS => error,
                settled => return settled,
            };
            // The first question is asked at once; its answer tells whether the other side is there.
            if attempt > 1 {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2);
            }
            match self.received(session).await {
                Ok(Received::Everything) => {
                    let file = self.file(session.upload.name).await?;
                    return file.map(Some).ok_or(GeminiError::NoSuchFile);
                }
                Ok(Received::Bytes(received)) => {
                    let have = received
                        .checked_sub(offset)
                        .and_then(|it| usize::try_from(it).ok());
                    let have = have.filter(|have| *have <= chunk.len()).ok_or(failed)?;
                    (at, rest) = (received, chunk.slice(have..));
                }
                Err(error) if error.class() == Class::Transient => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Sends what is left of a piece.
    async fn send_rest(
        &self,
        session: &Session<'_>,
        at: u64,
        rest: &Bytes,
    ) -> Result<Option<RemoteFile>, GeminiError> {
        let end = at + u64::try_from(rest.len()).unwrap_or(u64::MAX);
        let is_last = end == session.upload.bytes_total;
        if rest.is_empty() && !is_last {
            return Ok(None);
        }
        let command = if is_last {
            "upload, finalize"
        } else {
            "upload"
        };
        let at = at.to_string();
        let headers = [(COMMAND, command), (OFFSET, at.as_str())];
        let body = Outgoing::Whole(rest.clone());
        let answer = self.go_on(session, &headers, body).await?;
        is_last.then(|| made(&answer)).transpose()
    }

    async fn received(&self, session: &Session<'_>) -> Result<Received, GeminiError> {
        let headers = [(COMMAND, "query")];
        let answer = self.go_on(session, &headers, Outgoing::Nothing).await?;
        if header(&answer, "x-goog-upload-status") == Some("final") {
            return Ok(Received::Everything);
        }
        let received = header(&answer, "x-goog-upload-size-received");
        let received = received.and_then(|text| text.parse().ok());
        received
            .map(Received::Bytes)
            .ok_or_else(|| garbled(&answer))
    }

    /// A request of an upload that has begun. Its address is its key.
    async fn go_on(
        &self,
        session: &Session<'_>,
        headers: &[(&'static str, &str)],
        body: Outgoing,
    ) -> Result<http::Answer, GeminiError> {
        self.exchange(Call {
            method: Method::POST,
            url: &session.url,
            headers,
            body,
            bytes_max: ANSWER_BYTES_MAX,
            timeout: PIECE_MAX.min(self.inner.request_max),
        })
        .await
    }
}

fn made(answer: &http::Answer) -> Result<RemoteFile, GeminiError> {
    #[derive(Deserialize)]
    struct Made {
        file: WireFile,
    }
    let made: Option<Made> = serde_json::from_slice(&answer.body).ok();
    let file = made.ok_or_else(|| garbled(answer))?.file;
    Ok(file.into())
}

/// 8 MiB, in whole steps of what Google wants pieces to be multiples of.
fn chunk_bytes(answer: &http::Answer) -> usize {
    let step = header(answer, "x-goog-upload-chunk-granularity");
    let step = step.and_then(|text| text.parse().ok()).unwrap_or(1);
    let step = usize::clamp(step, 1, CHUNK_BYTES);
    CHUNK_BYTES / step * step
}

fn header<'a>(answer: &'a http::Answer, name: &str) -> Option<&'a str> {
    answer.headers.get(name)?.to_str().ok()
}

fn garbled(answer: &http::Answer) -> GeminiError {
    GeminiError::Garbled {
        status: answer.status,
    }
}
