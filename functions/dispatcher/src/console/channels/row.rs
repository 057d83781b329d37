//! A channel on the page: how it is set, how it went, and its form.

use chrono::{DateTime, Utc};
use shared::{
    domain::{
        message::Channel,
        notification::{ChannelSettings, NotificationKind, Severity},
    },
    store::notification_channels::{ChannelRow, TestRow},
};

use super::is_ticked;
use crate::{
    console::{form::Form, moment::Moment, words::spaced},
    problem::FieldError,
};

/// A channel.
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    /// The setting that it takes.
    pub(super) setting: &'static str,
    pub(super) is_set_up: Option<bool>,
    pub(super) seen_at: Option<Moment>,
    pub(super) is_on: bool,
    pub(super) has_recipients: bool,
    pub(super) least: Severity,
    /// What is not sent.
    pub(super) left_out: Vec<String>,
    pub(super) recipients: Vec<String>,
    /// What stands in its form.
    pub(super) entered: Entered,
    /// What is wrong about that.
    pub(super) errors: Vec<FieldError>,
    pub(super) updated: Option<(Moment, String)>,
    pub(super) delivered_at: Option<Moment>,
    pub(super) waiting: i64,
    pub(super) given_up: i64,
    pub(super) withheld: i64,
    pub(super) last_error: Option<String>,
    pub(super) test: Option<Test>,
}

/// The fields of a form.
pub(super) struct Entered {
    pub(super) is_on: bool,
    pub(super) least: Severity,
    pub(super) kinds: Vec<Kind>,
    /// One a line.
    pub(super) recipients: String,
}

pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) words: String,
    pub(super) about: &'static str,
    pub(super) is_sent: bool,
}

pub(super) struct Test {
    pub(super) at: Moment,
    pub(super) look: &'static str,
    pub(super) fate: &'static str,
    pub(super) error: Option<String>,
}

impl Row {
    pub(super) fn of(row: ChannelRow, now: DateTime<Utc>) -> Self {
        let seen = |at| Moment::seen_from(at, now);
        let (name, setting) = match row.channel {
            Channel::Slack => ("Slack", "SUNDIAL_SLACK_WEBHOOK"),
            Channel::Email => ("E-mail", "SUNDIAL_RESEND_KEY"),
        };
        let left_out = row.settings.kinds_left_out.iter();
        Self {
            entered: Entered::of(&row.settings),
            errors: vec![],
            left_out: left_out.map(|kind| spaced(kind.name())).collect(),
            id: row.channel.name(),
            name,
            setting,
            is_set_up: row.seen.map(|(is_open, _)| is_open),
            seen_at: row.seen.map(|(_, at)| seen(at)),
            is_on: row.settings.is_on,
            has_recipients: row.channel == Channel::Email,
            least: row.settings.least_severity,
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
}

impl Entered {
    pub(super) fn of(settings: &ChannelSettings) -> Self {
        let is_sent = |kind| !settings.kinds_left_out.contains(&kind);
        Self {
            is_on: settings.is_on,
            least: settings.least_severity,
            kinds: kinds(is_sent),
            recipients: settings.recipients.join("\n"),
        }
    }

    /// What was sent; `least` where it names no severity.
    pub(super) fn of_form(form: &Form, least: Severity) -> Self {
        let entered = form.get("least_severity").unwrap_or_default();
        let entered = Severity::ALL.iter().find(|it| it.name() == entered);
        Self {
            is_on: form.get("is_on").is_some(),
            least: entered.copied().unwrap_or(least),
            kinds: kinds(|kind| is_ticked(form, kind)),
            recipients: form.get("recipients").unwrap_or_default().to_owned(),
        }
    }
}

fn kinds(is_sent: impl Fn(NotificationKind) -> bool) -> Vec<Kind> {
    let kind = |kind: &NotificationKind| Kind {
        name: kind.name(),
        words: spaced(kind.name()),
        about: about(*kind),
        is_sent: is_sent(*kind),
    };
    NotificationKind::ALL.iter().map(kind).collect()
}

impl Test {
    pub(super) fn of(test: TestRow, now: DateTime<Utc>) -> Self {
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
