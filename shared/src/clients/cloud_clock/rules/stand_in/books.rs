//! What the stand-in EventBridge remembers, and how it answers each operation.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::StandInRule;

#[derive(Debug)]
pub(super) struct State {
    pub(super) rules: BTreeMap<String, StandInRule>,
    pub(super) calls: Vec<(String, String)>,
    pub(super) page_size: usize,
    pub(super) rules_max: usize,
    pub(super) failing: Vec<(String, String, String)>,
    pub(super) failing_entries: Vec<String>,
}

fn text(body: &Value, key: &str) -> String {
    body.get(key)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

impl State {
    pub(super) fn answer(&mut self, operation: &str, body: &Value) -> Result<Value, String> {
        let keys = ["Name", "Rule", "NamePrefix", "TargetArn"];
        let subject = keys
            .iter()
            .map(|key| text(body, key))
            .find(|text| !text.is_empty());
        let subject = subject.unwrap_or_default();
        self.calls.push((operation.to_owned(), subject.clone()));
        let failing = self
            .failing
            .iter()
            .find(|(of, about, _)| of == operation && *about == subject);
        if let Some((_, _, code)) = failing {
            return Err(code.clone());
        }
        let is_about_targets = matches!(operation, "PutTargets" | "RemoveTargets");
        let mut failing = self.failing_entries.iter();
        if is_about_targets && failing.any(|prefix| subject.starts_with(prefix)) {
            return Ok(failed_entry());
        }
        match operation {
            "ListRules" => Ok(self.list_rules(&subject, body)),
            "ListRuleNamesByTarget" => Ok(self.names_by_target(&subject, body)),
            "PutRule" => self.put_rule(&subject, body),
            "DeleteRule" => self.delete_rule(&subject),
            "PutTargets" => self.put_targets(&subject, body),
            "RemoveTargets" => self.remove_targets(&subject, body),
            "ListTargetsByRule" => self.list_targets(&subject),
            _ => Err("UnknownOperationException".to_owned()),
        }
    }

    /// Cuts a page out of `all`; the token is the number of entries before it.
    fn page(&self, key: &str, all: Vec<Value>, body: &Value) -> Value {
        let start = text(body, "NextToken").parse().unwrap_or(0_usize);
        let end = start + self.page_size;
        let more = (end < all.len()).then(|| end.to_string());
        let page: Vec<_> = all.into_iter().skip(start).take(self.page_size).collect();
        json!({key: page, "NextToken": more})
    }

    fn list_rules(&self, prefix: &str, body: &Value) -> Value {
        let rules = self
            .rules
            .iter()
            .filter(|(name, _)| name.starts_with(prefix));
        let rules = rules.map(|(name, rule)| {
            json!({"Name": name, "Arn": format!("arn:aws:events:us-east-1:1:rule/{name}"),
                   "State": rule.state, "ScheduleExpression": rule.expression,
                   "Description": rule.description, "EventBusName": "default"})
        });
        self.page("Rules", rules.collect(), body)
    }

    fn names_by_target(&self, arn: &str, body: &Value) -> Value {
        let leads_there = |rule: &StandInRule| {
            rule.targets
                .values()
                .any(|target| text(target, "Arn") == arn)
        };
        let rules = self.rules.iter().filter(|(_, rule)| leads_there(rule));
        self.page(
            "RuleNames",
            rules.map(|(name, _)| name.as_str().into()).collect(),
            body,
        )
    }

    fn put_rule(&mut self, name: &str, body: &Value) -> Result<Value, String> {
        if !self.rules.contains_key(name) && self.rules.len() >= self.rules_max {
            return Err("LimitExceededException".to_owned());
        }
        let rule = self.rules.entry(name.to_owned()).or_default();
        rule.state = text(body, "State");
        rule.expression = text(body, "ScheduleExpression");
        rule.description = text(body, "Description");
        Ok(json!({"RuleArn": format!("arn:aws:events:us-east-1:1:rule/{name}")}))
    }

    fn rule(&mut self, name: &str) -> Result<&mut StandInRule, String> {
        let missing = || "ResourceNotFoundException".to_owned();
        self.rules.get_mut(name).ok_or_else(missing)
    }

    fn delete_rule(&mut self, name: &str) -> Result<Value, String> {
        if self
            .rules
            .get(name)
            .is_some_and(|rule| !rule.targets.is_empty())
        {
            return Err("ValidationException".to_owned());
        }
        self.rules.remove(name);
        Ok(json!({}))
    }

    fn put_targets(&mut self, name: &str, body: &Value) -> Result<Value, String> {
        let rule = self.rule(name)?;
        for target in body
            .get("Targets")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            rule.targets.insert(text(target, "Id"), target.clone());
        }
        Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
    }

    fn remove_targets(&mut self, name: &str, body: &Value) -> Result<Value, String> {
        let rule = self.rule(name)?;
        for id in body
            .get("Ids")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            rule.targets.remove(id.as_str().unwrap_or_default());
        }
        Ok(json!({"FailedEntryCount": 0, "FailedEntries": []}))
    }

    fn list_targets(&mut self, name: &str) -> Result<Value, String> {
        let targets: Vec<_> = self.rule(name)?.targets.values().cloned().collect();
        Ok(json!({"Targets": targets}))
    }
}

fn failed_entry() -> Value {
    let entry = json!({"TargetId": "function", "ErrorCode": "ConcurrentModificationException",
                       "ErrorMessage": "says the stand-in"});
    json!({"FailedEntryCount": 1, "FailedEntries": [entry]})
}
