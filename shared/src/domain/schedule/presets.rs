//! Schedules that people ask for by name.

/// A schedule with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Preset {
    /// As in `weekly`.
    pub name: &'static str,
    /// Five fields, in the dialect of this crate.
    pub expression: &'static str,
}

/// The cadences that the old system offered, in standard terms: a week begins its run on Monday.
pub const PRESETS: [Preset; 4] = [
    Preset {
        name: "twice-daily",
        expression: "0 6,18 * * *",
    },
    Preset {
        name: "daily",
        expression: "0 6 * * *",
    },
    Preset {
        name: "weekly",
        expression: "0 6 * * MON",
    },
    Preset {
        name: "monthly",
        expression: "0 6 1 * *",
    },
];

/// The preset called `name`.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schedule::{GapPolicy, RepeatPolicy, Schedule};

    #[test]
    fn every_preset_says_what_its_name_promises() {
        let sentence = |name| {
            let expression = preset(name).unwrap().expression;
            let (gap, repeat) = (GapPolicy::Shift, RepeatPolicy::First);
            let schedule = Schedule::parse(expression, "UTC", gap, repeat).unwrap();
            schedule.sentence()
        };
        assert_eq!(sentence("twice-daily"), "At 06:00 and 18:00, UTC");
        assert_eq!(sentence("daily"), "At 06:00, UTC");
        assert_eq!(sentence("weekly"), "At 06:00 on Monday, UTC");
        assert_eq!(sentence("monthly"), "At 06:00 on day 1 of the month, UTC");
        assert_eq!(PRESETS.len(), 4, "each of them is looked at above");
        assert_eq!(preset("hourly"), None);
    }
}
