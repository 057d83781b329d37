//! Schedules of EventBridge Scheduler, all in one group.
//!
//! A listing tells neither expressions nor descriptions, so a schedule's name holds the digest of what
//! it is: one that shall be another gets another name, and is never changed. A change is thus a new
//! schedule and the old one's end, and while both are there both fire, which the ledger absorbs.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_scheduler::{
    Client,
    config::Builder,
    error::BuildError,
    types::{
        DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, ScheduleState,
        ScheduleSummary, Target as AwsTarget,
    },
};

use super::{
    CloudClock, CloudClockError, ListedRule, PAGE_SIZE, PAGES_MAX, Rule, Target, error::called,
    pace::Pace, timeouts,
};
use crate::config::ClockBackend;

/// Schedules that a region may hold unless AWS was asked for more. **Source:** Scheduler quotas.
pub const SCHEDULES_PER_REGION: usize = 10_000_000;

/// Where this stands in a target's input, Scheduler puts the nominal time, as in
/// `2026-03-01T10:00:00Z`. **Source:** Scheduler user guide, "Adding context attributes".
pub const SCHEDULED_TIME: &str = "<aws.scheduler.scheduled-time>";

/// For how long Scheduler tries to hand an event over. The ledger has accounted for its fire time
/// a minute or two after; later events would find nothing to do.
const EVENT_AGE_MAX: Duration = Duration::from_secs(3_600);

/// A schedule whose two dates are further apart than this was edited. Creating sets both; whether
/// to the same millisecond is not promised.
const EDITED_AFTER: Duration = Duration::from_secs(10);

/// The schedules of one group. Clones share one pace and connection pool.
#[derive(Clone, Debug)]
pub struct ClockSchedules {
    client: Client,
    group: String,
    pace: Arc<Pace>,
}

impl ClockSchedules {
    /// A client that makes at most one call per `pace`. Opens no connection yet. The group must exist.
    #[must_use]
    pub fn new(aws: &SdkConfig, group: &str, pace: Duration) -> Self {
        let config = Builder::from(aws).timeout_config(timeouts()).build();
        Self {
            client: Client::from_conf(config),
            group: group.to_owned(),
            pace: Arc::new(Pace::new(pace)),
        }
    }
}

#[async_trait]
impl CloudClock for ClockSchedules {
    fn backend(&self) -> ClockBackend {
        ClockBackend::Scheduler
    }

    async fn list(&self, prefix: &str) -> Result<Vec<ListedRule>, CloudClockError> {
        let mut schedules = Vec::new();
        let mut token = None;
        for _ in 0..PAGES_MAX {
            self.pace.turn().await;
            let call = self.client.list_schedules().group_name(&self.group);
            let call = call.max_results(PAGE_SIZE.into()).set_next_token(token);
            let call = call.set_name_prefix((!prefix.is_empty()).then(|| prefix.to_owned()));
            let page = called("listing", prefix, call.send().await)?;
            schedules.extend(page.schedules.into_iter().filter_map(listed));
            match page.next_token {
                Some(next) => token = Some(next),
                None => return Ok(schedules),
            }
        }
        Err(CloudClockError::endless("listing", prefix))
    }

    async fn describe(&self, rule: ListedRule) -> Result<ListedRule, CloudClockError> {
        self.pace.turn().await;
        let call = self.client.get_schedule().group_name(&self.group);
        let answer = call.name(&rule.name).send().await;
        match called("looking at", &rule.name, answer) {
            Err(error) if error.is_not_found() => Ok(rule),
            Err(error) => Err(error),
            Ok(it) => Ok(ListedRule {
                expression: it.schedule_expression,
                zone: it.schedule_expression_timezone,
                description: Some(it.description.unwrap_or_default()),
                ..rule
            }),
        }
    }

    async fn names_by_target(&self, _: &str) -> Result<Option<BTreeSet<String>>, CloudClockError> {
        Ok(None)
    }

    /// At one stroke. A schedule of the same name is the same schedule: somebody was faster.
    async fn create(&self, rule: &Rule) -> Result<(), CloudClockError> {
        let doing = "creating";
        let incomplete = |source: BuildError| CloudClockError::build(doing, &rule.name, source);
        let target = aws_target(&rule.target).map_err(incomplete)?;
        let window = FlexibleTimeWindow::builder().mode(FlexibleTimeWindowMode::Off);
        let window = window.build().map_err(incomplete)?;
        self.pace.turn().await;
        let call = self.client.create_schedule().group_name(&self.group);
        let call = call.name(&rule.name).description(&rule.description);
        let call = call.schedule_expression(&rule.expression);
        let call = call.schedule_expression_timezone(&rule.zone);
        let call = call.flexible_time_window(window).target(target);
        let call = call.state(match rule.is_enabled {
            true => ScheduleState::Enabled,
            false => ScheduleState::Disabled,
        });
        match called(doing, &rule.name, call.send().await) {
            Err(error) if error.is_conflict() => Ok(()),
            answer => answer.map(drop),
        }
    }

    async fn delete(&self, name: &str) -> Result<(), CloudClockError> {
        self.pace.turn().await;
        let call = self.client.delete_schedule().group_name(&self.group);
        match called("deleting", name, call.name(name).send().await) {
            Err(error) if error.is_not_found() => Ok(()),
            answer => answer.map(drop),
        }
    }
}

fn listed(schedule: ScheduleSummary) -> Option<ListedRule> {
    let created = schedule.creation_date.map_or(0.0, |it| it.as_secs_f64());
    let modified = schedule.last_modification_date.map(|it| it.as_secs_f64());
    Some(ListedRule {
        name: schedule.name?,
        is_enabled: schedule.state != Some(ScheduleState::Disabled),
        target: Some(schedule.target.map(|it| it.arn).unwrap_or_default()),
        is_edited: modified.is_some_and(|it| it - created > EDITED_AFTER.as_secs_f64()),
        ..ListedRule::default()
    })
}

fn aws_target(target: &Target) -> Result<AwsTarget, BuildError> {
    let age = i32::try_from(EVENT_AGE_MAX.as_secs()).unwrap_or(i32::MAX);
    let retries = RetryPolicy::builder().maximum_event_age_in_seconds(age);
    let queue = (!target.queue_arn.is_empty()).then(|| {
        let queue = DeadLetterConfig::builder().arn(&target.queue_arn);
        queue.build()
    });
    AwsTarget::builder()
        .arn(&target.arn)
        .role_arn(&target.role_arn)
        .input(&target.input_template)
        .retry_policy(retries.build())
        .set_dead_letter_config(queue)
        .build()
}

#[cfg(test)]
mod tests {
    use aws_sdk_scheduler::{primitives::DateTime, types::TargetSummary};

    use super::*;

    /// A schedule that was changed so many seconds after it was created.
    fn changed_after(seconds: f64) -> ListedRule {
        let target = TargetSummary::builder()
            .arn("arn")
            .build()
            .expect("a target");
        let created = 1_795_000_000.0;
        let summary = ScheduleSummary::builder()
            .name("sundial-sync-1")
            .state(ScheduleState::Enabled)
            .creation_date(DateTime::from_secs_f64(created))
            .last_modification_date(DateTime::from_secs_f64(created + seconds))
            .target(target);
        listed(summary.build()).expect("a schedule")
    }

    #[test]
    fn a_schedule_that_was_changed_later_was_edited() {
        assert!(!changed_after(0.0).is_edited);
        assert!(!changed_after(0.25).is_edited, "creating may take its time");
        assert!(changed_after(11.0).is_edited);
        assert_eq!(changed_after(0.0).target.as_deref(), Some("arn"));
    }
}
