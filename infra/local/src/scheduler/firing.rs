//! The clock's part: what is due is handed over, what is complete is deleted.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Scheduler;
use super::books::{Books, Schedule};
use crate::aws::delivery::{Delivery, timestamp};

/// What a function is given when its schedule has no input. On AWS a notification of no documented form.
const NO_INPUT: &str = "{}";

/// Characters of an execution's id, as in AWS's example.
const EXECUTION_ID_CHARS: usize = 16;

impl Scheduler {
    /// Fires what is due. After a pause (a suspended machine) a schedule fires once, for the first time it missed.
    pub(super) fn fire_due(&self) {
        let now = self.0.options.clock.now();
        let due = self.0.books.advance(|books| self.due(books, now));
        if due.has_deleted {
            self.0.books.mark_unsaved();
        }
        for delivery in due.deliveries {
            delivery.hand_over(&self.0.host);
        }
    }

    fn due(&self, books: &mut Books, now: DateTime<Utc>) -> Due {
        let mut due = Due::default();
        for (group_name, group) in &mut books.groups {
            group.schedules.retain(|name, schedule| {
                let Some(nominal) = schedule.due(now) else {
                    return true;
                };
                let arn = self.schedule_arn(group_name, name);
                due.deliveries.push(delivery(arn, schedule, nominal));
                schedule.reckon(now);
                let is_complete = schedule.next_fire.is_none();
                let is_kept = !is_complete || !schedule.definition.is_deleted_after_completion();
                due.has_deleted |= !is_kept;
                is_kept
            });
        }
        due
    }
}

/// What the clock has brought.
#[derive(Default)]
struct Due {
    deliveries: Vec<Delivery>,
    has_deleted: bool,
}

fn delivery(arn: String, schedule: &Schedule, nominal: DateTime<Utc>) -> Delivery {
    let target = &schedule.definition.target;
    let input = target.input.as_deref().unwrap_or(NO_INPUT);
    Delivery {
        target_arn: target.arn.clone(),
        payload: filled_in(input, &arn, nominal),
        sender: format!("schedule {arn}"),
    }
}

/// **Source:** AWS, Scheduler user guide, "Adding context attributes".
fn filled_in(input: &str, arn: &str, nominal: DateTime<Utc>) -> String {
    let mut id = Uuid::new_v4().simple().to_string();
    id.truncate(EXECUTION_ID_CHARS);
    // Each delivery is tried once.
    input
        .replace("<aws.scheduler.schedule-arn>", arn)
        .replace("<aws.scheduler.scheduled-time>", &timestamp(nominal))
        .replace("<aws.scheduler.execution-id>", &id)
        .replace("<aws.scheduler.attempt-number>", "1")
}
