//! The Graph API's half: nodes, edges, `ids=`, filters, pages.
//!
//! Not imitated: writing, `batch`, insights, search, rate limits that depend on use (the headers
//! show what `/_control/usage` was told), permissions below "a token or none".

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    Shared,
    catalogue::{ACCOUNT, Type},
    cdn, fields,
    refusal::Refusal,
    token,
};

/// Rows per page when none are asked for.
///
/// **Source:** Graph API, "Paginated results".
const LIMIT_DEFAULT: usize = 25;

/// The most rows per page.
const LIMIT_MAX: usize = 5000;

/// The most ids one call may read.
///
/// **Source:** Graph API, "Reading multiple objects".
const IDS_MAX: usize = 50;

type Parameters = HashMap<String, String>;

/// Answers `GET /{version}/{path}`.
pub(super) async fn get(
    State(shared): State<Arc<Shared>>,
    Path((version, path)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    respond(&shared, &version, &path, &parameters, &headers).await
}

/// Answers `GET /{version}/?ids=…`.
pub(super) async fn get_root(
    State(shared): State<Arc<Shared>>,
    Path(version): Path<String>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Response {
    respond(&shared, &version, "", &parameters, &headers).await
}

async fn respond(
    shared: &Shared,
    version: &str,
    path: &str,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Response {
    let fault = shared.faults.take_for_graph(path).await;
    let ordered = fault.and_then(|fault| fault.answer());
    let mut response = ordered.unwrap_or_else(|| {
        let data = token::check(shared, version, parameters, headers)
            .and_then(|()| answer(shared, path, parameters));
        match data {
            Ok(mut data) => {
                cdn::sign_all(shared, &mut data);
                Json(data).into_response()
            }
            Err(refusal) => refusal.into_response(),
        }
    });
    shared.usage().write(version, response.headers_mut());
    response
}

fn answer(shared: &Shared, path: &str, parameters: &Parameters) -> Result<Value, Refusal> {
    if let Some(ids) = parameters.get("ids").filter(|_| path.is_empty()) {
        return many(shared, ids, parameters);
    }
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match segments.as_slice() {
        ["me"] => Ok(json!({"id": "100000000000009", "name": "Stand-in user"})),
        ["me", "adaccounts"] => list(shared, Type::Account, vec![ACCOUNT.to_owned()], parameters),
        [id] => node(shared, id, parameters),
        [ACCOUNT, edge] => account_edge(shared, edge, parameters),
        [id, _] if known(shared, id) => Err(Refusal::parameter(format_args!(
            "Tried accessing nonexisting field ({})",
            segments.last().unwrap_or(id)
        ))),
        [id, ..] => Err(Refusal::unknown_object(id)),
        [] => Err(Refusal::parameter("Unsupported get request.")),
    }
}

fn known(shared: &Shared, id: &str) -> bool {
    shared.catalogue.nodes.contains_key(id)
}

fn account_edge(shared: &Shared, edge: &str, parameters: &Parameters) -> Result<Value, Refusal> {
    let of_type = |kind| -> Vec<String> {
        let nodes = shared.catalogue.nodes.iter();
        nodes
            .filter(|(_, node)| node.kind == kind)
            .map(|(id, _)| id.clone())
            .collect()
    };
    let (kind, ids) = match edge {
        "ads" => (Type::Ad, shared.catalogue.ads.clone()),
        "adcreatives" => (Type::Creative, of_type(Type::Creative)),
        "adsets" => (Type::AdSet, of_type(Type::AdSet)),
        "campaigns" => (Type::Campaign, of_type(Type::Campaign)),
        "advideos" => (Type::Video, shared.catalogue.videos.clone()),
        "adimages" => (Type::Image, images(shared, parameters)?),
        _ => return Err(Refusal::field(edge, Type::Account.name())),
    };
    list(shared, kind, ids, parameters)
}

/// Unknown hashes are left out.
fn images(shared: &Shared, parameters: &Parameters) -> Result<Vec<String>, Refusal> {
    let images = &shared.catalogue.images;
    let Some(hashes) = parameters.get("hashes") else {
        return Ok(images.values().cloned().collect());
    };
    let hashes: Vec<String> = serde_json::from_str(hashes)
        .map_err(|_| Refusal::parameter("param hashes must be an array."))?;
    Ok(hashes
        .iter()
        .filter_map(|hash| images.get(hash).cloned())
        .collect())
}

fn wanted(kind: Type, parameters: &Parameters) -> Result<Vec<fields::Field>, Refusal> {
    let text = parameters.get("fields").map_or("id", String::as_str);
    let fields = fields::parse(text)?;
    kind.check(&fields)?;
    Ok(fields)
}

fn node(shared: &Shared, id: &str, parameters: &Parameters) -> Result<Value, Refusal> {
    let node = shared.catalogue.nodes.get(id);
    let node = node.ok_or_else(|| Refusal::unknown_object(id))?;
    Ok(fields::choose(&node.value, &wanted(node.kind, parameters)?))
}

/// One unreadable id fails the whole call.
fn many(shared: &Shared, ids: &str, parameters: &Parameters) -> Result<Value, Refusal> {
    let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    if ids.len() > IDS_MAX {
        let text = format!("Too many IDs. Maximum: {IDS_MAX}. Provided: {}.", ids.len());
        return Err(Refusal::parameter(text));
    }
    let mut found = Map::new();
    for id in ids {
        found.insert(id.to_owned(), node(shared, id, parameters)?);
    }
    Ok(found.into())
}

fn list(
    shared: &Shared,
    kind: Type,
    ids: Vec<String>,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let fields = wanted(kind, parameters)?;
    let filters = filters(parameters)?;
    let mut rows = Vec::new();
    for id in ids {
        let Some(node) = shared.catalogue.nodes.get(&id) else {
            continue;
        };
        let passes = filters
            .iter()
            .map(|filter| filter.passes(&node.value))
            .collect::<Result<Vec<bool>, Refusal>>()?;
        if passes.into_iter().all(|passes| passes) {
            rows.push(fields::choose(&node.value, &fields));
        }
    }
    page(shared, rows, parameters)
}

/// One element of `filtering`.
#[derive(Debug, Deserialize)]
struct Filter {
    field: String,
    operator: String,
    value: Value,
}

fn filters(parameters: &Parameters) -> Result<Vec<Filter>, Refusal> {
    let mut filters: Vec<Filter> = match parameters.get("filtering") {
        Some(text) => serde_json::from_str(text)
            .map_err(|_| Refusal::parameter("param filtering must be an array."))?,
        None => Vec::new(),
    };
    if let Some(text) = parameters.get("effective_status") {
        filters.push(Filter {
            field: "effective_status".to_owned(),
            operator: "IN".to_owned(),
            value: serde_json::from_str(text)
                .map_err(|_| Refusal::parameter("param effective_status must be an array."))?,
        });
    }
    Ok(filters)
}

impl Filter {
    fn passes(&self, value: &Value) -> Result<bool, Refusal> {
        let field = self.field.rsplit('.').next().unwrap_or_default();
        let Some(actual) = value.get(field) else {
            return Err(Refusal::parameter(format_args!(
                "Filtering field '{}' with operation '{}' is not supported",
                self.field,
                self.operator.to_ascii_lowercase()
            )));
        };
        match (self.operator.as_str(), &self.value) {
            ("IN", Value::Array(values)) => Ok(values.contains(actual)),
            ("NOT_IN", Value::Array(values)) => Ok(!values.contains(actual)),
            ("EQUAL", value) => Ok(value == actual),
            _ => Err(Refusal::parameter(format_args!(
                "Filtering operator '{}' is not supported by the stand-in for this value",
                self.operator
            ))),
        }
    }
}

/// Cuts one page. A cursor is the number of rows before it; its form is nobody's business.
fn page(shared: &Shared, rows: Vec<Value>, parameters: &Parameters) -> Result<Value, Refusal> {
    let limit = match parameters.get("limit") {
        Some(text) => text
            .parse::<usize>()
            .ok()
            .filter(|limit| (1..=LIMIT_MAX).contains(limit))
            .ok_or_else(|| Refusal::parameter("param limit must be an integer from 1 to 5000."))?,
        None => LIMIT_DEFAULT,
    };
    let start = match parameters.get("after") {
        Some(cursor) => cursor
            .strip_prefix("QVFI")
            .and_then(|number| number.parse().ok())
            .ok_or_else(|| Refusal::parameter("Invalid cursor"))?,
        None => 0,
    };
    let all = rows.len();
    let data: Vec<Value> = rows.into_iter().skip(start).take(limit).collect();
    let end = start + data.len();
    if data.is_empty() {
        return Ok(json!({ "data": [] }));
    }
    let cursors = json!({"before": format!("QVFI{start}"), "after": format!("QVFI{end}")});
    if end == all {
        return Ok(json!({"data": data, "paging": {"cursors": cursors}}));
    }
    // The real one repeats the token here as well; following it would spread the token.
    let origin = &shared.origin;
    let next = format!("{origin}/next?access_token=LEAKED-IF-FOLLOWED&after=QVFI{end}");
    Ok(json!({"data": data, "paging": {"cursors": cursors, "next": next}}))
}
