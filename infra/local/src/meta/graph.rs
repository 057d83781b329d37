//! The Graph API's half: which object or edge a call is about.
//!
//! Not imitated: writing, search, permissions below "this token may read this account".

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
    Shared,
    accounts::Account,
    catalogue::{ACCOUNT, Type},
    cdn,
    edges::{self, Item},
    fields, insights,
    refusal::Refusal,
    request::{Call, Parameters},
    token::{self, Asker},
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
        Ok(call) => respond(shared, call).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Answers one call.
pub(super) async fn respond(shared: Arc<Shared>, call: Call) -> Response {
    let fault = shared.faults.take_for_graph(&call).await;
    let version = call.version.clone();
    let ordered = fault.and_then(|fault| fault.answer());
    let mut response = match ordered {
        Some(response) => response,
        None => {
            let shared = shared.clone();
            // Large reports take long in a debug build; others are not to wait for them.
            let answer = tokio::task::spawn_blocking(move || answer(&shared, &call));
            match answer.await {
                Ok(response) => response,
                Err(error) => Refusal::unknown(error).into_response(),
            }
        }
    };
    shared.usage().write(&version, response.headers_mut());
    response
}

fn answer(shared: &Shared, call: &Call) -> Response {
    let content = token::check(shared, call).and_then(|asker| route(shared, call, &asker));
    match content {
        Ok(Content::Value(mut value)) => {
            cdn::sign_all(shared, &mut value);
            Json(value).into_response()
        }
        Ok(Content::Text(text)) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (json, text).into_response()
        }
        Err(refusal) => refusal.into_response(),
    }
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
            let object = Object::find(shared, id, asker)?;
            let (account, kind, place) = object.of_ads(id)?;
            let text = insights::answer(shared, call, account, (kind, place))?;
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

/// What an id names.
enum Object {
    Account(Arc<Account>),
    /// A campaign, an ad set, an ad or a creative, by its place in its account.
    Placed(Arc<Account>, Type, usize),
    /// Another node of the catalogue.
    Other(Type),
}

impl Object {
    /// # Errors
    /// 100/33 for what there is not, or what this token may not see; 200 for an account like that.
    fn find(shared: &Shared, id: &str, asker: &Asker) -> Result<Self, Refusal> {
        let unknown = || Refusal::unknown_object(id);
        if let Some(account) = shared.accounts.by_id(id) {
            let is_seen = asker.sees(id);
            return if is_seen {
                Ok(Self::Account(account))
            } else {
                Err(Refusal::not_granted())
            };
        }
        let made = shared.accounts.made(id);
        let (object, owner) = match made {
            Some((account, kind, place)) => {
                let owner = account.spec.id.clone();
                (Self::Placed(account, kind, place), owner)
            }
            None => {
                let kind = shared.catalogue.nodes.get(id).ok_or_else(unknown)?.kind;
                let account = shared.accounts.of_media().ok_or_else(unknown)?;
                let place = account.lines(kind).iter().position(|line| line.id == id);
                let object = match place {
                    Some(place) => Self::Placed(account, kind, place),
                    None => Self::Other(kind),
                };
                (object, ACCOUNT.to_owned())
            }
        };
        if asker.sees(&owner) {
            Ok(object)
        } else {
            Err(unknown())
        }
    }

    /// The account, and where in it the object is that has ads.
    fn of_ads(self, id: &str) -> Result<(Arc<Account>, Type, usize), Refusal> {
        match self {
            Self::Account(account) => Ok((account, Type::Account, 0)),
            Self::Placed(account, kind, place) if kind != Type::Creative => {
                Ok((account, kind, place))
            }
            _ => Err(Refusal::unknown_object(id)),
        }
    }

    fn kind(&self) -> Type {
        match self {
            Self::Account(_) => Type::Account,
            Self::Placed(_, kind, _) | Self::Other(kind) => *kind,
        }
    }

    fn value(&self, shared: &Shared, id: &str) -> Option<Value> {
        match self {
            Self::Account(account) => Some(facts(shared, account)),
            Self::Placed(account, kind, place) => {
                let item = Item::of(shared, account, *kind, *place)?;
                Some(item.value().into_owned())
            }
            Self::Other(_) => Some(shared.catalogue.nodes.get(id)?.value.clone()),
        }
    }

    fn edge(&self, shared: &Shared, edge: &str, parameters: &Parameters) -> Result<Value, Refusal> {
        let (account, own, place) = match self {
            Self::Account(account) => (account, Type::Account, 0),
            Self::Placed(account, kind, place) => (account, *kind, *place),
            Self::Other(kind) => return Err(Refusal::field(edge, kind.name())),
        };
        let kind = match (own, edge) {
            (Type::Account, "campaigns") => Type::Campaign,
            (Type::Account | Type::Campaign, "adsets") => Type::AdSet,
            (Type::Account | Type::Campaign | Type::AdSet, "ads") => Type::Ad,
            (Type::Account, "adcreatives") => Type::Creative,
            (Type::Account, "advideos") => Type::Video,
            (Type::Account, "adimages") => Type::Image,
            _ => return Err(Refusal::field(edge, own.name())),
        };
        match kind {
            Type::Creative if account.slot > 0 => {
                let places = 0..account.ads.len();
                let items = places.filter_map(|place| Item::of(shared, account, kind, place));
                edges::list(shared, kind, items, parameters)
            }
            Type::Creative => {
                of_catalogue(shared, kind, shared.catalogue.of_type(kind), parameters)
            }
            Type::Video => of_catalogue(shared, kind, shared.catalogue.videos.clone(), parameters),
            Type::Image => of_catalogue(shared, kind, images(shared, parameters)?, parameters),
            _ => {
                let lines = account.lines(kind).iter().enumerate();
                let children = lines.filter(|(_, line)| match own {
                    Type::Campaign => line.campaign == place,
                    Type::AdSet => line.ad_set == place,
                    _ => true,
                });
                let items =
                    children.filter_map(|(place, _)| Item::of(shared, account, kind, place));
                edges::list(shared, kind, items, parameters)
            }
        }
    }
}

/// Added accounts have the same pictures and videos as the one made from media.
fn of_catalogue(
    shared: &Shared,
    kind: Type,
    ids: Vec<String>,
    parameters: &Parameters,
) -> Result<Value, Refusal> {
    let nodes = ids.iter().filter_map(|id| shared.catalogue.nodes.get(id));
    edges::list(shared, kind, nodes.map(Item::Node), parameters)
}

/// An account's node.
fn facts(shared: &Shared, account: &Account) -> Value {
    use chrono::Offset as _;
    let zone = account.spec.timezone;
    let now = shared.now.get().with_timezone(&zone);
    let hours = f64::from(now.offset().fix().local_minus_utc()) / 3600.0;
    json!({
        "id": account.spec.id, "account_id": account.digits(), "name": account.spec.name,
        "account_status": 1, "currency": account.spec.currency, "timezone_name": zone.name(),
        "timezone_offset_hours_utc": hours, "created_time": "2023-06-01T09:00:00+0000",
    })
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
