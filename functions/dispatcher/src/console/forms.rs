//! What forms have in common: fields drawn from a schema, times by a zone's clock, where one lands.

pub(super) mod schema;

use axum::{
    http::{HeaderValue, header},
    response::Response,
};
use chrono::{DateTime, NaiveDateTime, TimeZone, Utc};
use shared::domain::schedule::Zone;

use super::page;

/// How browsers write the value of a field of date and time.
/// **Source:** HTML, "Local date and time state".
const LOCAL: &str = "%Y-%m-%dT%H:%M";

/// What was entered in a field of date and time, by the clock of `zone`, for the API. What is no such time stays as it
/// is, for the API to refuse.
pub(super) fn moment_of(text: &str, zone: Zone) -> String {
    let civil = NaiveDateTime::parse_from_str(text, LOCAL).ok();
    let at = civil.and_then(|civil| zone.from_local_datetime(&civil).earliest());
    at.map_or_else(|| text.to_owned(), |at| at.to_rfc3339())
}

/// A moment as the value of a field of date and time, by the clock of `zone`.
pub(super) fn local(at: DateTime<Utc>, zone: Zone) -> String {
    at.with_timezone(&zone).format(LOCAL).to_string()
}

/// Shows what an answer of the API says was made, at the console's address of it.
pub(super) fn landing(answer: &Response, done: &str) -> Response {
    let made = answer.headers().get(header::LOCATION);
    let made = made.map(HeaderValue::to_str).and_then(Result::ok);
    let path = made.and_then(|made| made.strip_prefix("/api/"));
    match path {
        Some(path) => page::see_other(&format!("/console/{path}?done={done}")),
        None => page::see_other("/console"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_entered_is_read_by_the_clock_of_the_zone() {
        let zone: Zone = "America/Los_Angeles".parse().unwrap();

        let text = moment_of("2026-12-24T18:00", zone);

        assert_eq!(text, "2026-12-24T18:00:00-08:00");
        let at = text.parse().unwrap();
        assert_eq!(local(at, zone), "2026-12-24T18:00");
        assert_eq!(moment_of("soon", zone), "soon");
        let in_the_gap = "2026-03-08T02:30";
        assert_eq!(
            moment_of(in_the_gap, zone),
            in_the_gap,
            "the API refuses it"
        );
    }
}
