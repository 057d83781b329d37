//! What was refused, as a page.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};

use super::{Assets, Shell, html};
use crate::{
    console::{guard::Visitor, moment::Moment},
    problem::{FieldError, Told},
};

#[derive(Template)]
#[template(path = "console/refused.html")]
struct RefusedPage {
    shell: Shell,
    status: StatusCode,
    detail: String,
    errors: Vec<FieldError>,
}

/// A refusal as a page; what it says is in the response.
pub(in crate::console) fn refused(
    visitor: Option<&Visitor>,
    mut response: Response,
    now: DateTime<Utc>,
) -> Response {
    let told = response.extensions_mut().remove::<Told>();
    let status = response.status();
    let shell = Shell {
        title: told
            .as_ref()
            .map_or_else(|| heading(status), |it| titled(it, status))
            .to_owned(),
        here: None,
        who: visitor.map_or_else(String::new, |it| it.caller.name.clone()),
        role: visitor.map(|it| it.caller.role),
        proof: visitor.map_or_else(String::new, |it| it.proof.clone()),
        unread: visitor.and_then(|it| it.unread),
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

fn titled(told: &Told, status: StatusCode) -> &'static str {
    match told.slug {
        "forbidden" => "No permission",
        "too-many-requests" => "Too many requests",
        _ => heading(status),
    }
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
