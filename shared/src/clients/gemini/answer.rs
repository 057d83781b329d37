//! What a model answered, and whether it is what was asked for.

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::Value;

use super::{GeminiError, error::shown};

/// An answer that its schema allows.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The answer itself.
    pub value: Value,
    /// What it took.
    pub usage: Usage,
    /// The model that answered, in Google's words: an alias such as `gemini-flash-latest` is resolved.
    pub model: String,
}

/// How many tokens an answer took. All of them are paid, whatever the answer is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the question, those of media and those out of a cache included.
    pub input_tokens: u64,
    /// Tokens of the answer, thoughts included: they cost the same. **Source:** Gemini API, "Thinking".
    pub output_tokens: u64,
    /// All tokens, in Google's count.
    pub total_tokens: u64,
    /// Those of the question that came out of a cache.
    pub cached_tokens: u64,
}

/// The wire's names are accepted in both ways that Google writes them.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Reply {
    candidates: Vec<Candidate>,
    #[serde(alias = "prompt_feedback")]
    prompt_feedback: Feedback,
    #[serde(alias = "usage_metadata")]
    usage_metadata: Metadata,
    #[serde(alias = "model_version")]
    model_version: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Candidate {
    content: Content,
    #[serde(alias = "finish_reason")]
    finish_reason: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Content {
    parts: Vec<ReplyPart>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReplyPart {
    text: String,
    /// A thought is no answer.
    thought: bool,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Feedback {
    #[serde(alias = "block_reason")]
    block_reason: String,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    #[serde(alias = "prompt_token_count")]
    prompt_token_count: u64,
    #[serde(alias = "candidates_token_count")]
    candidates_token_count: u64,
    #[serde(alias = "thoughts_token_count")]
    thoughts_token_count: u64,
    #[serde(alias = "cached_content_token_count")]
    cached_content_token_count: u64,
    #[serde(alias = "total_token_count")]
    total_token_count: u64,
}

impl Metadata {
    fn usage(&self) -> Usage {
        let output = self.candidates_token_count;
        let output_tokens = output.saturating_add(self.thoughts_token_count);
        let known = self.prompt_token_count.saturating_add(output_tokens);
        Usage {
            input_tokens: self.prompt_token_count,
            output_tokens,
            total_tokens: self.total_token_count.max(known),
            cached_tokens: self.cached_content_token_count,
        }
    }
}

/// Reads an answer of status 200.
pub(super) fn judge(body: &[u8], validator: &Validator) -> Result<Answer, GeminiError> {
    let Ok(reply) = serde_json::from_slice::<Reply>(body) else {
        return Err(GeminiError::Garbled { status: 200 });
    };
    let usage = reply.usage_metadata.usage();
    let Some(candidate) = reply.candidates.into_iter().next() else {
        return Err(match reply.prompt_feedback.block_reason.as_str() {
            "" => GeminiError::Unparseable { usage },
            reason => blocked(reason, usage),
        });
    };
    match candidate.finish_reason.as_str() {
        // One that says nothing ended by itself.
        "" | "FINISH_REASON_UNSPECIFIED" | "STOP" => {}
        "MAX_TOKENS" => return Err(GeminiError::Truncated { usage }),
        "MALFORMED_RESPONSE" | "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" => {
            return Err(GeminiError::Unparseable { usage });
        }
        // Those that Google will think of tomorrow are blocks as well.
        reason => return Err(blocked(reason, usage)),
    }
    let parts = candidate.content.parts.iter().filter(|part| !part.thought);
    let text: String = parts.map(|part| part.text.as_str()).collect();
    let value = serde_json::from_str(&text).map_err(|_| GeminiError::Unparseable { usage })?;
    let value = without_nul(value);
    check(&value, validator, usage)?;
    Ok(Answer {
        value,
        usage,
        model: shown(&reply.model_version, None),
    })
}

fn check(value: &Value, validator: &Validator, usage: Usage) -> Result<(), GeminiError> {
    let Some(violation) = validator.iter_errors(value).next() else {
        return Ok(());
    };
    Err(GeminiError::SchemaMismatch {
        path: shown(violation.instance_path().as_str(), None),
        // The value is the model's text, and that is often the ad's: it stays out of logs.
        detail: shown(&violation.masked().to_string(), None),
        usage,
    })
}

fn blocked(reason: &str, usage: Usage) -> GeminiError {
    GeminiError::Blocked {
        reason: shown(reason, None),
        usage,
    }
}

/// Postgres has no place for NUL, neither in text nor in JSON.
fn without_nul(value: Value) -> Value {
    let clean = |text: String| match text.contains('\0') {
        true => text.replace('\0', ""),
        false => text,
    };
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => items.into_iter().map(without_nul).collect(),
        Value::Object(fields) => {
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, it)| (clean(name), without_nul(it)))
                    .collect(),
            )
        }
        other => other,
    }
}
