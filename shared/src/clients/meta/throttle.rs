//! Reads how close we are to Meta's limits from the headers of every answer, errors included.

use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;

/// At this share of a quota, callers slow down. Meta refuses at 100.
const SLOW_PERCENT: f64 = 75.0;
/// At this share, nothing new is begun.
const STOP_PERCENT: f64 = 90.0;
/// At this share, Meta refuses.
const FULL_PERCENT: f64 = 100.0;

/// The worst that the headers of one answer say.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pressure {
    /// Highest share of any quota, in percent.
    pub worst_percent: f64,
    /// Until access returns, as Meta estimates.
    pub regain: Duration,
    /// Until the account's score resets.
    pub reset: Duration,
}

/// What the pressure asks of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Carry on.
    Go,
    /// Fewer calls at a time.
    SlowDown,
    /// Finish what runs, begin nothing new.
    Stop,
    /// No call before this much time has passed.
    Park(Duration),
}

impl Pressure {
    /// Reads all four usage headers. Malformed values count as absent.
    #[must_use]
    pub fn read(headers: &HeaderMap) -> Self {
        let mut pressure = Self::default();
        for (name, values) in [
            (
                "x-app-usage",
                &["call_count", "total_cputime", "total_time"][..],
            ),
            ("x-ad-account-usage", &["acc_id_util_pct"][..]),
            (
                "x-fb-ads-insights-throttle",
                &["app_id_util_pct", "acc_id_util_pct"][..],
            ),
        ] {
            let Some(json) = json_of(headers, name) else {
                continue;
            };
            pressure.add_percents(&json, values);
            pressure.reset = pressure
                .reset
                .max(duration(&json, "reset_time_duration", 1));
        }
        if let Some(Value::Object(accounts)) = json_of(headers, "x-business-use-case-usage") {
            for case in accounts.values().filter_map(Value::as_array).flatten() {
                pressure.add_percents(case, &["call_count", "total_cputime", "total_time"]);
                // Minutes, unlike the account's reset.
                pressure.regain =
                    pressure
                        .regain
                        .max(duration(case, "estimated_time_to_regain_access", 60));
            }
        }
        pressure
    }

    /// What to do next.
    #[must_use]
    pub fn advice(&self) -> Advice {
        if self.worst_percent >= FULL_PERCENT || !self.regain.is_zero() {
            Advice::Park(self.regain.max(self.reset))
        } else if self.worst_percent >= STOP_PERCENT {
            Advice::Stop
        } else if self.worst_percent >= SLOW_PERCENT {
            Advice::SlowDown
        } else {
            Advice::Go
        }
    }

    fn add_percents(&mut self, json: &Value, names: &[&str]) {
        for percent in names.iter().filter_map(|name| json.get(name)?.as_f64()) {
            self.worst_percent = self.worst_percent.max(percent);
        }
    }
}

fn json_of(headers: &HeaderMap, name: &str) -> Option<Value> {
    serde_json::from_slice(headers.get(name)?.as_bytes()).ok()
}

/// Longest wait believed: a day. Quotas are hourly; anything above is a mistake on the wire.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

fn duration(json: &Value, name: &str, unit_seconds: u64) -> Duration {
    let count = json
        .get(name)
        .and_then(Value::as_f64)
        .filter(|count| count.is_finite() && *count > 0.0);
    let wait = count.and_then(|count| Duration::try_from_secs_f64(count).ok());
    let unit = u32::try_from(unit_seconds).unwrap_or(1);
    wait.unwrap_or_default().saturating_mul(unit).min(WAIT_MAX)
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn read(headers: &[(&'static str, &str)]) -> Pressure {
        let pair = |(name, value): &(&'static str, &str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        Pressure::read(&headers.iter().map(pair).collect())
    }

    #[test]
    fn the_worst_of_all_headers_counts_and_minutes_stay_minutes() {
        let pressure = read(&[
            (
                "x-app-usage",
                r#"{"call_count":28,"total_time":25,"total_cputime":25}"#,
            ),
            (
                "x-ad-account-usage",
                r#"{"acc_id_util_pct":9.67,"reset_time_duration":300}"#,
            ),
            (
                "x-fb-ads-insights-throttle",
                r#"{"app_id_util_pct":30,"acc_id_util_pct":92.5}"#,
            ),
            (
                "x-business-use-case-usage",
                r#"{"1":[{"call_count":95,"estimated_time_to_regain_access":0},{"call_count":100,"total_cputime":97,"estimated_time_to_regain_access":38}]}"#,
            ),
        ]);
        assert_eq!(pressure.worst_percent, 100.0);
        assert_eq!(
            pressure.advice(),
            Advice::Park(Duration::from_secs(38 * 60))
        );
    }

    #[test]
    fn advice_follows_the_thresholds() {
        for (percent, advice) in [
            ("74.9", Advice::Go),
            ("75", Advice::SlowDown),
            ("90", Advice::Stop),
            ("100", Advice::Park(Duration::from_secs(300))),
        ] {
            let value = format!(r#"{{"acc_id_util_pct":{percent},"reset_time_duration":300}}"#);
            assert_eq!(
                read(&[("x-ad-account-usage", &value)]).advice(),
                advice,
                "{percent}"
            );
        }
    }

    #[test]
    fn malformed_headers_are_ignored() {
        let pressure = read(&[
            ("x-app-usage", "not json"),
            ("x-business-use-case-usage", "{}"),
            ("x-fb-ads-insights-throttle", r#"{"app_id_util_pct":null}"#),
            (
                "x-ad-account-usage",
                r#"{"acc_id_util_pct":5,"reset_time_duration":-1e300}"#,
            ),
        ]);
        assert_eq!(
            pressure,
            Pressure {
                worst_percent: 5.0,
                ..Pressure::default()
            }
        );
    }
}
