//! How the job comes to be on the clock: by its row, from which the reconciler makes the rule.

use std::time::Duration;

use chrono::{DateTime, DurationRound as _, TimeDelta, Timelike as _, Utc};
use serde_json::{Value, json};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Demo, seed, verdict::Rule};
use crate::stack::BUS;

/// The reconciler needs a moment before the clock fires; with less time left the demo takes the
/// minute after the next.
const HEAD_START: TimeDelta = TimeDelta::seconds(5);

/// How long the reconciler may take from the change of a row to the rule. It takes 0.1 s.
const RULE_WAIT: Duration = Duration::from_secs(15);

/// How often is looked whether the rule is there.
const RULE_POLL: Duration = Duration::from_millis(100);

impl Demo<'_> {
    /// Writes the job's row and says so on the bus, as the dispatcher does.
    pub(super) async fn schedule(&mut self) -> anyhow::Result<(Uuid, DateTime<Utc>)> {
        let fire = next_minute(self.clock.now() + HEAD_START)?;
        let cron = format!("{} {} * * *", fire.minute(), fire.hour());
        let job = seed::job(&mut self.db, &cron, fire).await?;
        let text = format!("meta_sync is scheduled: {cron} (UTC), job {job}");
        self.progress.done(&text)?;
        let detail = json!({ "job_id": job }).to_string();
        let entry = json!({"Source": shared::clients::bus::SOURCE, "DetailType": "ScheduleChanged",
            "Detail": detail, "EventBusName": BUS});
        let events = &self.stack.events;
        events
            .call("PutEvents", &json!({ "Entries": [entry] }))
            .await?;
        Ok((job, fire))
    }

    /// Waits until the reconciler has made the job's rule.
    pub(super) async fn rule_of(&mut self, job: Uuid) -> anyhow::Result<Rule> {
        let give_up = Instant::now() + RULE_WAIT;
        // The rule's name has room for a part of the job's id only; its description has all of it.
        let id = job.to_string();
        loop {
            let answer = self.stack.events.call("ListRules", &json!({})).await?;
            let rules = answer.get("Rules").and_then(Value::as_array);
            let mut rules = rules.into_iter().flatten();
            let rule = rules.find(|rule| text(rule, "Description").contains(&id));
            if let Some(rule) = rule {
                let rule = Rule {
                    name: text(rule, "Name").to_owned(),
                    expression: text(rule, "ScheduleExpression").to_owned(),
                    state: text(rule, "State").to_owned(),
                };
                let text = format!(
                    "the reconciler has made rule {} {}",
                    rule.name, rule.expression
                );
                self.progress.done(&text)?;
                return Ok(rule);
            }
            anyhow::ensure!(
                Instant::now() < give_up,
                "the reconciler has made no rule within {} s; see logs/reconciler.log in {}",
                RULE_WAIT.as_secs(),
                self.stack.data().display()
            );
            self.progress
                .show("waiting for the reconciler to make the rule")?;
            tokio::time::sleep(RULE_POLL).await;
        }
    }
}

fn next_minute(after: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    let minute = TimeDelta::minutes(1);
    Ok(after.duration_trunc(minute)? + minute)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}
