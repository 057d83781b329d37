//! `generateContent`: a question, and the answer made up for it.
//!
//! Not imitated: answers in text, several candidates, streaming, tools, safety settings, caching, and everything of
//! the settings but the schema and the longest answer.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::{Path, Request, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    MODEL, Seen, Shared, answer,
    draw::Draw,
    faults::{On, Wrong},
    files::refused,
    lock,
    question::{Question, text_tokens},
    refusal::Refusal,
    spoil::spoil,
};

/// The largest request. **Source:** Gemini API, "Input file methods", before it was raised for some.
const REQUEST_BYTES_MAX: usize = 20 << 20;

/// Tokens of thoughts, which every answer begins with.
const THOUGHT_TOKENS: u64 = 16;

/// Answers `POST /v1beta/models/{model}:generateContent`.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    Path(call): Path<String>,
    request: Request,
) -> Result<Response, Refusal> {
    let _place = shared.limits.enter();
    let (head, body) = request.into_parts();
    let seen = Seen::of(&head.method, &head.uri, &head.headers);
    let Some(model) = call.strip_suffix(":generateContent") else {
        shared.ledger.note(seen);
        return Err(Refusal::not_found("Requested entity was not found."));
    };
    let question = read(&shared, body).await;
    shared.ledger.note(match &question {
        Ok((question, _)) => Seen {
            model: model.to_owned(),
            system: question.system.clone(),
            text: question.text.clone(),
            parts: question.parts.clone(),
            ..seen
        },
        Err(_) => seen,
    });
    let (question, found) = question?;
    tokio::time::sleep(shared.limits.latency()).await;
    let wrong = shared.faults.take(On::Generate, &question.text).await;
    check(&shared, model, &head.headers)?;
    found?;
    answered(&question, wrong)
}

/// The question, and whether its files can be used.
async fn read(shared: &Shared, body: Body) -> Result<(Question, Result<(), Refusal>), Refusal> {
    let body = to_bytes(body, REQUEST_BYTES_MAX).await.map_err(|_| {
        let most = REQUEST_BYTES_MAX;
        Refusal::invalid(format!(
            "Request payload size exceeds the limit: {most} bytes."
        ))
    })?;
    let mut question = Question::read(&body)?;
    let found = question.look_up(&shared.files);
    Ok((question, found))
}

fn check(shared: &Shared, model: &str, headers: &HeaderMap) -> Result<(), Refusal> {
    shared.check_key(headers)?;
    shared.limits.spend()?;
    match lock(&shared.models).contains(model) {
        true => Ok(()),
        false => Err(Refusal::no_model(model)),
    }
}

fn answered(question: &Question, wrong: Option<Wrong>) -> Result<Response, Refusal> {
    let given = question.parts.iter().map(|part| part.sha256.clone());
    let draw = Draw::of(given);
    let mut value = answer::make(&question.schema, &draw, question.seconds());
    if let Some(wrong) = &wrong {
        spoil(&mut value, &question.schema, wrong);
    }
    let text = value.to_string();
    let reply = match wrong {
        Some(wrong @ (Wrong::Status(_) | Wrong::Throttle { .. } | Wrong::CutAtBytes(_))) => {
            return Err(refused(&wrong));
        }
        Some(Wrong::PromptBlock(reason)) => Reply::blocked(&reason),
        Some(Wrong::Block(reason)) => Reply::ended("", &reason),
        Some(Wrong::Truncated) => Reply::ended(half(&text), "MAX_TOKENS"),
        Some(Wrong::Say(text)) => Reply::ended(&text, "STOP"),
        Some(Wrong::Fenced) => Reply::ended(&format!("```json\n{text}\n```"), "STOP"),
        _ => Reply::complete(&text, question.output_tokens_max),
    };
    Ok(reply.written(question.tokens()))
}

fn half(text: &str) -> &str {
    let middle = text.char_indices().nth(text.chars().count() / 2);
    middle.map_or(text, |(at, _)| text.split_at(at).0)
}

/// What is said about a question.
struct Reply {
    body: Value,
    output_tokens: u64,
}

impl Reply {
    fn blocked(reason: &str) -> Self {
        Self {
            body: json!({"promptFeedback": {"blockReason": reason}}),
            output_tokens: 0,
        }
    }

    fn ended(text: &str, reason: &str) -> Self {
        let content = match text {
            "" => json!({}),
            text => json!({"parts": [{"text": text}], "role": "model"}),
        };
        Self {
            body: json!({
                "candidates": [{"content": content, "finishReason": reason, "index": 0}],
            }),
            output_tokens: text_tokens(text),
        }
    }

    /// The whole of it, or as much as is allowed.
    fn complete(text: &str, tokens_max: Option<u64>) -> Self {
        let tokens_max = tokens_max.unwrap_or(u64::MAX);
        let room = tokens_max.saturating_sub(THOUGHT_TOKENS);
        if text_tokens(text) <= room {
            return Self::ended(text, "STOP");
        }
        let characters = usize::try_from(room.saturating_mul(4)).unwrap_or(usize::MAX);
        let cut: String = text.chars().take(characters).collect();
        Self::ended(&cut, "MAX_TOKENS")
    }

    fn written(mut self, input_tokens: u64) -> Response {
        let thoughts = if self.output_tokens > 0 {
            THOUGHT_TOKENS
        } else {
            0
        };
        let usage = json!({
            "promptTokenCount": input_tokens,
            "candidatesTokenCount": self.output_tokens,
            "thoughtsTokenCount": thoughts,
            "totalTokenCount": input_tokens + self.output_tokens + thoughts,
        });
        if let Some(fields) = self.body.as_object_mut() {
            fields.insert("usageMetadata".to_owned(), usage);
            fields.insert("modelVersion".to_owned(), MODEL.into());
        }
        Json(self.body).into_response()
    }
}
