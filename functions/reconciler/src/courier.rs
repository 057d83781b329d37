//! The courier part: notifications that have yet to reach people's channels.
//!
//! At least once: an attempt that is sent and then killed before that is noted comes again five
//! minutes later. Resend recognises the second one by its key, Slack shows it twice.
//!
//! What a channel gets of an organization's notifications, `notification_channels` says.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use shared::{
    clients::{
        http::{Http, Limits, UrlGuard},
        resend::Resend,
        send_error::SendError,
        slack::Slack,
    },
    config::Notify,
    domain::{
        Clock,
        message::{self, Channel, Message},
    },
    store::{
        Database,
        deliveries::{self, Attempt},
        notification_channels,
    },
};

use crate::{budget::Budget, error::Failure, ledger::Done};

/// Messages to one channel in one sweep. Slack takes about one a second, Resend two.
const PER_SWEEP_MAX: usize = 20;

/// An attempt whose ending is not written comes again after this long: more than any invocation of
/// the reconciler lives.
const HELD: TimeDelta = TimeDelta::minutes(5);

/// A channel that is slower than this is tried again in the next sweep.
const LIMITS: Limits = Limits {
    connect: std::time::Duration::from_secs(3),
    first_byte: std::time::Duration::from_secs(5),
    idle: std::time::Duration::from_secs(5),
    bytes_per_second_min: 0,
};

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The channels that are set up.
#[derive(Clone, Debug, Default)]
pub struct Channels {
    slack: Option<Arc<Slack>>,
    email: Option<Arc<Resend>>,
}

impl Channels {
    /// Opens what `notify` names; nothing when it names nothing.
    #[must_use]
    pub fn open(notify: &Notify) -> Self {
        if notify.slack_webhook.is_none() && notify.email.is_none() {
            return Self::default();
        }
        let http = Http::open(UrlGuard::closed(), LIMITS);
        let slack = notify.slack_webhook.as_ref();
        let email = notify.email.as_ref();
        Self {
            slack: slack.map(|webhook| Arc::new(Slack::open(webhook, &http))),
            email: email.map(|email| Arc::new(Resend::open(email, &http))),
        }
    }

    fn all(&self) -> Vec<Channel> {
        let slack = self.slack.as_ref().map(|_| Channel::Slack);
        let email = self.email.as_ref().map(|_| Channel::Email);
        slack.into_iter().chain(email).collect()
    }

    async fn send(&self, channel: Channel, message: &Message) -> Result<(), SendError> {
        match (channel, &self.slack, &self.email) {
            (Channel::Slack, Some(slack), _) => slack.send(message).await,
            (Channel::Email, _, Some(email)) => email.send(message).await,
            // Attempts are begun on open channels only.
            _ => Ok(()),
        }
    }
}

/// Notifications and the way to people.
#[derive(Clone, Debug)]
pub struct Courier {
    /// The notifications.
    pub db: Database,
    /// Where they go.
    pub channels: Channels,
    /// The time.
    pub clock: Clock,
}

impl Courier {
    /// Delivers what is due, at most twenty messages to each channel. A channel that fails is left
    /// alone until the next sweep, and stops no other.
    pub async fn deliver(&self, budget: &Budget) -> Done {
        let mut done = Done::default();
        let channels = self.channels.all();
        if let Err(cause) = self.note(&channels).await {
            done = done.with("noting which channels there are", cause);
        }
        if channels.is_empty() {
            return done;
        }
        if let Err(cause) = self.hand_out(&channels).await {
            return done.with("handing out notifications", cause);
        }
        for channel in channels {
            if let Err(failure) = self.deliver_on(channel, budget, &mut done).await {
                done.failures.push(failure);
            }
        }
        done
    }

