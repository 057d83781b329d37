//! An insights request, read and checked.

use std::sync::Arc;

use super::{
    super::{
        accounts::{Account, Line, mix},
        catalogue::Type,
        refusal::Refusal,
        request::{Parameters, names},
    },
    breakdown::Breakdown,
    filter::Filter,
    range::{self, Range},
    row::{self, Field},
};
use chrono::NaiveDate;

/// Parameters that do not change which rows there are, only how they are fetched.
const OF_THE_CALL: &[&str] = &[
    "limit",
    "after",
    "before",
    "access_token",
    "appsecret_proof",
];

/// Attribution windows, with how many of a hundred actions fall into each here.
///
/// **Source:** Marketing API, "Insights", `action_attribution_windows`. The shares are made up.
const WINDOWS: &[(&str, u64)] = &[
    ("1d_click", 70),
    ("7d_click", 95),
    ("28d_click", 100),
    ("1d_view", 5),
    ("1d_ev", 3),
    ("dda", 90),
];

/// Ways to split actions besides their type, with two values each.
///
/// **Source:** Marketing API, "Insights", `action_breakdowns`; some of them.
const SPLITS: &[(&str, [&str; 2])] = &[
    ("action_device", ["iphone", "desktop"]),
    ("action_destination", ["shop.example", "other"]),
    ("action_reaction", ["like", "love"]),
    ("action_target_id", ["800000000000001", "800000000000002"]),
    ("action_video_sound", ["sound_on", "sound_off"]),
];

/// An attribution window: its name, and its share in percent.
pub(super) type Window = (&'static str, u64);

/// A further action breakdown: its name, and its values.
pub(super) type Split = (&'static str, [&'static str; 2]);

/// What a call asked for.
#[derive(Debug)]
pub(in crate::meta) struct Query {
    pub(in crate::meta) account: Arc<Account>,
    pub(super) level: Type,
    pub(super) range: Range,
    /// Days in a row; `None` is all of them.
    pub(super) increment: Option<u64>,
    pub(super) fields: Vec<&'static Field>,
    pub(super) breakdown: Breakdown,
    pub(super) windows: Vec<Window>,
    pub(super) split: Option<Split>,
    /// The places of the ads that count, those of one row next to each other.
    pub(super) ads: Vec<usize>,
    /// Where in `ads` each row's ads begin, and the end.
    pub(super) bounds: Vec<usize>,
    /// The account's today at the time of asking.
    pub(super) today: NaiveDate,
    /// `filtering` as it was given.
    pub(super) filtering: String,
    /// `breakdowns` as they were given.
    pub(super) breakdowns: String,
    /// What a cursor of this request carries.
    pub(super) fingerprint: u64,
}

impl Query {
    /// Reads the parameters of `/{id}/insights`, where `id` is an account's, or that of the object
    /// of this type at this place in it.
    ///
    /// # Errors
    /// As Meta would refuse it; code 100 names the parameter.
    pub(super) fn read(
        account: Arc<Account>,
        (kind, place): (Type, usize),
        parameters: &Parameters,
        today: NaiveDate,
    ) -> Result<Self, Refusal> {
        let level = level(parameters, kind)?;
        let filters = Filter::read(parameters)?;
        let range = Range::read(parameters, today)?;
        let is_of = |line: &Line, own: usize| match kind {
            Type::Campaign => line.campaign == place,
            Type::AdSet => line.ad_set == place,
            Type::Ad => own == place,
            _ => true,
        };
        let ads = account.ads.iter().enumerate().filter(|(own, line)| {
            is_of(line, *own) && filters.iter().all(|filter| filter.passes(&account, line))
        });
        let mut ads: Vec<usize> = ads.map(|(own, _)| own).collect();
        let bounds = group(&account, level, &mut ads);
        let text = |name: &str| parameters.get(name).cloned().unwrap_or_default();
        Ok(Self {
            level,
            range,
            increment: range::increment(parameters)?,
            fields: row::fields(&names(parameters, "fields")?)?,
            breakdown: Breakdown::read(parameters)?,
            windows: windows(parameters)?,
            split: split(parameters)?,
            ads,
            bounds,
            today,
            filtering: text("filtering"),
            breakdowns: text("breakdowns"),
            fingerprint: fingerprint(&account, kind, place, parameters),
            account,
        })
    }

