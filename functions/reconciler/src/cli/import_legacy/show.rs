//! The answer of `schedules import-legacy` for people.

use std::fmt;

use chrono::SecondsFormat;
use shared::domain::schedule::{Zone, legacy::Legacy};

use super::{Converted, Imported, Outcome};

impl fmt::Display for Imported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            writeln!(f, "{}. {}: {}", row.row, row.name, row.cron)?;
            match &row.outcome {
                Outcome::Problem { problem } => writeln!(f, "    not converted: {problem}")?,
                Outcome::Converted(converted) => converted.show(f, self.zone)?,
            }
        }
        writeln!(f, "{} rows; {}", self.rows.len(), self.note)?;
        self.total.map_or(Ok(()), |total| writeln!(f, "{total}"))
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
        if let Some(applied) = &self.applied {
            return writeln!(f, "    {applied}");
        }
        if let Some(patch) = &self.patch {
            let body = serde_json::to_string(&patch.body).map_err(|_| fmt::Error)?;
            writeln!(f, "    PATCH {} {body}", patch.path)?;
        }
        Ok(())
    }
}
