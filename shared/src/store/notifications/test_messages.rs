//! Test messages: what somebody has a channel told to see whether it arrives.
//!
//! Of each organization, and of the platform, each channel has its newest one only.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{OrganizationId, message::Channel},
    store::Tx,
};

/// What became of asking for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It goes out with the next sweep.
    Made,
    /// The one before is too new.
    TooSoon {
        /// When the next one may be asked for.
        after: DateTime<Utc>,
    },
}

/// Makes a test message for a channel, in the place of an earlier one, which must be as old as `at_most_every`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn ask(
    tx: &mut Tx,
    (organization, channel): (Option<OrganizationId>, Channel),
    by: &str,
    now: DateTime<Utc>,
    at_most_every: TimeDelta,
) -> sqlx::Result<Asked> {
    sqlx::query!(
        r#"
        delete from notifications
         where kind = 'test' and only_channel = $2 and organization_id is not distinct from $1 and created_at <= $3
        "#,
        organization as Option<OrganizationId>,
        channel.name(),
        now - at_most_every,
    )
    .execute(&mut **tx)
    .await?;
    let made = sqlx::query!(
        r#"
        insert into notifications
               (organization_id, only_channel, kind, severity, title, body, created_at, last_occurred_at, deliver_after)
        values ($1, $2, 'test', 'info', 'A test message', $3, $4, $4, $4)
        on conflict (organization_id, only_channel) where kind = 'test' do nothing
        "#,
        organization as Option<OrganizationId>,
        channel.name(),
        format!("{by} asked for it. Notifications reach this channel."),
        now,
    )
    .execute(&mut **tx)
    .await?;
    if made.rows_affected() > 0 {
        return Ok(Asked::Made);
    }
    let before = sqlx::query_scalar!(
        r#"
        select max(created_at)
          from notifications
         where kind = 'test' and only_channel = $2 and organization_id is not distinct from $1
        "#,
        organization as Option<OrganizationId>,
        channel.name(),
    )
    .fetch_one(&mut **tx)
    .await?;
    let after = before.unwrap_or(now) + at_most_every;
    Ok(Asked::TooSoon { after })
}
