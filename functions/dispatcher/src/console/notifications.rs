//! `GET /console/notifications` and `POST /console/notifications/read`: what people were told, whether it reached them,
//! and what of it the visitor has read.

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use serde_json::json;
use shared::store::notifications::read::{Place, Told};

use super::{
    form::Form,
    guard::Visitor,
    jobs,
    moment::{Moment, written},
    page::{self, NOTIFICATIONS, Shell},
    run_row,
    words::spaced,
};
use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    notifications,
    problem::Problem,
    query::{self, Query},
};

/// Notifications on a page.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "console/notifications.html")]
struct NotificationsPage {
    shell: Shell,
    rows: Vec<Row>,
    next: Option<String>,
    /// As of when the page is: what happens later stays unread.
    until: String,
}

struct Row {
    id: String,
    is_unread: bool,
    look: &'static str,
    kind: String,
    title: String,
    body: String,
    created_at: Moment,
    last_occurred_at: Option<Moment>,
    occurrences: i32,
    recovered_at: Option<Moment>,
    run_url: Option<String>,
    job: Option<(String, String)>,
    brand_name: Option<String>,
    delivery: Option<String>,
    withheld: Vec<&'static str>,
    delivery_error: Option<String>,
}

impl Row {
    fn of(told: Told, now: DateTime<Utc>) -> Self {
        Self {
            id: told.id.to_string(),
            is_unread: told.is_unread,
            look: match told.severity.as_str() {
                "error" if told.recovered_at.is_none() => "bad",
                "error" | "warning" => "warn",
                _ => "good",
            },
            delivery: delivery(&told),
            delivery_error: told
                .delivery_error
                .filter(|_| told.delivered == 0 && told.waiting + told.given_up > 0),
            withheld: (told.withheld.iter().flatten())
                .map(|it| withheld(it))
                .collect(),
            kind: spaced(&told.kind),
            title: told.title,
            body: told.body,
            created_at: Moment::seen_from(told.created_at, now),
            last_occurred_at: told
                .last_occurred_at
                .filter(|_| told.occurrences > 1)
                .map(|at| Moment::seen_from(at, now)),
            occurrences: told.occurrences,
            recovered_at: told.recovered_at.map(|at| Moment::seen_from(at, now)),
            run_url: told.run_id.map(run_row::url),
            job: told.job_id.map(jobs::url).zip(told.job_name),
            brand_name: told.brand_name,
        }
    }
}

/// How it went with the channels that were to have it.
fn delivery(told: &Told) -> Option<String> {
    let words = match (told.delivered, told.waiting, told.given_up) {
        (0, 0, 0) if told.withheld.is_some() => return None,
        (0, 0, 0) => "only here".to_owned(),
        (0, 0, gave_up) => format!("given up by {gave_up}"),
        (sent, 0, 0) => format!("sent to {sent}"),
        (sent, waiting, 0) => format!("sent to {sent}, {waiting} to come"),
        (sent, waiting, gave_up) => {
            format!("sent to {sent}, {waiting} to come, given up by {gave_up}")
        }
    };
    Some(words)
}

/// Why a channel did not get it.
fn withheld(channel_and_why: &str) -> &'static str {
    match channel_and_why {
        "slack off" => "not sent to Slack: it was off",
        "slack severity" => "not sent to Slack: less severe than what was sent there",
        "slack kind" => "not sent to Slack: this kind was left out",
        "email off" => "not sent by e-mail: it was off",
        "email severity" => "not sent by e-mail: less severe than what was sent",
        "email kind" => "not sent by e-mail: this kind was left out",
        _ => "not sent, as the channel's settings wanted",
    }
}

/// The list, newest first.
///
/// # Errors
/// When the database does not answer, or the place is none.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let after = query.place("after")?;
    let done = query.word("done")?;
    query.finish()?;
    let after = after.map(|(created_at, id)| Place { created_at, id });

    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let told = notifications::listed(&mut tx, &visitor.caller, after, ROWS + 1, now).await?;
    tx.commit().await?;
    let (told, next) = query::page(told, ROWS, |it| query::place(it.created_at, it.id));
    Ok(page::html(&NotificationsPage {
        shell: Shell::new(&visitor, NOTIFICATIONS, "Notifications", now).with_notice(done),
        rows: told.into_iter().map(|it| Row::of(it, now)).collect(),
        next,
        until: written(now),
    }))
}

/// Notes that the visitor has read one, or all that a page could show.
///
/// # Errors
/// As the API.
pub(super) async fn mark(
    state: State,
    Extension(caller): Extension<Caller>,
    Extension(form): Extension<Form>,
) -> Result<Response, Problem> {
    let body = match form.get("id") {
        Some(id) => json!({ "ids": [id] }),
        None => json!({ "until": form.get("until") }),
    };
    drop(notifications::mark(state, Extension(caller), JsonBody::of(&body)?).await?);
    Ok(page::see_other("/console/notifications?done=read"))
}
