//! The tokens of the API: which there are, giving them out, taking them back, and others in their place.
//!
//! A token is shown once, by the answer that makes it; we keep its digest. Only administrators come here, and no role
//! is above theirs; one of an organisation sees and gives out that organisation's tokens alone.

pub(crate) mod give;
pub(crate) mod read;
pub(crate) mod view;

use aws_lc_rs::rand;
use axum::http::StatusCode;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{auth, problem::Problem};

/// A token that nobody has yet.
struct Fresh {
    token: String,
    digest: [u8; 32],
}

impl Fresh {
    /// A new one.
    ///
    /// # Errors
    /// 500: the machine has no randomness.
    fn new() -> Result<Self, Problem> {
        let mut secret = [0; 32];
        rand::fill(&mut secret).map_err(|_| {
            let detail = "a token could not be made; try again";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
        })?;
        let token = auth::written(&BASE64_URL_SAFE_NO_PAD.encode(secret));
        let digest = auth::digest(token.as_bytes());
        Ok(Self { token, digest })
    }
}
