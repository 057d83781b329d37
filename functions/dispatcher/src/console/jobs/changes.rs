//! Which fire times an edit brings, takes away and leaves, before it is saved.

use chrono::{DateTime, Utc};
use shared::{
    domain::{
        schedule::diff::{Difference, Fires},
        timing::Timing,
    },
    store::jobs::Job,
};

use crate::{console::moment::Moment, jobs::preview};

/// Fire times of each kind that are shown; the others are counted.
const TOLD_MAX: usize = 5;

/// What an edit does to the fire times of the next seven days.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    /// In one sentence.
    pub(super) summary: String,
    /// Those that come, those that go and those that stay, without kinds that there are none of.
    pub(super) kinds: Vec<Kind>,
    /// Whether none of them fires before somebody resumes the job.
    pub(super) is_paused: bool,
}

/// Fire times that share their fate.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// As in "new".
    pub(super) what: &'static str,
    pub(super) look: &'static str,
    pub(super) count: usize,
    pub(super) first: Vec<Moment>,
    /// How many are not shown.
    pub(super) untold: usize,
}

impl Changes {
    /// What saving `job` with `timing` does. `None`: it cannot be saved.
    pub(super) fn of(job: &Job, timing: &Timing, now: DateTime<Utc>) -> Option<Self> {
        let told = preview::difference(job, timing, now, TOLD_MAX)?;
        let (old, new) = (&job.timing.timezone, &timing.timezone);
        let kinds = [
            Kind::of("new", "good", &told.appear, new, now),
            Kind::of("gone", "bad", &told.vanish, old, now),
            Kind::of("unchanged", "", &told.stay, new, now),
        ];
        Some(Self {
            summary: summary(&told),
            kinds: kinds.into_iter().filter(|kind| kind.count > 0).collect(),
            is_paused: preview::is_stopped(job),
        })
    }
}

impl Kind {
    fn of(
        what: &'static str,
        look: &'static str,
        fires: &Fires,
        zone: &str,
        now: DateTime<Utc>,
    ) -> Self {
        let first = fires.first.iter();
        Self {
            what,
            look,
            count: fires.count,
            first: first.map(|at| Moment::by(zone, *at, now)).collect(),
            untold: fires.untold(),
        }
    }
}

fn summary(told: &Difference) -> String {
    let (new, gone, stay) = (told.appear.count, told.vanish.count, told.stay.count);
    if told.is_none() {
        return format!("No fire time of the next 7 days changes; unchanged: {stay}");
    }
    format!("Fire times of the next 7 days: {new} new, {gone} gone, {stay} unchanged")
}
