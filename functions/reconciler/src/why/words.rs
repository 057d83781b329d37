//! Times and lengths of time in words. Pure.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A time that the ledger should have.
pub(super) fn time(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(|| "an unknown time".to_owned(), utc)
}

/// As in 2026-03-01T14:00:00Z.
pub(super) fn utc(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A length of time for people: its two largest units.
pub(super) fn span(time: TimeDelta) -> String {
    let seconds = time.num_seconds();
    match seconds {
        ..10 => format!("{:.1} s", time.as_seconds_f64()),
        10..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}
