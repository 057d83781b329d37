//! `GET /console/notifications/channels` and its forms: what of the notifications reaches which channel, and how it went.

mod row;

use askama::Template;
use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use shared::{
    domain::{
        OrganizationId, Role,
        message::Channel,
        notification::{NotificationKind, RECIPIENTS_MAX, Severity},
    },
    store::organizations::{self, OrganizationRow},
};

use self::row::{Entered, Row};
use super::{
    form::Form,
    guard::Visitor,
    page::{self, NOTIFICATIONS, Shell},
};
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    channels::{self, Named, Whose},
    problem::Problem,
    query::Query,
};

/// Where the page is.
const PATH: &str = "/console/notifications/channels";
/// Organisations to choose from.
const ORGANIZATIONS_MAX: i64 = 1_000;

#[derive(Template)]
#[template(path = "console/channels.html")]
struct ChannelsPage {
    shell: Shell,
    whose: Whose,
    /// To choose from; none for whoever has one.
    organizations: Vec<OrganizationRow>,
    rows: Vec<Row>,
    severities: &'static [Severity],
    recipients_max: usize,
    can_change: bool,
}

/// The page.
///
/// # Errors
/// 404 for an organization that is not there for the visitor; when the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let done = query.word("done")?;
    let wanted = query.id("organization")?;
    query.finish()?;
    let page = page_of(&state, &visitor, wanted).await?;
    Ok(page::html(&ChannelsPage {
        shell: page.shell.with_notice(done),
        ..page
    }))
}

async fn page_of(
    state: &State,
    visitor: &Visitor,
    wanted: Option<OrganizationId>,
) -> Result<ChannelsPage, Problem> {
    let now = state.clock.now();
    let caller = &visitor.caller;
    let mut tx = state.db.begin().await?;
    let whose = channels::whose(&mut tx, caller, wanted).await?;
    let rows = channels::listed(&mut tx, &whose, now).await?;
    let organizations = match caller.organization() {
        Some(_) => Vec::new(),
        None => organizations::list(&mut tx, ORGANIZATIONS_MAX).await?,
    };
    tx.commit().await?;
    Ok(ChannelsPage {
        shell: Shell::new(visitor, NOTIFICATIONS, "Notification channels", now),
        whose,
        organizations,
        rows: rows.into_iter().map(|row| Row::of(row, now)).collect(),
        severities: Severity::ALL,
        recipients_max: RECIPIENTS_MAX,
        can_change: caller.role >= Role::Admin,
    })
}

/// Sets what a channel gets.
///
/// # Errors
/// As the API, but that wrong fields come back with the form.
pub(super) async fn set(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Extension(form): Extension<Form>,
    Named(channel): Named,
) -> Result<Response, Problem> {
    let wanted = organization(&form)?;
    match keep(&state, &visitor, &form, (wanted, channel)).await {
        Ok(()) => Ok(back(wanted, "saved")),
        Err(problem) if problem.status() == StatusCode::UNPROCESSABLE_ENTITY => {
            let mut page = page_of(&state, &visitor, wanted).await?;
            let mut rows = page.rows.iter_mut();
            if let Some(row) = rows.find(|row| row.id == channel.name()) {
                row.entered = Entered::of_form(&form, row.entered.least);
                row.errors = problem.told().errors;
            }
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page::html(&page)).into_response())
        }
        Err(problem) => Err(problem),
    }
}

async fn keep(
    state: &State,
    visitor: &Visitor,
    form: &Form,
    place: (Option<OrganizationId>, Channel),
) -> Result<(), Problem> {
    let JsonBody { value, .. } = JsonBody::of(&body(form))?;
    channels::set(state, &visitor.caller, place, value).await?;
    Ok(())
}

/// Asks for a test message.
///
/// # Errors
/// As the API.
pub(super) async fn test(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Named(channel): Named,
) -> Result<Response, Problem> {
    let wanted = organization(&form)?;
    channels::ask_test(&state, &caller, (wanted, channel)).await?;
    Ok(back(wanted, "asked"))
}

fn organization(form: &Form) -> Result<Option<OrganizationId>, Problem> {
    let id = form.get("organization").map(str::parse).transpose();
    id.map_err(|_| Problem::field("organization", "must be a UUID"))
}

/// Whether the form's box of a kind is ticked: one that is not is not sent.
fn is_ticked(form: &Form, kind: NotificationKind) -> bool {
    form.get(&format!("kind_{kind}")).is_some()
}

/// The body that the form stands for.
fn body(form: &Form) -> Value {
    let kinds = NotificationKind::ALL.iter();
    let left_out = kinds.filter(|kind| !is_ticked(form, **kind));
    let recipients = form.get("recipients").unwrap_or_default();
    let is_between = |letter: char| letter.is_whitespace() || letter == ',' || letter == ';';
    let recipients = recipients.split(is_between).filter(|it| !it.is_empty());
    json!({
        "is_on": form.get("is_on").is_some(),
        "least_severity": form.get("least_severity").unwrap_or_default(),
        "kinds_left_out": left_out.collect::<Vec<_>>(),
        "recipients": recipients.collect::<Vec<_>>(),
    })
}

fn back(wanted: Option<OrganizationId>, done: &str) -> Response {
    let of = wanted.map(|id| format!("&organization={id}"));
    page::see_other(&format!("{PATH}?done={done}{}", of.unwrap_or_default()))
}
