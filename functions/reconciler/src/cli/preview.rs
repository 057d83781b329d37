//! `schedules preview`: a schedule in words, in times, and as a rule.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde::{Serialize, Serializer, de::DeserializeOwned, ser::SerializeSeq};
use shared::{
    config::ClockBackend,
    domain::schedule::{
        GapPolicy, Lint, RepeatPolicy, Schedule, Zone,
        presets::{PRESETS, Preset, preset},
    },
};

use super::CliError;
use crate::mark::read_word;

/// What to preview.
#[derive(Clone, Debug, Args)]
pub struct PreviewArgs {
    /// Five fields (minute, hour, day of month, month, day of week) or a nickname like @daily.
    #[arg(
        long,
        value_name = "EXPR",
        allow_hyphen_values = true,
        required_unless_present_any = ["preset", "list_presets"]
    )]
    pub cron: Option<String>,
    /// A schedule by its name, instead of an expression.
    #[arg(long, value_name = "NAME", value_parser = known_preset, conflicts_with = "cron")]
    pub preset: Option<Preset>,
    /// List the presets, and nothing else.
    #[arg(long)]
    pub list_presets: bool,
    /// The IANA time zone whose wall clock the expression speaks of.
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// Show fires after this instant, as in 2026-03-01T00:00:00Z [default: now].
    #[arg(long, value_name = "RFC3339", value_parser = instant)]
    pub from: Option<DateTime<Utc>>,
    /// How many fires to show, 1 to 1000.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub count: u16,
    /// When clocks go forward over a fire: `shift` it to the first instant after, or `skip` it.
    #[arg(long, value_name = "POLICY", default_value = "shift", value_parser = word::<GapPolicy>)]
    pub gap: GapPolicy,
    /// When clocks go back over a fire: fire the `first` time, the `second`, or `both`.
    #[arg(long, value_name = "POLICY", default_value = "first", value_parser = word::<RepeatPolicy>)]
    pub repeat: RepeatPolicy,
    /// Show the expression of this clock of the cloud: `rules` or `scheduler`.
    #[arg(long, value_name = "CLOCK", default_value = "rules", value_parser = word::<ClockBackend>)]
    pub clock: ClockBackend,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// The answer.
#[derive(Clone, Debug, Serialize)]
pub struct Preview {
    /// The next fires, at most as many as asked for; none when it never fires again.
    #[serde(serialize_with = "in_utc")]
    pub fires: Vec<DateTime<Utc>>,
    /// The schedule in words.
    pub sentence: String,
    /// What looks odd about it.
    pub lints: Vec<Lint>,
    /// Its rule in the cloud.
    pub cloud: Cloud,
    #[serde(skip)]
    zone: Zone,
}

/// How the cloud's clock is told.
#[derive(Clone, Debug, Serialize)]
pub struct Cloud {
    /// Which of the cloud's clocks.
    pub backend: ClockBackend,
    /// The expression. It fires at least at every fire of the schedule.
    pub expression: String,
    /// IANA name of the zone whose wall clock the expression speaks of, where the clock knows zones: the
    /// schedule's own, or UTC where a fire may fall on a clock change. Rules are in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<&'static str>,
}

impl Cloud {
    fn new(schedule: &Schedule, clock: ClockBackend, from: DateTime<Utc>) -> Self {
        let (expression, zone) = match clock {
            ClockBackend::Rules => (schedule.rule_expression(from), None),
            ClockBackend::Scheduler => {
                let (expression, zone) = schedule.zoned_expression(from);
                (expression, Some(zone.name()))
            }
        };
        Self {
            backend: clock,
            expression,
            zone,
        }
    }
}

impl PreviewArgs {
    /// Computes the answer; `now` stands in for `--from`.
    ///
    /// # Errors
    /// [`CliError::Use`] when the schedule cannot be read.
    pub fn preview(&self, now: DateTime<Utc>) -> Result<Preview, CliError> {
        let expression = match self.preset {
            Some(preset) => preset.expression,
            None => self.cron.as_deref().unwrap_or_default(),
        };
        let schedule = Schedule::parse(expression, &self.zone, self.gap, self.repeat);
        let schedule = schedule.map_err(|error| CliError::Use(error.to_string()))?;
        let from = self.from.unwrap_or(now);
        let limit = usize::from(self.count);
        Ok(Preview {
            fires: schedule.fires_between(from, DateTime::<Utc>::MAX_UTC, limit),
            sentence: schedule.sentence(),
            lints: schedule.lints(from),
            cloud: Cloud::new(&schedule, self.clock, from),
            zone: schedule.zone(),
        })
    }
}

/// The presets, as they are shown.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Presets {
    /// Each of them.
    pub presets: [Preset; PRESETS.len()],
}

impl Presets {
    /// All there are.
    pub const ALL: Self = Self { presets: PRESETS };
}

impl fmt::Display for Presets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut presets = self.presets.iter();
        presets.try_for_each(|it| writeln!(f, "{:<12}  {}", it.name, it.expression))
    }
}

impl fmt::Display for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.sentence)?;
        for fire in &self.fires {
            let there = fire
                .with_timezone(&self.zone)
                .format("%a %Y-%m-%d %H:%M %Z");
            writeln!(f, "  {there:<28}  {}", utc(fire))?;
        }
        for lint in &self.lints {
            writeln!(f, "{}: {}", lint.code, lint.message)?;
        }
        let Cloud {
            backend,
            expression,
            zone,
        } = &self.cloud;
        let zone = zone.map(|zone| format!(" {zone}")).unwrap_or_default();
        writeln!(f, "{backend}: {expression}{zone}")
    }
}

fn utc(time: &DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn in_utc<S: Serializer>(fires: &[DateTime<Utc>], serializer: S) -> Result<S::Ok, S::Error> {
    let mut sequence = serializer.serialize_seq(Some(fires.len()))?;
    for fire in fires {
        sequence.serialize_element(&utc(fire))?;
    }
    sequence.end()
}

pub(super) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let time = DateTime::parse_from_rfc3339(text);
    time.map(|time| time.to_utc())
        .map_err(|error| format!("{error}; allowed: RFC 3339, as in 2026-03-01T00:00:00Z"))
}

fn known_preset(name: &str) -> Result<Preset, String> {
    preset(name).copied().ok_or_else(|| {
        let names = PRESETS.map(|preset| preset.name).join(", ");
        format!("allowed: {names}")
    })
}

/// A word of a list, as JSON has it.
fn word<T: DeserializeOwned + Clone + Send + Sync + 'static>(text: &str) -> Result<T, String> {
    read_word(text).ok_or_else(|| "there is no such word".to_owned())
}
