//! The clock's part: waits for the next fire time, makes the event, and delivers to functions.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::EventBridge;
use super::books::{Books, DEFAULT_BUS, Rule, Target};
use super::input::{Occasion, select};
use crate::aws::delivery::{Delivery, timestamp};

impl EventBridge {
    /// Fires what is due. After a pause (a suspended machine) a rule fires once, for the first time it missed.
    pub(super) fn fire_due(&self) {
        let now = self.0.options.clock.now();
        let deliveries = self.0.books.advance(|books| self.due(books, now));
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
            sender: format!("rule {name}"),
            target_arn: target.arn.clone(),
            payload: payload(target, event, &occasion),
        };
        rule.targets.values().map(delivery).collect()
    }

    pub(super) fn deliver(&self, deliveries: Vec<Delivery>) {
        for delivery in deliveries {
            delivery.hand_over(&self.0.host);
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