    async fn deliver_on(
        &self,
        channel: Channel,
        budget: &Budget,
        done: &mut Done,
    ) -> Result<(), Failure> {
        for _ in 0..PER_SWEEP_MAX {
            if budget.is_spent() {
                break;
            }
            let attempt = self.begin(channel).await;
            let attempt = attempt.map_err(Failure::while_doing("looking for notifications"))?;
            let Some(attempt) = attempt else {
                break;
            };
            match self.channels.send(channel, &message(&attempt)).await {
                Ok(()) => {
                    let noted = self.succeed(&attempt).await;
                    noted.map_err(Failure::while_doing("noting a delivery"))?;
                    done.count += 1;
                }
                Err(error) => {
                    let is_refused = matches!(error, SendError::Refused { .. });
                    done.failures.extend(self.fail(&attempt, error).await?);
                    // The next message may be fine; a channel that is down is down for all.
                    if !is_refused {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes a failure. Giving up is a failure of the sweep, so that somebody looks, and given back; but where people of
    /// an organization chose the recipients, it is theirs to look at the page of their channels.
    async fn fail(&self, attempt: &Attempt, error: SendError) -> Result<Option<Failure>, Failure> {
        let (now, id, channel) = (
            self.clock.now(),
            attempt.notification_id,
            attempt.channel.name(),
        );
        let next = next_attempt_at(attempt, &error, now);
        let doing = match next {
            Some(_) => format!("telling {channel} of notification {id}"),
            None => format!("giving up telling {channel} of notification {id}"),
        };
        let failure = Failure::new(doing, error);
        let line = failure.chain();
        let noted = async {
            let mut tx = self.db.begin().await?;
            deliveries::fail(&mut tx, attempt, &line, next, now).await?;
            tx.commit().await?;
            Ok::<_, Cause>(())
        };
        noted
            .await
            .map_err(Failure::while_doing("noting a failed delivery"))?;
        match next {
            None if attempt.organization_id.is_none() || attempt.recipients.is_empty() => {
                Ok(Some(failure))
            }
            None => {
                tracing::warn!(
                    error = line,
                    "given up; the recipients are an organization's"
                );
                Ok(None)
            }
            Some(next) => {
                tracing::warn!(error = line, attempts = attempt.attempts, %next, "told later");
                Ok(None)
            }
        }
    }

    /// For the console, which cannot see the settings of this function.
    async fn note(&self, channels: &[Channel]) -> Result<(), Cause> {
        let mut tx = self.db.begin().await?;
        notification_channels::note_open(&mut tx, channels, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn hand_out(&self, channels: &[Channel]) -> Result<u64, Cause> {
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let count = deliveries::hand_out(&mut tx, channels, now).await?;
        deliveries::withhold(&mut tx, now).await?;
        tx.commit().await?;
        Ok(count)
    }

    async fn begin(&self, channel: Channel) -> Result<Option<Attempt>, Cause> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let attempt = deliveries::begin(&mut tx, channel, now, now + HELD).await?;
        tx.commit().await?;
        Ok(attempt)
    }

    async fn succeed(&self, attempt: &Attempt) -> Result<(), Cause> {
        let mut tx = self.db.begin().await?;
        deliveries::succeed(&mut tx, attempt, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

fn next_attempt_at(
    attempt: &Attempt,
    error: &SendError,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let asked = match error {
        SendError::Refused { .. } => return None,
        SendError::Wait { delay, .. } => Some(*delay),
        SendError::Failed { .. } | SendError::Unreachable { .. } => None,
    };
    let delay = message::delay_after(attempt.attempts, asked)?;
    now.checked_add_signed(TimeDelta::from_std(delay).ok()?)
}

/// The same for every attempt, so that a key stands for one message.
fn message(attempt: &Attempt) -> Message {
    let brand = attempt.brand_name.as_deref();
    let facts = [
        ("Job", attempt.job_name.clone()),
        ("Job id", attempt.job_id.map(|id| id.to_string())),
        ("Run id", attempt.run_id.map(|id| id.to_string())),
    ];
    let context = facts
        .into_iter()
        .filter_map(|(what, value)| Some(format!("{what}: {}", value?)));
    Message {
        key: key(attempt),
        title: match brand {
            Some(brand) => format!("{brand}: {}", attempt.title),
            None => attempt.title.clone(),
        },
        body: attempt.body.clone(),
        context: context.collect(),
        recipients: attempt.recipients.clone(),
    }
}

/// Another one for other recipients: Resend refuses a key that it knows with another message.
fn key(attempt: &Attempt) -> String {
    let key = format!("{}-{}", attempt.notification_id, attempt.channel);
    if attempt.recipients.is_empty() {
        return key;
    }
    let digest = Sha256::digest(attempt.recipients.join(","));
    format!("{key}-{}", hex::encode(digest))
}
