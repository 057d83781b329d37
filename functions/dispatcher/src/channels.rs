//! `GET /api/notification-channels`, `PUT /api/notification-channels/{channel}` and `POST …/test`: what of the
//! notifications of an organization, or of the platform, reaches which channel.
//!
//! Callers of the installation name the organization; without one it is the platform. Where the channels are, and with
//! which secrets, settings of the reconciler say.

mod view;

use axum::{
    Extension, Json, RequestPartsExt,
    extract::{FromRequestParts, Path},
    http::{StatusCode, header, request::Parts},
};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{
        OrganizationId,
        message::Channel,
        notification::{self, ChannelSettings, RECIPIENTS_MAX},
    },
    store::{
        Tx,
        notification_channels::{self, ChannelRow},
        notifications::test_messages::{self, Asked},
        organizations,
    },
};

use crate::{
    State, auth::Caller, body::JsonBody, jobs::fields::Errors, problem::Problem, query::Query,
};
pub(crate) use view::{ChannelView, Channels, SettingsBody};

/// Deliveries of older notifications are not told of.
const TOLD_OF: TimeDelta = TimeDelta::days(30);
/// Between two test messages of an organization on a channel.
const TEST_AT_MOST_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Longest part of what a caller sent that is repeated in an error, in characters.
const QUOTED_MAX: usize = 64;

/// The `{channel}` of a path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named(pub(crate) Channel);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let text = parts.extract::<Path<String>>().await.map(|Path(text)| text);
        let text = text.unwrap_or_default();
        let channel = Channel::ALL.iter().find(|it| it.name() == text);
        channel
            .map(|it| Self(*it))
            .ok_or_else(|| Problem::missing("channel"))
    }
}

/// Whose channels they are.
#[derive(Clone, Debug)]
pub(crate) struct Whose {
    /// The organization; `None`: the platform.
    pub(crate) id: Option<OrganizationId>,
    /// What people call it.
    pub(crate) name: Option<String>,
}

/// The organization whose channels the caller means, who may have named one.
///
/// # Errors
/// 404 for one that is not there for them; when the database does not answer.
pub(crate) async fn whose(
    tx: &mut Tx,
    caller: &Caller,
    wanted: Option<OrganizationId>,
) -> Result<Whose, Problem> {
    let Some(id) = caller.within(wanted)? else {
        let (id, name) = (None, None);
        return Ok(Whose { id, name });
    };
    let name = organizations::name(tx, id).await?;
    let name = name.ok_or_else(|| Problem::missing("organization"))?;
    Ok(Whose {
        id: Some(id),
        name: Some(name),
    })
}

/// The channels, and how the newest notifications fared on them.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn listed(
    tx: &mut Tx,
    whose: &Whose,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<ChannelRow>> {
    notification_channels::list(tx, whose.id, now - TOLD_OF).await
}

/// The list.
pub(crate) async fn list(
    state: State,
    Extension(caller): Extension<Caller>,
    mut query: Query,
) -> Result<Json<Channels>, Problem> {
    let wanted = query.id("organization_id")?;
    query.finish()?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let whose = whose(&mut tx, &caller, wanted).await?;
    let rows = listed(&mut tx, &whose, now).await?;
    tx.commit().await?;
    Ok(Json(Channels {
        organization_id: whose.id,
        channels: rows.into_iter().map(ChannelView::from).collect(),
    }))
}

/// Sets what a channel gets from now on.
pub(crate) async fn put(
    state: State,
    Extension(caller): Extension<Caller>,
    Named(channel): Named,
    mut query: Query,
    JsonBody { value, .. }: JsonBody<SettingsBody>,
) -> Result<Json<ChannelView>, Problem> {
    let wanted = query.id("organization_id")?;
    query.finish()?;
    let row = set(&state, &caller, (wanted, channel), value).await?;
    Ok(Json(row.into()))
}

/// Sets what a channel of an organization gets from now on.
///
/// # Errors
/// 404 for an organization that is not there for the caller; 422 with every field that cannot be as given; when the
/// database does not answer.
pub(crate) async fn set(
    state: &State,
    caller: &Caller,
    (wanted, channel): (Option<OrganizationId>, Channel),
    body: SettingsBody,
) -> Result<ChannelRow, Problem> {
    let settings = checked(channel, body)?;
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let whose = whose(&mut tx, caller, wanted).await?;
    let place = (whose.id, channel);
    notification_channels::keep(&mut tx, place, &settings, &caller.name, now).await?;
    let row = one(&mut tx, &whose, channel, now).await?;
    tx.commit().await?;
    tracing::info!(
        channel = channel.name(),
        caller = caller.name,
        "a channel was set"
    );
    Ok(row)
}

