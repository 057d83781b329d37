//! Schedules: five-field cron in a time zone, with a declared policy for clock changes.
//!
//! An expression is read once ([`Schedule::parse`]) and then asked: when next, when last, what
//! does it say in words, what looks odd about it, and which rule of the cloud's clock covers it.
//! Pure: no clock, no I/O.
//!
//! # The dialect
//!
//! Minute, hour, day of month, month, day of week; 0 and 7 are Sunday; names, lists, ranges,
//! steps; `L` for the last day of the month; `@hourly`, `@daily`, `@midnight`, `@weekly`,
//! `@monthly`, `@yearly`, `@annually`. With both day fields restricted a day needs to be in only
//! one of them; a day field that begins with `*` is not restricted. Everything else is refused
//! with its place and the reason.
//!
//! # Clock changes
//!
//! A schedule whose minute and hour are both fixed follows the wall clock, and its
//! [`GapPolicy`] and [`RepeatPolicy`] say what happens when the wall clock jumps. One whose
//! minute or hour begins with `*` follows elapsed time: every instant whose wall clock matches.
//!
//! **Source:** `cron(8)` of Debian's Vixie cron, for both sections.

mod calendar;
mod cloud;
mod dialect;
pub mod diff;
mod error;
mod explain;
mod field;
mod fires;
pub mod legacy;
mod lints;
mod period;
pub mod presets;
mod sentence;
mod values;
mod zone;
mod zoned;

use serde::{Deserialize, Serialize};

use self::{calendar::Calendar, dialect::Fields};

pub use self::{
    error::ScheduleError,
    explain::Explained,
    lints::{CROWD, Lint, crowded},
    period::Period,
};

/// An IANA time zone.
pub type Zone = chrono_tz::Tz;

/// Longest time zone name repeated in a refusal, in characters. The longest real one has 32.
const ZONE_CHARS_SHOWN: usize = 40;

/// When a schedule fires whose wall-clock time does not exist because clocks go forward.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum GapPolicy {
    /// At the first instant after the gap.
    #[default]
    Shift,
    /// Not on that day.
    Skip,
}

/// When a schedule fires whose wall-clock time comes twice because clocks go back.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    schemars::JsonSchema,
    sqlx::Type,
)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RepeatPolicy {
    /// The first time.
    #[default]
    First,
    /// The second time.
    Second,
    /// Both times.
    Both,
}

/// A cron expression in a time zone.
#[derive(Clone, Debug)]
pub struct Schedule {
    expression: String,
    fields: Fields,
    calendar: Calendar,
    zone: Zone,
    gap: GapPolicy,
    repeat: RepeatPolicy,
    period: Period,
}

impl Schedule {
    /// Reads an expression (at most 256 bytes) and the IANA name of its zone.
    ///
    /// An expression that never fires, such as `0 0 30 2 *`, is accepted here;
    /// [`Self::next_after`] and [`Self::lints`] tell.
    ///
    /// # Errors
    ///
    /// [`ScheduleError`] for the first thing wrong, the expression before the zone.
    pub fn parse(
        expression: &str,
        zone: &str,
        gap: GapPolicy,
        repeat: RepeatPolicy,
    ) -> Result<Self, ScheduleError> {
        let fields = Fields::parse(expression)?;
        let zone = zone
            .parse::<Zone>()
            .map_err(|_| ScheduleError::UnknownZone {
                zone: zone.chars().take(ZONE_CHARS_SHOWN).collect(),
            })?;
        Ok(Self {
            expression: expression.trim().to_owned(),
            fields,
            calendar: Calendar::new(&fields)?,
            zone,
            gap,
            repeat,
            period: Period::default(),
        })
    }

    /// The expression as given, without surrounding spaces.
    #[must_use]
    pub fn expression(&self) -> &str {
        &self.expression
    }

    /// The zone whose wall clock the expression speaks of.
    #[must_use]
    pub fn zone(&self) -> Zone {
        self.zone
    }
}
