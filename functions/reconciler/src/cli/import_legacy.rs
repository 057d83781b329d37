//! `schedules import-legacy`: the old system's cron strings, what they did, and what they become.
//!
//! Changes nothing: the row of a job is changed with `PATCH /api/jobs/{id}`, which gives fire times
//! that are due their verdict; each answer carries the body of that call.

mod read;

use std::{fmt, io::Write, path::PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde::Serialize;
use shared::domain::{
    JobId,
    schedule::{
        GapPolicy, RepeatPolicy, Schedule, Zone,
        legacy::{self, Legacy},
    },
};

use self::read::{Row, read, rows};
use super::{CliError, answer};

/// Fires told for each schedule.
const FIRES_TOLD: usize = 3;

/// True of every schedule of the old system.
const CLOCK_CHANGES: &str = "the old worker carried the UTC offset over clock changes: its first \
                             run after one came an hour off";

/// What to convert.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// CSV with the columns name, cron and optionally job_id, with or without a heading; or JSON
    /// lines with these keys. `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The IANA time zone in which the old system meant its schedules.
    #[arg(long, value_name = "ZONE", default_value = legacy::ZONE.name())]
    pub zone: Zone,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// The zone of every schedule.
    pub zone: Zone,
    /// True of all of them.
    pub note: &'static str,
    /// Row by row.
    pub rows: Vec<ImportedRow>,
}

/// One row of the answer.
#[derive(Clone, Debug, Serialize)]
pub struct ImportedRow {
    /// Its number in the input, from 1, the heading not counted.
    pub row: usize,
    /// The job's name.
    pub name: String,
    /// The old string.
    pub cron: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A row's end.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Converted.
    Converted(Box<Converted>),
    /// Not converted.
    Problem {
        /// Why.
        problem: String,
    },
}

/// A schedule in our dialect.
#[derive(Clone, Debug, Serialize)]
pub struct Converted {
    /// The new expression, and what the old one did.
    #[serde(flatten)]
    pub legacy: Legacy,
    /// The new schedule in words: what the old one meant to people.
    pub sentence: String,
    /// Its next fires.
    pub next: Vec<DateTime<Utc>>,
    /// The call that changes the job; only with a job id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patch: Option<Patch>,
}

/// A call of the dispatcher's API.
#[derive(Clone, Debug, Serialize)]
pub struct Patch {
    /// As in `/api/jobs/018f…`.
    pub path: String,
    /// The body.
    pub body: PatchBody,
}

/// What the call changes.
#[derive(Clone, Debug, Serialize)]
pub struct PatchBody {
    /// The new expression.
    pub cron_expression: String,
    /// Its zone.
    pub timezone: Zone,
}

/// Reads, converts and prints.
///
/// # Errors
/// [`CliError`] when the input cannot be read, or some rows cannot be converted; the others are
/// printed first.
pub fn run(args: &ImportArgs, now: DateTime<Utc>, out: &mut impl Write) -> Result<(), CliError> {
    let text = read(&args.file).map_err(|error| {
        let file = args.file.display();
        CliError::Use(format!("reading {file}: {error}"))
    })?;
    let imported = Imported {
        zone: args.zone,
        note: CLOCK_CHANGES,
        rows: (1..)
            .zip(rows(&text))
            .map(|(number, row)| ImportedRow::new(number, row, args.zone, now))
            .collect(),
    };
    answer(out, args.json, &imported)?;
    let problems = imported.rows.iter().filter(|row| row.is_problem()).count();
    match problems {
        0 => Ok(()),
        _ => Err(CliError::Found(format!(
            "{problems} of {} rows cannot be converted",
            imported.rows.len()
        ))),
    }
}

impl ImportedRow {
    fn new(row: usize, read: Result<Row, String>, zone: Zone, now: DateTime<Utc>) -> Self {
        let (name, cron, converted) = match read {
            Err(problem) => (String::new(), String::new(), Err(problem)),
            Ok(row) => {
                let converted = convert(&row, zone, now);
                (row.name, row.cron, converted)
            }
        };
        Self {
            row,
            name,
            cron,
            outcome: match converted {
                Ok(converted) => Outcome::Converted(Box::new(converted)),
                Err(problem) => Outcome::Problem { problem },
            },
        }
    }

    fn is_problem(&self) -> bool {
        matches!(self.outcome, Outcome::Problem { .. })
    }
}

fn convert(row: &Row, zone: Zone, now: DateTime<Utc>) -> Result<Converted, String> {
    let legacy = legacy::convert(&row.cron).map_err(|error| error.to_string())?;
    let (gap, repeat) = (GapPolicy::default(), RepeatPolicy::default());
    let schedule = Schedule::parse(&legacy.expression, zone.name(), gap, repeat);
    let schedule = schedule.map_err(|error| error.to_string())?;
    let job_id: Option<JobId> =
        row.job_id
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|error| {
                format!(
                    "`{}` is no job id: {error}",
                    row.job_id.as_deref().unwrap_or_default()
                )
            })?;
    Ok(Converted {
        sentence: schedule.sentence(),
        next: schedule.fires_between(now, DateTime::<Utc>::MAX_UTC, FIRES_TOLD),
        patch: job_id.map(|id| Patch {
            path: format!("/api/jobs/{id}"),
            body: PatchBody {
                cron_expression: legacy.expression.clone(),
                timezone: zone,
            },
        }),
        legacy,
    })
}

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{}. {}: {}", row.row, row.name, row.cron)?;
            match &row.outcome {
                Outcome::Problem { problem } => writeln!(f, "    not converted: {problem}")?,
                Outcome::Converted(converted) => converted.show(f, self.zone)?,
            }
        }
        writeln!(f, "{} rows; {}", self.rows.len(), self.note)
    }
}

impl Converted {
    fn show(&self, f: &mut fmt::Formatter<'_>, zone: Zone) -> fmt::Result {
        let Legacy {
            expression,
            weekdays,
            if_from_sunday,
            did_early,
            did_late,
            notes,
        } = &self.legacy;
        let meaning = weekdays
            .as_ref()
            .map_or_else(String::new, |it| format!(" ({it})"));
        writeln!(f, "    meant: {}{meaning}", self.sentence)?;
        writeln!(f, "    early worker: {did_early}")?;
        writeln!(f, "    late worker: {did_late}")?;
        writeln!(f, "    now: {expression}  {zone}")?;
        for fire in &self.next {
            let there = fire.with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z");
            let utc = fire.to_rfc3339_opts(SecondsFormat::Secs, true);
            writeln!(f, "      {there:<28}  {utc}")?;
        }
        if let Some(other) = if_from_sunday {
            writeln!(f, "    or, if counted from Sunday = 0: {other}")?;
        }
        for note in notes {
            writeln!(f, "    note: {note}")?;
        }
        if let Some(patch) = &self.patch {
            let body = serde_json::to_string(&patch.body).map_err(|_| fmt::Error)?;
            writeln!(f, "    PATCH {} {body}", patch.path)?;
        }
        Ok(())
    }
}
