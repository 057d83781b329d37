//! Slack, through an incoming webhook.
//!
//! Slack knows no idempotency: a message that is sent twice is shown twice.
//!
//! **Source:** Slack API, "Sending messages using incoming webhooks" and "Block Kit".

use serde_json::{Value, json};
use url::Url;

use super::{
    http::{Http, UrlGuard},
    send_error::SendError,
};
use crate::{config::Secret, domain::message::Message};

/// In errors.
const NAME: &str = "Slack";

/// Slack answers `ok` or one line.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// Longest header, in characters. **Source:** Block Kit, "Header block".
const HEADER_CHARS_MAX: usize = 150;

/// Longest text of a section, in characters. **Source:** Block Kit, "Section block".
const SECTION_CHARS_MAX: usize = 3_000;

/// One Slack channel.
#[derive(Debug)]
pub struct Slack {
    http: Http,
    webhook: Secret,
}

impl Slack {
    /// Opens a webhook over the connections of `http`, with a guard that allows its host only.
    #[must_use]
    pub fn open(webhook: &Secret, http: &Http) -> Self {
        let guard = Url::parse(webhook.expose()).ok();
        // A webhook that is no address passes no guard, and every message says so.
        let guard = guard.map_or_else(UrlGuard::closed, |url| UrlGuard::for_setting(&url));
        Self {
            http: http.guarded_by(guard),
            webhook: webhook.clone(),
        }
    }

    /// Posts a message.
    ///
    /// # Errors
    /// [`SendError`], named by what happens next.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let body = body(message);
        let answer = self
            .http
            .tell(self.webhook.expose(), None, &[], &body, ANSWER_BYTES_MAX)
            .await;
        let answer = answer.map_err(|source| SendError::Unreachable { by: NAME, source })?;
        match answer.status {
            200 => Ok(()),
            _ => Err(SendError::of(NAME, &answer)),
        }
    }
}

fn body(message: &Message) -> Value {
    let header = cut(&message.title, HEADER_CHARS_MAX);
    let mut blocks =
        vec![json!({"type": "header", "text": {"type": "plain_text", "text": header}})];
    for text in [&message.body, &message.context.join("\n")] {
        if !text.is_empty() {
            let text = cut(&escaped(text), SECTION_CHARS_MAX);
            blocks.push(json!({"type": "section", "text": {"type": "mrkdwn", "text": text}}));
        }
    }
    json!({"text": escaped(&header), "blocks": blocks})
}

/// Slack reads `<…>` as links and mentions; texts of vendors must not call `<!channel>`.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn cut(text: &str, chars_max: usize) -> String {
    match text.chars().count() <= chars_max {
        true => text.to_owned(),
        false => text.chars().take(chars_max - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests;
