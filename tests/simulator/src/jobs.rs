//! What the simulator knows of a job: what people asked for, and so what should have happened.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::domain::JobId;
use uuid::Uuid;

use crate::{calendar::Calendar, chance::Chance, policies::Policies};

/// Clocks of functions differ by up to 2 s each, an event may be 5 s early: at the boundary of an
/// edit both verdicts are right.
pub(crate) const BLUR: TimeDelta = TimeDelta::seconds(10);

/// A job with this parameter from here on wishes for a run of another one.
pub(crate) const WISHES_FROM: u32 = 100;

/// A time during which a calendar was in force; without an end it still is.
#[derive(Clone, Debug)]
pub(crate) struct Epoch {
    pub(crate) calendar: Calendar,
    pub(crate) from: DateTime<Utc>,
    pub(crate) until: Option<DateTime<Utc>>,
}

/// A job of the simulation.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: JobId,
    pub(crate) name: String,
    pub(crate) epochs: Vec<Epoch>,
    /// When it was paused, and until when, which may be yet to come.
    pub(crate) pauses: Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>,
    /// Fire times that somebody wanted left out.
    pub(crate) skips: BTreeSet<DateTime<Utc>>,
    /// Its policies, and since when.
    pub(crate) policies: Vec<(DateTime<Utc>, Policies)>,
    pub(crate) max_runs: Option<u32>,
    pub(crate) wishes: bool,
    pub(crate) archived_at: Option<DateTime<Utc>>,
    /// Somebody saw that it runs no more.
    pub(crate) is_ended: bool,
    pub(crate) revision: i32,
}

/// A job that somebody is about to ask for.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) brand: Uuid,
    pub(crate) calendar: Calendar,
    pub(crate) policies: Policies,
    pub(crate) max_runs: Option<u32>,
    pub(crate) wishes: bool,
    note: u32,
}

impl Order {
    pub(crate) fn draw(
        chance: &mut Chance,
        brands: &[Uuid],
        note: u32,
        now: DateTime<Utc>,
    ) -> Self {
        let calendar = match chance.hits(15.0) {
            true => Calendar::draw_once(chance, now),
            false => Calendar::draw(chance, now),
        };
        let is_limited = calendar.once.is_none() && chance.hits(15.0);
        Self {
            name: format!("job {note}"),
            brand: chance.pick(brands, Uuid::nil()),
            calendar,
            policies: Policies::draw(chance),
            max_runs: is_limited.then(|| chance.number(1, 20)),
            wishes: chance.hits(20.0),
            note,
        }
    }

    /// What the request says.
    pub(crate) fn body(&self) -> Value {
        let images = self.note / 100 + if self.wishes { WISHES_FROM } else { 0 };
        let mut body = self.calendar.fields();
        body.extend(
            self.policies
                .fields()
                .as_object()
                .cloned()
                .unwrap_or_default(),
        );
        body.extend([
            ("job_type".to_owned(), json!("asset_download")),
            ("brand_id".to_owned(), json!(self.brand)),
            ("name".to_owned(), json!(self.name)),
            // Two recurring jobs of a brand and type must differ in their parameters.
            (
                "parameters".to_owned(),
                json!({ "max_videos": self.note % 100, "max_images": images }),
            ),
        ]);
        if self.max_runs.is_some() {
            body.insert("max_runs".to_owned(), json!(self.max_runs));
        }
        Value::Object(body)
    }

    /// The job that the request made.
    pub(crate) fn job(self, id: JobId, now: DateTime<Utc>) -> Job {
        Job {
            id,
            name: self.name,
            epochs: vec![Epoch {
                calendar: self.calendar,
                from: now,
                until: None,
            }],
            pauses: vec![],
            skips: BTreeSet::new(),
            policies: vec![(now, self.policies)],
            max_runs: self.max_runs,
            wishes: self.wishes,
            archived_at: None,
            is_ended: false,
            revision: 1,
        }
    }
}

