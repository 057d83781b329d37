//! What became of notifications, channel by channel.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{domain::message::Channel, store::Tx};

/// What became of a notification on one channel. One of the four moments is given.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The notification.
    pub notification_id: Uuid,
    /// Where.
    pub channel: Channel,
    /// Attempts that have begun.
    pub attempts: i32,
    /// When the next one is due.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When it arrived.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub given_up_at: Option<DateTime<Utc>>,
    /// When the channel's settings kept it back.
    pub withheld_at: Option<DateTime<Utc>>,
    /// Which of them: `off`, `severity` or `kind`.
    pub withheld_because: Option<String>,
    /// What the last attempt that failed was told.
    pub last_error: Option<String>,
}

/// What became of these notifications, by channel.
///
/// # Errors
/// When the database does not answer.
pub async fn of_notifications(tx: &mut Tx, ids: &[Uuid]) -> sqlx::Result<Vec<Delivery>> {
    sqlx::query_as!(
        Delivery,
        r#"
        select notification_id, channel as "channel: Channel", attempts, next_attempt_at, delivered_at,
               given_up_at, withheld_at, withheld_because, last_error
          from notification_deliveries
         where notification_id = any($1)
         order by notification_id, channel desc
        "#,
        ids,
    )
    .fetch_all(&mut **tx)
    .await
}
