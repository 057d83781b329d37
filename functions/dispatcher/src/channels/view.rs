//! Channels as JSON.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        OrganizationId,
        message::Channel,
        notification::{NotificationKind, Severity},
    },
    store::notification_channels::{ChannelRow, TestRow},
};

/// The answer of the list.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Channels {
    /// Whose notifications; null: the platform's own.
    pub(super) organization_id: Option<OrganizationId>,
    pub(super) channels: Vec<ChannelView>,
}

/// A channel as JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ChannelView {
    channel: Channel,
    /// Whether the reconciler has it, as of its last sweep; null before the first.
    is_set_up: Option<bool>,
    /// When that sweep was.
    seen_at: Option<DateTime<Utc>>,
    is_on: bool,
    /// What is less severe is not sent.
    least_severity: Severity,
    kinds_left_out: Vec<NotificationKind>,
    /// Who gets e-mail; none: those that the settings of the reconciler name.
    recipients: Vec<String>,
    /// Null: nobody has changed it, and everything is sent.
    updated_at: Option<DateTime<Utc>>,
    updated_by: Option<String>,
    deliveries: DeliveriesView,
    /// The newest test message.
    test: Option<TestView>,
}

/// What became of the newest 200 notifications of the last 30 days.
#[derive(Debug, Serialize, JsonSchema)]
struct DeliveriesView {
    last_delivered_at: Option<DateTime<Utc>>,
    waiting: i64,
    given_up: i64,
    /// Not sent, as the settings wanted.
    withheld: i64,
    /// Of those that wait or were given up.
    last_error: Option<String>,
}

/// A test message as JSON.
#[derive(Debug, Serialize, JsonSchema)]
struct TestView {
    created_at: DateTime<Utc>,
    attempts: i32,
    delivered_at: Option<DateTime<Utc>>,
    given_up_at: Option<DateTime<Utc>>,
    /// What the last attempt that failed was told.
    last_error: Option<String>,
}

/// What a channel is to get.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsBody {
    pub(super) is_on: bool,
    /// What is less severe is not sent.
    pub(super) least_severity: Severity,
    /// Left out: none.
    #[serde(default)]
    pub(super) kinds_left_out: Vec<NotificationKind>,
    /// Up to 50 addresses, of e-mail alone. Left out: those that the settings of the reconciler name.
    #[serde(default)]
    pub(super) recipients: Vec<String>,
}

impl From<ChannelRow> for ChannelView {
    fn from(row: ChannelRow) -> Self {
        let (updated_at, updated_by) = row.updated.unzip();
        let (is_set_up, seen_at) = row.seen.unzip();
        Self {
            channel: row.channel,
            is_set_up,
            seen_at,
            is_on: row.settings.is_on,
            least_severity: row.settings.least_severity,
            kinds_left_out: row.settings.kinds_left_out,
            recipients: row.settings.recipients,
            updated_at,
            updated_by,
            deliveries: DeliveriesView {
                last_delivered_at: row.deliveries.delivered_at,
                waiting: row.deliveries.waiting,
                given_up: row.deliveries.given_up,
                withheld: row.deliveries.withheld,
                last_error: row.deliveries.last_error,
            },
            test: row.test.map(TestView::from),
        }
    }
}

impl From<TestRow> for TestView {
    fn from(row: TestRow) -> Self {
        Self {
            created_at: row.created_at,
            attempts: row.attempts,
            delivered_at: row.delivered_at,
            given_up_at: row.given_up_at,
            last_error: row.last_error,
        }
    }
}
