//! Jobs, their types and their changes.

use axum::http::StatusCode;
use shared::domain::{BrandId, JobStatus, JobType, ProductId, timing::ScheduleType};

use super::operation::{Operation, Parameter, header, number, query, text};
use crate::{
    idempotency, job_types,
    jobs::{
        bulk::{BulkBody, Results},
        changes,
        fields::JobFields,
        legacy::{EnsureBody, QueueBody},
        preview::EditPreview,
        read,
        skip::SkipBody,
        switch,
        view::JobView,
    },
    query::Scope,
    runs::queue::{Accepted, RunJobBody},
};

const TAG: &[(&str, &str)] = &[("ETag", "The job's revision, for `If-Match`")];
const MADE: &[(&str, &str)] = &[
    ("Location", "Where the job is"),
    ("ETag", "The job's revision, for `If-Match`"),
];
pub(super) const WHERE: &[(&str, &str)] = &[("Location", "Where the run is")];

/// The header that makes a double click one run.
pub(super) fn key() -> Parameter {
    header(
        idempotency::HEADER,
        "^[!-~]{1,200}$",
        "The same request with the same key is one run",
    )
}

fn if_match() -> Parameter {
    header(
        "If-Match",
        r#"^("[0-9]+"|\*)$"#,
        "The `ETag` of the job as the caller knows it; 412 when it was edited since",
    )
}

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = listed();
    operations.extend(written());
    operations.extend(switched());
    operations.extend(run());
    operations
}

fn listed() -> Vec<Operation> {
    vec![
        Operation::get("/api/job-types", "What can be scheduled")
            .answers::<job_types::JobTypes>(StatusCode::OK, "Every job type"),
        Operation::get("/api/jobs", "Jobs that pass a filter, newest first")
            .takes([
                query::<BrandId>("brand_id", "Of this brand"),
                query::<Scope>("scope", "Of no brand; goes without `brand_id`"),
                query::<ProductId>("product_id", "Of this product"),
                query::<JobType>("job_type", "Of this type"),
                query::<JobStatus>(
                    "status",
                    "In this state; archived ones are left out without it and `running`",
                ),
                query::<read::Running>("running", "With a run at work"),
                query::<ScheduleType>("schedule_type", "Recurring, or once"),
                text(
                    "text",
                    "With this in the name, in whatever case; or with this id",
                ),
                text("after", "After this place, as `next_after` said"),
                number(
                    "limit",
                    (1, read::LIMIT_MAX),
                    read::LIMIT_DEFAULT,
                    "Jobs in one answer",
                ),
            ])
            .answers::<read::Jobs>(StatusCode::OK, "Jobs"),
        Operation::get("/api/jobs/{id}/changes", "Who changed what, newest first")
            .takes([
                text("after", "After this place, as `next_after` said"),
                number(
                    "limit",
                    (1, changes::LIMIT_MAX),
                    changes::LIMIT_DEFAULT,
                    "Changed fields in one answer",
                ),
            ])
            .answers::<changes::Changes>(StatusCode::OK, "Changed fields"),
    ]
}

/// What is read and written of one.
fn written() -> Vec<Operation> {
    vec![
        Operation::post("/api/jobs", "Makes a job with a schedule, or a date")
            .body::<JobFields>()
            .answers::<JobView>(StatusCode::CREATED, "The new job")
            .with(MADE)
            .answers::<JobView>(
                StatusCode::OK,
                "The job, which this request had made before",
            )
            .with(MADE),
        Operation::get("/api/jobs/{id}", "A job")
            .answers::<JobView>(StatusCode::OK, "The job")
            .with(TAG),
        Operation::patch(
            "/api/jobs/{id}",
            "Changes what is given, and leaves the rest",
        )
        .takes([if_match()])
        .body::<JobFields>()
        .answers::<JobView>(StatusCode::OK, "The job as it is now")
        .with(TAG),
        Operation::post(
            "/api/jobs/{id}/preview",
            "What an edit would do: which fire times of the next seven days come and go",
        )
        .body::<JobFields>()
        .answers::<EditPreview>(StatusCode::OK, "What it would do; nothing is changed"),
    ]
}

fn switched() -> Vec<Operation> {
    vec![
        switching::<switch::PauseBody>("/api/jobs/{id}/pause", "Stops a job's schedule"),
        switching::<switch::EmptyBody>("/api/jobs/{id}/resume", "Sets a paused job to work"),
        switching::<switch::EmptyBody>("/api/jobs/{id}/archive", "Puts a job away for good"),
        Operation::post("/api/jobs/{id}/skip-next", "Leaves out the next fire time")
            .optional_body::<SkipBody>()
            .answers::<JobView>(StatusCode::OK, "The job as it is now")
            .with(TAG),
        Operation::post(
            "/api/jobs/bulk",
            "Pauses, resumes, archives or runs up to 200 jobs, each by itself",
        )
        .takes([key()])
        .body::<BulkBody>()
        .answers::<Results<'_>>(StatusCode::OK, "What became of each job"),
    ]
}

fn run() -> Vec<Operation> {
    vec![
        Operation::post(
            "/api/queue-one-time-job",
            "As the old system's function: runs once, at once",
        )
        .takes([key()])
        .body::<QueueBody>()
        .answers::<Accepted>(StatusCode::ACCEPTED, "The run, which waits or has begun")
        .with(WHERE)
        .answers::<Accepted>(
            StatusCode::OK,
            "The run of the same work that was asked for before",
        )
        .with(WHERE),
        Operation::post(
            "/api/ensure-recurring-job",
            "As the old system's function: one schedule for a type and a brand",
        )
        .body::<EnsureBody>()
        .answers::<JobView>(StatusCode::OK, "The job as it is now")
        .with(TAG),
        Operation::post(
            "/api/jobs/{id}/run",
            "Runs a job now; its schedule stays as it is",
        )
        .takes([key()])
        .optional_body::<RunJobBody>()
        .answers::<Accepted>(StatusCode::ACCEPTED, "The run, which waits or has begun")
        .with(WHERE),
    ]
}

fn switching<T: schemars::JsonSchema>(path: &'static str, summary: &'static str) -> Operation {
    Operation::post(path, summary)
        .takes([if_match()])
        .optional_body::<T>()
        .answers::<JobView>(StatusCode::OK, "The job as it is now")
        .with(TAG)
}
