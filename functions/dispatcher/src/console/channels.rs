//! `GET /console/notifications/channels` and its forms: what of the notifications reaches which channel, and how it went.

use askama::Template;
use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    domain::{
        OrganizationId, Role,
        message::Channel,
        notification::{ChannelSettings, NotificationKind, RECIPIENTS_MAX, Severity},
    },
    store::{
        notification_channels::{ChannelRow, TestRow},
        organizations::{self, OrganizationRow},
    },
};

use super::{
    form::Form,
    guard::Visitor,
    moment::Moment,
    page::{self, NOTIFICATIONS, Shell},
    words::spaced,
};
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    channels::{self, Named, Whose},
    problem::{FieldError, Problem},
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

struct Row {
    id: &'static str,
    name: &'static str,
    /// The setting that it takes.
    setting: &'static str,
    is_set_up: Option<bool>,
    seen_at: Option<Moment>,
    is_on: bool,
    has_recipients: bool,
    least: Severity,
    /// What is not sent.
    left_out: Vec<String>,
    recipients: Vec<String>,
    /// What stands in its form.
    entered: Entered,
    /// What is wrong about that.
    errors: Vec<FieldError>,
    updated: Option<(Moment, String)>,
    delivered_at: Option<Moment>,
    waiting: i64,
    given_up: i64,
    withheld: i64,
    last_error: Option<String>,
    test: Option<Test>,
}

/// The fields of a form.
struct Entered {
    is_on: bool,
    least: Severity,
    kinds: Vec<Kind>,
    /// One a line.
    recipients: String,
}

struct Kind {
    name: &'static str,
    words: String,
    about: &'static str,
    is_sent: bool,
}

struct Test {
    at: Moment,
    look: &'static str,
    fate: &'static str,
    error: Option<String>,
}

impl Row {
    fn of(row: ChannelRow, now: DateTime<Utc>) -> Self {
        let seen = |at| Moment::seen_from(at, now);
        let (name, setting) = match row.channel {
            Channel::Slack => ("Slack", "SUNDIAL_SLACK_WEBHOOK"),
            Channel::Email => ("E-mail", "SUNDIAL_RESEND_KEY"),
        };
        let left_out = row.settings.kinds_left_out.iter();
        Self {
            entered: Entered::of(&row.settings),
            errors: vec![],
            left_out: left_out.map(|kind| spaced(kind.name())).collect(),
            id: row.channel.name(),
            name,
            setting,
            is_set_up: row.seen.map(|(is_open, _)| is_open),
            seen_at: row.seen.map(|(_, at)| seen(at)),
            is_on: row.settings.is_on,
            has_recipients: row.channel == Channel::Email,
            least: row.settings.least_severity,
            recipients: row.settings.recipients,
            updated: row.updated.map(|(at, by)| (seen(at), by)),
            delivered_at: row.deliveries.delivered_at.map(seen),
            waiting: row.deliveries.waiting,
            given_up: row.deliveries.given_up,
            withheld: row.deliveries.withheld,
            last_error: row.deliveries.last_error,
            test: row.test.map(|test| Test::of(test, now)),
        }
    }
}

impl Entered {
    fn of(settings: &ChannelSettings) -> Self {
        let is_sent = |kind| !settings.kinds_left_out.contains(&kind);
        Self {
            is_on: settings.is_on,
            least: settings.least_severity,
            kinds: kinds(is_sent),
            recipients: settings.recipients.join("\n"),
        }
    }

    /// What was sent; `least` where it names no severity.
    fn of_form(form: &Form, least: Severity) -> Self {
        let entered = form.get("least_severity").unwrap_or_default();
        let entered = Severity::ALL.iter().find(|it| it.name() == entered);
        Self {
            is_on: form.get("is_on").is_some(),
            least: entered.copied().unwrap_or(least),
            kinds: kinds(|kind| is_ticked(form, kind)),
            recipients: form.get("recipients").unwrap_or_default().to_owned(),
        }
    }
}

fn kinds(is_sent: impl Fn(NotificationKind) -> bool) -> Vec<Kind> {
    let kind = |kind: &NotificationKind| Kind {
        name: kind.name(),
        words: spaced(kind.name()),
        about: about(*kind),
        is_sent: is_sent(*kind),
    };
    NotificationKind::ALL.iter().map(kind).collect()
}

impl Test {
    fn of(test: TestRow, now: DateTime<Utc>) -> Self {
        let (look, fate) = match (test.delivered_at, test.given_up_at, test.attempts) {
            (Some(_), ..) => ("good", "delivered"),
            (_, Some(_), _) => ("bad", "given up"),
            (.., 0) => ("busy", "goes out with the next sweep, within a minute"),
            _ => ("warn", "failed, and is tried again"),
        };
        Self {
            at: Moment::seen_from(test.created_at, now),
            look,
            fate,
            error: test.last_error,
        }
    }
}

const fn about(kind: NotificationKind) -> &'static str {
    match kind {
        NotificationKind::DeadLetter => "a run failed and is not tried again (error)",
        NotificationKind::Unreadable => {
            "a job is paused, since its schedule cannot be read (error)"
        }
        NotificationKind::Recovered => "a job works again (info)",
        NotificationKind::Reconnect => "an ad account must be connected again (error)",
        NotificationKind::Expiring => "the token of an ad account expires soon (warning)",
    }
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
