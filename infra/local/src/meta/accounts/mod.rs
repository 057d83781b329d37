//! The ad accounts: the one made from media, and those that tests add.
//!
//! An added account is a list of short lines; the objects of the API are made from a line when they
//! are asked for, so that twenty thousand ads cost nothing until then. Everything follows from the
//! seed.
//!
//! Not imitated: nothing in an account changes, so that an ad that is archived today was so always;
//! objects have only the members that a sync reads; pictures and videos are those of the account
//! made from media.

mod creative;
mod made;
mod registry;

use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;

use super::catalogue::{ACCOUNT, Catalogue, Type};
pub(super) use made::Made;
pub(super) use registry::Accounts;

/// The most ads of one account.
const ADS_MAX: usize = 20_000;

/// Ads of an added account begin on days spread over so many days after [`FIRST_DAY`].
const BEGIN_SPREAD_DAYS: u64 = 1000;

/// The day on which the oldest ad of every account began: older than 37 months before any day on
/// which the stand-in is of use.
const FIRST_DAY: NaiveDate = match NaiveDate::from_ymd_opt(2023, 6, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Every so many ads one has a NUL in its name, which Postgres refuses in text.
const NUL_EVERY: usize = 500;

/// An ad account to add, as posted to `/_control/accounts`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountSpec {
    /// Its id with the prefix `act_`.
    pub id: String,
    /// How many ads, at most 20,000.
    pub ads: usize,
    /// How many campaigns, at least one; each has two ad sets.
    pub campaigns: usize,
    /// What all its numbers follow from.
    pub seed: u64,
    /// Its time zone, which decides what its "today" is.
    pub timezone: Tz,
    /// Its currency; one with two decimals.
    pub currency: String,
    /// Its name.
    pub name: String,
    /// On how many of a hundred days an active ad is shown.
    pub delivery_percent: u64,
    /// How many of a hundred campaigns, and of a hundred ads, are not active. Those ads are shown
    /// only in one period of thirty days out of three.
    pub inactive_percent: u64,
}

impl Default for AccountSpec {
    fn default() -> Self {
        Self {
            id: String::new(),
            ads: 10,
            campaigns: 2,
            seed: 1,
            timezone: Tz::UTC,
            currency: "USD".to_owned(),
            name: "Added account".to_owned(),
            delivery_percent: 85,
            inactive_percent: 15,
        }
    }
}

/// What insights and lists have to know of a campaign, an ad set or an ad.
#[derive(Debug)]
pub(super) struct Line {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// The name as JSON, with its quotes.
    pub(super) quoted: String,
    /// `effective_status`.
    pub(super) status: &'static str,
    /// Its campaign's objective.
    pub(super) objective: &'static str,
    /// The place of its campaign; its own, for a campaign.
    pub(super) campaign: usize,
    /// The place of its ad set; its own, for an ad set. Without meaning for a campaign.
    pub(super) ad_set: usize,
    /// The day it was made on.
    pub(super) begins: NaiveDate,
    /// Whether it shows a video.
    pub(super) is_video: bool,
}

/// One account.
#[derive(Debug)]
pub(super) struct Account {
    /// What it was made from.
    pub(super) spec: AccountSpec,
    /// Its place among the accounts, part of the ids of what is in it; 0 is the one made from media.
    pub(super) slot: usize,
    /// Its campaigns.
    pub(super) campaigns: Vec<Line>,
    /// Its ad sets.
    pub(super) ad_sets: Vec<Line>,
    /// Its ads.
    pub(super) ads: Vec<Line>,
}

impl Account {
    /// The account made from media, whose objects are in the catalogue.
    fn of_media(catalogue: &Catalogue) -> Self {
        let spec = AccountSpec {
            id: ACCOUNT.to_owned(),
            timezone: Tz::Europe__Berlin,
            currency: "EUR".to_owned(),
            name: "Stand-in account".to_owned(),
            ..AccountSpec::default()
        };
        let campaigns = catalogue.of_type(Type::Campaign);
        let ad_sets = catalogue.of_type(Type::AdSet);
        let place = |ids: &[String], value: &Value, field: &str| {
            let id = value.get(field).and_then(Value::as_str);
            ids.iter().position(|one| Some(one.as_str()) == id)
        };
        let line = |id: &String| -> Option<Line> {
            let value = &catalogue.nodes.get(id)?.value;
            let name = value.get("name")?.as_str()?.to_owned();
            let sample = catalogue.samples.iter().find(|sample| sample.ad_id == *id);
            let own = |ids: &[String]| ids.iter().position(|one| one == id).unwrap_or_default();
            Some(Line {
                id: id.clone(),
                quoted: Value::from(name.as_str()).to_string(),
                name,
                status: "ACTIVE",
                objective: "OUTCOME_SALES",
                campaign: place(&campaigns, value, "campaign_id")
                    .unwrap_or_else(|| own(&campaigns)),
                ad_set: place(&ad_sets, value, "adset_id").unwrap_or_else(|| own(&ad_sets)),
                begins: FIRST_DAY,
                is_video: sample.is_some_and(|sample| sample.is_video),
            })
        };
        Self {
            campaigns: campaigns.iter().filter_map(line).collect(),
            ad_sets: ad_sets.iter().filter_map(line).collect(),
            ads: catalogue.ads.iter().filter_map(line).collect(),
            spec,
            slot: 0,
        }
    }

