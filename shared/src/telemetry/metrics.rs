//! Figures for CloudWatch, in lines of the log: the embedded metric format.
//!
//! **Source:** CloudWatch user guide, "Specification: Embedded metric format".

use std::io::{self, Write};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

/// Under which all our metrics stand in CloudWatch.
const NAMESPACE: &str = "Sundial";

/// Of what a figure is told: of an installation, which is called like its bus, or of one job type there.
/// CloudWatch sums the latter up to the former.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    installation: &'a str,
    job_type: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// A whole installation.
    #[must_use]
    pub fn of_all(installation: &'a str) -> Self {
        Self {
            installation,
            job_type: None,
        }
    }

    /// One job type of an installation, by its name.
    #[must_use]
    pub fn of_type(installation: &'a str, job_type: &'a str) -> Self {
        Self {
            installation,
            job_type: Some(job_type),
        }
    }

    fn names(self) -> Vec<Vec<&'static str>> {
        let all = vec![INSTALLATION];
        match self.job_type {
            None => vec![all],
            Some(_) => vec![all, vec![INSTALLATION, JOB_TYPE]],
        }
    }
}

const INSTALLATION: &str = "Installation";
const JOB_TYPE: &str = "JobType";

/// What a figure counts, in CloudWatch's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Time.
    Milliseconds,
    /// Money: counted in billionths of a US dollar, and told in dollars, for which CloudWatch has no word.
    Nanodollars,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Milliseconds => "Milliseconds",
            Self::Nanodollars => "None",
        }
    }

    /// A value as it is told.
    fn told(self, value: u64) -> Value {
        match self {
            Self::Count | Self::Milliseconds => value.into(),
            Self::Nanodollars => {
                let (dollars, rest) = (value / 1_000_000_000, value % 1_000_000_000);
                let decimal = format!("{dollars}.{rest:09}").parse();
                decimal.map_or(Value::Null, Value::Number)
            }
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

/// The line that makes CloudWatch record `figures` of a place at a moment.
#[must_use]
pub fn line(place: Place<'_>, at: DateTime<Utc>, figures: &[Figure]) -> String {
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
                {"Namespace": NAMESPACE, "Dimensions": place.names(), "Metrics": metrics},
            ],
        }),
    );
    line.insert(INSTALLATION.to_owned(), place.installation.into());
    if let Some(job_type) = place.job_type {
        line.insert(JOB_TYPE.to_owned(), job_type.into());
    }
    for figure in figures {
        line.insert(figure.name.to_owned(), figure.unit.told(figure.value));
    }
    Value::Object(line).to_string()
}

/// Writes `figures` to standard output, which Lambda sends to CloudWatch.
///
/// # Errors
/// When standard output is gone.
pub fn publish(place: Place<'_>, at: DateTime<Utc>, figures: &[Figure]) -> io::Result<()> {
    writeln!(io::stdout(), "{}", line(place, at, figures))
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

        let line = line(Place::of_all("sundial"), at, &figures);

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

    #[test]
    fn figures_of_a_job_type_count_for_the_whole_installation_too() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let runs = Figure {
            name: "RunsCompleted",
            unit: Unit::Count,
            value: 1,
        };

        let line = line(Place::of_type("sundial", "asset_download"), at, &[runs]);

        let line: Value = serde_json::from_str(&line).unwrap();
        let dimensions = &line["_aws"]["CloudWatchMetrics"][0]["Dimensions"];
        assert_eq!(
            *dimensions,
            json!([["Installation"], ["Installation", "JobType"]])
        );
        assert_eq!(line["JobType"], "asset_download");
    }

    #[test]
    fn money_is_told_in_dollars_without_a_unit() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let cost = |value| {
            let figure = Figure {
                name: "Cost",
                unit: Unit::Nanodollars,
                value,
            };
            let line = line(Place::of_all("sundial"), at, &[figure]);
            serde_json::from_str::<Value>(&line).unwrap()
        };

        let cheap = cost(1_035);
        let metric = &cheap["_aws"]["CloudWatchMetrics"][0]["Metrics"][0];
        assert_eq!(*metric, json!({"Name": "Cost", "Unit": "None"}));
        assert_eq!(cheap["Cost"], 0.000_001_035);
        assert_eq!(cost(12_500_000_000)["Cost"], 12.5);
    }
}
