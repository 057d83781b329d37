//! Notifications and their channels, and what is told of fire times: the day's figure, the calendar, what a schedule means.

use axum::http::StatusCode;
use chrono::NaiveDate;
use shared::domain::{BrandId, JobId, OrganizationId};

use super::operation::{Operation, Parameter, number, query, text};
use crate::{
    accounted::AccountedView,
    calendar::{CalendarView, window::DAYS_MAX},
    channels::{ChannelView, Channels, SettingsBody},
    notifications::{self, Notifications, ReadBody, Unread},
    query::Scope,
    schedules::{ScheduleBody, ScheduleView},
};

pub(super) fn operations() -> Vec<Operation> {
    let mut operations = told();
    operations.extend(channels());
    operations
}

/// Whose channels.
fn whose() -> [Parameter; 1] {
    let about = "Of this organization; left out by callers of the installation, of the platform";
    [query::<OrganizationId>("organization_id", about)]
}

fn channels() -> Vec<Operation> {
    vec![
        Operation::get(
            "/api/notification-channels",
            "What of the notifications reaches which channel, and how it went",
        )
        .takes(whose())
        .answers::<Channels>(StatusCode::OK, "The channels"),
        Operation::new(
            "put",
            "/api/notification-channels/{channel}",
            "Sets what a channel gets from now on",
        )
        .takes(whose())
        .body::<SettingsBody>()
        .answers::<ChannelView>(StatusCode::OK, "The channel"),
        Operation::post(
            "/api/notification-channels/{channel}/test",
            "Sends a test message on this channel alone, with the next sweep",
        )
        .takes(whose())
        .answers::<ChannelView>(
            StatusCode::ACCEPTED,
            "It goes out; `test` says what becomes of it",
        ),
    ]
}

fn told() -> Vec<Operation> {
    vec![
        Operation::get(
            "/api/accounted",
            "Of the last day's fire times, how many have their verdict",
        )
        .answers::<AccountedView>(StatusCode::OK, "The figure"),
        Operation::post(
            "/api/schedules/preview",
            "What a schedule means: in words, when it fires next, what looks odd",
        )
        .body::<ScheduleBody>()
        .answers::<ScheduleView>(StatusCode::OK, "What it means"),
        Operation::get(
            "/api/calendar",
            "Hour by hour what became of past fire times, and how many are to come",
        )
        .takes([
            query::<NaiveDate>(
                "date",
                "The first day; left out, today, or Monday of seven days",
            ),
            number("days", (1, DAYS_MAX), DAYS_MAX, "How many days"),
            text(
                "timezone",
                "By whose clock, as in Europe/Berlin; left out, UTC",
            ),
            query::<JobId>("job_id", "Of this job"),
            query::<BrandId>("brand_id", "Of this brand"),
            query::<Scope>("scope", "Of no brand; goes without `brand_id`"),
        ])
        .answers::<CalendarView>(StatusCode::OK, "The days"),
        Operation::get(
            "/api/notifications",
            "What people were told and whether it reached them, newest first",
        )
        .takes([
            text("after", "After this place, as `next_after` said"),
            number(
                "limit",
                (1, notifications::LIMIT_MAX),
                notifications::LIMIT_DEFAULT,
                "Notifications in one answer",
            ),
        ])
        .answers::<Notifications>(StatusCode::OK, "Notifications"),
        Operation::post(
            "/api/notifications/read",
            "Notes what of them the caller has read: these, or all that had happened by then",
        )
        .body::<ReadBody>()
        .answers::<Unread>(StatusCode::OK, "What is left"),
    ]
}
