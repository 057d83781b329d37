//! The objects of an added account, made from their lines when asked for.

use serde_json::{Value, json};

use super::{super::catalogue::Type, Account, Line, creative, mix};

/// Objectives in use: those of today and those that old campaigns keep.
///
/// **Source:** Marketing API, "Campaign", `objective`.
pub(super) const OBJECTIVES: &[&str] = &[
    "OUTCOME_SALES",
    "OUTCOME_TRAFFIC",
    "OUTCOME_AWARENESS",
    "OUTCOME_LEADS",
    "CONVERSIONS",
    "LINK_CLICKS",
    "VIDEO_VIEWS",
];

/// What an ad that is not active can be.
///
/// **Source:** Marketing API, "Ad", `effective_status`.
pub(super) const INACTIVE: &[&str] = &[
    "PAUSED",
    "ARCHIVED",
    "DELETED",
    "ADSET_PAUSED",
    "DISAPPROVED",
    "WITH_ISSUES",
];

/// Ids of added accounts begin so.
const PREFIX: &str = "1203";

/// `1203`, a digit for the type, three for the account, ten for the place.
pub(super) fn id(kind: Type, slot: usize, place: usize) -> String {
    let digit = match kind {
        Type::Campaign => 0,
        Type::AdSet => 1,
        Type::Ad => 2,
        _ => 3,
    };
    format!("{PREFIX}{digit}{slot:03}{:010}", place + 1)
}

/// The reverse of [`id`].
pub(super) fn parse(id: &str) -> Option<(Type, usize, usize)> {
    let digits = id.strip_prefix(PREFIX).filter(|rest| rest.len() == 14)?;
    let kind = match digits.get(..1)? {
        "0" => Type::Campaign,
        "1" => Type::AdSet,
        "2" => Type::Ad,
        "3" => Type::Creative,
        _ => return None,
    };
    let slot = digits.get(1..4)?.parse().ok()?;
    let place: usize = digits.get(4..)?.parse().ok()?;
    Some((kind, slot, place.checked_sub(1)?))
}

/// An object of an added account, before it is written out.
#[derive(Debug, Clone, Copy)]
pub(in crate::meta) struct Made<'a> {
    /// Whose it is.
    pub(in crate::meta) account: &'a Account,
    /// Its type.
    pub(in crate::meta) kind: Type,
    /// Its place among those of its type.
    pub(in crate::meta) place: usize,
}

impl<'a> Made<'a> {
    /// A member by which lists can be filtered; the whole object is not made for it.
    pub(in crate::meta) fn text(&self, field: &str) -> Option<&'a str> {
        let line = self.account.lines(self.kind).get(self.place)?;
        let id_of = |lines: &'a [Line], place: usize| lines.get(place).map(|line| &*line.id);
        match (field, self.kind) {
            ("id", _) => Some(&line.id),
            ("name", _) => Some(&line.name),
            ("effective_status", _) => Some(line.status),
            ("status", _) => Some(configured(line.status)),
            ("objective", Type::Campaign) => Some(line.objective),
            ("campaign_id", Type::Ad | Type::AdSet) => {
                id_of(&self.account.campaigns, line.campaign)
            }
            ("adset_id", Type::Ad) => id_of(&self.account.ad_sets, line.ad_set),
            _ => None,
        }
    }

    /// The whole object.
    pub(in crate::meta) fn value(&self) -> Value {
        match self.kind {
            Type::Campaign => self.campaign(),
            Type::AdSet => self.ad_set(),
            Type::Ad => self.ad(),
            Type::Creative => creative::value(
                &id(Type::Creative, self.account.slot, self.place),
                self.account.digits(),
                self.place,
            ),
            _ => Value::Null,
        }
    }

    fn campaign(&self) -> Value {
        let Some(line) = self.account.campaigns.get(self.place) else {
            return Value::Null;
        };
        let mut value = json!({
            "id": line.id, "name": line.name, "account_id": self.account.digits(),
            "objective": line.objective, "status": configured(line.status),
            "configured_status": configured(line.status), "effective_status": line.status,
            "buying_type": "AUCTION", "special_ad_categories": [],
            "created_time": "2023-06-01T09:12:44-0700", "updated_time": "2026-03-30T09:12:44-0700",
        });
        // A budget is either the campaign's or its ad sets', never both.
        if self.place.is_multiple_of(2)
            && let Some(fields) = value.as_object_mut()
        {
            let budget = 1000 + mix(self.account.spec.seed, self.place as u64) % 9000;
            fields.insert("daily_budget".to_owned(), budget.to_string().into());
        }
        value
    }

    fn ad_set(&self) -> Value {
        let Some(line) = self.account.ad_sets.get(self.place) else {
            return Value::Null;
        };
        let mut value = json!({
            "id": line.id, "name": line.name, "account_id": self.account.digits(),
            "campaign_id": self.text("campaign_id"), "status": configured(line.status),
            "configured_status": configured(line.status), "effective_status": line.status,
            "optimization_goal": "OFFSITE_CONVERSIONS", "billing_event": "IMPRESSIONS",
            "attribution_spec": [{"event_type": "CLICK_THROUGH", "window_days": 7},
                {"event_type": "VIEW_THROUGH", "window_days": 1}],
            "created_time": "2023-06-01T09:12:44-0700", "updated_time": "2026-03-30T09:12:44-0700",
        });
        if !line.campaign.is_multiple_of(2)
            && let Some(fields) = value.as_object_mut()
        {
            fields.insert("daily_budget".to_owned(), "2500".into());
        }
        value
    }

    fn ad(&self) -> Value {
        let Some(line) = self.account.ads.get(self.place) else {
            return Value::Null;
        };
        let mut value = json!({
            "id": line.id, "name": line.name, "account_id": self.account.digits(),
            "campaign_id": self.text("campaign_id"), "adset_id": self.text("adset_id"),
            "status": configured(line.status), "configured_status": configured(line.status),
            "effective_status": line.status,
            "created_time": format!("{}T08:04:31-0700", line.begins),
            "updated_time": format!("{}T08:04:31-0700", line.begins),
        });
        if creative::exists(self.place)
            && let Some(fields) = value.as_object_mut()
        {
            let id = id(Type::Creative, self.account.slot, self.place);
            let creative = creative::value(&id, self.account.digits(), self.place);
            fields.insert("creative".to_owned(), creative);
        }
        value
    }
}

/// What the object itself was set to, whatever its parents are.
fn configured(effective: &'static str) -> &'static str {
    match effective {
        "PAUSED" | "ARCHIVED" | "DELETED" => effective,
        _ => "ACTIVE",
    }
}