fn checked(channel: Channel, body: SettingsBody) -> Result<ChannelSettings, Problem> {
    let mut kinds = body.kinds_left_out;
    kinds.sort_unstable();
    kinds.dedup();
    let mut errors = Errors::default();
    if channel == Channel::Slack && !body.recipients.is_empty() {
        errors.add("recipients", "only e-mail has recipients");
    }
    if body.recipients.len() > RECIPIENTS_MAX {
        let detail = format!("must be at most {RECIPIENTS_MAX} addresses");
        return Err(Problem::field("recipients", detail));
    }
    let mut recipients: Vec<String> = Vec::new();
    for (place, recipient) in body.recipients.iter().enumerate() {
        let recipient = recipient.trim();
        if !notification::is_address(recipient) {
            let quoted: String = recipient.chars().take(QUOTED_MAX).collect();
            let detail = format!("`{quoted}` is no address, as in ann@example.com");
            errors.add(&format!("recipients[{place}]"), detail);
        } else if !recipients
            .iter()
            .any(|it| it.eq_ignore_ascii_case(recipient))
        {
            recipients.push(recipient.to_owned());
        }
    }
    errors.finish()?;
    Ok(ChannelSettings {
        is_on: body.is_on,
        least_severity: body.least_severity,
        kinds_left_out: kinds,
        recipients,
    })
}

async fn one(
    tx: &mut Tx,
    whose: &Whose,
    channel: Channel,
    now: DateTime<Utc>,
) -> Result<ChannelRow, Problem> {
    let mut rows = listed(tx, whose, now).await?.into_iter();
    let row = rows.find(|row| row.channel == channel);
    row.ok_or_else(|| Problem::missing("channel"))
}

/// Sends a test message.
pub(crate) async fn test(
    state: State,
    Extension(caller): Extension<Caller>,
    Named(channel): Named,
    mut query: Query,
) -> Result<(StatusCode, Json<ChannelView>), Problem> {
    let wanted = query.id("organization_id")?;
    query.finish()?;
    let row = ask_test(&state, &caller, (wanted, channel)).await?;
    Ok((StatusCode::ACCEPTED, Json(row.into())))
}

/// Makes a test message, which the next sweep of the reconciler sends on this channel alone, whatever the channel gets
/// otherwise.
///
/// # Errors
/// 404 for an organization that is not there for the caller; 409 for a channel that is not set up; 429 within a minute
/// of the one before; when the database does not answer.
pub(crate) async fn ask_test(
    state: &State,
    caller: &Caller,
    (wanted, channel): (Option<OrganizationId>, Channel),
) -> Result<ChannelRow, Problem> {
    let now = state.clock.now();
    let mut tx = state.db.begin().await?;
    let whose = whose(&mut tx, caller, wanted).await?;
    let row = one(&mut tx, &whose, channel, now).await?;
    match row.seen {
        Some((true, _)) => {}
        Some((false, _)) => return Err(Problem::conflict("not-set-up", NOT_SET_UP)),
        None => return Err(Problem::conflict("not-set-up", NOT_KNOWN)),
    }
    let place = (whose.id, channel);
    let asked = test_messages::ask(&mut tx, place, &caller.name, now, TEST_AT_MOST_EVERY).await?;
    if let Asked::TooSoon { after } = asked {
        return Err(too_soon(after - now));
    }
    let row = one(&mut tx, &whose, channel, now).await?;
    tx.commit().await?;
    tracing::info!(
        channel = channel.name(),
        caller = caller.name,
        "a test message was asked for"
    );
    Ok(row)
}

const NOT_SET_UP: &str = "the reconciler has no such channel: its settings name none";
const NOT_KNOWN: &str =
    "no sweep of the reconciler has told which channels it has; ask again in a minute";

fn too_soon(wait: TimeDelta) -> Problem {
    let seconds = wait.num_seconds().max(0) + 1;
    let detail = format!("one test message a minute; ask again in {seconds} s");
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too-many-requests", detail)
        .with_header(header::RETRY_AFTER, seconds.into())
}
