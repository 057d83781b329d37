//! What a model is asked, off the wire. Google accepts names in both ways of writing, and so do we.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Files, SeenPart, refusal::Refusal};

/// Tokens of a picture, and of a second of video. **Source:** Gemini API, "Understand and count tokens".
const PICTURE_TOKENS: u64 = 258;

/// Bytes of a second of video, for a guess: about 1 Mbit/s.
const SECOND_BYTES: u64 = 128 * 1024;

/// Characters of a token. **Source:** Gemini API, "Understand and count tokens".
const TOKEN_CHARACTERS: u64 = 4;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default)]
    contents: Vec<Content>,
    #[serde(default, alias = "system_instruction")]
    system_instruction: Content,
    #[serde(default, alias = "generation_config")]
    generation_config: Settings,
}

#[derive(Debug, Default, Deserialize)]
struct Content {
    #[serde(default)]
    parts: Vec<Part>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part {
    text: Option<String>,
    #[serde(alias = "inline_data")]
    inline_data: Option<Inline>,
    #[serde(alias = "file_data")]
    file_data: Option<FileData>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inline {
    #[serde(alias = "mime_type")]
    mime_type: String,
    data: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileData {
    #[serde(default, alias = "mime_type")]
    mime_type: String,
    #[serde(alias = "file_uri")]
    file_uri: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Settings {
    #[serde(alias = "response_mime_type")]
    response_mime_type: String,
    #[serde(alias = "response_json_schema")]
    response_json_schema: Option<Value>,
    #[serde(alias = "response_schema")]
    response_schema: Option<Value>,
    #[serde(alias = "max_output_tokens")]
    max_output_tokens: Option<u64>,
}

/// A question.
#[derive(Debug)]
pub(super) struct Question {
    /// What the model is to do.
    pub(super) system: String,
    /// The texts, a line break between.
    pub(super) text: String,
    /// Everything, in order. A file has its address as its hash until it is looked up.
    pub(super) parts: Vec<SeenPart>,
    /// The shape of the answer.
    pub(super) schema: Value,
    /// The longest answer.
    pub(super) output_tokens_max: Option<u64>,
}

impl Question {
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let wire: Wire = serde_json::from_slice(body)
            .map_err(|error| Refusal::invalid(format!("Invalid JSON payload received. {error}")))?;
        let settings = wire.generation_config;
        if settings.response_mime_type != "application/json" {
            return Err(Refusal::invalid(
                "The stand-in answers in application/json only.",
            ));
        }
        let schema = settings.response_json_schema.or(settings.response_schema);
        let parts: Vec<_> = wire.contents.iter().flat_map(|it| &it.parts).collect();
        if parts.is_empty() {
            return Err(Refusal::invalid(
                "* GenerateContentRequest.contents: contents is not specified",
            ));
        }
        Ok(Self {
            system: texts(&wire.system_instruction.parts),
            text: texts(parts.iter().copied()),
            parts: parts.into_iter().map(seen).collect::<Result<_, _>>()?,
            schema: schema.unwrap_or_else(|| serde_json::json!({"type": "object"})),
            output_tokens_max: settings.max_output_tokens,
        })
    }

    /// Puts the length and hash of uploaded files in the place of their addresses.
    pub(super) fn look_up(&mut self, files: &Files) -> Result<(), Refusal> {
        for part in self.parts.iter_mut().filter(|part| part.kind == "file") {
            let file = files.usable(&part.sha256)?;
            (part.bytes, part.sha256, part.mime) = (file.bytes, file.sha256, file.mime);
        }
        Ok(())
    }

    /// What everything that was given counts for.
    pub(super) fn tokens(&self) -> u64 {
        let parts = self.parts.iter().map(|part| match part.kind {
            "text" => part.bytes.div_ceil(TOKEN_CHARACTERS),
            _ => PICTURE_TOKENS * seconds(part).unwrap_or(1),
        });
        parts.sum::<u64>() + text_tokens(&self.system)
    }

    /// The guessed length of the first video.
    pub(super) fn seconds(&self) -> Option<u64> {
        self.parts.iter().find_map(seconds)
    }
}

/// What a text counts for.
pub(super) fn text_tokens(text: &str) -> u64 {
    let characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    characters.div_ceil(TOKEN_CHARACTERS)
}

fn seconds(part: &SeenPart) -> Option<u64> {
    let is_video = part.mime.starts_with("video/");
    is_video.then(|| part.bytes.div_ceil(SECOND_BYTES).max(1))
}

fn texts<'a>(parts: impl IntoIterator<Item = &'a Part>) -> String {
    let texts = parts.into_iter().filter_map(|part| part.text.as_deref());
    texts.collect::<Vec<_>>().join("\n")
}

fn seen(part: &Part) -> Result<SeenPart, Refusal> {
    let of = |kind, mime: &str, bytes: &[u8]| SeenPart {
        kind,
        mime: mime.to_owned(),
        bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        sha256: hex::encode(Sha256::digest(bytes)),
    };
    match part {
        Part {
            text: Some(text), ..
        } => Ok(of("text", "", text.as_bytes())),
        Part {
            inline_data: Some(inline),
            ..
        } => {
            let medium = BASE64_STANDARD.decode(&inline.data);
            let medium = medium.map_err(|_| Refusal::invalid("Base64 decoding failed."))?;
            Ok(of("inline", &inline.mime_type, &medium))
        }
        Part {
            file_data: Some(file),
            ..
        } => Ok(SeenPart {
            kind: "file",
            mime: file.mime_type.clone(),
            bytes: 0,
            sha256: file.file_uri.clone(),
        }),
        _ => Err(Refusal::invalid("A part has neither text nor data.")),
    }
}
