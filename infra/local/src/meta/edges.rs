//! Lists: filters and pages.
//!
//! Not imitated: cursors do not expire; `before`, `summary` and `sort`; empty pages that have a next
//! one; filters on anything but ids, names, statuses and objectives, with other operators than `IN`,
//! `NOT_IN` and `EQUAL`.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Shared,
    accounts::{Account, Made},
    catalogue::{Node, Type},
    fields,
    refusal::Refusal,
    request::{Parameters, names, plain},
};

/// Rows per page when none are asked for.
///
/// **Source:** Graph API, "Paginated results".
const LIMIT_DEFAULT: usize = 25;

/// The most rows per page.
const LIMIT_MAX: usize = 5000;

/// Objects of these statuses are in no list unless it is asked for statuses.
///
/// **Source:** Marketing API, "Manage your ad object's status".
const HIDDEN: &[&str] = &["ARCHIVED", "DELETED"];

/// An object that a list may have.
#[derive(Debug)]
pub(super) enum Item<'a> {
    /// One of the catalogue.
    Node(&'a Node),
    /// One of an added account.
    Made(Made<'a>),
    /// One made for this answer.
    Value(Value),
}

impl<'a> Item<'a> {
    /// The object of this type at this place in an account.
    pub(super) fn of(
        shared: &'a Shared,
        account: &'a Account,
        kind: Type,
        place: usize,
    ) -> Option<Self> {
        if account.slot > 0 {
            return Some(Self::Made(Made {
                account,
                kind,
                place,
            }));
        }
        let line = account.lines(kind).get(place)?;
        shared.catalogue.nodes.get(&line.id).map(Self::Node)
    }

    fn text(&self, field: &str) -> Option<&str> {
        match self {
            Self::Node(node) => node.value.get(field)?.as_str(),
            Self::Made(made) => made.text(field),
            Self::Value(value) => value.get(field)?.as_str(),
        }
    }

    /// All its fields.
    pub(super) fn value(&self) -> Cow<'_, Value> {
        match self {
            Self::Node(node) => Cow::Borrowed(&node.value),
            Self::Made(made) => Cow::Owned(made.value()),
            Self::Value(value) => Cow::Borrowed(value),
        }
    }
}

/// The fields asked for, which objects of this type must have. A report tells all unasked.
pub(super) fn wanted(kind: Type, parameters: &Parameters) -> Result<Vec<fields::Field>, Refusal> {
    if kind == Type::Report && !parameters.contains_key("fields") {
        return Ok(Vec::new());
    }
    let text = parameters.get("fields").map_or("id", String::as_str);
    let fields = fields::parse(text)?;
    kind.check(&fields)?;
    Ok(fields)
}

/// One page of the objects that pass the filters.
pub(super) fn list<'a>(
    shared: &Shared,
    kind: Type,
    items: impl Iterator<Item = Item<'a>>,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let fields = wanted(kind, parameters)?;
    let filters = filters(parameters, kind)?;
    let (limit, start) = (limit(shared, parameters)?, start(parameters)?);
    let has_status = matches!(kind, Type::Campaign | Type::AdSet | Type::Ad);
    let hides = has_status
        && !filters
            .iter()
            .any(|filter| filter.field == "effective_status");
    let (mut rows, mut passed) = (Vec::new(), 0);
    for item in items {
        if hides
            && item
                .text("effective_status")
                .is_some_and(|it| HIDDEN.contains(&it))
        {
            continue;
        }
        let mut passes = true;
        for filter in &filters {
            passes &= filter.passes(&item)?;
        }
        if !passes {
            continue;
        }
        passed += 1;
        if passed > start + limit {
            break;
        }
        if passed > start {
            rows.push(fields::choose(&item.value(), &fields));
        }
    }
    Ok(page(shared, rows, start, passed > start + limit))
}

/// One element of `filtering`.
#[derive(Debug, Deserialize)]
struct Filter {
    field: String,
    operator: String,
    value: Value,
}

fn filters(parameters: &Parameters, kind: Type) -> Result<Vec<Filter>, Refusal> {
    let mut filters: Vec<Filter> = match parameters.get("filtering") {
        Some(text) => serde_json::from_str(text)
            .map_err(|_| Refusal::parameter("param filtering must be an array."))?,
        None => Vec::new(),
    };
    if parameters.contains_key("effective_status") {
        filters.push(Filter {
            field: "effective_status".to_owned(),
            operator: "IN".to_owned(),
            value: names(parameters, "effective_status")?.into(),
        });
    }
    for filter in &mut filters {
        filter.field = own_field(&filter.field, kind);
    }
    Ok(filters)
}

/// What a filter's field is called in the objects that are filtered.
fn own_field(field: &str, kind: Type) -> String {
    let own = match kind {
        Type::Campaign => "campaign.",
        Type::AdSet => "adset.",
        _ => "ad.",
    };
    match field {
        _ if field.starts_with(own) => field.trim_start_matches(own).to_owned(),
        "campaign.id" => "campaign_id".to_owned(),
        "adset.id" => "adset_id".to_owned(),
        _ => field.to_owned(),
    }
}

impl Filter {
    fn passes(&self, item: &Item<'_>) -> Result<bool, Refusal> {
        let Some(actual) = item.text(&self.field) else {
            return Err(Refusal::parameter(format_args!(
                "Filtering field '{}' with operation '{}' is not supported",
                self.field,
                self.operator.to_ascii_lowercase()
            )));
        };
        let is = |value: &Value| plain(value) == actual;
        match (self.operator.as_str(), &self.value) {
            ("IN", Value::Array(values)) => Ok(values.iter().any(is)),
            ("NOT_IN", Value::Array(values)) => Ok(!values.iter().any(is)),
            ("EQUAL", value) => Ok(is(value)),
            _ => Err(Refusal::parameter(format_args!(
                "Filtering operator '{}' is not supported by the stand-in for this value",
                self.operator
            ))),
        }
    }
}

/// The rows a page may have.
///
/// # Errors
/// 100 for what is no limit, HTTP 500 for one that was ordered too large.
pub(super) fn limit(shared: &Shared, parameters: &Parameters) -> Result<usize, Refusal> {
    let limit = match parameters.get("limit") {
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| Refusal::parameter("param limit must be an integer from 1 to 5000."))?,
        None => LIMIT_DEFAULT,
    };
    let most = shared.limits.sizes().page_limit_max;
    if most.is_some_and(|most| limit > most) {
        return Err(Refusal::reduce());
    }
    Ok(limit)
}

/// A cursor of a list is the number of rows before it; its form is nobody's business.
fn start(parameters: &Parameters) -> Result<usize, Refusal> {
    match parameters.get("after") {
        Some(cursor) => cursor
            .strip_prefix("QVFI")
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| Refusal::parameter("Invalid cursor")),
        None => Ok(0),
    }
}

fn page(shared: &Shared, rows: Vec<Value>, start: usize, has_more: bool) -> Value {
    if rows.is_empty() {
        return json!({ "data": [] });
    }
    let after = format!("QVFI{}", start + rows.len());
    let cursors = json!({"before": format!("QVFI{start}"), "after": after});
    if has_more {
        let next = next(shared, &after);
        json!({"data": rows, "paging": {"cursors": cursors, "next": next}})
    } else {
        json!({"data": rows, "paging": {"cursors": cursors}})
    }
}

/// The address of the next page. The real one repeats the token here as well; following it would
/// spread the token.
pub(super) fn next(shared: &Shared, after: &str) -> String {
    let origin = &shared.origin;
    format!("{origin}/next?access_token=LEAKED-IF-FOLLOWED&after={after}")
}
