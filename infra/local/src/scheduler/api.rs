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

type Perform = fn(&Scheduler, &Asked) -> Answer;

type Parameters = Result<Path<BTreeMap<String, String>>, PathRejection>;

const SCHEDULE: &str = "/schedules/{name}";
const SCHEDULES: &str = "/schedules";
const GROUP: &str = "/schedule-groups/{name}";
const GROUPS: &str = "/schedule-groups";
const TAGS: &str = "/tags/{*name}";

/// Method, path, name, and what is done. **Source:** AWS, API model of Scheduler.
const OPERATIONS: [(MethodFilter, &str, &str, Perform); 12] = [
    (
        MethodFilter::POST,
        SCHEDULE,
        "CreateSchedule",
        Scheduler::create_schedule,
    ),
    (
        MethodFilter::PUT,
        SCHEDULE,
        "UpdateSchedule",
        Scheduler::update_schedule,
    ),
    (
        MethodFilter::GET,
        SCHEDULE,
        "GetSchedule",
        Scheduler::get_schedule,
    ),
    (
        MethodFilter::DELETE,
        SCHEDULE,
        "DeleteSchedule",
        Scheduler::delete_schedule,
    ),
    (
        MethodFilter::GET,
        SCHEDULES,
        "ListSchedules",
        Scheduler::list_schedules,
    ),
    (
        MethodFilter::POST,
        GROUP,
        "CreateScheduleGroup",
        Scheduler::create_group,
    ),
    (
        MethodFilter::GET,
        GROUP,
        "GetScheduleGroup",
        Scheduler::get_group,
    ),
    (
        MethodFilter::DELETE,
        GROUP,
        "DeleteScheduleGroup",
        Scheduler::delete_group,
    ),
    (
        MethodFilter::GET,
        GROUPS,
        "ListScheduleGroups",
        Scheduler::list_groups,
    ),
    (
        MethodFilter::POST,
        TAGS,
        "TagResource",
        Scheduler::tag_resource,
    ),
    (
        MethodFilter::DELETE,
        TAGS,
        "UntagResource",
        Scheduler::untag_resource,
    ),
    (
        MethodFilter::GET,
        TAGS,
        "ListTagsForResource",
        Scheduler::list_tags,
    ),
];

pub(super) fn router(scheduler: Scheduler) -> Router {
    let mut router = Router::new();
    for (method, path, name, perform) in OPERATIONS {
        router = router.route(path, operation(method, name, perform));
    }
    router.with_state(scheduler)
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
    perform: Perform,
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
