//! What a rule's description carries besides words: which job it belongs to, the schedule as the
//! job has it, and a digest of everything the rule should be.
//!
//! A listing of rules shows neither tags nor targets, so this is how the reconciler tells its own
//! rules from others', knows without a further call whether one is up to date, and can say which
//! fire times a change takes away.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::de::{DeserializeOwned, IntoDeserializer, value::Error as WordError};
use shared::domain::{
    JobId,
    schedule::{GapPolicy, Period, RepeatPolicy, Schedule, ScheduleError},
};

/// Begins every mark; people do not write this by accident.
const OPENING: &str = "[job ";

/// Stands for the digest of a rule that is not complete yet.
const UNFINISHED: &str = "unfinished";

/// When a rule shall fire, in the words of the job's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// A recurring job's schedule.
    Cron {
        /// Five fields or a nickname.
        expression: String,
        /// IANA name.
        zone: String,
        /// For wall-clock times that do not exist.
        gap: GapPolicy,
        /// For wall-clock times that come twice.
        repeat: RepeatPolicy,
        /// When it is in force. The rule fires outside of it as well, and finds nothing due.
        period: Period,
    },
    /// A one-time job's time.
    At(DateTime<Utc>),
}

impl When {
    /// Fires in `(after, until]`, at most `limit`.
    ///
    /// # Errors
    /// [`ScheduleError`] when the schedule cannot be read.
    pub fn fires(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<DateTime<Utc>>, ScheduleError> {
        match self {
            Self::At(time) => Ok(Vec::from_iter(
                (after < *time && *time <= until).then_some(*time),
            )),
            Self::Cron { .. } => {
                let schedule = self.schedule()?;
                Ok(schedule.map_or_else(Vec::new, |it| it.fires_between(after, until, limit)))
            }
        }
    }

    /// The schedule of a recurring job, `None` for a single time.
    ///
    /// # Errors
    /// [`ScheduleError`] when it cannot be read.
    pub fn schedule(&self) -> Result<Option<Schedule>, ScheduleError> {
        match self {
            Self::At(_) => Ok(None),
            Self::Cron {
                expression,
                zone,
                gap,
                repeat,
                period,
            } => {
                let schedule = Schedule::parse(expression, zone, *gap, *repeat)?;
                Ok(Some(schedule.within(*period)))
            }
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(time) => write!(f, "at {}", instant(time)),
            Self::Cron {
                expression,
                zone,
                gap,
                repeat,
                period,
            } => {
                let (gap, repeat) = (word(*gap), word(*repeat));
                write!(f, "cron {expression}; {zone} {gap} {repeat}")?;
                write!(f, "{}", bounds(*period))
            }
        }
    }
}

/// The mark of a rule of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The job whose clock the rule is.
    pub job_id: JobId,
    /// The schedule it was made from.
    pub when: When,
    /// Digest of what the rule should be; `None` while it is being made.
    pub digest: Option<String>,
}

impl Mark {
    /// The part of a description that is for people.
    #[must_use]
    pub fn words(description: &str) -> &str {
        let end = description.rfind(OPENING).unwrap_or(description.len());
        description.get(..end).unwrap_or_default().trim_end()
    }

    /// Reads the mark at the end of a description; `None` when there is none, and the rule
    /// therefore not ours.
    #[must_use]
    pub fn find(description: &str) -> Option<Self> {
        let start = description.rfind(OPENING)? + OPENING.len();
        let text = description.get(start..)?.strip_suffix(']')?;
        let (job_id, rest) = text.split_once("; ")?;
        let (when, digest) = rest.rsplit_once("; ")?;
        Some(Self {
            job_id: JobId::from_str(job_id).ok()?,
            when: read_when(when)?,
            digest: (digest != UNFINISHED).then(|| digest.to_owned()),
        })
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digest = self.digest.as_deref().unwrap_or(UNFINISHED);
        write!(f, "{OPENING}{}; {}; {digest}]", self.job_id, self.when)
    }
}

