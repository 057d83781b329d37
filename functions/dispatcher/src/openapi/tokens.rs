//! Tokens of callers.

use axum::http::StatusCode;
use shared::domain::OrganizationId;

use super::operation::{Operation, number, query, text};
use crate::tokens::{
    give::{GivenView, RotationBody, TokenBody},
    read::{self, Listed},
    view::TokenView,
};

const WHERE: &[(&str, &str)] = &[("Location", "Where the token is")];

pub(super) fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/api/tokens", "Tokens, newest first")
            .takes([
                query::<OrganizationId>("organization_id", "Of this organisation"),
                text("after", "After this place, as `next_after` said"),
                number(
                    "limit",
                    (1, read::LIMIT_MAX),
                    read::LIMIT_DEFAULT,
                    "Tokens in one answer",
                ),
            ])
            .answers::<Listed>(StatusCode::OK, "Tokens, without their secrets"),
        Operation::post("/api/tokens", "Gives out a token, and shows it this once")
            .body::<TokenBody>()
            .answers::<GivenView>(StatusCode::CREATED, "The new token")
            .with(WHERE),
        Operation::get("/api/tokens/{id}", "A token")
            .answers::<TokenView>(StatusCode::OK, "The token, without its secret"),
        Operation::delete("/api/tokens/{id}", "Takes a token back")
            .ends(StatusCode::NO_CONTENT, "It is no good any more"),
        Operation::post(
            "/api/tokens/{id}/rotate",
            "Gives out another token in its place",
        )
        .optional_body::<RotationBody>()
        .answers::<GivenView>(
            StatusCode::CREATED,
            "The new token; the old one is good for a while",
        )
        .with(WHERE),
    ]
}
