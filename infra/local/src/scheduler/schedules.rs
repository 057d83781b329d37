//! Schedules: the operations on them.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Scheduler;
use super::api::Asked;
use super::books::{Creation, DEFAULT_GROUP, Schedule};
use super::definition::{Definition, Epoch};
use super::given::GivenSchedule;
use super::timetable::Timetable;
use crate::aws::checks::{CLIENT_TOKEN, Checks, SCHEDULE_NAME};
use crate::aws::error::ApiError;
use crate::aws::pages::{PAGE_MAX, TOKEN_CHARS_MAX, page, with_token};

/// Most schedules of an account in a region. **Source:** AWS, "Quotas for EventBridge Scheduler".
pub(super) const SCHEDULES_MAX: usize = 10_000_000;

impl Scheduler {
    /// The same request with the same token is answered the same again, and does nothing.
    pub(super) fn create_schedule(&self, asked: &Asked) -> Result<Value, ApiError> {
        let given: GivenSchedule = asked.body()?;
        let now = self.0.options.clock.now();
        let name = &asked.name;
        let client_token = given.client_token.clone();
        let group_name = given.group_name.clone().unwrap_or(DEFAULT_GROUP.to_owned());
        let (definition, timetable) = given.accept(name, now)?;
        let creation = Creation {
            client_token,
            digest: definition.digest(),
        };
        let answer = json!({ "ScheduleArn": self.schedule_arn(&group_name, name) });
        self.0.books.change(|books| {
            let count = books.schedule_count();
            let group = books.group_mut(&group_name)?;
            if let Some(there) = group.schedules.get(name) {
                return match creation.client_token.is_some() && there.creation == creation {
                    true => Ok(answer),
                    false => Err(ApiError::conflict(format!(
                        "Schedule {name} already exists."
                    ))),
                };
            }
            if count >= self.0.schedules_max.load(Ordering::Relaxed) {
                return Err(ApiError::quota("Schedule quota exceeded."));
            }
            let schedule = Schedule::new(definition, timetable, creation, now);
            group.schedules.insert(name.clone(), schedule);
            Ok(answer)
        })
    }

    /// Replaces everything; what is not given gets its default.
    pub(super) fn update_schedule(&self, asked: &Asked) -> Result<Value, ApiError> {
        let given: GivenSchedule = asked.body()?;
        let now = self.0.options.clock.now();
        let name = &asked.name;
        let group_name = given.group_name.clone().unwrap_or(DEFAULT_GROUP.to_owned());
        let (definition, timetable) = given.accept(name, now)?;
        self.0.books.change(|books| {
            let group = books.group_mut(&group_name)?;
            let schedule = group.schedules.get_mut(name);
            let schedule = schedule.ok_or_else(|| ApiError::no_schedule(name))?;
            schedule.replace(definition, timetable, now);
            Ok(json!({ "ScheduleArn": self.schedule_arn(&group_name, name) }))
        })
    }

    pub(super) fn get_schedule(&self, asked: &Asked) -> Result<Value, ApiError> {
        let (group_name, name) = named(asked)?;
        self.0.books.read(|books| {
            let schedule = books.group(group_name)?.schedules.get(name);
            let schedule = schedule.ok_or_else(|| ApiError::no_schedule(name))?;
            Ok(self.description(group_name, name, schedule))
        })
    }

    pub(super) fn delete_schedule(&self, asked: &Asked) -> Result<Value, ApiError> {
        let (group_name, name) = named(asked)?;
        self.0.books.change(|books| {
            let schedule = books.group_mut(group_name)?.schedules.remove(name);
            schedule.ok_or_else(|| ApiError::no_schedule(name))?;
            Ok(json!({}))
        })
    }

    pub(super) fn list_schedules(&self, asked: &Asked) -> Result<Value, ApiError> {
        let group = asked.text("ScheduleGroup");
        let prefix = asked.text("NamePrefix");
        let state = asked.text("State");
        let (token, limit) = (asked.text("NextToken"), asked.number("MaxResults")?);
        let mut checks = Checks::default();
        checks.optional("scheduleGroup", group, SCHEDULE_NAME);
        checks.optional("namePrefix", prefix, SCHEDULE_NAME);
        if let Some(state) = state {
            checks.one_of("state", state, &["ENABLED", "DISABLED"]);
        }
        checks.length("nextToken", token, TOKEN_CHARS_MAX);
        checks.number("maxResults", limit, 1, PAGE_MAX);
        checks.finish()?;
        self.0.books.read(|books| {
            group.map(|group| books.group(group)).transpose()?;
            let groups = books.groups.iter();
            let groups = groups.filter(|(name, _)| group.is_none_or(|wanted| wanted == *name));
            let all = groups.flat_map(|(group, in_it)| {
                in_it
                    .schedules
                    .iter()
                    .map(move |(name, schedule)| (group, name, schedule))
            });
            let wanted = all.filter(|(_, name, schedule)| {
                prefix.is_none_or(|prefix| name.starts_with(prefix))
                    && state.is_none_or(|state| schedule.definition.state == state)
            });
            let summaries = wanted.map(|(group, name, schedule)| {
                // A character below all that names may hold, so that keys sort as the lists do.
                (
                    format!("{group}\0{name}"),
                    self.summary(group, name, schedule),
                )
            });
            let (page, token) = page(summaries, token, limit)?;
            Ok(with_token(json!({ "Schedules": page }), token))
        })
    }

    /// What a list tells of a schedule: neither its times nor its description.
    fn summary(&self, group: &str, name: &str, schedule: &Schedule) -> Value {
        json!({
            "Arn": self.schedule_arn(group, name),
            "Name": name,
            "GroupName": group,
            "State": schedule.definition.state,
            "CreationDate": Epoch(schedule.created),
            "LastModificationDate": Epoch(schedule.modified),
            "Target": { "Arn": schedule.definition.target.arn },
        })
    }

    fn description(&self, group: &str, name: &str, schedule: &Schedule) -> Value {
        let mut description = json!(schedule.definition);
        if let (Value::Object(all), Value::Object(mut more)) =
            (&mut description, self.summary(group, name, schedule))
        {
            more.remove("Target");
            all.append(&mut more);
        }
        description
    }
}

/// Group and name of the schedule that is asked for.
fn named(asked: &Asked) -> Result<(&str, &str), ApiError> {
    let mut checks = Checks::default();
    checks.required("name", Some(&asked.name), SCHEDULE_NAME);
    checks.optional("groupName", asked.text("groupName"), SCHEDULE_NAME);
    checks.optional("clientToken", asked.text("clientToken"), CLIENT_TOKEN);
    checks.finish()?;
    Ok((
        asked.text("groupName").unwrap_or(DEFAULT_GROUP),
        &asked.name,
    ))
}

impl Schedule {
    fn new(
        definition: Definition,
        timetable: Timetable,
        creation: Creation,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            definition,
            created: now,
            modified: now,
            scheduled_at: now,
            creation,
            next_fire: timetable.first(now),
            timetable: Some(timetable),
        }
    }

    /// If the times are the same, a rate keeps its phase, and a fire time that is due stays due. Otherwise a
    /// schedule updated at its minute would miss that minute.
    fn replace(&mut self, definition: Definition, timetable: Timetable, now: DateTime<Utc>) {
        let was_enabled = self.definition.is_enabled();
        self.definition = definition;
        self.modified = now;
        if self.timetable.as_ref() != Some(&timetable) {
            self.scheduled_at = now;
            self.next_fire = timetable.first(now);
            self.timetable = Some(timetable);
        } else if !was_enabled {
            self.reckon(now);
        }
    }
}
