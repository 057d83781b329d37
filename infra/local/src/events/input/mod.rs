//! What a target is given of an event: all of it, a constant, a part, or a template filled in.
//!
//! A value that is missing becomes an empty text. A text put inside a template's quotes is escaped, so that
//! the result stays JSON; an object put there loses its quotes.
//!
//! **Source:** AWS, EventBridge user guide, "Amazon EventBridge input transformation".

mod path;
mod template;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(super) use self::path::{is_path, select};
use self::template::{Part, fill, parts};

/// Most variables of a template. **Source:** AWS, API reference, "InputTransformer".
pub(super) const PATHS_MAX: usize = 100;

/// Variables that need no path.
const PREDEFINED: [&str; 5] = [
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
];

/// A template and where its variables come from.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct InputTransformer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_paths_map: Option<BTreeMap<String, String>>,
    pub(super) input_template: Option<String>,
}

/// What is known besides the event when a template is filled in.
pub(super) struct Occasion<'a> {
    pub(super) rule_arn: &'a str,
    pub(super) rule_name: &'a str,
    /// When the event was received, as a timestamp to the second.
    pub(super) ingestion_time: &'a str,
}

impl InputTransformer {
    /// A placeholder that neither the paths nor AWS define.
    pub(super) fn undefined_placeholder(&self) -> Option<String> {
        let template = self.input_template.as_deref().unwrap_or_default();
        let unknown = parts(template).into_iter().find_map(|part| match part {
            Part::Variable { name, .. }
                if !PREDEFINED.contains(&name) && self.path(name).is_none() =>
            {
                Some(name)
            }
            _ => None,
        });
        unknown.map(str::to_owned)
    }

    /// Whether the template is JSON once its variables are filled in.
    pub(super) fn is_json(&self) -> bool {
        let filled = fill(self.input_template.as_deref().unwrap_or_default(), |_| {
            Some(Value::from(0))
        });
        serde_json::from_str::<serde::de::IgnoredAny>(&filled).is_ok()
    }

    /// Fills the template in.
    pub(super) fn apply(&self, event: &Value, occasion: &Occasion<'_>) -> String {
        fill(
            self.input_template.as_deref().unwrap_or_default(),
            |name| match name {
                "aws.events.rule-arn" => Some(Value::from(occasion.rule_arn)),
                "aws.events.rule-name" => Some(Value::from(occasion.rule_name)),
                "aws.events.event.ingestion-time" => Some(Value::from(occasion.ingestion_time)),
                "aws.events.event.json" => Some(event.clone()),
                "aws.events.event" => {
                    let mut event = event.clone();
                    event
                        .as_object_mut()
                        .and_then(|fields| fields.remove("detail"));
                    Some(event)
                }
                name => select(event, self.path(name)?).cloned(),
            },
        )
    }

    fn path(&self, name: &str) -> Option<&str> {
        self.input_paths_map.as_ref()?.get(name).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCCASION: Occasion<'_> = Occasion {
        rule_arn: "arn:aws:events:us-east-1:123456789012:rule/nightly",
        rule_name: "nightly",
        ingestion_time: "2026-11-20T10:35:00Z",
    };

    fn event() -> Value {
        serde_json::json!({
            "id": "1", "detail-type": "T", "time": "2026-11-20T10:35:00Z",
            "detail": { "n": 7, "text": "say \"hi\"", "list": ["a", "b"], "o": { "k": "v" } }
        })
    }

    fn transformer(paths: &[(&str, &str)], template: &str) -> InputTransformer {
        let paths = paths
            .iter()
            .map(|(name, path)| ((*name).to_owned(), (*path).to_owned()))
            .collect();
        InputTransformer {
            input_paths_map: Some(paths),
            input_template: Some(template.to_owned()),
        }
    }

    #[test]
    fn unquoted_variables_are_json_and_quoted_ones_are_text() {
        let paths = [
            ("id", "$.id"),
            ("t", "$.time"),
            ("n", "$.detail.n"),
            ("s", "$.detail.text"),
            ("o", "$.detail.o"),
            ("no", "$.detail.no"),
        ];
        for (template, expected) in [
            (
                r#"{"job_id":42,"event_id":<id>,"scheduled_at":<t>}"#,
                r#"{"job_id":42,"event_id":"1","scheduled_at":"2026-11-20T10:35:00Z"}"#,
            ),
            (
                r#"{"n":<n>,"text":"n is <n>","s":<s>,"q":"<s>"}"#,
                r#"{"n":7,"text":"n is 7","s":"say \"hi\"","q":"say \"hi\""}"#,
            ),
            (
                r#"{"o":<o>,"text":"<o>"}"#,
                r#"{"o":{"k":"v"},"text":"{k:v}"}"#,
            ),
            (r#"{"no":<no>,"text":"<no>!"}"#, r#"{"no":"","text":"!"}"#),
            (
                r#""Event <id> at \"<t>\"""#,
                r#""Event 1 at \"2026-11-20T10:35:00Z\"""#,
            ),
            ("<o>", r#"{"k":"v"}"#),
            (r#""1 < 2""#, r#""1 < 2""#),
            (r#""2 > 1, <n> > 1""#, r#""2 > 1, 7 > 1""#),
        ] {
            let transformer = transformer(&paths, template);
            assert!(transformer.is_json(), "{template}");
            assert_eq!(transformer.apply(&event(), &OCCASION), expected);
        }
    }

    #[test]
    fn predefined_variables_need_no_path() {
        let template = r#"{"rule":<aws.events.rule-name>,"arn":"<aws.events.rule-arn>","at":<aws.events.event.ingestion-time>,"whole":<aws.events.event.json>,"head":<aws.events.event>}"#;
        let transformer = transformer(&[], template);

        assert_eq!(transformer.undefined_placeholder(), None);
        let result: Value = serde_json::from_str(&transformer.apply(&event(), &OCCASION)).unwrap();
        assert_eq!(result["rule"], "nightly");
        assert_eq!(result["arn"], OCCASION.rule_arn);
        assert_eq!(result["at"], "2026-11-20T10:35:00Z");
        assert_eq!(result["whole"], event());
        assert_eq!(result["head"]["id"], "1");
        assert_eq!(result["head"].get("detail"), None);
    }

    #[test]
    fn a_template_that_cannot_become_json_or_names_nothing_known_is_noticed() {
        assert!(
            !transformer(&[("a", "$.id")], "{<a>: 1}").is_json(),
            "a variable cannot be a key"
        );
        assert!(!transformer(&[], "plain text").is_json());
        let unknown = transformer(&[("a", "$.id")], r#"{"a":<a>,"b":<b>}"#).undefined_placeholder();
        assert_eq!(unknown.as_deref(), Some("b"));
    }

    #[test]
    fn paths_lead_through_objects_and_lists() {
        let event = event();
        assert_eq!(select(&event, "$"), Some(&event));
        assert_eq!(select(&event, "$.detail-type"), Some(&Value::from("T")));
        assert_eq!(select(&event, "$.detail.list[1]"), Some(&Value::from("b")));
        assert_eq!(
            select(&event, "$['detail']['o'].k"),
            Some(&Value::from("v"))
        );
        assert_eq!(select(&event, "$.detail.list[2]"), None);
        for bad in [
            "detail",
            "$detail",
            "$.",
            "$..n",
            "$.detail.*",
            "$.a[x]",
            "$.a['b",
            "",
        ] {
            assert!(!is_path(bad), "{bad} was accepted");
        }
    }
}
