//! What a job does about overlaps, missed fire times and failures, as people asked for it.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::chance::Chance;

/// The policies of a job at some time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Policies {
    pub(crate) overlap: &'static str,
    misfire: &'static str,
    misfire_limit: u32,
    misfire_window_seconds: u32,
    pub(crate) max_retries: u32,
}

impl Default for Policies {
    /// What a job has for which nobody asked for anything.
    fn default() -> Self {
        Self {
            overlap: "skip",
            misfire: "latest",
            misfire_limit: 10,
            misfire_window_seconds: 86_400,
            max_retries: 3,
        }
    }
}

impl Policies {
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        Self {
            overlap: chance.pick(&["skip", "queue", "allow"], "skip"),
            misfire: chance.pick(&["latest", "skip", "all"], "latest"),
            misfire_limit: chance.number(1, 5),
            misfire_window_seconds: chance.pick(&[3_600, 86_400], 86_400),
            max_retries: chance.number(0, 3),
        }
    }

    /// The same as fields of a request.
    pub(crate) fn fields(self) -> Value {
        json!({
            "overlap_policy": self.overlap,
            "misfire_policy": self.misfire,
            "misfire_limit": self.misfire_limit,
            "misfire_window_seconds": self.misfire_window_seconds,
            "max_retries": self.max_retries,
        })
    }

    pub(crate) fn is_exclusive(self) -> bool {
        self.overlap != "allow"
    }

    /// How old a fire time may be and still run, and how many of the newest may.
    pub(crate) fn makes_up_for(self, on_time: TimeDelta) -> (TimeDelta, usize) {
        let window = TimeDelta::seconds(self.misfire_window_seconds.into());
        match self.misfire {
            "skip" => (on_time, 1),
            "all" => (window, usize::try_from(self.misfire_limit).unwrap_or(1)),
            _ => (window, 1),
        }
    }
}
