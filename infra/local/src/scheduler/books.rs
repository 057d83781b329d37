//! The books: groups and their schedules, and the file they are kept in between two starts.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::definition::Definition;
use super::timetable::Timetable;
use crate::aws::error::ApiError;
use crate::aws::kept;
use crate::aws::tags::Tags;

/// The group every account has, and the one meant when none is named.
pub(super) const DEFAULT_GROUP: &str = "default";

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Books {
    pub(super) groups: BTreeMap<String, Group>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    pub(super) client_token: Option<String>,
    pub(super) tags: Tags,
    pub(super) schedules: BTreeMap<String, Schedule>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Schedule {
    pub(super) definition: Definition,
    pub(super) created: DateTime<Utc>,
    pub(super) modified: DateTime<Utc>,
    /// When its times were set; a rate without a start counts from here.
    pub(super) scheduled_at: DateTime<Utc>,
    /// The request that created it, to know it again.
    pub(super) creation: Creation,
    #[serde(skip)]
    pub(super) timetable: Option<Timetable>,
    /// When it fires next, also while it is disabled; moved by the clock alone.
    #[serde(skip)]
    pub(super) next_fire: Option<DateTime<Utc>>,
}

/// A request to create a schedule, as far as another one is compared with it.
#[derive(PartialEq, Serialize, Deserialize)]
pub(super) struct Creation {
    pub(super) client_token: Option<String>,
    pub(super) digest: String,
}

impl Books {
    /// Books with the default group and the groups given.
    pub(super) fn new(group_names: &[String], now: DateTime<Utc>) -> Self {
        let mut books = Self::default();
        books.add_groups(group_names, now);
        books
    }

    /// Reads the books; new ones when there is no file yet.
    pub(super) fn open(
        file: &Path,
        group_names: &[String],
        now: DateTime<Utc>,
    ) -> anyhow::Result<Self> {
        let mut books: Self = kept::open(file)?.unwrap_or_default();
        books.add_groups(group_names, now);
        let groups = books.groups.values_mut();
        for schedule in groups.flat_map(|group| group.schedules.values_mut()) {
            schedule.timetable = schedule.definition.timetable().ok();
            schedule.reckon(now);
        }
        Ok(books)
    }

    fn add_groups(&mut self, names: &[String], now: DateTime<Utc>) {
        for name in names.iter().map(String::as_str).chain([DEFAULT_GROUP]) {
            self.groups
                .entry(name.to_owned())
                .or_insert_with(|| Group::new(now));
        }
    }

    /// When the clock has something to do next.
    pub(super) fn next_fire(&self) -> Option<DateTime<Utc>> {
        let schedules = self
            .groups
            .values()
            .flat_map(|group| group.schedules.values());
        schedules
            .filter(|schedule| schedule.definition.is_enabled())
            .filter_map(|schedule| schedule.next_fire)
            .min()
    }

    pub(super) fn schedule_count(&self) -> usize {
        self.groups
            .values()
            .map(|group| group.schedules.len())
            .sum()
    }

    pub(super) fn group(&self, name: &str) -> Result<&Group, ApiError> {
        self.groups
            .get(name)
            .ok_or_else(|| ApiError::no_group(name))
    }

    pub(super) fn group_mut(&mut self, name: &str) -> Result<&mut Group, ApiError> {
        self.groups
            .get_mut(name)
            .ok_or_else(|| ApiError::no_group(name))
    }
}

impl Group {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self {
            created: now,
            modified: now,
            client_token: None,
            tags: Tags::new(),
            schedules: BTreeMap::new(),
        }
    }
}

impl Schedule {
    /// Reckons the next fire time after `now`.
    pub(super) fn reckon(&mut self, now: DateTime<Utc>) {
        let timetable = self.timetable.as_ref();
        self.next_fire =
            timetable.and_then(|timetable| timetable.next_after(now, self.scheduled_at));
    }

    /// The fire time that has come, if the schedule is to fire now.
    pub(super) fn due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let is_enabled = self.definition.is_enabled();
        self.next_fire
            .filter(|nominal| is_enabled && *nominal <= now)
    }
}
