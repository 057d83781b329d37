//! Rows of `notification_channels`, what of the notifications of whom reaches which channel, and of `open_channels`, which
//! channels there are.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        OrganizationId,
        message::Channel,
        notification::{ChannelSettings, NotificationKind, Severity},
    },
    store::Tx,
};

/// Notifications that are looked at for how the last deliveries went.
const NEWEST: i64 = 200;

/// A channel as an organization has set it, and how it went.
#[derive(Clone, Debug)]
pub struct ChannelRow {
    /// Which.
    pub channel: Channel,
    /// What it gets; the default when nobody has said.
    pub settings: ChannelSettings,
    /// When somebody changed that last, and who.
    pub updated: Option<(DateTime<Utc>, String)>,
    /// Whether the reconciler has it, as of its last sweep, and when that was. `None`: no sweep has told yet.
    pub seen: Option<(bool, DateTime<Utc>)>,
    /// What became of the newest notifications.
    pub deliveries: Deliveries,
    /// The newest test message.
    pub test: Option<TestRow>,
}

/// A test message and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRow {
    /// When somebody asked for it.
    pub created_at: DateTime<Utc>,
    /// Attempts to deliver it that have begun.
    pub attempts: i32,
    /// When it reached the channel.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub given_up_at: Option<DateTime<Utc>>,
    /// What the last attempt that failed was told.
    pub last_error: Option<String>,
}

/// What became of the newest notifications on a channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// When one reached it last.
    pub delivered_at: Option<DateTime<Utc>>,
    /// How many are to come.
    pub waiting: i64,
    /// How many were given up.
    pub given_up: i64,
    /// How many were not sent, as the settings wanted it.
    pub withheld: i64,
    /// What the last failed attempt said of those that wait or were given up.
    pub last_error: Option<String>,
}

struct Row {
    channel: Channel,
    is_on: Option<bool>,
    least_severity: Option<Severity>,
    kinds_left_out: Option<Vec<String>>,
    recipients: Option<Vec<String>>,
    updated_at: Option<DateTime<Utc>>,
    updated_by: Option<String>,
    is_open: Option<bool>,
    seen_at: Option<DateTime<Utc>>,
    test_created_at: Option<DateTime<Utc>>,
    test_attempts: Option<i32>,
    test_delivered_at: Option<DateTime<Utc>>,
    test_given_up_at: Option<DateTime<Utc>>,
    test_error: Option<String>,
    delivered_at: Option<DateTime<Utc>>,
    waiting: i64,
    given_up: i64,
    withheld: i64,
    last_error: Option<String>,
}

/// The channels of an organization, or of the platform, and how the newest notifications since `since` fared.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn list(
    tx: &mut Tx,
    organization: Option<OrganizationId>,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<ChannelRow>> {
    let rows = sqlx::query_as!(
        Row,
        r#"
        with newest as materialized (
            (select id from notifications
              where organization_id = $1 and created_at > $2 and kind <> 'test'
              order by created_at desc
              limit $3)
            union all
            (select id from notifications
              where $1::uuid is null and organization_id is null and created_at > $2 and kind <> 'test'
              order by created_at desc
              limit $3))
        select k.channel as "channel!: Channel", c.is_on as "is_on?",
               c.least_severity as "least_severity?: Severity", c.kinds_left_out as "kinds_left_out?",
               c.recipients as "recipients?", c.updated_at as "updated_at?", c.updated_by as "updated_by?",
               o.is_open as "is_open?", o.seen_at as "seen_at?", t.created_at as "test_created_at?",
               a.attempts as "test_attempts?", a.delivered_at as "test_delivered_at?",
               a.given_up_at as "test_given_up_at?", a.last_error as "test_error?",
               d.delivered_at, d.waiting as "waiting!", d.given_up as "given_up!", d.withheld as "withheld!",
               d.last_error
          from unnest($4::text[]) with ordinality as k (channel, place)
          left join notification_channels c
                 on c.channel = k.channel and c.organization_id is not distinct from $1
          left join open_channels o on o.channel = k.channel
          left join notifications t
                 on t.kind = 'test' and t.only_channel = k.channel and t.organization_id is not distinct from $1
          left join notification_deliveries a on a.notification_id = t.id
         cross join lateral (
               select max(d.delivered_at) as delivered_at, count(d.next_attempt_at) as waiting,
                      count(d.given_up_at) as given_up, count(d.withheld_at) as withheld,
                      (array_agg(d.last_error order by coalesce(d.given_up_at, d.next_attempt_at) desc)
                         filter (where d.last_error is not null and d.withheld_at is null))[1] as last_error
                 from newest n
                 join notification_deliveries d on d.notification_id = n.id
                where d.channel = k.channel) d
         order by k.place
        "#,
        organization as Option<OrganizationId>,
        since,
        NEWEST,
        &names(Channel::ALL),
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(ChannelRow::from).collect())
}

/// Notes which channels the reconciler has.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn note_open(tx: &mut Tx, open: &[Channel], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into open_channels (channel, is_open, seen_at)
        select k, k = any($2), $3 from unnest($1::text[]) k
        on conflict (channel) do update set is_open = excluded.is_open, seen_at = excluded.seen_at
        "#,
        &names(Channel::ALL),
        &names(open),
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn names(channels: &[Channel]) -> Vec<String> {
    let names = channels.iter().map(|channel| channel.name().to_owned());
    names.collect()
}

/// Keeps what a channel of an organization, or of the platform, gets from now on.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn keep(
    tx: &mut Tx,
    (organization, channel): (Option<OrganizationId>, Channel),
    settings: &ChannelSettings,
    by: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let kinds = settings
        .kinds_left_out
        .iter()
        .map(|kind| kind.name().to_owned());
    sqlx::query!(
        r#"
        insert into notification_channels
               (organization_id, channel, is_on, least_severity, kinds_left_out, recipients, updated_at, updated_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (organization_id, channel)
        do update set is_on = excluded.is_on, least_severity = excluded.least_severity,
                      kinds_left_out = excluded.kinds_left_out, recipients = excluded.recipients,
                      updated_at = excluded.updated_at, updated_by = excluded.updated_by
        "#,
        organization as Option<OrganizationId>,
        channel.name(),
        settings.is_on,
        settings.least_severity.name(),
        &kinds.collect::<Vec<_>>(),
        &settings.recipients,
        now,
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

impl From<Row> for ChannelRow {
    fn from(row: Row) -> Self {
        let unset = ChannelSettings::default();
        let kinds = row.kinds_left_out.unwrap_or_default();
        let is_left_out = |kind: &&NotificationKind| kinds.iter().any(|it| it == kind.name());
        Self {
            channel: row.channel,
            settings: ChannelSettings {
                is_on: row.is_on.unwrap_or(unset.is_on),
                least_severity: row.least_severity.unwrap_or(unset.least_severity),
                kinds_left_out: NotificationKind::ALL
                    .iter()
                    .filter(is_left_out)
                    .copied()
                    .collect(),
                recipients: row.recipients.unwrap_or_default(),
            },
            updated: row.updated_at.zip(row.updated_by),
            seen: row.is_open.zip(row.seen_at),
            test: row.test_created_at.map(|created_at| TestRow {
                created_at,
                attempts: row.test_attempts.unwrap_or_default(),
                delivered_at: row.test_delivered_at,
                given_up_at: row.test_given_up_at,
                last_error: row.test_error,
            }),
            deliveries: Deliveries {
                delivered_at: row.delivered_at,
                waiting: row.waiting,
                given_up: row.given_up,
                withheld: row.withheld,
                last_error: row.last_error,
            },
        }
    }
}
