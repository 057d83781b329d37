//! Refusals that help: problem details that name the field and what it may be.
//!
//! **Source:** RFC 9457. Members beyond it: `errors`, one entry per field, and `check`, what was found out
//! about an ad account.

use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    clients::meta::LinkCheck,
    domain::{chain, timing::TimingError},
};

/// Seconds a caller is asked to wait when the database does not answer: a failover takes longer,
/// a restart about as long.
const RETRY_AFTER_SECONDS: u16 = 5;

/// A refusal, or the news that we cannot answer.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    slug: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    check: Option<Box<LinkCheck>>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// What a refusal says, beside the answer that says it as JSON: pages say it in their own way.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Of which kind.
    pub(crate) slug: &'static str,
    /// In one sentence.
    pub(crate) detail: String,
    /// By field.
    pub(crate) errors: Vec<FieldError>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct FieldError {
    /// Its path, as in `parameters.max_videos`.
    pub(crate) field: String,
    /// What is wrong, and what is allowed.
    pub(crate) detail: String,
    /// Where in the field's text, in bytes from 0, for text with a grammar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<usize>,
}

impl FieldError {
    /// An error about a field as a whole.
    pub(crate) fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            detail: detail.into(),
            position: None,
        }
    }
}

impl From<TimingError> for FieldError {
    fn from(error: TimingError) -> Self {
        Self {
            field: error.field().to_owned(),
            detail: error.to_string(),
            position: error.position(),
        }
    }
}

/// The document of RFC 9457.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub(crate) struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(skip_serializing_if = "Option::is_none")]
    check: Option<&'a LinkCheck>,
}

impl Problem {
    /// A problem of a kind that programs can tell apart by `slug`.
    pub(crate) fn new(status: StatusCode, slug: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            slug,
            detail: detail.into(),
            errors: Vec::new(),
            check: None,
            headers: Vec::new(),
        }
    }

    /// 422: fields of the body that cannot be used. The first one's words are the detail.
    #[must_use]
    pub(crate) fn fields(errors: Vec<FieldError>) -> Self {
        let detail = errors
            .first()
            .map(|error| format!("{}: {}", error.field, error.detail));
        let problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid-field",
            detail.unwrap_or_default(),
        );
        Self { errors, ..problem }
    }

    /// 422: one field of the body that cannot be used.
    pub(crate) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::fields(vec![FieldError::new(field, detail)])
    }

    /// 400: a part of the address or a header that cannot be used.
    pub(crate) fn address(field: &str, detail: impl Into<String>) -> Self {
        let error = FieldError::new(field, detail);
        let detail = format!("{}: {}", error.field, error.detail);
        let problem = Self::new(StatusCode::BAD_REQUEST, "invalid-request", detail);
        Self {
            errors: vec![error],
            ..problem
        }
    }

    /// 404: nothing has this id.
    #[must_use]
    pub(crate) fn missing(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            format!("there is no such {what}"),
        )
    }

    /// 409: what is asked for does not fit what is.
    pub(crate) fn conflict(slug: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, slug, detail)
    }

    /// 422: the ad account cannot be linked, for the reasons in `check`.
    #[must_use]
    pub(crate) fn not_linkable(check: LinkCheck) -> Self {
        let detail = check.error.clone().unwrap_or_default();
        let problem = Self::field("account", detail);
        Self {
            slug: "not-linkable",
            check: Some(Box::new(check)),
            ..problem
        }
    }

    /// Adds a header to the answer.
    #[must_use]
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Which kind of refusal.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer that says it, or the part of one.
    pub(crate) fn body(&self) -> Body<'_> {
        Body {
            r#type: format!("urn:sundial:problem:{}", self.slug),
            title: self.status.canonical_reason().unwrap_or("Problem"),
            status: self.status.as_u16(),
            detail: &self.detail,
            errors: &self.errors,
            check: self.check.as_deref(),
        }
    }

    /// What it says.
    pub(crate) fn told(&self) -> Told {
        Told {
            slug: self.slug,
            detail: self.detail.clone(),
            errors: self.errors.clone(),
        }
    }

    fn unavailable() -> Self {
        let detail = "the database does not answer; try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
            .with_header(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        let told = self.told();
        headers.extend(self.headers);
        response.extensions_mut().insert(told);
        response
    }
}

/// What the database says is logged here, once; the caller learns whether trying again helps.
impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        let chain = chain(&error);
        match Failure::of(&error) {
            Failure::Outage => {
                tracing::warn!(error = chain, "the database does not answer");
                Self::unavailable()
            }
            Failure::Value => {
                tracing::info!(error = chain, "the database refused a value");
                Self::field("(body)", "a text or an object is too large to be kept")
            }
            Failure::Fault => {
                tracing::error!(error = chain, "a request failed");
                let detail = "the request could not be carried out; the log says why";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            }
        }
    }
}

/// What to make of a database error.
enum Failure {
    /// It will pass.
    Outage,
    /// The caller sent something that cannot be kept.
    Value,
    /// A fault of ours.
    Fault,
}

impl Failure {
    /// **Source:** PostgreSQL, appendix A, "Error Codes": 08 connection, 40 rollback, 53 resources,
    /// 57 operator intervention; 54 program limit, 22 data.
    fn of(error: &sqlx::Error) -> Self {
        let Some(error) = error.as_database_error() else {
            return match error {
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => Self::Outage,
                _ => Self::Fault,
            };
        };
        match error.code().as_deref().and_then(|code| code.get(..2)) {
            Some("08" | "40" | "53" | "57") => Self::Outage,
            Some("22" | "54") => Self::Value,
            _ => Self::Fault,
        }
    }
}
