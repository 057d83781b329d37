//! Lambda's Invoke API, as `aws lambda invoke` and the SDKs call it. Signatures are not checked.
//!
//! **Source:** AWS, API reference of Lambda, "Invoke"; error shapes from the same page.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use super::{Host, Invocation, InvokeError, SYNC_BYTES_MAX};

pub(super) fn router(host: Host) -> Router {
    Router::new()
        .route("/2015-03-31/functions/{name}/invocations", post(invoke))
        .with_state(host)
}

async fn invoke(
    State(host): State<Host>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let name = bare_name(&name);
    let Ok(payload) = to_bytes(body, SYNC_BYTES_MAX).await else {
        return too_large(SYNC_BYTES_MAX);
    };
    let payload = match payload.is_empty() {
        true => Bytes::from_static(b"{}"),
        false => payload,
    };
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&payload) {
        let said = format!("Could not parse request body into json: {error}");
        return refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            &said,
        );
    }
    match header(&headers, "x-amz-invocation-type").unwrap_or("RequestResponse") {
        "RequestResponse" => match host.invoke(name, payload).await {
            Ok(invocation) => answer(
                invocation,
                header(&headers, "x-amz-log-type") == Some("Tail"),
            ),
            Err(error) => refused(&host, &error),
        },
        "Event" => match host.invoke_async(name, payload) {
            Ok(id) => (StatusCode::ACCEPTED, [("x-amzn-requestid", id)]).into_response(),
            Err(error) => refused(&host, &error),
        },
        "DryRun" if host.functions.0.contains_key(name) => (
            StatusCode::NO_CONTENT,
            [("x-amzn-requestid", Uuid::new_v4().to_string())],
        )
            .into_response(),
        "DryRun" => refused(&host, &InvokeError::UnknownFunction(name.to_owned())),
        other => {
            let said = format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: \
                 Member must satisfy enum value set: [RequestResponse, Event, DryRun]"
            );
            refusal(StatusCode::BAD_REQUEST, "ValidationException", &said)
        }
    }
}

/// A function is called by its name, a partial ARN or its whole ARN, with or without a version.
pub(super) fn bare_name(name: &str) -> &str {
    let after = name
        .rsplit_once("function:")
        .map_or(name, |(_, after)| after);
    after.split(':').next().unwrap_or(after)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn answer(invocation: Invocation, with_log: bool) -> Response {
    let status = StatusCode::from_u16(invocation.status).unwrap_or(StatusCode::OK);
    let mut headers = HeaderMap::new();
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    };
    put("content-type", "application/json".to_owned());
    put("x-amzn-requestid", invocation.request_id);
    put("x-amz-executed-version", "$LATEST".to_owned());
    if let Some(error) = invocation.function_error {
        put("x-amz-function-error", error);
    }
    if with_log {
        put("x-amz-log-result", STANDARD.encode(invocation.log_tail));
    }
    (status, headers, invocation.payload).into_response()
}

fn refused(host: &Host, error: &InvokeError) -> Response {
    match error {
        InvokeError::UnknownFunction(name) => {
            let said = format!("Function not found: {}", host.arn(name));
            refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", &said)
        }
        InvokeError::PayloadTooLarge { max, .. } => too_large(*max),
        InvokeError::QueueFull(_) => refusal(
            StatusCode::TOO_MANY_REQUESTS,
            "TooManyRequestsException",
            "Rate Exceeded.",
        ),
        InvokeError::ShuttingDown => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ServiceException",
            "the host is shutting down",
        ),
    }
}

fn too_large(max: usize) -> Response {
    let said = format!("Request must be smaller than {max} bytes for the InvokeFunction operation");
    refusal(
        StatusCode::PAYLOAD_TOO_LARGE,
        "RequestTooLargeException",
        &said,
    )
}

fn refusal(status: StatusCode, kind: &str, said: &str) -> Response {
    let origin = if status.is_server_error() {
        "Service"
    } else {
        "User"
    };
    let headers = [
        ("x-amzn-errortype", kind.to_owned()),
        ("x-amzn-requestid", Uuid::new_v4().to_string()),
    ];
    (
        status,
        headers,
        axum::Json(json!({ "Type": origin, "Message": said, "message": said })),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::bare_name;

    #[test]
    fn a_function_is_found_by_name_and_by_every_form_of_arn() {
        for name in [
            "reconciler",
            "reconciler:$LATEST",
            "123456789012:function:reconciler",
            "arn:aws:lambda:us-east-1:123456789012:function:reconciler",
            "arn:aws:lambda:us-east-1:123456789012:function:reconciler:$LATEST",
        ] {
            assert_eq!(bare_name(name), "reconciler", "{name}");
        }
    }
}
