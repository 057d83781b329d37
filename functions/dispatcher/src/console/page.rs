//! What all pages have in common: the frame, and how refusals look.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use shared::domain::chain;

use super::{assets::Assets, guard::Visitor, moment::Moment};
use crate::problem::{FieldError, Problem, Told};

/// A part of the console, as its menu has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What it is called.
    pub(super) name: &'static str,
    /// Where it is.
    pub(super) url: &'static str,
}

/// The menu, in its order.
pub(super) const PARTS: &[Part] = &[
    OVERVIEW,
    JOBS,
    RUNS,
    DEAD_LETTERS,
    FRESHNESS,
    ADS,
    NOTIFICATIONS,
];

pub(super) const OVERVIEW: Part = Part {
    name: "Overview",
    url: "/console",
};
pub(super) const JOBS: Part = Part {
    name: "Jobs",
    url: "/console/jobs",
};
pub(super) const RUNS: Part = Part {
    name: "Runs",
    url: "/console/runs",
};
pub(super) const DEAD_LETTERS: Part = Part {
    name: "Failures",
    url: "/console/dead-letters",
};
pub(super) const FRESHNESS: Part = Part {
    name: "Freshness",
    url: "/console/freshness",
};
pub(super) const ADS: Part = Part {
    name: "Ads",
    url: "/console/ads",
};
pub(super) const NOTIFICATIONS: Part = Part {
    name: "Notifications",
    url: "/console/notifications",
};

/// What the frame around every page shows.
#[derive(Clone, Debug)]
pub(super) struct Shell {
    /// Of the page, for the browser's tab and its heading.
    pub(super) title: String,
    /// Which part of the menu one is in.
    pub(super) here: Option<Part>,
    /// Who is signed in.
    pub(super) who: String,
    /// What forms carry.
    pub(super) proof: String,
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
            who: visitor.caller.0.clone(),
            proof: visitor.proof.clone(),
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

    pub(super) fn parts(&self) -> &'static [Part] {
        PARTS
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
    Cancelled,
    Created,
    Edited,
    Paused,
    Queued,
    Resumed,
    Retried,
    Skipped,
}

impl Done {
    const fn sentence(self) -> &'static str {
        match self {
            Self::Acknowledged => "Acknowledged: it needs no more care.",
            Self::Archived => "Archived: the job fires no more.",
            Self::Cancelled => "Asked to stop: it does at its next safe point.",
            Self::Created => "Created. The cloud's clock has it within a minute.",
            Self::Edited => "Saved. The cloud's clock has it within a minute.",
            Self::Paused => "Paused: fire times are recorded as skipped until the job goes on.",
            Self::Queued => "Queued: it starts as soon as a function takes it.",
            Self::Resumed => "Resumed: the job runs again from its next fire time on.",
            Self::Retried => "Queued for another attempt.",
            Self::Skipped => "Skipped: the next fire time is left out, and no other.",
        }
    }
}

#[derive(Template)]
#[template(path = "console/refused.html")]
struct RefusedPage {
    shell: Shell,
    status: StatusCode,
    detail: String,
    errors: Vec<FieldError>,
}

/// A refusal as a page; what it says is in the response.
pub(super) fn refused(
    visitor: Option<&Visitor>,
    mut response: Response,
    now: DateTime<Utc>,
) -> Response {
    let told = response.extensions_mut().remove::<Told>();
    let status = response.status();
    let shell = Shell {
        title: heading(status).to_owned(),
        here: None,
        who: visitor.map_or_else(String::new, |it| it.caller.0.clone()),
        proof: visitor.map_or_else(String::new, |it| it.proof.clone()),
        now: Moment::exact(now),
        notice: None,
        assets: Assets,
    };
    let (detail, errors) = told.map_or_else(Default::default, |it| (it.detail, it.errors));
    let page = RefusedPage {
        shell,
        status,
        detail,
        errors,
    };
    let mut page = (status, html(&page)).into_response();
    if let Some(after) = response.headers_mut().remove(header::RETRY_AFTER) {
        page.headers_mut().insert(header::RETRY_AFTER, after);
    }
    page
}

const fn heading(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not taken",
        StatusCode::CONFLICT => "Not possible now",
        StatusCode::SERVICE_UNAVAILABLE => "Not available",
        status if status.as_u16() >= 500 => "Something went wrong",
        _ => "Not understood",
    }
}

/// 404 for everything below `/console` that is not there.
pub(super) async fn unknown() -> Problem {
    let detail = "nothing is shown at this address";
    Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
}

/// 405 for what only a form does.
pub(super) async fn wrong_method() -> Problem {
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
