//! Figures for CloudWatch, in lines of the log: the embedded metric format.
//!
//! **Source:** CloudWatch user guide, "Specification: Embedded metric format".

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// Under which all our metrics stand in CloudWatch.
const NAMESPACE: &str = "Sundial";

/// Tells installations in one account apart.
const DIMENSION: &str = "Installation";

/// What a figure counts, in CloudWatch's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Time.
    Milliseconds,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
        }
    }
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Its name, as in `LostTicks`.
    pub name: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// How many.
    pub value: u64,
}

/// The line that makes CloudWatch record `figures` of an installation at a moment.
#[must_use]
pub fn line(installation: &str, at: DateTime<Utc>, figures: &[Figure]) -> String {
    let metrics: Vec<_> = figures
        .iter()
        .map(|it| json!({"Name": it.name, "Unit": it.unit.name()}))
        .collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": at.timestamp_millis(),
            "CloudWatchMetrics": [
                {"Namespace": NAMESPACE, "Dimensions": [[DIMENSION]], "Metrics": metrics},
            ],
        }),
    );
    line.insert(DIMENSION.to_owned(), installation.into());
    for figure in figures {
        line.insert(figure.name.to_owned(), figure.value.into());
    }
    Value::Object(line).to_string()
}

/// Writes `figures` to standard output, which Lambda sends to CloudWatch.
///
/// # Errors
/// When standard output is gone.
pub fn publish(installation: &str, at: DateTime<Utc>, figures: &[Figure]) -> io::Result<()> {
    writeln!(io::stdout(), "{}", line(installation, at, figures))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_declares_each_figure_and_carries_its_value() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let figures = [
            Figure {
                name: "LostTicks",
                unit: Unit::Count,
                value: 0,
            },
            Figure {
                name: "StartLatenessP99",
                unit: Unit::Milliseconds,
                value: 812,
            },
        ];

        let line = line("sundial", at, &figures);

        assert!(!line.contains('\n'), "one line: {line}");
        assert_eq!(
            serde_json::from_str::<Value>(&line).unwrap(),
            json!({
                "_aws": {
                    "Timestamp": 1_700_000_000_123_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Sundial",
                        "Dimensions": [["Installation"]],
                        "Metrics": [
                            {"Name": "LostTicks", "Unit": "Count"},
                            {"Name": "StartLatenessP99", "Unit": "Milliseconds"},
                        ],
                    }],
                },
                "Installation": "sundial",
                "LostTicks": 0,
                "StartLatenessP99": 812,
            })
        );
    }
}
