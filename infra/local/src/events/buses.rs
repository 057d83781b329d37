//! Event buses.

use serde::Deserialize;
use serde_json::{Value, json};

use super::books::{Bus, DEFAULT_BUS};
use super::{EventBridge, bus_name};
use crate::aws::checks::{BUS, BUS_NAME, Checks};
use crate::aws::error::ApiError;
use crate::aws::pages::{PAGE_MAX, TOKEN_CHARS_MAX, page, with_token};
use crate::aws::tags::{Tag, check_tags};

/// Most buses of an account. **Source:** AWS, "Amazon EventBridge quotas".
const BUSES_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateEventBus {
    name: Option<String>,
    description: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct NamedBus {
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListEventBuses {
    name_prefix: Option<String>,
    next_token: Option<String>,
    limit: Option<i64>,
}

impl EventBridge {
    pub(super) fn create_event_bus(&self, request: CreateEventBus) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let name = checks
            .required("name", request.name.as_deref(), BUS_NAME)
            .to_owned();
        checks.length("description", request.description.as_deref(), 512);
        checks.finish()?;
        check_tags(&request.tags)?;
        if name.contains('/') {
            return Err(ApiError::validation("Event bus name must not contain '/'."));
        }
        let mut bus = Bus::new(self.0.options.clock.now());
        bus.description.clone_from(&request.description);
        bus.tags = request.tags.into_iter().map(Tag::into_pair).collect();
        self.change(|books| {
            if books.buses.contains_key(&name) {
                let said = format!("Event bus {name} already exists.");
                return Err(ApiError::new("ResourceAlreadyExistsException", said));
            }
            if books.buses.len() >= BUSES_MAX {
                return Err(ApiError::limit());
            }
            let answer =
                json!({ "EventBusArn": self.bus_arn(&name), "Description": bus.description });
            books.buses.insert(name, bus);
            Ok(answer)
        })
    }

    pub(super) fn describe_event_bus(&self, request: NamedBus) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        checks.optional("name", request.name.as_deref(), BUS);
        checks.finish()?;
        let name = bus_name(request.name.as_deref());
        self.read(|books| Ok(self.bus_json(name, books.bus(name)?)))
    }

    pub(super) fn list_event_buses(&self, request: ListEventBuses) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        checks.optional("namePrefix", request.name_prefix.as_deref(), BUS_NAME);
        checks.length("nextToken", request.next_token.as_deref(), TOKEN_CHARS_MAX);
        checks.number("limit", request.limit, 1, PAGE_MAX);
        checks.finish()?;
        let prefix = request.name_prefix.unwrap_or_default();
        self.read(|books| {
            let buses = books
                .buses
                .iter()
                .filter(|(name, _)| name.starts_with(&prefix));
            let buses = buses.map(|(name, bus)| (name.clone(), self.bus_json(name, bus)));
            let (buses, token) = page(buses, request.next_token.as_deref(), request.limit)?;
            Ok(with_token(json!({ "EventBuses": buses }), token))
        })
    }

    /// A bus that is not there is deleted successfully, as on AWS.
    pub(super) fn delete_event_bus(&self, request: NamedBus) -> Result<Value, ApiError> {
        let mut checks = Checks::default();
        let name = checks.required("name", request.name.as_deref(), BUS_NAME);
        checks.finish()?;
        if name == DEFAULT_BUS {
            return Err(ApiError::validation("Cannot delete event bus default."));
        }
        self.change(|books| {
            if books
                .buses
                .get(name)
                .is_some_and(|bus| !bus.rules.is_empty())
            {
                return Err(ApiError::validation(
                    "Cannot delete event bus while rules are attached.",
                ));
            }
            books.buses.remove(name);
            Ok(Value::Null)
        })
    }

    fn bus_json(&self, name: &str, bus: &Bus) -> Value {
        let created = bus.created.timestamp();
        let mut fields = json!({
            "Name": name,
            "Arn": self.bus_arn(name),
            "CreationTime": created,
            "LastModifiedTime": created,
        });
        if let (Some(description), Value::Object(fields)) = (&bus.description, &mut fields) {
            fields.insert("Description".to_owned(), json!(description));
        }
        fields
    }
}
