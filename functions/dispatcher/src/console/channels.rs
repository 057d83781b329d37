//! `GET /console/notifications/channels` and its forms: what of the notifications reaches which channel, and how it went.

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::{
    domain::{
        OrganizationId, Role,
        message::Channel,
        notification::{NotificationKind, RECIPIENTS_MAX, Severity},
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
    kinds: Vec<Kind>,
    recipients: Vec<String>,
    updated: Option<(Moment, String)>,
    delivered_at: Option<Moment>,
    waiting: i64,
    given_up: i64,
    withheld: i64,
    last_error: Option<String>,
    test: Option<Test>,
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
        let left_out = row.settings.kinds_left_out;
        let kind = |kind: &NotificationKind| Kind {
            name: kind.name(),
            words: spaced(kind.name()),
            about: about(*kind),
            is_sent: !left_out.contains(kind),
        };
        Self {
            id: row.channel.name(),
            name,
            setting,
            is_set_up: row.seen.map(|(is_open, _)| is_open),
            seen_at: row.seen.map(|(_, at)| seen(at)),
            is_on: row.settings.is_on,
            has_recipients: row.channel == Channel::Email,
            least: row.settings.least_severity,
            kinds: NotificationKind::ALL.iter().map(kind).collect(),
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

    fn left_out(&self) -> Vec<&str> {
        let left_out = self.kinds.iter().filter(|kind| !kind.is_sent);
        left_out.map(|kind| kind.words.as_str()).collect()
    }
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

/// What a form did.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Done {
    Saved,
    Tested,
}

impl Done {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Saved => {
                "Saved. It counts from the next sweep on, for what has not been sent by then."
            }
            Self::Tested => {
                "A test message goes out with the next sweep, within a minute. Load this page again then: \
                 \"Last test\" says what became of it."
            }
        }
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
    let done: Option<Done> = query.word("done")?;
    let wanted = query.id("organization")?;
    query.finish()?;
    let now = state.clock.now();
    let caller = &visitor.caller;
    let mut tx = state.db.begin().await?;
    let whose = channels::whose(&mut tx, caller, wanted, now).await?;
    let rows = channels::listed(&mut tx, &whose, now).await?;
    let organizations = match caller.organization() {
        Some(_) => Vec::new(),
        None => organizations::list(&mut tx, ORGANIZATIONS_MAX).await?,
    };
    tx.commit().await?;
    let mut shell = Shell::new(&visitor, NOTIFICATIONS, "Notification channels", now);
    shell.notice = done.map(Done::sentence);
    Ok(page::html(&ChannelsPage {
        shell,
        whose,
        organizations,
        rows: rows.into_iter().map(|row| Row::of(row, now)).collect(),
        severities: Severity::ALL,
        recipients_max: RECIPIENTS_MAX,
        can_change: visitor.caller.role >= Role::Admin,
    }))
}

/// Sets what a channel gets.
///
/// # Errors
/// As the API.
pub(super) async fn set(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
    Named(channel): Named,
) -> Result<Response, Problem> {
    let wanted = organization(&form)?;
    let JsonBody { value, .. } = JsonBody::of(&entered(&form))?;
    channels::set(&state, &caller, (wanted, channel), value).await?;
    Ok(back(wanted, "saved"))
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
    Ok(back(wanted, "tested"))
}

fn organization(form: &Form) -> Result<Option<OrganizationId>, Problem> {
    let id = form.get("organization").map(str::parse).transpose();
    id.map_err(|_| Problem::field("organization", "must be a UUID"))
}

/// The body that the form stands for: a box that is not ticked is not sent.
fn entered(form: &Form) -> Value {
    let is_ticked = |kind: &NotificationKind| form.get(&format!("kind_{kind}")).is_some();
    let left_out = NotificationKind::ALL.iter().filter(|kind| !is_ticked(kind));
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
