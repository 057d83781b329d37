//! Paths into an event: the part of JSONPath that EventBridge takes.

use serde_json::Value;

/// Whether a path is one that [`select`] understands.
pub(in crate::events) fn is_path(path: &str) -> bool {
    steps(path).is_some()
}

/// The part of the event a path leads to, if it is there.
pub(in crate::events) fn select<'a>(event: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path)?
        .into_iter()
        .try_fold(event, |value, step| match step {
            Step::Field(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
}

enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

/// `$.a.b`, `$.a[0]` and `$.a['b']`.
fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("['") {
            let (name, after) = after.split_once("']")?;
            steps.push(Step::Field(name));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, after) = after.split_at(end);
            if name.is_empty() || name.contains(['*', '?', '(', ')', ' ']) {
                return None;
            }
            steps.push(Step::Field(name));
            rest = after;
        }
    }
    Some(steps)
}
