//! The wire: REST and JSON. Finds the operation, reads its request, writes its answer.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::Scheduler;
use super::error::refusal;
use crate::aws::error::ApiError;

/// Largest request read: an input at its largest (256 KB), escaped as JSON text.
const REQUEST_BYTES_MAX: usize = 1024 * 1024;

type Answer = Result<Value, ApiError>;

type Parameters = Result<Path<BTreeMap<String, String>>, PathRejection>;

pub(super) fn router(scheduler: Scheduler) -> Router {
    let schedule = operation(
        MethodFilter::POST,
        "CreateSchedule",
        Scheduler::create_schedule,
    )
    .merge(operation(
        MethodFilter::PUT,
        "UpdateSchedule",
        Scheduler::update_schedule,
    ))
    .merge(operation(
        MethodFilter::GET,
        "GetSchedule",
        Scheduler::get_schedule,
    ))
    .merge(operation(
        MethodFilter::DELETE,
        "DeleteSchedule",
        Scheduler::delete_schedule,
    ));
    let schedules = operation(
        MethodFilter::GET,
        "ListSchedules",
        Scheduler::list_schedules,
    );
    let group = operation(
        MethodFilter::POST,
        "CreateScheduleGroup",
        Scheduler::create_group,
    )
    .merge(operation(
        MethodFilter::GET,
        "GetScheduleGroup",
        Scheduler::get_group,
    ))
    .merge(operation(
        MethodFilter::DELETE,
        "DeleteScheduleGroup",
        Scheduler::delete_group,
    ));
    let groups = operation(
        MethodFilter::GET,
        "ListScheduleGroups",
        Scheduler::list_groups,
    );
    let tags = operation(MethodFilter::POST, "TagResource", Scheduler::tag_resource)
        .merge(operation(
            MethodFilter::DELETE,
            "UntagResource",
            Scheduler::untag_resource,
        ))
        .merge(operation(
            MethodFilter::GET,
            "ListTagsForResource",
            Scheduler::list_tags,
        ));
    Router::new()
        .route("/schedules/{name}", schedule)
        .route("/schedules", schedules)
        .route("/schedule-groups/{name}", group)
        .route("/schedule-groups", groups)
        .route("/tags/{*name}", tags)
        .with_state(scheduler)
}

pub(super) fn headers() -> [(HeaderName, String); 2] {
    [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (
            HeaderName::from_static("x-amzn-requestid"),
            Uuid::new_v4().to_string(),
        ),
    ]
}

fn operation(
    method: MethodFilter,
    name: &'static str,
    perform: fn(&Scheduler, &Asked) -> Answer,
) -> MethodRouter<Scheduler> {
    let serve = async move |State(scheduler): State<Scheduler>,
                            parameters: Parameters,
                            request: Request| {
        scheduler.0.calls.count(name);
        let answer = match Asked::read(parameters, request).await {
            Ok(asked) => perform(&scheduler, &asked),
            Err(error) => Err(error),
        };
        respond(&answer)
    };
    on(method, serve)
}

fn respond(answer: &Answer) -> Response {
    match answer {
        Ok(answer) => (StatusCode::OK, headers(), answer.to_string()).into_response(),
        Err(error) => refusal(error),
    }
}

/// A request, taken apart.
pub(super) struct Asked {
    /// Of the schedule or group, or the ARN; empty in a list.
    pub(super) name: String,
    query: Vec<(String, String)>,
    body: Bytes,
}

impl Asked {
    async fn read(parameters: Parameters, request: Request) -> Result<Self, ApiError> {
        let Path(mut parameters) =
            parameters.map_err(|error| ApiError::validation(error.body_text()))?;
        let query = request.uri().query().unwrap_or_default();
        let query = url::form_urlencoded::parse(query.as_bytes()).into_owned();
        let query = query.collect();
        let Ok(body) = to_bytes(request.into_body(), REQUEST_BYTES_MAX).await else {
            return Err(ApiError::validation("The request is too large."));
        };
        Ok(Self {
            name: parameters.remove("name").unwrap_or_default(),
            query,
            body,
        })
    }

    /// The body, which may be absent when nothing in it is required.
    pub(super) fn body<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let body = if self.body.is_empty() {
            b"{}"
        } else {
            &*self.body
        };
        serde_json::from_slice(body).map_err(|error| ApiError::serialization(&error))
    }

    pub(super) fn text(&self, parameter: &str) -> Option<&str> {
        self.texts(parameter).next()
    }

    pub(super) fn texts(&self, parameter: &str) -> impl Iterator<Item = &str> {
        let given = self.query.iter();
        given
            .filter(move |(name, _)| name == parameter)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, parameter: &str) -> Result<Option<i64>, ApiError> {
        let number = self.text(parameter).map(str::parse).transpose();
        number.map_err(|error| {
            ApiError::validation(format!("Parameter {parameter} is not valid: {error}."))
        })
    }
}
