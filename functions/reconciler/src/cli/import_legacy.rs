//! `schedules import-legacy`: the old system's cron strings, what they did, and what they become.
//!
//! Without `--apply` it changes nothing, and each answer carries the call of the API that would:
//! `PATCH /api/jobs/{id}`. With it, the same edit is made here.

mod apply;
mod read;
mod show;

use std::{io::Write, path::PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use shared::{
    domain::{
        JobId,
        schedule::{
            GapPolicy, RepeatPolicy, Schedule, Zone,
            legacy::{self, Legacy},
        },
    },
    store::Database,
};

use self::{
    apply::{Applied, Total, Wanted, apply},
    read::{Row, read, rows},
};
use super::{CliError, answer};
use crate::error::Failure;

/// Fires told for each schedule.
const FIRES_TOLD: usize = 3;

/// True of every schedule of the old system.
const CLOCK_CHANGES: &str = "the old worker carried the UTC offset over clock changes: its first \
                             run after one came an hour off";

/// What to convert.
#[derive(Clone, Debug, Args)]
pub struct ImportArgs {
    /// CSV with the columns name, cron and optionally job_id and revision, with or without a
    /// heading; or JSON lines with these keys. `-` reads standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The IANA time zone in which the old system meant its schedules.
    #[arg(long, value_name = "ZONE", default_value = legacy::ZONE.name())]
    pub zone: Zone,
    /// Give each job named by a row its new schedule, as an edit through the API does.
    #[arg(long)]
    pub apply: bool,
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
    /// What was done; only with `--apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<Total>,
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
    /// What became of the job; only with `--apply` and a job id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
    #[serde(skip)]
    wanted: Option<Wanted>,
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

/// Reads, converts, changes the jobs in `db` where there is one, and prints.
///
/// # Errors
/// [`CliError`] when the input cannot be read, the database does not answer, some rows cannot be
/// converted or some jobs were refused; what was done is printed first.
pub async fn run(
    args: &ImportArgs,
    db: Option<&Database>,
    now: DateTime<Utc>,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let text = read(&args.file).map_err(|error| {
        let file = args.file.display();
        CliError::Use(format!("reading {file}: {error}"))
    })?;
    let mut imported = Imported {
        total: None,
        zone: args.zone,
        note: CLOCK_CHANGES,
        rows: (1..)
            .zip(rows(&text))
            .map(|(number, row)| ImportedRow::new(number, row, args.zone, now))
            .collect(),
    };
    let applied = match db {
        Some(db) => imported.apply(db, now).await,
        None => Ok(()),
    };
    answer(out, args.json, &imported)?;
    applied?;
    imported.check()
}

impl Imported {
    /// Changes the jobs that rows name, up to the first time that the database does not answer.
    async fn apply(&mut self, db: &Database, now: DateTime<Utc>) -> Result<(), Failure> {
        let total = self.total.insert(Total::default());
        for row in &mut self.rows {
            let Outcome::Converted(converted) = &mut row.outcome else {
                continue;
            };
            if let Some(wanted) = &converted.wanted {
                let applied = apply(db, wanted, now).await;
                let applied = applied.map_err(Failure::while_doing("changing jobs"))?;
                converted.applied = Some(applied);
            }
            total.add(converted.applied.as_ref());
        }
        Ok(())
    }

    fn check(&self) -> Result<(), CliError> {
        let rows = self.rows.len();
        let problems = self.rows.iter().filter(|row| row.is_problem()).count();
        if problems > 0 {
            let line = format!("{problems} of {rows} rows cannot be converted");
            return Err(CliError::Found(line));
        }
        match self.total.map_or(0, |total| total.refused) {
            0 => Ok(()),
            refused => Err(CliError::Found(format!(
                "{refused} jobs were refused and are as they were"
            ))),
        }
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
        applied: None,
        wanted: job_id.map(|job_id| Wanted {
            job_id,
            old: row.cron.clone(),
            revision: row.revision,
            expression: legacy.expression.clone(),
            timezone: zone.name().to_owned(),
        }),
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
