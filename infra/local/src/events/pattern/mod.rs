//! Event patterns: which events a rule wants.
//!
//! A pattern's leaf matches when any of the event's values there passes any of its tests; all leaves must match.
//! Not imitated: the limit on a pattern's complexity, and keys that join several levels with dots.
//! Numbers are compared by value.
//!
//! **Source:** AWS, EventBridge user guide, "Comparison operators for use in event patterns".

mod parse;
mod test;

use serde_json::{Map, Value};

use self::test::Test;
use crate::aws::error::ApiError;

/// Longest pattern. **Source:** AWS, API model of EventBridge; the documented quota is 2048.
pub(super) const PATTERN_CHARS_MAX: usize = 4096;

/// A pattern that AWS would accept.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    fields: Vec<(String, Want)>,
    /// Each `$or`: at least one of its patterns must match.
    choices: Vec<Vec<Pattern>>,
}

#[derive(Clone, Debug)]
enum Want {
    Inside(Pattern),
    AnyOf(Vec<Test>),
}

impl Pattern {
    /// # Errors
    /// `InvalidEventPatternException` with the reason.
    pub(super) fn parse(text: &str) -> Result<Self, ApiError> {
        let value: Value = serde_json::from_str(text).map_err(ApiError::pattern)?;
        match value {
            Value::Object(fields) => parse::pattern(&fields).map_err(ApiError::pattern),
            _ => Err(ApiError::pattern("Filter is not an object")),
        }
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        self.matches_at(Some(event))
    }

    /// In a list of objects one of them must match as a whole.
    fn matches_at(&self, value: Option<&Value>) -> bool {
        match value {
            Some(Value::Object(fields)) => self.matches_fields(Some(fields)),
            Some(Value::Array(items)) if !items.is_empty() => {
                items.iter().any(|item| self.matches_at(Some(item)))
            }
            _ => self.matches_fields(None),
        }
    }

    fn matches_fields(&self, event: Option<&Map<String, Value>>) -> bool {
        let at = |name: &str| event.and_then(|event| event.get(name));
        self.fields.iter().all(|(name, want)| match want {
            Want::Inside(pattern) => pattern.matches_at(at(name)),
            Want::AnyOf(tests) => tests.iter().any(|test| test.matches(at(name))),
        }) && self
            .choices
            .iter()
            .all(|choice| choice.iter().any(|pattern| pattern.matches_fields(event)))
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    const EVENT: &str = r#"{"version":"0","source":"sundial.dispatcher","detail-type":"RunRequested","resources":["a","b"],
        "detail":{"job_type":"asset_download","n":7,"price":-1.5,"none":null,"empty":"","ok":true,
        "file":"media/video1.mp4","ip":"10.1.2.3","list":[],"parts":[{"k":1,"s":"x"},{"k":2,"s":"y"}]}}"#;

    fn matches(pattern: &str) -> bool {
        let event = serde_json::from_str(EVENT).unwrap();
        Pattern::parse(pattern)
            .unwrap_or_else(|error| panic!("{pattern}: {error}"))
            .matches(&event)
    }

    #[test]
    fn an_event_matches_when_every_leaf_does() {
        for pattern in [
            r#"{"source":["sundial.dispatcher"]}"#,
            r#"{"source":["other","sundial.dispatcher"],"detail-type":["RunRequested"]}"#,
            r#"{"resources":["b"]}"#,
            r#"{"detail":{"n":[7.0]}}"#,
            r#"{"detail":{"none":[null]}}"#,
            r#"{"detail":{"empty":[""]}}"#,
            r#"{"detail":{"ok":[true]}}"#,
            r#"{"detail":{"job_type":[{"prefix":"asset_"}]}}"#,
            r#"{"detail":{"job_type":[{"prefix":{"equals-ignore-case":"ASSET_"}}]}}"#,
            r#"{"detail":{"file":[{"suffix":".mp4"}]}}"#,
            r#"{"detail":{"file":[{"suffix":{"equals-ignore-case":".MP4"}}]}}"#,
            r#"{"detail":{"job_type":[{"equals-ignore-case":"Asset_Download"}]}}"#,
            r#"{"detail":{"file":[{"wildcard":"media/*.mp4"}]}}"#,
            r#"{"detail":{"file":[{"wildcard":"*"}]}}"#,
            r#"{"detail":{"job_type":[{"anything-but":"meta_sync"}]}}"#,
            r#"{"detail":{"n":[{"anything-but":[1,2]}]}}"#,
            r#"{"detail":{"none":[{"anything-but":"x"}]}}"#,
            r#"{"detail":{"file":[{"anything-but":{"prefix":"tmp/"}}]}}"#,
            r#"{"detail":{"file":[{"anything-but":{"suffix":[".png",".jpg"]}}]}}"#,
            r#"{"detail":{"file":[{"anything-but":{"wildcard":"*/photo*"}}]}}"#,
            r#"{"detail":{"job_type":[{"anything-but":{"equals-ignore-case":["META_SYNC"]}}]}}"#,
            r#"{"detail":{"n":[{"numeric":[">",0,"<=",7]}]}}"#,
            r#"{"detail":{"price":[{"numeric":["=",-1.5]}]}}"#,
            r#"{"detail":{"ip":[{"cidr":"10.0.0.0/8"}]}}"#,
            r#"{"detail":{"n":[{"exists":true}]}}"#,
            r#"{"detail":{"absent":[{"exists":false}]}}"#,
            r#"{"absent":{"deeper":[{"exists":false}]}}"#,
            r#"{"detail":{"list":[{"exists":false}]}}"#,
            r#"{"detail":{"absent":["x",{"exists":false}]}}"#,
            r#"{"$or":[{"source":["nope"]},{"detail":{"n":[7]}}]}"#,
            r#"{"detail":{"parts":{"k":[2],"s":["y"]}}}"#,
        ] {
            assert!(matches(pattern), "{pattern} should match");
        }
    }

