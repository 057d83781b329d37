//! What databases tell.

use axum::http::StatusCode;

use super::operation::{Operation, header};
use crate::webhooks::{Heard, Told};

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::post(
            "/api/webhooks/scheduled-jobs",
            "Hears of a row of scheduled_jobs that was written past the API",
        )
        .signed()
        .takes([
            header("webhook-id", "^.+$", "Which message it is"),
            header(
                "webhook-timestamp",
                "^[0-9]+$",
                "When it was sent, in seconds since 1970; at most 5 minutes from now",
            ),
            header(
                "webhook-signature",
                "^v1,",
                "HMAC-SHA256 of `id.timestamp.body` in base64 behind `v1,`, as Standard Webhooks has it",
            ),
        ])
        .body::<Told>()
        .answers::<Heard>(StatusCode::ACCEPTED, "The reconciler looks at the row"),
    ]
}
