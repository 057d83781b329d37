//! The Runtime API of one instance: what its process calls to get work and to answer.
//!
//! **Source:** AWS, "Using the Lambda runtime API for custom runtimes", version 2018-06-01.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use serde_json::json;
use uuid::Uuid;

use super::SYNC_BYTES_MAX;
use super::function::{Ending, Function, Handout};

/// Largest error report; more is cut off by refusing it.
const ERROR_BYTES_MAX: usize = 256 * 1024;

#[derive(Clone)]
struct Api {
    function: Arc<Function>,
    instance: u64,
}

pub(super) fn router(function: Arc<Function>, instance: u64) -> Router {
    let runtime = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{request_id}/response", post(response))
        .route("/invocation/{request_id}/error", post(error))
        .route("/init/error", post(init_error));
    Router::new()
        .nest("/2018-06-01/runtime", runtime)
        .route("/2020-01-01/extension/register", post(register_extension))
        .route("/2020-01-01/extension/event/next", get(no_extension_event))
        .with_state(Api { function, instance })
}

/// Says that a waiting instance hung up, unless it got its work.
struct Waiting<'a> {
    api: &'a Api,
    served: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.served {
            self.api.function.left(self.api.instance);
        }
    }
}

async fn next(State(api): State<Api>) -> Response {
    let Some(work) = api.function.next(api.instance) else {
        return refusal(
            StatusCode::GONE,
            "InvalidInstance",
            "this instance has ended",
        );
    };
    let mut waiting = Waiting {
        api: &api,
        served: false,
    };
    match work.await {
        Ok(handout) => {
            waiting.served = true;
            invocation(&api, handout)
        }
        Err(_) => refusal(
            StatusCode::GONE,
            "InvalidInstance",
            "another request waits in its place",
        ),
    }
}

fn invocation(api: &Api, handout: Handout) -> Response {
    let trace = Uuid::new_v4().simple().to_string();
    let (time, rest) = trace.split_at(8);
    let headers = [
        (header::CONTENT_TYPE.as_str(), "application/json".to_owned()),
        ("lambda-runtime-aws-request-id", handout.id),
        (
            "lambda-runtime-deadline-ms",
            handout.deadline_epoch_ms.to_string(),
        ),
        ("lambda-runtime-invoked-function-arn", api.function.arn()),
        (
            "lambda-runtime-trace-id",
            format!(
                "Root=1-{time}-{rest};Parent={};Sampled=0",
                rest.get(..16).unwrap_or(rest)
            ),
        ),
    ];
    (headers, handout.payload).into_response()
}

async fn response(
    State(api): State<Api>,
    Path(request_id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    let Ok(payload) = to_bytes(body, SYNC_BYTES_MAX).await else {
        let said = format!("Exceeded maximum allowed payload size ({SYNC_BYTES_MAX} bytes).");
        let ending = Ending::error("Function.ResponseSizeTooLarge", &said, &request_id);
        api.function.finish(api.instance, &request_id, ending);
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            &said,
        );
    };
    accepted(api.function.finish(
        api.instance,
        &request_id,
        Ending::Result {
            payload,
            content_type,
        },
    ))
}

async fn error(State(api): State<Api>, Path(request_id): Path<String>, body: Body) -> Response {
    let report = error_report(body).await;
    accepted(
        api.function
            .finish(api.instance, &request_id, Ending::Error(report)),
    )
}

async fn init_error(State(api): State<Api>, body: Body) -> Response {
    api.function
        .init_failed(api.instance, error_report(body).await);
    accepted(true)
}

async fn error_report(body: Body) -> Bytes {
    to_bytes(body, ERROR_BYTES_MAX).await.unwrap_or_else(|_| {
        Bytes::from_static(br#"{"errorType":"Runtime.UnreadableError","errorMessage":"the error report could not be read"}"#)
    })
}

fn accepted(known: bool) -> Response {
    match known {
        true => (StatusCode::ACCEPTED, axum::Json(json!({ "status": "OK" }))).into_response(),
        false => refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "this request is not running here",
        ),
    }
}

fn refusal(status: StatusCode, kind: &str, said: &str) -> Response {
    (
        status,
        axum::Json(json!({ "errorType": kind, "errorMessage": said })),
    )
        .into_response()
}

/// `lambda_runtime` registers an internal extension for its graceful shutdown and panics if it cannot.
async fn register_extension() -> Response {
    let id = Uuid::new_v4().to_string();
    let body = axum::Json(
        json!({ "functionName": "", "functionVersion": "$LATEST", "handler": "bootstrap" }),
    );
    ([("lambda-extension-identifier", id)], body).into_response()
}

/// No extension events are sent; the caller waits until it is killed.
async fn no_extension_event() -> Response {
    std::future::pending().await
}