impl Job {
    /// The job that a run wished for.
    pub(crate) fn wished(id: JobId, name: String) -> Self {
        Self {
            id,
            name,
            epochs: vec![],
            pauses: vec![],
            skips: BTreeSet::new(),
            policies: vec![(DateTime::UNIX_EPOCH, Policies::default())],
            max_runs: Some(1),
            wishes: false,
            archived_at: None,
            is_ended: false,
            revision: 1,
        }
    }

    /// The calendar in force.
    pub(crate) fn calendar(&self) -> Option<&Calendar> {
        self.epochs.last().map(|epoch| &epoch.calendar)
    }

    /// Whether it is, or was, to run once.
    pub(crate) fn is_once(&self) -> bool {
        self.calendar().is_none_or(|it| it.once.is_some())
    }

    pub(crate) fn is_live(&self) -> bool {
        self.archived_at.is_none() && !self.is_ended
    }

    /// From `now` on another calendar is in force, or none.
    pub(crate) fn change(&mut self, now: DateTime<Utc>, calendar: Option<Calendar>) {
        if let Some(epoch) = self.epochs.last_mut() {
            epoch.until = epoch.until.or(Some(now));
        }
        self.epochs.extend(calendar.map(|calendar| Epoch {
            calendar,
            from: now,
            until: None,
        }));
    }

    /// It ended at `at`: what it was to do later it does not.
    pub(crate) fn end_at(&mut self, at: DateTime<Utc>) {
        self.epochs.retain(|epoch| epoch.from <= at + BLUR);
        if let Some(epoch) = self.epochs.last_mut() {
            epoch.until = Some(epoch.until.map_or(at, |until| until.min(at)));
        }
    }

    /// Whether it is paused at `now`.
    pub(crate) fn is_paused(&self, now: DateTime<Utc>) -> bool {
        let last = self.pauses.last();
        last.is_some_and(|(_, until)| until.is_none_or(|until| until > now))
    }

    /// Whether it was paused at any time from `from` to `until`, give or take the clocks.
    pub(crate) fn was_paused(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        self.pauses
            .iter()
            .any(|(start, end)| *start <= until + BLUR && end.is_none_or(|end| end >= from - BLUR))
    }

    /// Whether its calendar changed or ended at any time from `from` to `until`.
    pub(crate) fn was_changed(&self, from: DateTime<Utc>, until: DateTime<Utc>) -> bool {
        let mut ends = self.epochs.iter().filter_map(|epoch| epoch.until);
        ends.any(|end| end >= from - BLUR && end <= until + BLUR)
    }

    /// Whether `holds` for the policies at `at`, or for those that were about to change then.
    pub(crate) fn had(&self, at: DateTime<Utc>, holds: impl Fn(Policies) -> bool) -> bool {
        let ends = self.policies.iter().skip(1).map(|(from, _)| Some(*from));
        self.policies
            .iter()
            .zip(ends.chain([None]))
            .filter(|((from, _), end)| *from <= at + BLUR && end.is_none_or(|end| end >= at - BLUR))
            .any(|((_, policies), _)| holds(*policies))
    }

    /// Every fire time up to `until`, and whether it must have a verdict (`false`: it may).
    pub(crate) fn fires(&self, until: DateTime<Utc>) -> BTreeMap<DateTime<Utc>, bool> {
        let mut fires = BTreeMap::new();
        for epoch in &self.epochs {
            let end = epoch.until.unwrap_or(until).min(until);
            for fire in epoch.calendar.fires(epoch.from - BLUR, end + BLUR) {
                // The one moment of a paused job waits until somebody resumes it.
                let waits = epoch.calendar.once.is_some() && self.was_paused(fire, until);
                let is_inside = fire > epoch.from + BLUR && fire <= end - BLUR;
                *fires.entry(fire).or_insert(false) |= is_inside && !waits;
            }
        }
        for skip in &self.skips {
            fires.entry(*skip).or_insert(false);
        }
        fires
    }
}
