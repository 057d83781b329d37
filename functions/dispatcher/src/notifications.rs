//! `GET /api/notifications` and `POST /api/notifications/read`: what people were told, whether it reached them, and what of
//! it the caller has read.

use axum::{Extension, Json};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{BrandId, JobId, RunId, message::Channel},
    store::{
        Tx,
        notifications::{
            delivered::{self, Delivery},
            read::{self, Place, Told},
            reads,
        },
    },
};
use uuid::Uuid;

use crate::{
    State,
    auth::Caller,
    body::JsonBody,
    problem::Problem,
    query::{Query, is_full, place},
};

/// Notifications in one answer.
pub(crate) const LIMIT_MAX: i64 = 200;
pub(crate) const LIMIT_DEFAULT: i64 = 50;
/// Notifications that one call marks.
const IDS_MAX: usize = 1_000;
/// How many unread ones are counted; whoever has more knows enough.
pub(crate) const UNREAD_MAX: i64 = 99;
/// What is older is not news, whoever has read it.
const NEWS: TimeDelta = TimeDelta::days(30);

/// The answer of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Notifications {
    notifications: Vec<NotificationView>,
    /// How many of the last 30 days the caller has not read, counted up to 100.
    unread: i64,
    /// Ask with `after=` this for what comes next; null at the end.
    next_after: Option<String>,
}

/// A notification as JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct NotificationView {
    id: Uuid,
    /// As in `dead_letter`.
    kind: String,
    /// `info`, `warning` or `error`.
    severity: String,
    title: String,
    body: String,
    created_at: DateTime<Utc>,
    last_occurred_at: Option<DateTime<Utc>>,
    occurrences: i32,
    recovered_at: Option<DateTime<Utc>>,
    run_id: Option<RunId>,
    job_id: Option<JobId>,
    job_name: Option<String>,
    brand_id: Option<BrandId>,
    brand_name: Option<String>,
    /// What became of it, for each channel that was to have it.
    deliveries: Vec<DeliveryView>,
    /// Whether the caller has not read it since it happened last, within 30 days.
    is_unread: bool,
}

/// What became of a notification on one channel. One of the four moments is given.
#[derive(Debug, Serialize, JsonSchema)]
struct DeliveryView {
    channel: Channel,
    attempts: i32,
    /// When the next attempt is due.
    next_attempt_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
    given_up_at: Option<DateTime<Utc>>,
    /// When the channel's settings kept it back.
    withheld_at: Option<DateTime<Utc>>,
    /// Which of them: `off`, `severity` or `kind`.
    withheld_because: Option<String>,
    /// What the last attempt that failed was told.
    last_error: Option<String>,
}

/// What was read: some, or all.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadBody {
    /// These; unknown ones are passed over. At most 1,000.
    ids: Option<Vec<Uuid>>,
    /// All that had happened by then.
    until: Option<DateTime<Utc>>,
}

/// How many are left.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Unread {
    /// Of the last 30 days, counted up to 100.
    unread: i64,
}

/// The list, newest first.
pub(crate) async fn list(
    state: State,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<Notifications>, Problem> {
    let after = query.place("after")?;
    let after = after.map(|(created_at, id)| Place { created_at, id });
    let limit = query.number("limit", 1..=LIMIT_MAX, LIMIT_DEFAULT)?;
    query.finish()?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let told = listed(&mut tx, &caller, after, limit, now).await?;
    let ids: Vec<_> = told.iter().map(|it| it.id).collect();
    let mut deliveries = delivered::of_notifications(&mut tx, &ids).await?;
    let unread = unread(&mut tx, &caller, now).await?;
    tx.commit().await?;
    let last = told.last().map(|it| place(it.created_at, it.id));
    Ok(Json(Notifications {
        next_after: last.filter(|_| is_full(told.len(), limit)),
        notifications: told
            .into_iter()
            .map(|it| NotificationView::of(it, &mut deliveries))
            .collect(),
        unread,
    }))
}

/// At most `limit` notifications that the caller may see.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn listed(
    tx: &mut Tx,
    caller: &Caller,
    after: Option<Place>,
    limit: i64,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Told>> {
    read::list_of_all_brands(tx, (caller.reader(), now - NEWS), after, limit).await
}

/// How many the caller has not read, counted up to one more than [`UNREAD_MAX`].
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn unread(tx: &mut Tx, caller: &Caller, now: DateTime<Utc>) -> sqlx::Result<i64> {
    reads::unread_of_all_brands(tx, caller.reader(), now - NEWS, UNREAD_MAX + 1).await
}

/// Notes what the caller has read.
pub(crate) async fn mark(
    state: State,
    Extension(caller): Extension<Caller>,
    JsonBody { value: body, .. }: JsonBody<ReadBody>,
) -> Result<Json<Unread>, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    match (body.ids, body.until) {
        (Some(ids), None) if ids.len() <= IDS_MAX => {
            reads::mark(&mut tx, caller.reader(), &ids, now).await?;
        }
        (Some(_), None) => {
            let detail = format!("must be at most {IDS_MAX}");
            return Err(Problem::field("ids", detail));
        }
        (None, Some(until)) => {
            reads::mark_all(&mut tx, caller.reader(), until.min(now)).await?;
        }
        (None, None) => return Err(Problem::field("ids", "is missing, and so is until")),
        (Some(_), Some(_)) => return Err(Problem::field("until", "goes without ids")),
    }
    let unread = unread(&mut tx, &caller, now).await?;
    tx.commit().await?;
    Ok(Json(Unread { unread }))
}

impl NotificationView {
    /// With its own of these deliveries.
    fn of(told: Told, deliveries: &mut Vec<Delivery>) -> Self {
        let own = deliveries.extract_if(.., |it| it.notification_id == told.id);
        Self {
            deliveries: own.map(DeliveryView::from).collect(),
            id: told.id,
            kind: told.kind,
            severity: told.severity,
            title: told.title,
            body: told.body,
            created_at: told.created_at,
            last_occurred_at: told.last_occurred_at,
            occurrences: told.occurrences,
            recovered_at: told.recovered_at,
            run_id: told.run_id,
            job_id: told.job_id,
            job_name: told.job_name,
            brand_id: told.brand_id,
            brand_name: told.brand_name,
            is_unread: told.is_unread,
        }
    }
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            channel: delivery.channel,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            delivered_at: delivery.delivered_at,
            given_up_at: delivery.given_up_at,
            withheld_at: delivery.withheld_at,
            withheld_because: delivery.withheld_because,
            last_error: delivery.last_error,
        }
    }
}