    #[test]
    fn one_leaf_that_does_not_match_is_enough_to_refuse() {
        for pattern in [
            r#"{"source":["sundial"]}"#,
            r#"{"source":["sundial.dispatcher"],"detail-type":["ScheduleChanged"]}"#,
            r#"{"detail":{"n":["7"]}}"#,
            r#"{"detail":{"none":[""]}}"#,
            r#"{"detail":{"absent":[null]}}"#,
            r#"{"detail":{"absent":[{"anything-but":"x"}]}}"#,
            r#"{"detail":{"job_type":[{"anything-but":["asset_download","x"]}]}}"#,
            r#"{"detail":{"file":[{"anything-but":{"prefix":"media/"}}]}}"#,
            r#"{"detail":{"file":[{"wildcard":"media/*.png"}]}}"#,
            r#"{"detail":{"file":[{"wildcard":"*.mp4x"}]}}"#,
            r#"{"detail":{"n":[{"prefix":"7"}]}}"#,
            r#"{"detail":{"n":[{"numeric":["<",7]}]}}"#,
            r#"{"detail":{"file":[{"numeric":[">",0]}]}}"#,
            r#"{"detail":{"ip":[{"cidr":"10.2.0.0/16"}]}}"#,
            r#"{"detail":{"file":[{"cidr":"10.2.0.0/16"}]}}"#,
            r#"{"detail":{"n":[{"exists":false}]}}"#,
            r#"{"detail":[{"exists":true}]}"#,
            r#"{"detail":{"absent":[{"exists":true}]}}"#,
            r#"{"$or":[{"source":["nope"]},{"detail":{"n":[8]}}]}"#,
            r#"{"detail":{"parts":{"k":[1],"s":["y"]}}}"#,
            r#"{"detail":{"Job_Type":["asset_download"]}}"#,
        ] {
            assert!(!matches(pattern), "{pattern} should not match");
        }
    }

    #[test]
    fn a_bad_pattern_is_refused_with_awss_reason() {
        for (pattern, reason) in [
            (r#"{"int":42}"#, r#""int" must be an object or an array"#),
            (r#"{"a":{}}"#, "Empty objects are not allowed"),
            (r#"{"resources":[]}"#, "Empty arrays are not allowed"),
            (
                r#"{"a":[{"NUMERIC":["=",5]}]}"#,
                "Unrecognized match type NUMERIC",
            ),
            (
                r#"{"a":[{"numeric":[">",0,">",0]}]}"#,
                "Bad numeric range operator: >",
            ),
            (
                r#"{"a":[{"numeric":[">",0,"<"]}]}"#,
                "Value of < must be numeric",
            ),
            (
                r#"{"a":[{"equals-ignore-case":["x"]}]}"#,
                "equals-ignore-case match pattern must be a string",
            ),
            (
                r#"{"a":[{"cidr":"10.0.0.0"}]}"#,
                "Malformed CIDR, one '/' required",
            ),
            (
                r#"{"a":[{"wildcard":"a**b"}]}"#,
                "Consecutive wildcard characters at pos 1",
            ),
            (
                r#"{"a":[{"prefix":"x","suffix":"y"}]}"#,
                "Only one key allowed in match expression",
            ),
            ("[]", "Filter is not an object"),
        ] {
            let error = Pattern::parse(pattern).expect_err(pattern).to_string();
            assert_eq!(
                error,
                format!(
                    "InvalidEventPatternException: Event pattern is not valid. Reason: {reason}"
                )
            );
        }
        assert!(Pattern::parse("not json").is_err());
    }
}
