//! Notifications, for people who look.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::reads::Reader;
use crate::{
    domain::{BrandId, JobId, OrganizationId, RunId},
    store::Tx,
};

/// A notification, and what became of it.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its id.
    pub id: Uuid,
    /// What happened, as in `dead_letter`.
    pub kind: String,
    /// `info`, `warning` or `error`.
    pub severity: String,
    /// In one line.
    pub title: String,
    /// The whole of it.
    pub body: String,
    /// When it happened first.
    pub created_at: DateTime<Utc>,
    /// When it happened last.
    pub last_occurred_at: Option<DateTime<Utc>>,
    /// How often.
    pub occurrences: i32,
    /// When a success ended it.
    pub recovered_at: Option<DateTime<Utc>>,
    /// The run it is about.
    pub run_id: Option<RunId>,
    /// The job it is about.
    pub job_id: Option<JobId>,
    /// That job's name.
    pub job_name: Option<String>,
    /// Whose.
    pub brand_id: Option<BrandId>,
    /// That brand's name.
    pub brand_name: Option<String>,
    /// Channels that have it.
    pub delivered: i64,
    /// Channels that will get it.
    pub waiting: i64,
    /// Channels that refused it for good.
    pub given_up: i64,
    /// What one of them said last.
    pub delivery_error: Option<String>,
    /// Channels that did not get it, as their settings wanted, each with the word for why, as in `email off`.
    pub withheld: Option<Vec<String>>,
    /// Whether whoever asks has not read it since it happened last.
    pub is_unread: bool,
}

/// A notification's place in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Its id.
    pub id: Uuid,
}

/// At most `limit` notifications of every brand, newest first, of those after `after`; what `reader` has not read of
/// those that happened before `unread_since` counts as read.
///
/// # Errors
/// When the database does not answer.
pub async fn list_of_all_brands(
    tx: &mut Tx,
    (reader, unread_since): (Reader<'_>, DateTime<Utc>),
    after: Option<Place>,
    limit: i64,
) -> sqlx::Result<Vec<Told>> {
    sqlx::query_as!(
        Told,
        r#"
        select n.id, n.kind, n.severity, n.title, n.body, n.created_at, n.last_occurred_at,
               n.occurrences, n.recovered_at, n.run_id as "run_id: RunId",
               j.id as "job_id?: JobId", j.name as "job_name?",
               b.id as "brand_id?: BrandId", b.name as "brand_name?",
               d.delivered as "delivered!", d.waiting as "waiting!", d.given_up as "given_up!",
               d.last_error as delivery_error, d.withheld,
               coalesce(n.last_occurred_at, n.created_at) > greatest($6, m.read_at) as "is_unread!"
          from (select *
                  from notifications
                 where $1::timestamptz is null or (created_at, id) < ($1, $2)
                 order by created_at desc, id desc
                 limit $3) n
          left join scheduled_jobs j on j.id = n.scheduled_job_id
          left join brands b on b.id = n.brand_id
         cross join lateral (
               select count(delivered_at) as delivered, count(next_attempt_at) as waiting,
                      count(given_up_at) as given_up, max(last_error) as last_error,
                      array_agg(channel || ' ' || withheld_because order by channel desc)
                        filter (where withheld_at is not null) as withheld
                 from notification_deliveries
                where notification_id = n.id) d
         cross join lateral (
               select max(read_at) as read_at
                 from notification_reads
                where reader_sha256 = $4 and organization_id is not distinct from $5
                  and (notification_id = n.id or notification_id is null)) m
         order by n.created_at desc, n.id desc
        "#,
        after.map(|place| place.created_at),
        after.map(|place| place.id),
        limit,
        &reader.sha256[..],
        reader.organization_id as Option<OrganizationId>,
        unread_since,
    )
    .fetch_all(&mut **tx)
    .await
}
