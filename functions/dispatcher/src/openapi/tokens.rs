//! Tokens of callers, and the organisations whose rows they reach.

use axum::http::StatusCode;
use shared::domain::OrganizationId;

use super::operation::{Operation, number, query, text};
use crate::{
    members::{self, Members},
    organizations::{self, NewOrganization, OrganizationView, Organizations, Renaming},
    tokens::{
        give::{GivenView, RotationBody, TokenBody},
        read::{self, Listed},
        view::TokenView,
    },
};

/// Where a new organisation is.
const PLACE: &[(&str, &str)] = &[("Location", "Where the organization is")];

const WHERE: &[(&str, &str)] = &[("Location", "Where the token is")];

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = organizations();
    operations.extend(tokens());
    operations
}

fn organizations() -> Vec<Operation> {
    vec![
        Operation::get("/api/organizations", "Organizations, by name")
            .takes([number(
                "limit",
                (1, organizations::LIMIT_MAX),
                organizations::LIMIT_DEFAULT,
                "Organizations in one answer",
            )])
            .answers::<Organizations>(StatusCode::OK, "Organizations, and who may reach them"),
        Operation::post("/api/organizations", "Makes an organization")
            .body::<NewOrganization>()
            .answers::<OrganizationView>(StatusCode::CREATED, "The organization, which is new")
            .with(PLACE)
            .answers::<OrganizationView>(StatusCode::OK, "The organization, which was made before")
            .with(PLACE),
        Operation::get("/api/organizations/{id}", "An organization")
            .answers::<OrganizationView>(StatusCode::OK, "The organization"),
        Operation::patch("/api/organizations/{id}", "Calls it by another name")
            .body::<Renaming>()
            .answers::<OrganizationView>(StatusCode::OK, "The organization"),
    ]
}

fn tokens() -> Vec<Operation> {
    vec![
        Operation::get(
            "/api/members",
            "People of the identity provider who came, those first who came last",
        )
        .takes([
            query::<OrganizationId>("organization_id", "Of this organisation"),
            text("after", "After this place, as `next_after` said"),
            number(
                "limit",
                (1, members::LIMIT_MAX),
                members::LIMIT_DEFAULT,
                "Members in one answer",
            ),
        ])
        .answers::<Members>(StatusCode::OK, "Members"),
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
