//! `GET /console/notifications`: what people were told, and whether it reached them.

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, Utc};
use shared::store::notifications::read::{self, Place, Told};

use super::{
    guard::Visitor,
    jobs,
    moment::Moment,
    page::{self, NOTIFICATIONS, Shell},
    run_row,
    words::spaced,
};
use crate::{State, problem::Problem, query::Query};

/// Notifications on a page.
const ROWS: i64 = 50;

#[derive(Template)]
#[template(path = "console/notifications.html")]
struct NotificationsPage {
    shell: Shell,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
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
    delivery: String,
    delivery_error: Option<String>,
}

impl Row {
    fn of(told: Told, now: DateTime<Utc>) -> Self {
        Self {
            look: match told.severity.as_str() {
                "error" if told.recovered_at.is_none() => "bad",
                "error" | "warning" => "warn",
                _ => "good",
            },
            delivery: delivery(&told),
            delivery_error: told.delivery_error.filter(|_| told.delivered == 0),
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

fn delivery(told: &Told) -> String {
    match (told.delivered, told.waiting, told.given_up) {
        (0, 0, 0) => "only here".to_owned(),
        (0, 0, gave_up) => format!("given up by {gave_up}"),
        (sent, 0, 0) => format!("sent to {sent}"),
        (sent, waiting, 0) => format!("sent to {sent}, {waiting} to come"),
        (sent, waiting, gave_up) => {
            format!("sent to {sent}, {waiting} to come, given up by {gave_up}")
        }
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
    query.finish()?;
    let after = after.map(|(created_at, id)| Place { created_at, id });

    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let mut told = read::list_of_all_brands(&mut tx, after, ROWS + 1).await?;
    tx.commit().await?;
    let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let has_more = told.len() > rows;
    told.truncate(rows);
    let last = told.last().filter(|_| has_more);
    let next = last.map(|it| crate::query::place(it.created_at, it.id));
    Ok(page::html(&NotificationsPage {
        shell: Shell::new(&visitor, NOTIFICATIONS, "Notifications", now),
        rows: told.into_iter().map(|it| Row::of(it, now)).collect(),
        next,
    }))
}
