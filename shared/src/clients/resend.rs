//! E-mail, through Resend.
//!
//! Each message carries an idempotency key: within 24 hours Resend sends it once however often it
//! is told.
//!
//! **Source:** Resend API reference, "Send email" and "Idempotency keys".

use serde_json::{Value, json};
use url::Url;

use super::{
    http::{Http, UrlGuard},
    send_error::SendError,
};
use crate::{config, domain::message::Message};

/// In errors.
const NAME: &str = "Resend";

/// Answers hold an id or an error.
const ANSWER_BYTES_MAX: u64 = 64 << 10;

/// A sender and its recipients.
#[derive(Debug)]
pub struct Resend {
    http: Http,
    url: Url,
    email: config::Email,
}

impl Resend {
    /// Opens the API over the connections of `http`, with a guard that allows its host only.
    #[must_use]
    pub fn open(email: &config::Email, http: &Http) -> Self {
        let mut url = email.url.clone();
        url.set_path("/emails");
        Self {
            http: http.guarded_by(UrlGuard::for_setting(&email.url)),
            url,
            email: email.clone(),
        }
    }

    /// Sends a message, in plain text.
    ///
    /// # Errors
    /// [`SendError`], named by what happens next.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let headers = [("idempotency-key", message.key.as_str())];
        let (key, body) = (self.email.key.expose(), self.body(message));
        let answer = self
            .http
            .tell(
                self.url.as_str(),
                Some(key),
                &headers,
                &body,
                ANSWER_BYTES_MAX,
            )
            .await;
        let answer = answer.map_err(|source| SendError::Unreachable { by: NAME, source })?;
        match answer.status {
            200 => Ok(()),
            _ => Err(SendError::of(NAME, &answer)),
        }
    }

    fn body(&self, message: &Message) -> Value {
        let parts = [message.body.clone(), message.context.join("\n")];
        // A line break in a subject would begin another header.
        let subject: String = message
            .title
            .chars()
            .map(|letter| if letter.is_control() { ' ' } else { letter })
            .collect();
        let to = match &message.recipients[..] {
            [] => &self.email.to,
            own => own,
        };
        json!({
            "from": self.email.from,
            "to": to,
            "subject": subject,
            "text": parts.join("\n\n"),
        })
    }
}

#[cfg(test)]
mod tests;
