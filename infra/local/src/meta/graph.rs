//! The Graph API's half: which object or edge a call is about.
//!
//! Not imitated: writing; search; insights nested in the fields of other objects; permissions below
//! "this token may read this account"; the quota of the app; errors that come by chance. All
//! versions from v24.0 on answer alike, and a path without a version is answered as v25.0.

use std::sync::Arc;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{
    Shared, batch,
    catalogue::Type,
    cdn,
    edges::{self, Item},
    fields, insights, oauth,
    object::{Object, facts},
    refusal::Refusal,
    request::{Call, Parameters},
    token::{self, Asker, Whose},
};

/// The most ids one call may read.
///
/// **Source:** Graph API, "Reading multiple objects".
const IDS_MAX: usize = 50;

/// What an answer holds.
pub(super) enum Content {
    /// An object or a list, with addresses still to be signed.
    Value(Value),
    /// JSON as text.
    Text(String),
}

/// Answers every call to the Graph API.
pub(super) async fn serve(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match Call::read(&method, &uri, &headers, &body) {
        Ok(call) if batch::is_one(&call) => batch::answer(shared, call).await,
        Ok(call) => respond(shared, call).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Answers one call.
pub(super) async fn respond(shared: Arc<Shared>, call: Call) -> Response {
    let whose = Whose::of(&shared, &call);
    let fault = shared.faults.take_for_graph(&call).await;
    if let Some(mut response) = fault.and_then(|fault| fault.answer()) {
        shared.usage().write(&whose, response.headers_mut());
        return response;
    }
    // Large reports take long in a debug build; others are not to wait for them.
    let answer = tokio::task::spawn_blocking(move || answer(&shared, &call, &whose));
    match answer.await {
        Ok(response) => response,
        Err(error) => Refusal::unknown(error).into_response(),
    }
}

fn answer(shared: &Shared, call: &Call, whose: &Whose) -> Response {
    let mut usage = shared.usage();
    let content = match call.path.as_str() {
        "oauth/access_token" => token::check_version(call)
            .and_then(|()| oauth::exchange(shared, call))
            .map(Content::Value),
        "debug_token" => token::check_version(call)
            .and_then(|()| oauth::inspect(shared, call))
            .map(Content::Value),
        _ => token::check(shared, call).and_then(|asker| {
            let now = shared.now.get();
            let spent = shared.quotas.spend(&whose.account, whose.cost, now);
            if let Some((used, outcome)) = spent {
                usage = used;
                outcome?;
            }
            route(shared, call, &asker)
        }),
    };
    let mut response = match content {
        Ok(Content::Value(mut value)) => {
            cdn::sign_all(shared, &mut value);
            Json(value).into_response()
        }
        Ok(Content::Text(text)) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (json, text).into_response()
        }
        Err(refusal) => refusal.into_response(),
    };
    usage.write(whose, response.headers_mut());
    response
}

fn route(shared: &Shared, call: &Call, asker: &Asker) -> Result<Content, Refusal> {
    let parameters = &call.parameters;
    let segments: Vec<&str> = call
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    match segments.as_slice() {
        [id, "insights"] => {
            let text = match Object::find(shared, id, asker)? {
                Object::Report(report) => insights::answer_report(shared, call, &report)?,
                object => {
                    let (account, kind, place) = object.of_ads(id)?;
                    insights::answer(shared, call, account, (kind, place))?
                }
            };
            Ok(Content::Text(text))
        }
        _ if call.is_post => Err(Refusal::parameter("Unsupported post request.")),
        [] => match parameters.get("ids") {
            Some(ids) => many(shared, ids, parameters, asker).map(Content::Value),
            None => Err(Refusal::parameter("Unsupported get request.")),
        },
        ["me"] => Ok(Content::Value(
            json!({"id": "100000000000009", "name": "Stand-in user"}),
        )),
        ["me", "adaccounts"] => {
            let accounts = shared.accounts.all();
            let seen = accounts.iter().filter(|it| asker.sees(&it.spec.id));
            let items = seen.map(|account| Item::Value(facts(shared, account)));
            edges::list(shared, Type::Account, items, parameters).map(Content::Value)
        }
        [id] => node(shared, id, parameters, asker).map(Content::Value),
        [id, edge] => Object::find(shared, id, asker)?
            .edge(shared, edge, parameters)
            .map(Content::Value),
        [id, ..] => Err(Refusal::unknown_object(id)),
    }
}

fn node(
    shared: &Shared,
    id: &str,
    parameters: &Parameters,
    asker: &Asker,
) -> Result<Value, Refusal> {
    let object = Object::find(shared, id, asker)?;
    let value = object.value(shared, id);
    let value = value.ok_or_else(|| Refusal::unknown_object(id))?;
    let fields = edges::wanted(object.kind(), parameters)?;
    Ok(fields::choose(&value, &fields))
}

/// One unreadable id fails the whole call.
fn many(
    shared: &Shared,
    ids: &str,
    parameters: &Parameters,
    asker: &Asker,
) -> Result<Value, Refusal> {
    let ids: Vec<&str> = ids.split(',').filter(|id| !id.is_empty()).collect();
    if ids.len() > IDS_MAX {
        let text = format!("Too many IDs. Maximum: {IDS_MAX}. Provided: {}.", ids.len());
        return Err(Refusal::parameter(text));
    }
    let mut found = Map::new();
    for id in ids {
        found.insert(id.to_owned(), node(shared, id, parameters, asker)?);
    }
    Ok(found.into())
}
