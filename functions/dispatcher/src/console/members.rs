//! `GET /console/members`: people of the identity provider who came.

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::{domain::Role, store::members::Member};

use super::{
    guard::Visitor,
    moment::Moment,
    page::{self, Shell, TOKENS},
};
use crate::{State, members, problem::Problem, query::Query};

/// Members on the page.
const ROWS: i64 = 100;

#[derive(Template)]
#[template(path = "console/members.html")]
struct MembersPage {
    shell: Shell,
    has_provider: bool,
    rows: Vec<Row>,
    next: Option<String>,
    /// Whether they are those of one organisation of several.
    is_filtered: bool,
}

struct Row {
    name: String,
    role: Role,
    whose: String,
    first_seen_at: Moment,
    last_seen_at: Moment,
}

impl Row {
    fn of(it: Member, now: DateTime<Utc>) -> Self {
        Self {
            name: it.name,
            role: it.role,
            whose: it
                .organization_name
                .unwrap_or_else(|| page::EVERYBODYS.to_owned()),
            first_seen_at: Moment::seen_from(it.first_seen_at, now),
            last_seen_at: Moment::seen_from(it.last_seen_at, now),
        }
    }
}

/// The list, those first who came last.
///
/// # Errors
/// 404 for those of an organisation that is not the visitor's; when the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let wanted = query.id("organization")?;
    let after = query.place("after")?;
    query.finish()?;
    let within = visitor.caller.within(wanted)?;
    let now = state.clock.now();
    let (members, next) = members::read(&state, within, after, ROWS).await?;
    let of = wanted.map(|id| format!("&organization={id}"));
    let of = of.unwrap_or_default();
    Ok(page::html(&MembersPage {
        shell: Shell::new(&visitor, TOKENS, "Members", now),
        has_provider: state.tokens.have_provider(),
        rows: members.into_iter().map(|it| Row::of(it, now)).collect(),
        next: next.map(|place| format!("/console/members?after={place}{of}")),
        is_filtered: wanted.is_some(),
    }))
}
