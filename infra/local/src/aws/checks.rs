//! The checks AWS makes of every field before it looks at what is asked, all reported together.

use super::error::ApiError;

/// Collects what is wrong with a request's fields.
#[derive(Default)]
pub(crate) struct Checks {
    problems: Vec<String>,
}

/// What a text may hold.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    pub(crate) max: usize,
    pub(crate) shape: Shape,
}

/// Characters a text may be made of, and how AWS writes that down.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    Any,
    Name,
    BusName,
    BusNameOrArn,
    /// Names of schedules and of their groups.
    ScheduleName,
    ClientToken,
    RoleArn,
    QueueArn,
    KeyArn,
}

/// Names of rules and ids of targets. **Source:** AWS, API model of EventBridge.
pub(crate) const NAME: Text = Text {
    max: 64,
    shape: Shape::Name,
};
/// A bus is named in 256 characters. **Source:** as above.
pub(crate) const BUS_NAME: Text = Text {
    max: 256,
    shape: Shape::BusName,
};
/// A bus may also be called by its ARN. **Source:** as above.
pub(crate) const BUS: Text = Text {
    max: 1600,
    shape: Shape::BusNameOrArn,
};

/// Names of schedules, of their groups, and prefixes of both. **Source:** AWS, API model of Scheduler.
pub(crate) const SCHEDULE_NAME: Text = Text {
    max: 64,
    shape: Shape::ScheduleName,
};
/// What makes a request that is sent twice one request. **Source:** as above.
pub(crate) const CLIENT_TOKEN: Text = Text {
    max: 64,
    shape: Shape::ClientToken,
};

impl Shape {
    fn accepts(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Name | Self::ScheduleName => consists_of(text, b".-_"),
            Self::BusName => consists_of(text, b".-_/"),
            Self::BusNameOrArn => consists_of(text, b".-_/:"),
            Self::ClientToken => consists_of(text, b"-_"),
            Self::RoleArn => resource(text, "iam").is_some_and(|(region, resource)| {
                let name = resource.strip_prefix("role/").unwrap_or_default();
                region.is_empty() && !name.is_empty() && consists_of(name, b"_+=,.@/-")
            }),
            Self::QueueArn => resource(text, "sqs").is_some_and(|(region, name)| {
                !region.is_empty() && !name.is_empty() && consists_of(name, b"-_")
            }),
            Self::KeyArn => resource(text, "kms").is_some_and(|(region, resource)| {
                let (kind, id) = resource.split_once('/').unwrap_or_default();
                !region.is_empty() && ["key", "alias"].contains(&kind) && consists_of(id, b"-_")
            }),
        }
    }

    fn pattern(self) -> &'static str {
        match self {
            Self::Any => ".*",
            Self::Name => r"[\.\-_A-Za-z0-9]+",
            Self::BusName => r"[/\.\-_A-Za-z0-9]+",
            Self::BusNameOrArn => {
                r"(arn:aws[\w-]*:events:[a-z]+-[a-z]+-[\w-]+:[0-9]{12}:event-bus\/)?[/\.\-_A-Za-z0-9]+"
            }
            Self::ScheduleName => "^[0-9a-zA-Z-_.]+$",
            Self::ClientToken => "^[a-zA-Z0-9-_]+$",
            Self::RoleArn => r"^arn:aws(-[a-z]+)?:iam::\d{12}:role\/[\w+=,.@\/-]+$",
            Self::QueueArn => r"^arn:aws(-[a-z]+)?:sqs:[a-z0-9\-]+:\d{12}:[a-zA-Z0-9\-_]+$",
            Self::KeyArn => {
                r"^arn:aws(-[a-z]+)?:kms:[a-z0-9\-]+:\d{12}:(key|alias)\/[0-9a-zA-Z-_]*$"
            }
        }
    }
}

