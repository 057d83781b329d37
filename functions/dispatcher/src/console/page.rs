//! What all pages have in common: the frame, and how refusals look.

mod refused;

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use shared::domain::{Role, chain};

pub(super) use self::refused::refused;
use super::{assets::Assets, guard::Visitor, moment::Moment};
use crate::{notifications::UNREAD_MAX, problem::Problem};

/// A part of the console, as its menu has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What it is called.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) url: &'static str,
    /// Who may do less does not see it.
    pub(super) least: Role,
}

/// The menu, in its order.
pub(super) const PARTS: &[Part] = &[
    OVERVIEW,
    JOBS,
    RUNS,
    CALENDAR,
    DEAD_LETTERS,
    FRESHNESS,
    ADS,
    NOTIFICATIONS,
    ORGANIZATIONS,
    TOKENS,
];

pub(super) const OVERVIEW: Part = Part {
    name: "Overview",
    url: "/console",
    least: Role::Viewer,
};
pub(super) const JOBS: Part = Part {
    name: "Jobs",
    url: "/console/jobs",
    least: Role::Viewer,
};
pub(super) const RUNS: Part = Part {
    name: "Runs",
    url: "/console/runs",
    least: Role::Viewer,
};
pub(super) const CALENDAR: Part = Part {
    name: "Calendar",
    url: "/console/calendar",
    least: Role::Viewer,
};
pub(super) const DEAD_LETTERS: Part = Part {
    name: "Failures",
    url: "/console/dead-letters",
    least: Role::Viewer,
};
pub(super) const FRESHNESS: Part = Part {
    name: "Freshness",
    url: "/console/freshness",
    least: Role::Viewer,
};
pub(super) const ADS: Part = Part {
    name: "Ads",
    url: "/console/ads",
    least: Role::Viewer,
};
pub(super) const NOTIFICATIONS: Part = Part {
    name: "Notifications",
    url: "/console/notifications",
    least: Role::Viewer,
};
pub(super) const ORGANIZATIONS: Part = Part {
    name: "Organizations",
    url: "/console/organizations",
    least: Role::Admin,
};
pub(super) const TOKENS: Part = Part {
    name: "Tokens",
    url: "/console/tokens",
    least: Role::Admin,
};

/// Whose rows somebody reaches who is of no organisation.
pub(super) const EVERYBODYS: &str = "the whole installation";

/// What the frame around every page shows.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    /// Of the page, for the browser's tab and its heading.
    pub(super) title: String,
    /// Which part of the menu one is in.
    pub(super) here: Option<Part>,
    /// Who is signed in.
    pub(super) who: String,
    /// What they may do; nobody may do anything.
    pub(super) role: Option<Role>,
    /// What forms carry.
    pub(super) proof: String,
    /// How many notifications they have not read; `None`: it was not counted.
    pub(super) unread: Option<i64>,
    /// When the page was made.
    pub(super) now: Moment,
    /// What was just done.
    pub(super) notice: Option<&'static str>,
    pub(super) assets: Assets,
}

impl Shell {
    /// The frame of a page.
    pub(super) fn new(
        visitor: &Visitor,
        here: Part,
        title: impl Into<String>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            title: title.into(),
            here: Some(here),
            who: visitor.caller.name.clone(),
            role: Some(visitor.caller.role),
            proof: visitor.proof.clone(),
            unread: visitor.unread,
            now: Moment::exact(now),
            notice: None,
            assets: Assets,
        }
    }

    /// With the news of what was just done.
    pub(super) fn with_notice(mut self, done: Option<Done>) -> Self {
        self.notice = done.map(Done::sentence);
        self
    }

    /// The parts of the menu that this visitor may open.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static Part> {
        PARTS.iter().filter(|part| self.role >= Some(part.least))
    }

    /// How many notifications wait to be read, beside the part of the menu that has them.
    pub(super) fn news(&self, part: &Part) -> Option<String> {
        let unread = self.unread.filter(|unread| *unread > 0)?;
        let count = match unread {
            unread if unread > UNREAD_MAX => format!("{UNREAD_MAX}+"),
            unread => unread.to_string(),
        };
        (*part == NOTIFICATIONS).then_some(count)
    }

    /// Whether this visitor may do what an operator may.
    pub(super) fn can_operate(&self) -> bool {
        self.role >= Some(Role::Operator)
    }

    pub(super) fn is_here(&self, part: &Part) -> bool {
        self.here.as_ref() == Some(part)
    }
}

/// What a form did, as the address of the page after it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Done {
    Acknowledged,
    Archived,
    Asked,
    Cancelled,
    Created,
    Edited,
    Limited,
    Made,
    Paused,
    Queued,
    Read,
    Renamed,
    Resumed,
    Retried,
    Revoked,
    Saved,
    Skipped,
    Unacknowledged,
}

impl Done {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Acknowledged => "Acknowledged: it needs no more care.",
            Self::Archived => "Archived: the job fires no more.",
            Self::Asked => {
                "A test message goes out with the next sweep, within a minute. Load this page again then: \"Last test\" says what became of it."
            }
            Self::Cancelled => "Asked to stop: it does at its next safe point.",
            Self::Created => "Created. The cloud's clock has it within a minute.",
            Self::Edited => "Saved. The cloud's clock has it within a minute.",
            Self::Limited => "Saved: data is judged by it from now on.",
            Self::Made => "Made. Give out tokens that reach its rows.",
            Self::Paused => "Paused: fire times are recorded as skipped until the job goes on.",
            Self::Queued => "Queued: it starts as soon as a function takes it.",
            Self::Read => "Noted as read.",
            Self::Renamed => "Renamed.",
            Self::Resumed => "Resumed: the job runs again from its next fire time on.",
            Self::Retried => "Queued for another attempt.",
            Self::Revoked => "Revoked: whoever has it is kept out from now on.",
            Self::Saved => {
                "Saved. It counts from the next sweep on, for what has not been sent by then."
            }
            Self::Skipped => "Skipped: the next fire time is left out, and no other.",
            Self::Unacknowledged => "Taken back: it needs care again.",
        }
    }
}

/// 404 for everything below `/console` that is not there.
pub(super) async fn unknown() -> Problem {
    let detail = "nothing is shown at this address";
    Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
}

/// 405 for what only a form does.
pub(crate) fn wrong_method() -> Problem {
    let detail = "this is done by a button of a page, and not by its address";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "wrong-method", detail)
}

/// A page. One that cannot be written is our fault, and logged.
pub(super) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(error = chain(&error), "a page was not written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Sends the browser elsewhere, by GET.
pub(super) fn see_other(url: &str) -> Response {
    let url = HeaderValue::from_str(url).unwrap_or(HeaderValue::from_static("/console"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response()
}
