//! What is asked, and how it goes over the wire.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use super::Outgoing;

/// How much of a medium is turned into base64 at a time, in bytes. A multiple of three, so that pieces join.
const ENCODED_AT_ONCE: usize = 48 * 1024;

/// A question to a model.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The model's name, as in `gemini-flash-latest`.
    pub model: &'a str,
    /// What the model is to do. What was written by others belongs into `parts`.
    pub system: &'a str,
    /// What it is to do that with. Media are sent before texts, each in their order, as Google advises.
    pub parts: Vec<Part>,
    /// The JSON Schema of the answer.
    pub schema: &'a Value,
    /// Most tokens of the answer, thoughts included. A longer one is [`super::GeminiError::Truncated`].
    pub output_tokens_max: u32,
    /// For the whole request.
    pub timeout: Duration,
}

/// A part of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A text.
    Text(String),
    /// A medium, sent along. The whole request may have 20 MB, and base64 makes four bytes of three.
    /// **Source:** Gemini API, "Input file methods".
    Inline {
        /// As in `image/jpeg`.
        mime: String,
        /// The file.
        bytes: Bytes,
    },
    /// A medium that was uploaded before.
    File {
        /// As in `video/mp4`.
        mime: String,
        /// [`super::RemoteFile::uri`].
        uri: String,
    },
}

/// A stretch of the request.
enum Stretch {
    /// JSON.
    Plain(Bytes),
    /// What becomes base64.
    Medium(Bytes),
}

impl Ask<'_> {
    /// The request, in which media are encoded while they are sent: in memory they are there once.
    pub(super) fn body(&self) -> Outgoing {
        let stretches = self.stretches();
        let bytes = stretches.iter().map(Stretch::sent_bytes).sum();
        let pieces = stretches.into_iter().flat_map(Stretch::pieces);
        Outgoing::Pieces {
            bytes,
            pieces: stream::iter(pieces).boxed(),
        }
    }

    fn stretches(&self) -> Vec<Stretch> {
        let system = json!({"parts": [{"text": self.system}]});
        let mut json =
            format!(r#"{{"systemInstruction":{system},"contents":[{{"role":"user","parts":["#);
        let mut stretches = Vec::new();
        let is_text = |part: &&Part| matches!(part, Part::Text(_));
        let media = self.parts.iter().filter(|part| !is_text(part));
        let parts = media.chain(self.parts.iter().filter(is_text));
        for (place, part) in parts.enumerate() {
            if place > 0 {
                json.push(',');
            }
            match part {
                Part::Text(text) => json.push_str(&json!({"text": text}).to_string()),
                Part::File { mime, uri } => {
                    let file = json!({"fileData": {"mimeType": mime, "fileUri": uri}});
                    json.push_str(&file.to_string());
                }
                Part::Inline { mime, bytes } => {
                    let mime = Value::from(mime.as_str());
                    json.push_str(&format!(r#"{{"inlineData":{{"mimeType":{mime},"data":""#));
                    stretches.push(Stretch::Plain(std::mem::take(&mut json).into()));
                    stretches.push(Stretch::Medium(bytes.clone()));
                    json.push_str(r#""}}"#);
                }
            }
        }
        json.push_str(&format!(r#"]}}],"generationConfig":{}}}"#, self.settings()));
        stretches.push(Stretch::Plain(json.into()));
        stretches
    }

    fn settings(&self) -> Value {
        json!({
            "temperature": 0,
            "maxOutputTokens": self.output_tokens_max,
            "responseMimeType": "application/json",
            "responseJsonSchema": self.schema,
        })
    }
}

impl Stretch {
    fn sent_bytes(&self) -> u64 {
        let bytes = match self {
            Self::Plain(json) => json.len(),
            Self::Medium(medium) => medium.len().div_ceil(3).saturating_mul(4),
        };
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }

    fn pieces(self) -> impl Iterator<Item = Bytes> + Send {
        let (json, mut medium) = match self {
            Self::Plain(json) => (Some(json), Bytes::new()),
            Self::Medium(medium) => (None, medium),
        };
        let encoded = std::iter::from_fn(move || {
            let piece = medium.split_to(medium.len().min(ENCODED_AT_ONCE));
            (!piece.is_empty()).then(|| BASE64_STANDARD.encode(&piece).into())
        });
        json.into_iter().chain(encoded)
    }
}
