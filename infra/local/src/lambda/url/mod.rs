//! A function URL: HTTP in, an event of payload format 2.0 to the function, its answer back as HTTP.
//!
//! Not imitated: `AWS_IAM` authorisation, CORS settings, throttling, streaming (a streamed answer is
//! collected first), and the domain name: `Host` is whatever the caller used.
//!
//! **Source:** AWS, "Invoking Lambda function URLs", request and response payloads.

mod answer;
mod event;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;

use self::answer::answer;
use self::event::event;
use super::{Host, InvokeError, SYNC_BYTES_MAX};

pub(super) fn router(host: Host, function: String) -> Router {
    Router::new().fallback(move |request: Request| {
        let (host, function) = (host.clone(), function.clone());
        async move { serve(&host, &function, request).await }
    })
}

async fn serve(host: &Host, function: &str, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, SYNC_BYTES_MAX).await else {
        return message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long");
    };
    let event = event(host, &parts, &body);
    match host.invoke(function, Bytes::from(event.to_string())).await {
        Ok(invocation) => answer(invocation).unwrap_or_else(bad_gateway),
        Err(InvokeError::PayloadTooLarge { .. }) => {
            message(StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long")
        }
        Err(InvokeError::QueueFull(_)) => message(StatusCode::TOO_MANY_REQUESTS, "Rate Exceeded."),
        Err(error @ (InvokeError::UnknownFunction(_) | InvokeError::ShuttingDown)) => {
            bad_gateway(error.to_string())
        }
    }
}

fn bad_gateway(reason: String) -> Response {
    tracing::warn!("a function URL answers 502: {reason}");
    (StatusCode::BAD_GATEWAY, "Internal Server Error").into_response()
}

fn message(status: StatusCode, text: &str) -> Response {
    (status, axum::Json(json!({ "Message": text }))).into_response()
}
