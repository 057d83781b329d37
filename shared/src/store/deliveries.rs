//! Rows of `notification_deliveries`: which notification has yet to reach which channel.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::{
    domain::{JobId, OrganizationId, RunId, message::Channel, notification::Severity},
    store::Tx,
};

/// Older notifications do not reach a channel that is set up now: they are no news.
const NEWS_FOR: TimeDelta = TimeDelta::hours(24);

/// Notifications handed to the channels at a time.
const BATCH: i64 = 200;

/// An attempt to deliver that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// What is told.
    pub notification_id: Uuid,
    /// Where.
    pub channel: Channel,
    /// Whose it is; `None`: the platform's.
    pub organization_id: Option<OrganizationId>,
    /// Its number, from 1.
    pub attempts: i32,
    /// The headline.
    pub title: String,
    /// What went wrong, or was wrong.
    pub body: String,
    /// The job it is about.
    pub job_id: Option<JobId>,
    /// Its name.
    pub job_name: Option<String>,
    /// The brand's name.
    pub brand_name: Option<String>,
    /// The run it is about.
    pub run_id: Option<RunId>,
    /// Who gets it by e-mail; none: those that the settings name.
    pub recipients: Vec<String>,
}

/// Gives notifications whose time has come a row for each of `channels`, and returns how many.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn hand_out(tx: &mut Tx, channels: &[Channel], now: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        insert into notification_deliveries (notification_id, channel, next_attempt_at, created_at)
        select n.id, channel, $2, $2
          from notifications n
          cross join unnest($1::text[]) channel
         where n.deliver_after <= $2 and n.deliver_after > $3
           and channel.channel = coalesce(n.only_channel, channel.channel)
           and not exists (select from notification_deliveries d
                            where d.notification_id = n.id and d.channel = channel.channel)
         order by n.deliver_after
         limit $4
        on conflict do nothing
        "#,
        &names(channels),
        now,
        now - NEWS_FOR,
        BATCH,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Withholds deliveries that have yet to arrive and that the settings of the notification's organization, or of the
/// platform, keep from their channel, but for test messages. That stays so when the settings change: what was withheld is no news by then.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn withhold(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update notification_deliveries d
           set next_attempt_at = null, withheld_at = $1, withheld_because = kept.because
          from (select d.notification_id, d.channel,
                       case when not c.is_on then 'off'
                            when array_position($2, n.severity) < array_position($2, c.least_severity) then 'severity'
                            when n.kind = any(c.kinds_left_out) then 'kind' end as because
                  from notification_deliveries d
                  join notifications n on n.id = d.notification_id
                  join notification_channels c
                    on c.channel = d.channel and c.organization_id is not distinct from n.organization_id
                 where d.next_attempt_at is not null and n.kind <> 'test') kept
         where d.notification_id = kept.notification_id and d.channel = kept.channel
           and d.next_attempt_at is not null and kept.because is not null
        "#,
        now,
        &Severity::ALL.iter().map(|it| it.name().to_owned()).collect::<Vec<_>>(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// Begins the attempt that is due first on `channel`: counts it, and lets it come again at
/// `held_until` in case its ending is never written. What happened to a job earlier goes first.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn begin(
    tx: &mut Tx,
    channel: Channel,
    now: DateTime<Utc>,
    held_until: DateTime<Utc>,
) -> sqlx::Result<Option<Attempt>> {
    sqlx::query_as!(
        Attempt,
        r#"
        with due as (
            select d.notification_id, d.channel
              from notification_deliveries d
              join notifications n on n.id = d.notification_id
             where d.next_attempt_at <= $2 and d.channel = $1
               and not exists (
                   select from notification_deliveries e
                     join notifications m on m.id = e.notification_id
                    where m.scheduled_job_id = n.scheduled_job_id and m.created_at < n.created_at
                      and e.channel = d.channel and e.next_attempt_at is not null)
             order by d.next_attempt_at, n.created_at
             limit 1
               for update of d skip locked
        )
        update notification_deliveries d
           set attempts = attempts + 1, next_attempt_at = $3
          from due
          join notifications n on n.id = due.notification_id
          left join scheduled_jobs j on j.id = n.scheduled_job_id
          left join brands b on b.id = n.brand_id
          left join notification_channels c
                 on c.channel = due.channel and c.organization_id is not distinct from n.organization_id
         where d.notification_id = due.notification_id and d.channel = due.channel
        returning n.id as "notification_id!", d.channel as "channel!: Channel",
                  n.organization_id as "organization_id?: OrganizationId", d.attempts,
                  n.title as "title!", n.body as "body!", j.id as "job_id?: JobId",
                  j.name as "job_name?", b.name as "brand_name?", n.run_id as "run_id: RunId",
                  coalesce(c.recipients, '{}') as "recipients!"
        "#,
        channel.name(),
        now,
        held_until,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Notes that an attempt reached its channel, also when the settings have forbidden it since it began.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer; the attempt will then come again.
pub async fn succeed(tx: &mut Tx, attempt: &Attempt, now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update notification_deliveries
           set delivered_at = $3, next_attempt_at = null, last_error = null,
               withheld_at = null, withheld_because = null
         where notification_id = $1 and channel = $2 and num_nonnulls(next_attempt_at, withheld_at) = 1
        "#,
        attempt.notification_id,
        attempt.channel.name(),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Notes that an attempt failed, and when the next one comes; `None` gives up.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer; the attempt will then come again.
pub async fn fail(
    tx: &mut Tx,
    attempt: &Attempt,
    error: &str,
    next_attempt_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update notification_deliveries
           set last_error = $3, next_attempt_at = $4,
               given_up_at = case when $4::timestamptz is null then $5::timestamptz end
         where notification_id = $1 and channel = $2 and next_attempt_at is not null
        "#,
        attempt.notification_id,
        attempt.channel.name(),
        error,
        next_attempt_at,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn names(channels: &[Channel]) -> Vec<String> {
    channels
        .iter()
        .map(|channel| channel.name().to_owned())
        .collect()
}
