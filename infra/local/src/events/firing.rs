//! The clock's part: waits for the next fire time, makes the event, and delivers to functions.

use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::books::{Books, DEFAULT_BUS, Rule, Target};
use super::input::{Occasion, select};
use super::{BOOKS_FILE, EventBridge};

/// Changes are saved together that come within this time.
const SAVE_AFTER: Duration = Duration::from_millis(50);

/// Something for a function, ready to be handed over.
pub(super) struct Delivery {
    rule: String,
    target_arn: String,
    payload: String,
}

/// As events carry it: to the second, in UTC.
pub(super) fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Secs, true)
}

impl EventBridge {
    /// Fires every rule at its times. Never returns.
    pub(super) async fn fire_on_time(&self) {
        loop {
            let next = self.next_fire();
            let due = async {
                match next {
                    Some(moment) => self.0.options.clock.sleep_until(moment).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => self.fire_due(),
                () = self.0.rescheduled.notified() => {}
            }
        }
    }

    fn next_fire(&self) -> Option<DateTime<Utc>> {
        let books = self.0.books.lock().unwrap_or_else(PoisonError::into_inner);
        let rules = books.buses.get(DEFAULT_BUS)?.rules.values();
        rules
            .filter(|rule| rule.is_enabled())
            .filter_map(|rule| rule.next_fire)
            .min()
    }

    /// Fires what is due. After a pause (a suspended machine) a rule fires once, for the first time it missed.
    fn fire_due(&self) {
        let now = self.0.options.clock.now();
        let deliveries = {
            let mut books = self.0.books.lock().unwrap_or_else(PoisonError::into_inner);
            self.due(&mut books, now)
        };
        self.deliver(deliveries);
    }

    fn due(&self, books: &mut Books, now: DateTime<Utc>) -> Vec<Delivery> {
        let Some(bus) = books.buses.get_mut(DEFAULT_BUS) else {
            return Vec::new();
        };
        let mut deliveries = Vec::new();
        for (name, rule) in bus.rules.iter_mut().filter(|(_, rule)| rule.is_enabled()) {
            if let Some(nominal) = rule.next_fire.filter(|nominal| *nominal <= now) {
                let event = self.scheduled_event(name, nominal);
                deliveries.extend(self.deliveries(DEFAULT_BUS, name, rule, &event));
                rule.reckon(now);
            }
        }
        deliveries
    }

    fn scheduled_event(&self, rule: &str, nominal: DateTime<Utc>) -> Value {
        json!({
            "version": "0",
            "id": Uuid::new_v4().to_string(),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": self.0.options.account,
            "time": timestamp(nominal),
            "region": self.0.options.region,
            "resources": [self.rule_arn(DEFAULT_BUS, rule)],
            "detail": {},
        })
    }

    /// What a rule's targets are to be given of an event.
    pub(super) fn deliveries(
        &self,
        bus: &str,
        name: &str,
        rule: &Rule,
        event: &Value,
    ) -> Vec<Delivery> {
        let arn = self.rule_arn(bus, name);
        let ingestion_time = timestamp(self.0.options.clock.now());
        let occasion = Occasion {
            rule_arn: &arn,
            rule_name: name,
            ingestion_time: &ingestion_time,
        };
        let delivery = |target: &Target| Delivery {
            rule: name.to_owned(),
            target_arn: target.arn.clone(),
            payload: payload(target, event, &occasion),
        };
        rule.targets.values().map(delivery).collect()
    }

    /// Hands over; a function runs on its own time.
    pub(super) fn deliver(&self, deliveries: Vec<Delivery>) {
        for Delivery {
            rule,
            target_arn,
            payload,
        } in deliveries
        {
            let Some(function) = function_name(&target_arn) else {
                tracing::warn!(
                    "rule {rule} has a target this machine cannot deliver to: {target_arn}"
                );
                continue;
            };
            if let Err(error) = self.0.host.invoke_async(function, Bytes::from(payload)) {
                tracing::warn!(%error, "an event of rule {rule} was not delivered");
            }
        }
    }

    /// Saves the books a little after each change. Never returns.
    pub(super) async fn keep_saved(&self) {
        loop {
            self.0.unsaved.notified().await;
            tokio::time::sleep(SAVE_AFTER).await;
            self.save().await;
        }
    }

    pub(super) async fn save(&self) {
        let Some(dir) = &self.0.options.data_dir else {
            return;
        };
        let file = dir.join(BOOKS_FILE);
        let text = serde_json::to_vec_pretty(
            &*self.0.books.lock().unwrap_or_else(PoisonError::into_inner),
        );
        let saved = async {
            let text = text?;
            tokio::task::spawn_blocking(move || Books::save(&text, &file)).await?
        };
        if let Err(error) = saved.await {
            tracing::error!("the rules of EventBridge are not saved: {error:#}");
        }
    }
}

fn payload(target: &Target, event: &Value, occasion: &Occasion<'_>) -> String {
    match (&target.input, &target.input_path, &target.input_transformer) {
        (Some(input), _, _) => input.clone(),
        (_, Some(path), _) => select(event, path).unwrap_or(&Value::Null).to_string(),
        (_, _, Some(transformer)) => transformer.apply(event, occasion),
        (None, None, None) => event.to_string(),
    }
}

/// The name in `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, with or without a version.
fn function_name(arn: &str) -> Option<&str> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", _, _, "function", name, ..] => Some(name),
        _ => None,
    }
}
