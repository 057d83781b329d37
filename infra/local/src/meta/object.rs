//! What an id names, and the lists it has.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    Shared,
    accounts::Account,
    catalogue::{ACCOUNT, Type},
    edges::{self, Item},
    insights::Report,
    refusal::Refusal,
    request::Parameters,
    token::Asker,
};

/// What an id names.
pub(super) enum Object {
    /// An account.
    Account(Arc<Account>),
    /// A report.
    Report(Box<Report>),
    /// A campaign, an ad set, an ad or a creative, by its place in its account.
    Placed(Arc<Account>, Type, usize),
    /// Another node of the catalogue.
    Other(Type),
}

impl Object {
    /// Looks an id up.
    ///
    /// # Errors
    /// 100/33 for what there is not, or what this token may not see; 200 for an account like that.
    pub(super) fn find(shared: &Shared, id: &str, asker: &Asker) -> Result<Self, Refusal> {
        let unknown = || Refusal::unknown_object(id);
        if let Some(account) = shared.accounts.by_id(id) {
            let is_seen = asker.sees(id);
            return if is_seen {
                Ok(Self::Account(account))
            } else {
                Err(Refusal::not_granted())
            };
        }
        let (object, owner) = match (shared.accounts.made(id), shared.reports.get(id)) {
            (Some((account, kind, place)), _) => {
                let owner = account.spec.id.clone();
                (Self::Placed(account, kind, place), owner)
            }
            (None, Some(report)) => {
                let owner = report.query.account.spec.id.clone();
                (Self::Report(Box::new(report)), owner)
            }
            (None, None) => {
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
    ///
    /// # Errors
    /// 100/33 when it has none.
    pub(super) fn of_ads(self, id: &str) -> Result<(Arc<Account>, Type, usize), Refusal> {
        match self {
            Self::Account(account) => Ok((account, Type::Account, 0)),
            Self::Placed(account, kind, place) if kind != Type::Creative => {
                Ok((account, kind, place))
            }
            _ => Err(Refusal::unknown_object(id)),
        }
    }

    /// Its type.
    pub(super) fn kind(&self) -> Type {
        match self {
            Self::Account(_) => Type::Account,
            Self::Report(_) => Type::Report,
            Self::Placed(_, kind, _) | Self::Other(kind) => *kind,
        }
    }

    /// All its fields; asking a report counts as a poll.
    pub(super) fn value(&self, shared: &Shared, id: &str) -> Option<Value> {
        match self {
            Self::Account(account) => Some(facts(shared, account)),
            Self::Report(report) => shared.reports.poll(&report.id, shared.now.get()),
            Self::Placed(account, kind, place) => {
                let item = Item::of(shared, account, *kind, *place)?;
                Some(item.value().into_owned())
            }
            Self::Other(_) => Some(shared.catalogue.nodes.get(id)?.value.clone()),
        }
    }

    /// One of its lists.
    ///
    /// # Errors
    /// 100 when it has no such list, or as a list is refused.
    pub(super) fn edge(
        &self,
        shared: &Shared,
        edge: &str,
        parameters: &Parameters,
    ) -> Result<Value, Refusal> {
        let (account, own, place) = match self {
            Self::Account(account) => (account, Type::Account, 0),
            Self::Placed(account, kind, place) => (account, *kind, *place),
            Self::Report(_) | Self::Other(_) => {
                return Err(Refusal::field(edge, self.kind().name()));
            }
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

/// The account that an id names or belongs to; `None` for what is in no added account.
pub(super) fn owner(shared: &Shared, id: &str) -> Option<String> {
    let account = shared.accounts.by_id(id);
    let made = || shared.accounts.made(id).map(|(account, ..)| account);
    let reported = || Some(shared.reports.get(id)?.query.account.clone());
    let account = account.or_else(made).or_else(reported)?;
    Some(account.spec.id.clone())
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
pub(super) fn facts(shared: &Shared, account: &Account) -> Value {
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