fn read_when(text: &str) -> Option<When> {
    if let Some(time) = text.strip_prefix("at ") {
        let time = DateTime::parse_from_rfc3339(time).ok()?;
        return Some(When::At(time.to_utc()));
    }
    let (expression, rest) = text.strip_prefix("cron ")?.rsplit_once("; ")?;
    let mut words = rest.split(' ');
    Some(When::Cron {
        expression: expression.to_owned(),
        zone: words.next()?.to_owned(),
        gap: read_word(words.next()?)?,
        repeat: read_word(words.next()?)?,
        period: read_bounds(words)?,
    })
}

/// A period as in ` from 2026-03-01T00:00:00Z to 2026-04-01T00:00:00Z`; empty when it is open.
pub(crate) fn bounds(period: Period) -> String {
    let bounds = [("from", period.starts_at), ("to", period.ends_at)];
    let bounds = bounds.map(|(word, time)| time.map(|time| format!(" {word} {}", instant(&time))));
    bounds.into_iter().flatten().collect()
}

fn read_bounds<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<Period> {
    let mut period = Period::default();
    while let Some(word) = words.next() {
        let time = DateTime::parse_from_rfc3339(words.next()?).ok()?;
        match word {
            "from" => period.starts_at = Some(time.to_utc()),
            "to" => period.ends_at = Some(time.to_utc()),
            _ => return None,
        }
    }
    Some(period)
}

fn instant(time: &DateTime<Utc>) -> impl fmt::Display {
    time.format("%Y-%m-%dT%H:%M:%S%.fZ")
}

/// A policy's word, as SQL and JSON have it.
fn word(policy: impl serde::Serialize) -> String {
    let value = serde_json::to_value(policy).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// Reads a policy's word.
pub(crate) fn read_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    T::deserialize(IntoDeserializer::<WordError>::into_deserializer(word)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(expression: &str) -> When {
        When::Cron {
            expression: expression.to_owned(),
            zone: "America/Los_Angeles".to_owned(),
            gap: GapPolicy::Skip,
            repeat: RepeatPolicy::Both,
            period: Period::default(),
        }
    }

    fn all_kinds() -> [When; 4] {
        let time: DateTime<Utc> = "2026-11-20T10:35:00.250Z".parse().expect("a time");
        let in_force = |starts_at, ends_at| When::Cron {
            expression: "0 6 * * *".to_owned(),
            zone: "UTC".to_owned(),
            gap: GapPolicy::Shift,
            repeat: RepeatPolicy::First,
            period: Period { starts_at, ends_at },
        };
        [
            cron("0 6,18 * * mon-fri"),
            in_force(None, Some(time)),
            in_force(Some(time), Some(time + chrono::TimeDelta::days(1))),
            When::At(time),
        ]
    }

    #[test]
    fn a_mark_is_read_back_as_it_was_written() {
        for when in all_kinds() {
            for digest in [None, Some("0123456789ab".to_owned())] {
                let mark = Mark {
                    job_id: JobId::new(),
                    when: when.clone(),
                    digest,
                };
                let description = format!("Any [job words]; even these. {mark}");
                assert_eq!(Mark::find(&description), Some(mark));
                assert_eq!(Mark::words(&description), "Any [job words]; even these.");
            }
        }
    }

    #[test]
    fn what_people_write_is_no_mark() {
        for text in [
            "",
            "Starts the sweep.",
            "[job of Monday]",
            "[job a; cron b; c d e; f]",
            "x]",
        ] {
            assert_eq!(Mark::find(text), None, "{text}");
        }
    }

    #[test]
    fn a_single_time_fires_once_and_only_inside_the_interval() {
        let [.., at] = all_kinds();
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let (before, after) = (time("2026-11-20T10:00:00Z"), time("2026-11-20T11:00:00Z"));
        assert_eq!(at.fires(before, after, 9).expect("fires").len(), 1);
        assert!(at.fires(after, after, 9).expect("fires").is_empty());
    }
}