impl Checks {
    /// A text that must be there; the empty one stands for an absent one, with the problem noted.
    pub(crate) fn required<'a>(
        &mut self,
        field: &str,
        value: Option<&'a str>,
        text: Text,
    ) -> &'a str {
        match value {
            Some(value) => {
                self.text(field, value, 1, text);
                value
            }
            None => {
                self.problem("null", field, "Member must not be null");
                ""
            }
        }
    }

    pub(crate) fn optional(&mut self, field: &str, value: Option<&str>, text: Text) {
        if let Some(value) = value {
            self.text(field, value, 1, text);
        }
    }

    /// A text of bounded length in which everything, also nothing, may stand.
    pub(crate) fn length(&mut self, field: &str, value: Option<&str>, max: usize) {
        if let Some(value) = value {
            self.text(
                field,
                value,
                0,
                Text {
                    max,
                    shape: Shape::Any,
                },
            );
        }
    }

    pub(crate) fn count(&mut self, field: &str, count: usize, min: usize, max: usize) {
        if count < min {
            self.problem(
                "[]",
                field,
                &format!("Member must have length greater than or equal to {min}"),
            );
        }
        if count > max {
            self.problem(
                "[...]",
                field,
                &format!("Member must have length less than or equal to {max}"),
            );
        }
    }

    pub(crate) fn number(&mut self, field: &str, value: Option<i64>, min: i64, max: i64) {
        let Some(value) = value else { return };
        if value < min {
            self.problem(
                &value.to_string(),
                field,
                &format!("Member must have value greater than or equal to {min}"),
            );
        }
        if value > max {
            self.problem(
                &value.to_string(),
                field,
                &format!("Member must have value less than or equal to {max}"),
            );
        }
    }

    pub(crate) fn one_of(&mut self, field: &str, value: &str, allowed: &[&str]) {
        if !allowed.contains(&value) {
            let set = allowed.join(", ");
            self.problem(
                value,
                field,
                &format!("Member must satisfy enum value set: [{set}]"),
            );
        }
    }

    pub(crate) fn null(&mut self, field: &str) {
        self.problem("null", field, "Member must not be null");
    }

    /// # Errors
    /// `ValidationException` with every problem noted so far.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        match self.problems.as_slice() {
            [] => Ok(()),
            [one] => Err(ApiError::validation(format!(
                "1 validation error detected: {one}"
            ))),
            all => Err(ApiError::validation(format!(
                "{} validation errors detected: {}",
                all.len(),
                all.join("; ")
            ))),
        }
    }

    fn text(&mut self, field: &str, value: &str, min: usize, text: Text) {
        if value.chars().count() > text.max {
            self.problem(
                value,
                field,
                &format!("Member must have length less than or equal to {}", text.max),
            );
        }
        if value.chars().count() < min {
            self.problem(
                value,
                field,
                &format!("Member must have length greater than or equal to {min}"),
            );
        }
        if !text.shape.accepts(value) || (text.shape != Shape::Any && value.is_empty()) {
            let pattern = text.shape.pattern();
            self.problem(
                value,
                field,
                &format!("Member must satisfy regular expression pattern: {pattern}"),
            );
        }
    }

    fn problem(&mut self, value: &str, field: &str, constraint: &str) {
        let value = if value == "null" {
            value.to_owned()
        } else {
            format!("'{value}'")
        };
        self.problems.push(format!(
            "Value {value} at '{field}' failed to satisfy constraint: {constraint}"
        ));
    }
}

/// `arn:partition:service:region:account:resource`; region and account may be empty.
pub(crate) fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if partition.starts_with("aws") && !service.is_empty() && !resource.is_empty())
}

fn consists_of(text: &str, besides: &[u8]) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || besides.contains(&byte))
}

/// Region and resource of an ARN of this service, in an account of twelve digits.
fn resource<'a>(arn: &'a str, service: &str) -> Option<(&'a str, &'a str)> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", partition, given, region, account, resource] = parts.as_slice() else {
        return None;
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (partition.starts_with("aws") && *given == service && is_account)
        .then_some((*region, *resource))
}
