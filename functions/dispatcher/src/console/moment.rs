//! Times and durations for people: a time is never shown without its zone.

use askama::{Template, filters::HtmlSafe};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use shared::domain::schedule::Zone;

/// A moment as an address has it.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A time on a page. The script adds the viewer's own zone, and keeps what is relative true.
#[derive(Clone, Debug, Template)]
#[template(path = "console/moment.html")]
pub(super) struct Moment {
    iso: String,
    text: String,
    /// As in "3 min ago".
    relative: Option<String>,
    /// The zone of a schedule; its time is then also shown by the viewer's clock.
    zone: Option<String>,
}

impl HtmlSafe for Moment {}

impl Moment {
    /// The time alone, with its zone.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// A time by itself, in UTC.
    pub(super) fn exact(at: DateTime<Utc>) -> Self {
        Self {
            iso: at.to_rfc3339_opts(SecondsFormat::AutoSi, true),
            text: at.format("%Y-%m-%d %H:%M:%S UTC").to_string(),
            relative: None,
            zone: None,
        }
    }

    /// A time and how far away it is.
    pub(super) fn seen_from(at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        Self {
            relative: Some(relative(at, now)),
            ..Self::exact(at)
        }
    }

    /// A time by the clock of a schedule, how far away it is, and by the viewer's clock.
    pub(super) fn by(zone: &str, at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let text = zone.parse().ok().map(|known: Zone| {
            let there = at.with_timezone(&known);
            let text = there.format("%a %Y-%m-%d %H:%M %Z").to_string();
            if known == Zone::UTC {
                text
            } else {
                format!("{text} ({zone})")
            }
        });
        let moment = Self::seen_from(at, now);
        Self {
            text: text.unwrap_or_else(|| moment.text.clone()),
            zone: Some(zone.to_owned()),
            ..moment
        }
    }
}

fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let away = at - now;
    if away.abs() < TimeDelta::seconds(1) {
        return "now".to_owned();
    }
    if away > TimeDelta::zero() {
        format!("in {}", coarse(away))
    } else {
        format!("{} ago", coarse(-away))
    }
}

/// A duration in its largest unit: minutes below an hour, hours below two days, then days.
pub(super) fn coarse(time: TimeDelta) -> String {
    let (days, hours) = (time.num_days(), time.num_hours());
    match (time.num_seconds(), time.num_minutes()) {
        (seconds, _) if seconds < 60 => format!("{} s", seconds.max(0)),
        (_, minutes) if minutes < 60 => format!("{minutes} min"),
        _ if hours < 48 => format!("{hours} h"),
        _ => format!("{days} d"),
    }
}

/// A duration in its two largest units.
pub(super) fn duration(time: TimeDelta) -> String {
    let time = time.max(TimeDelta::zero());
    let (days, hours) = (time.num_days(), time.num_hours());
    let (minutes, seconds) = (time.num_minutes(), time.num_seconds());
    let (large, small) = match () {
        () if seconds < 1 => return format!("{} ms", time.num_milliseconds()),
        () if minutes < 1 => ((seconds, "s"), (0, "")),
        () if hours < 1 => ((minutes, "min"), (seconds % 60, "s")),
        () if days < 1 => ((hours, "h"), (minutes % 60, "min")),
        () => ((days, "d"), (hours % 24, "h")),
    };
    match (large, small) {
        ((count, unit), (0, _)) => format!("{count} {unit}"),
        ((count, unit), (rest, smaller)) => format!("{count} {unit} {rest} {smaller}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_has_its_two_largest_units() {
        for (ms, text) in [
            (-5, "0 ms"),
            (850, "850 ms"),
            (12_345, "12 s"),
            (200_000, "3 min 20 s"),
            (3_600_000, "1 h"),
            (7_500_000, "2 h 5 min"),
            (100_800_000, "1 d 4 h"),
        ] {
            assert_eq!(duration(TimeDelta::milliseconds(ms)), text);
        }
    }

    #[test]
    fn a_time_is_shown_with_its_zone_and_its_distance() {
        let now = "2026-11-20T12:30:00Z".parse().unwrap();
        let at = "2026-11-20T14:00:00Z".parse().unwrap();

        let page = Moment::by("America/Los_Angeles", at, now).render().unwrap();

        let words = "Fri 2026-11-20 06:00 PST (America/Los_Angeles)";
        assert!(page.contains(words), "{page}");
        assert!(page.contains("in 1 h"), "{page}");
        assert!(page.contains("datetime=\"2026-11-20T14:00:00Z\""), "{page}");
        let unknown = Moment::by("Not/AZone", at, now).render().unwrap();
        assert!(unknown.contains("2026-11-20 14:00:00 UTC"), "{unknown}");
    }

    #[test]
    fn the_past_is_ago_and_the_future_ahead() {
        let now: DateTime<Utc> = "2026-11-20T12:30:00Z".parse().unwrap();
        for (seconds, text) in [
            (0, "now"),
            (-30, "30 s ago"),
            (3_600, "in 1 h"),
            (-300_000, "3 d ago"),
        ] {
            assert_eq!(relative(now + TimeDelta::seconds(seconds), now), text);
        }
    }
}