    /// Makes an account from its description.
    fn new(spec: AccountSpec, slot: usize) -> Self {
        let mut account = Self {
            slot,
            campaigns: Vec::with_capacity(spec.campaigns),
            ad_sets: Vec::with_capacity(spec.campaigns * 2),
            ads: Vec::with_capacity(spec.ads),
            spec,
        };
        for number in 0..account.spec.campaigns {
            account.add_campaign(number);
        }
        for number in 0..account.spec.ads {
            account.add_ad(number);
        }
        account
    }

    fn add_campaign(&mut self, number: usize) {
        let chance = mix(mix(self.spec.seed, 1), number as u64);
        let objective = made::OBJECTIVES.get(number % made::OBJECTIVES.len());
        let status = self.status(chance, &["PAUSED", "ARCHIVED", "DELETED"]);
        let mut line = Line {
            id: made::id(Type::Campaign, self.slot, number),
            name: format!("Campaign {}", number + 1),
            quoted: String::new(),
            status: status.unwrap_or("ACTIVE"),
            objective: objective.copied().unwrap_or("OUTCOME_SALES"),
            campaign: number,
            ad_set: 0,
            begins: FIRST_DAY,
            is_video: false,
        };
        line.quoted = Value::from(line.name.as_str()).to_string();
        for half in 0..2 {
            let place = number * 2 + half;
            let name = format!("Ad set {}", place + 1);
            self.ad_sets.push(Line {
                id: made::id(Type::AdSet, self.slot, place),
                quoted: Value::from(name.as_str()).to_string(),
                name,
                status: inherited(line.status).unwrap_or("ACTIVE"),
                ad_set: place,
                ..line
            });
        }
        self.campaigns.push(line);
    }

    fn add_ad(&mut self, number: usize) {
        let campaign = number % self.spec.campaigns.max(1);
        let ad_set = campaign * 2 + (number / self.spec.campaigns.max(1)) % 2;
        let Some(parent) = self.campaigns.get(campaign) else {
            return;
        };
        let chance = mix(mix(self.spec.seed, 2), number as u64);
        let own = self.status(chance, made::INACTIVE);
        let nul = if number % NUL_EVERY == NUL_EVERY - 1 {
            "\0"
        } else {
            ""
        };
        let name = format!("Ad {}{nul} \u{2013} \"spring\" \u{1f331}", number + 1);
        let spread = number as u64 * BEGIN_SPREAD_DAYS / self.spec.ads.max(1) as u64;
        let line = Line {
            id: made::id(Type::Ad, self.slot, number),
            quoted: Value::from(name.as_str()).to_string(),
            name,
            status: inherited(parent.status).or(own).unwrap_or("ACTIVE"),
            objective: parent.objective,
            campaign,
            ad_set,
            begins: FIRST_DAY + Days::new(spread),
            is_video: creative::is_video(number),
        };
        self.ads.push(line);
    }

    /// One of these statuses for as many of a hundred as the description says; `None` is active.
    fn status(&self, chance: u64, among: &[&'static str]) -> Option<&'static str> {
        let is_inactive = chance % 100 < self.spec.inactive_percent;
        let place = usize::try_from((chance / 100) % among.len().max(1) as u64).ok()?;
        among.get(place).copied().filter(|_| is_inactive)
    }

    /// Its id without the prefix, as bodies and headers have it.
    pub(super) fn digits(&self) -> &str {
        self.spec.id.trim_start_matches("act_")
    }

    /// Its campaigns, ad sets or ads; nothing for other types.
    pub(super) fn lines(&self, kind: Type) -> &[Line] {
        match kind {
            Type::Campaign => &self.campaigns,
            Type::AdSet => &self.ad_sets,
            Type::Ad => &self.ads,
            _ => &[],
        }
    }
}

/// What a campaign's status makes of what is in it; `None` when it does not matter.
fn inherited(campaign: &str) -> Option<&'static str> {
    match campaign {
        "PAUSED" => Some("CAMPAIGN_PAUSED"),
        "ARCHIVED" => Some("ARCHIVED"),
        "DELETED" => Some("DELETED"),
        _ => None,
    }
}

/// A number that looks random and is always the same for the same two.
///
/// **Source:** the finishing step of SplitMix64 (Steele, Lea and Flood, 2014).
pub(super) fn mix(seed: u64, value: u64) -> u64 {
    let step = value.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut mixed = seed.wrapping_add(step);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
