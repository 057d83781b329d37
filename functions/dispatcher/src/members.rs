//! `GET /api/members`: people of the identity provider who came.
//!
//! What they may do, their tokens say each time; this is what they said last.

use axum::{Extension, Json};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use shared::{
    domain::{MemberId, OrganizationId, Role},
    store::members::{self, Member},
};
use uuid::Uuid;

use crate::{
    State,
    auth::Caller,
    problem::Problem,
    query::{Query, page, place},
};

/// Members in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;

/// The answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Members {
    members: Vec<MemberView>,
    /// Ask with `after=` this for what comes next; null at the end.
    next_after: Option<String>,
}

/// Somebody as JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct MemberView {
    id: MemberId,
    /// As they stand in what they changed.
    name: String,
    role: Role,
    /// Whose rows they reach; null: those of the whole installation.
    organization_id: Option<OrganizationId>,
    organization_name: Option<String>,
    first_seen_at: DateTime<Utc>,
    /// To the minute.
    last_seen_at: DateTime<Utc>,
}

/// Members, those first who came last.
///
/// # Errors
/// 404 for those of an organisation that is not the caller's; when the database does not answer.
pub(crate) async fn list(
    state: State,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<Members>, Problem> {
    let wanted = query.id("organization_id")?;
    let after = query.place("after")?;
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;
    let within = caller.within(wanted)?;
    let (members, next_after) = read(&state, within, after, limit).await?;
    Ok(Json(Members {
        members: members.into_iter().map(MemberView::from).collect(),
        next_after,
    }))
}

/// At most `limit` of those within `within`, from behind `after` on, and the place behind which there are more.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn read(
    state: &State,
    within: Option<OrganizationId>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<(Vec<Member>, Option<String>), Problem> {
    let mut tx = state.db.begin().await?;
    let members = members::list(&mut tx, within, after, limit + 1).await?;
    tx.commit().await?;
    let place_of = |it: &Member| place(it.last_seen_at, it.id.0);
    Ok(page(members, limit, place_of))
}

impl From<Member> for MemberView {
    fn from(it: Member) -> Self {
        Self {
            id: it.id,
            name: it.name,
            role: it.role,
            organization_id: it.organization_id,
            organization_name: it.organization_name,
            first_seen_at: it.first_seen_at,
            last_seen_at: it.last_seen_at,
        }
    }
}
