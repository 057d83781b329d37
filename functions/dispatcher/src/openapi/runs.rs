//! Runs, and those that failed.

use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use shared::domain::{BrandId, ErrorKind, JobId, JobType, RunStatus};

use super::{
    jobs::{WHERE, key},
    operation::{Operation, number, query, text},
};
use crate::{
    jobs::switch::EmptyBody,
    query::Scope,
    runs::{
        batches::{self, BatchBody, BatchView, Batches},
        chain::Chain,
        dead::{self, DeadLetters, Grouping, RetryBody},
        queue::{Accepted, RunBody},
        read::{self, Log, Runs},
        retry_preview::RetryPreview,
        view::RunView,
    },
};

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = runs();
    operations.extend(failures());
    operations.extend(dead_letters());
    operations
}

fn runs() -> Vec<Operation> {
    vec![
        Operation::get("/api/runs", "Runs that pass a filter, newest first")
            .takes([
                query::<JobId>("job_id", "Of this job"),
                query::<BrandId>("brand_id", "Of this brand"),
                query::<Scope>("scope", "Of no brand; goes without `brand_id`"),
                query::<JobType>("job_type", "Of this type"),
                query::<RunStatus>("status", "In this state"),
                query::<DateTime<Utc>>("since", "With a nominal time at or after this"),
                query::<DateTime<Utc>>("until", "With a nominal time before this"),
                text("after", "After this place, as `next_after` said"),
                number(
                    "limit",
                    (1, read::LIMIT_MAX),
                    read::LIMIT_DEFAULT,
                    "Runs in one answer",
                ),
            ])
            .answers::<Runs>(StatusCode::OK, "Runs"),
        Operation::post("/api/runs", "Runs once what no job does yet")
            .takes([key()])
            .body::<RunBody>()
            .answers::<Accepted>(StatusCode::ACCEPTED, "The run, which waits or has begun")
            .with(WHERE),
        Operation::get("/api/runs/{id}", "A run, and what it cost")
            .answers::<RunView>(StatusCode::OK, "The run"),
        Operation::get(
            "/api/runs/{id}/chain",
            "The other attempts, and the runs that led to it and that it led to",
        )
        .answers::<Chain>(StatusCode::OK, "Runs"),
        Operation::get("/api/runs/{id}/logs", "What a run said, oldest line first")
            .takes([
                number(
                    "after",
                    (0, i64::MAX),
                    0,
                    "Lines after the one with this number",
                ),
                number(
                    "limit",
                    (1, read::LINES_MAX),
                    read::LINES_DEFAULT,
                    "Lines in one answer",
                ),
            ])
            .answers::<Log>(StatusCode::OK, "Lines"),
        Operation::post("/api/runs/{id}/cancel", "Asks a run to stop")
            .answers::<RunView>(StatusCode::OK, "The run, which will not run")
            .answers::<RunView>(
                StatusCode::ACCEPTED,
                "The run, which stops at its next safe point",
            ),
    ]
}

fn failures() -> Vec<Operation> {
    vec![
        Operation::post(
            "/api/runs/{id}/acknowledge",
            "Notes that a failure needs no more care",
        )
        .optional_body::<EmptyBody>()
        .answers::<RunView>(StatusCode::OK, "The run"),
        Operation::post(
            "/api/runs/{id}/unacknowledge",
            "Takes back that a failure needs no more care",
        )
        .optional_body::<EmptyBody>()
        .answers::<RunView>(StatusCode::OK, "The run"),
        Operation::post(
            "/api/runs/{id}/retry",
            "Queues the next attempt of a failed run",
        )
        .optional_body::<RetryBody>()
        .answers::<Accepted>(StatusCode::ACCEPTED, "The next attempt")
        .with(WHERE),
    ]
}

fn dead_letters() -> Vec<Operation> {
    vec![
        Operation::get(
            "/api/dead-letters",
            "Failed runs that nobody has retried or acknowledged, those first that have waited longest",
        )
        .takes([
            query::<JobId>("job_id", "Of this job"),
            query::<BrandId>("brand_id", "Of this brand"),
            query::<Scope>("scope", "Of no brand; goes without `brand_id`"),
            query::<JobType>("job_type", "Of this type"),
            query::<ErrorKind>("error_kind", "That failed in this way"),
            query::<Grouping>("group", "Their most frequent causes, in place of the runs"),
            text(
                "after",
                "After this place, as `next_after` said; not of causes",
            ),
            number(
                "limit",
                (1, dead::LIMIT_MAX),
                dead::LIMIT_DEFAULT,
                "Runs or causes in one answer",
            ),
        ])
        .answers::<DeadLetters>(StatusCode::OK, "Runs, or causes"),
        Operation::post(
            "/api/dead-letters/retry",
            "Retries many of them, a few at a time",
        )
        .body::<BatchBody>()
        .answers::<BatchView>(StatusCode::ACCEPTED, "The batch")
        .with(&[("Location", "Where the batch is")]),
        Operation::post(
            "/api/dead-letters/retry/preview",
            "What the same request without `/preview` would do; does nothing",
        )
        .body::<BatchBody>()
        .answers::<RetryPreview>(StatusCode::OK, "What it would do"),
        Operation::get(
            "/api/retry-batches",
            "Batches, those first that are active, then the newest",
        )
        .takes([number(
            "limit",
            (1, batches::LIMIT_MAX),
            batches::LIMIT_DEFAULT,
            "Batches in one answer",
        )])
        .answers::<Batches>(StatusCode::OK, "Batches"),
        Operation::get("/api/retry-batches/{id}", "How far a batch has come")
            .answers::<BatchView>(StatusCode::OK, "The batch"),
        Operation::post(
            "/api/retry-batches/{id}/cancel",
            "Ends a batch; what was released goes on",
        )
        .answers::<BatchView>(StatusCode::OK, "The batch"),
    ]
}
