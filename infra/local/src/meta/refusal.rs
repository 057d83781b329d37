//! The error envelopes of the Graph API.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

/// What the Graph API answers instead of data.
///
/// **Source:** Graph API, "Handling Errors"; the pairs of code and subcode below are those seen by
/// users of the Marketing API.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// The HTTP status, 400 for nearly everything.
    pub(super) status: StatusCode,
    /// `code`.
    pub(super) code: u32,
    /// `error_subcode`.
    pub(super) subcode: Option<u32>,
    /// `type`.
    pub(super) kind: &'static str,
    /// `message`.
    pub(super) message: String,
}

impl Refusal {
    fn new(kind: &'static str, code: u32, subcode: Option<u32>, message: String) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            subcode,
            kind,
            message,
        }
    }

    /// The id names nothing, or nothing this token may see; the API does not say which.
    pub(super) fn unknown_object(id: &str) -> Self {
        let message = format!(
            "Unsupported get request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, \
             or does not support this operation. Please read the Graph API documentation at \
             https://developers.facebook.com/docs/graph-api"
        );
        Self::new("GraphMethodException", 100, Some(33), message)
    }

    /// A parameter is wrong.
    pub(super) fn parameter(message: impl std::fmt::Display) -> Self {
        Self::new("OAuthException", 100, None, format!("(#100) {message}"))
    }

    /// A field the node does not have.
    pub(super) fn field(name: &str, node: &str) -> Self {
        Self::parameter(format_args!(
            "Tried accessing nonexisting field ({name}) on node type ({node})"
        ))
    }

    /// A field insights do not have.
    pub(super) fn insights_field(name: &str) -> Self {
        Self::parameter(format_args!(
            "{name} is not valid for fields param. please check \
             https://developers.facebook.com/docs/marketing-api/reference/ads-insights/ for all valid values"
        ))
    }

    /// Breakdowns that do not go together.
    pub(super) fn breakdowns(names: &str) -> Self {
        let message =
            format!("(#2) Current combination of data breakdown columns ({names}) is invalid");
        Self::new("OAuthException", 2, Some(1_504_041), message)
    }

    /// Insights further back than they are kept.
    pub(super) fn start_too_old() -> Self {
        let message = "(#3018) The start date of the time range cannot be beyond 37 months from the current date";
        Self::new("OAuthException", 3018, None, message.to_owned())
    }

    /// More rows than one request may have.
    pub(super) fn too_much() -> Self {
        let message = "(#100) The request asks for more data than one call may return";
        Self::new("OAuthException", 100, Some(1_487_534), message.to_owned())
    }

    /// More than can be worked out in time.
    pub(super) fn reduce() -> Self {
        Self::unknown("Please reduce the amount of data you're asking for, then retry your request")
    }

    /// An account this token may not read.
    pub(super) fn not_granted() -> Self {
        let message = "(#200) Ad account owner has NOT grant ads_management or ads_read permission";
        Self {
            status: StatusCode::FORBIDDEN,
            ..Self::new("OAuthException", 200, None, message.to_owned())
        }
    }

    /// Something in here broke, as it sometimes does at Meta.
    pub(super) fn unknown(message: impl std::fmt::Display) -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("OAuthException", 1, None, message.to_string())
        }
    }

    /// No token came along.
    pub(super) fn token_missing() -> Self {
        let message = "An access token is required to request this resource.";
        Self::new("OAuthException", 104, None, message.to_owned())
    }

    /// The token was good once.
    pub(super) fn token_expired() -> Self {
        let message =
            "Error validating access token: Session has expired on Friday, 20-Mar-26 09:00:00 PDT.";
        Self::new("OAuthException", 190, Some(463), message.to_owned())
    }

    /// Its owner changed the password, or took it back.
    pub(super) fn token_revoked() -> Self {
        let message = "Error validating access token: The session has been invalidated because the user changed their \
                       password or Facebook has changed the session for security reasons.";
        Self::new("OAuthException", 190, Some(460), message.to_owned())
    }

    /// A code from a login is good for one token.
    pub(super) fn code_used() -> Self {
        let message = "This authorization code has been used.";
        Self::new("OAuthException", 100, Some(36_009), message.to_owned())
    }

    /// An exchange does not tell which app wants it.
    pub(super) fn client_missing(name: &str) -> Self {
        let message = format!("Missing {name} parameter.");
        Self::new("OAuthException", 101, None, message)
    }

    /// Too many calls.
    pub(super) fn throttled(code: u32, subcode: u32) -> Self {
        let message = format!(
            "(#{code}) There have been too many calls from this ad-account. Please wait a bit and try again."
        );
        Self::new("OAuthException", code, Some(subcode), message)
    }

    /// A batch took too long.
    pub(super) fn batch_timeout() -> Self {
        let message = "(#960) Batch request timed out".to_owned();
        Self::new("OAuthException", 960, None, message)
    }

    /// A batch of too many calls.
    pub(super) fn batch_too_large(most: usize) -> Self {
        let message = format!("Too many requests in batch message. Maximum batch size is {most}");
        Self::new("GraphBatchException", 0, None, message)
    }

    /// The proof does not belong to the token.
    pub(super) fn proof() -> Self {
        Self::new(
            "GraphMethodException",
            100,
            None,
            "Invalid appsecret_proof provided in the API argument".to_owned(),
        )
    }

    /// The version is no longer served.
    pub(super) fn version(asked: &str, newest: &str) -> Self {
        let message = format!(
            "(#2635) You are calling a deprecated version of the Ads API. Please update to the latest version: {newest}. (You asked for {asked}.)"
        );
        Self::new("FacebookApiException", 2635, None, message)
    }

    /// An error as ordered through the control endpoint.
    pub(super) fn ordered(status: StatusCode, code: u32, subcode: Option<u32>) -> Self {
        Self {
            status,
            ..Self::new(
                "OAuthException",
                code,
                subcode,
                format!("(#{code}) ordered through /_control"),
            )
        }
    }
}

/// Codes that mean "later", for `is_transient`.
const TRANSIENT: [u32; 2] = [1, 2];

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({
            "message": self.message,
            "type": self.kind,
            "code": self.code,
            "is_transient": TRANSIENT.contains(&self.code),
            "fbtrace_id": "AStandInForMeta00000000",
        });
        if let (Some(subcode), Some(fields)) = (self.subcode, error.as_object_mut()) {
            fields.insert("error_subcode".to_owned(), subcode.into());
        }
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}