    /// How many rows there would be if every ad were shown every day.
    pub(super) fn units(&self) -> usize {
        self.groups() * self.buckets()
    }

    /// How many objects rows are about.
    pub(super) fn groups(&self) -> usize {
        self.bounds.len().saturating_sub(1)
    }

    /// How many periods rows are about.
    fn buckets(&self) -> usize {
        let days = self.range.days();
        let buckets = days.div_ceil(self.increment.unwrap_or(days).max(1));
        usize::try_from(buckets).unwrap_or(usize::MAX)
    }

    /// The ads of one object.
    pub(super) fn group(&self, number: usize) -> &[usize] {
        let from = self.bounds.get(number).copied().unwrap_or_default();
        let until = self.bounds.get(number + 1).copied().unwrap_or(from);
        self.ads.get(from..until).unwrap_or_default()
    }

    /// `level`, as in a request.
    pub(super) fn level_name(&self) -> &'static str {
        match self.level {
            Type::Ad => "ad",
            Type::AdSet => "adset",
            Type::Campaign => "campaign",
            _ => "account",
        }
    }

    /// The names of the fields asked for, with commas between.
    pub(super) fn field_names(&self) -> String {
        let names: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
        names.join(",")
    }

    /// Whether this field was asked for.
    pub(super) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}

/// # Errors
/// 100 for a level that does not exist.
fn level(parameters: &Parameters, of: Type) -> Result<Type, Refusal> {
    match parameters.get("level").map(String::as_str) {
        None => Ok(of),
        Some("account") => Ok(Type::Account),
        Some("campaign") => Ok(Type::Campaign),
        Some("adset") => Ok(Type::AdSet),
        Some("ad") => Ok(Type::Ad),
        Some(_) => Err(Refusal::parameter(
            "param level must be one of {ad, adset, campaign, account}",
        )),
    }
}

/// Sorts the ads by the object their row is about; returns where each object's begin.
fn group(account: &Account, level: Type, ads: &mut [usize]) -> Vec<usize> {
    let key = |ad: &usize| {
        let line = account.ads.get(*ad);
        match level {
            Type::Ad => *ad,
            Type::AdSet => line.map_or(0, |line| line.ad_set),
            Type::Campaign => line.map_or(0, |line| line.campaign),
            _ => 0,
        }
    };
    if level != Type::Ad {
        ads.sort_by_key(key);
    }
    let mut bounds = Vec::with_capacity(ads.len() + 1);
    let mut last = None;
    for (place, ad) in ads.iter().enumerate() {
        let object = key(ad);
        if last != Some(object) {
            bounds.push(place);
            last = Some(object);
        }
    }
    bounds.push(ads.len());
    bounds
}

/// # Errors
/// 100 for a window that does not exist or was removed.
fn windows(parameters: &Parameters) -> Result<Vec<Window>, Refusal> {
    let mut windows = Vec::new();
    for name in names(parameters, "action_attribution_windows")? {
        if name == "default" {
            continue;
        }
        let known = WINDOWS.iter().find(|(known, _)| *known == name);
        windows.push(*known.ok_or_else(|| {
            Refusal::parameter(format_args!(
                "action_attribution_windows has a value that is not supported: {name}"
            ))
        })?);
    }
    Ok(windows)
}

/// # Errors
/// 100 for an action breakdown that this does not have.
fn split(parameters: &Parameters) -> Result<Option<Split>, Refusal> {
    let mut split = None;
    for name in names(parameters, "action_breakdowns")? {
        if name == "action_type" {
            continue;
        }
        let known = SPLITS.iter().find(|(known, _)| *known == name);
        split = Some(*known.ok_or_else(|| {
            Refusal::parameter(format_args!(
                "action_breakdowns has a value that is not supported: {name}"
            ))
        })?);
    }
    Ok(split)
}

fn fingerprint(account: &Account, kind: Type, place: usize, parameters: &Parameters) -> u64 {
    let mut given: Vec<(&String, &String)> = parameters
        .iter()
        .filter(|(name, _)| !OF_THE_CALL.contains(&name.as_str()))
        .collect();
    given.sort();
    let text = format!("{} {} {place} {given:?}", account.spec.id, kind.name());
    text.bytes().fold(0, |hash, byte| mix(hash, byte.into()))
}
