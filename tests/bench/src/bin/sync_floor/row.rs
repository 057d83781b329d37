//! A row of insights as a line of `copy`'s text format.

use std::{borrow::Cow, io::Write as _};

use serde::Deserialize;
use serde_json::value::RawValue;

/// What a line has, in its order; the first four are the owner's.
pub(crate) const COLUMNS: &str = "organization_id, brand_id, meta_ad_account_id, fetched_at, \
meta_ad_id, date, meta_adset_id, meta_campaign_id, ad_name, adset_name, campaign_name, spend, frequency, cpm, \
link_ctr, link_cpc, cost_per_add_to_cart, cost_per_initiate_checkout, purchase_value, roas, video_avg_watch_time, \
conversion_rate, hold_rate, hook_rate, impressions, reach, link_clicks, add_to_carts, initiate_checkouts, \
landing_page_views, content_views, purchases, video_views, video_p25_watched, video_p50_watched, video_p75_watched, \
video_p95_watched, video_p100_watched, video_thruplay, raw_actions, raw_costs, action_values";

/// A row on the wire. What is empty was not there.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Row<'a> {
    #[serde(borrow)]
    ad_id: Cow<'a, str>,
    #[serde(borrow)]
    date_start: Cow<'a, str>,
    #[serde(borrow)]
    adset_id: Cow<'a, str>,
    #[serde(borrow)]
    campaign_id: Cow<'a, str>,
    #[serde(borrow)]
    ad_name: Cow<'a, str>,
    #[serde(borrow)]
    adset_name: Cow<'a, str>,
    #[serde(borrow)]
    campaign_name: Cow<'a, str>,
    #[serde(borrow)]
    spend: Cow<'a, str>,
    #[serde(borrow)]
    impressions: Cow<'a, str>,
    #[serde(borrow)]
    reach: Cow<'a, str>,
    #[serde(borrow)]
    frequency: Cow<'a, str>,
    #[serde(borrow)]
    cpm: Cow<'a, str>,
    #[serde(borrow)]
    outbound_clicks: Vec<Action<'a>>,
    #[serde(borrow)]
    outbound_clicks_ctr: Vec<Action<'a>>,
    #[serde(borrow)]
    cost_per_outbound_click: Vec<Action<'a>>,
    #[serde(borrow)]
    purchase_roas: Vec<Action<'a>>,
    #[serde(borrow)]
    video_avg_time_watched_actions: Vec<Action<'a>>,
    #[serde(borrow)]
    video_p25_watched_actions: Vec<Action<'a>>,
    #[serde(borrow)]
    video_p50_watched_actions: Vec<Action<'a>>,
    #[serde(borrow)]
    video_p75_watched_actions: Vec<Action<'a>>,
    #[serde(borrow)]
    video_p95_watched_actions: Vec<Action<'a>>,
    #[serde(borrow)]
    video_p100_watched_actions: Vec<Action<'a>>,
    #[serde(borrow)]
    video_thruplay_watched_actions: Vec<Action<'a>>,
    #[serde(borrow)]
    actions: Option<&'a RawValue>,
    #[serde(borrow)]
    action_values: Option<&'a RawValue>,
    #[serde(borrow)]
    cost_per_action_type: Option<&'a RawValue>,
}

/// One member of a list.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Action<'a> {
    #[serde(borrow)]
    action_type: Cow<'a, str>,
    #[serde(borrow)]
    value: Cow<'a, str>,
}

/// Purchases have several names; the first counts.
const PURCHASE: [&str; 2] = ["omni_purchase", "purchase"];

impl Row<'_> {
    /// Appends the row's line.
    pub(crate) fn write(&self, out: &mut Vec<u8>, owner: &str) {
        let actions = members(self.actions);
        let values = members(self.action_values);
        let costs = members(self.cost_per_action_type);
        let count = |name: &str| of(&actions, &[name]);
        let (purchases, views) = (of(&actions, &PURCHASE), count("video_view"));
        let clicks = first(&self.outbound_clicks);
        let thruplays = first(&self.video_thruplay_watched_actions);
        out.extend_from_slice(owner.as_bytes());
        for text in [
            &self.ad_id,
            &self.date_start,
            &self.adset_id,
            &self.campaign_id,
            &self.ad_name,
            &self.adset_name,
            &self.campaign_name,
        ] {
            field(out, text);
        }
        for text in [
            &self.spend,
            &self.frequency,
            &self.cpm,
            first(&self.outbound_clicks_ctr),
            first(&self.cost_per_outbound_click),
            of(&costs, &["add_to_cart"]),
            of(&costs, &["initiate_checkout"]),
            of(&values, &PURCHASE),
            first(&self.purchase_roas),
            first(&self.video_avg_time_watched_actions),
        ] {
            field(out, text);
        }
        rate(out, purchases, clicks, 100.0);
        rate(out, thruplays, views, 1.0);
        rate(out, views, &self.impressions, 1.0);
        for text in [
            &self.impressions,
            &self.reach,
            clicks,
            count("add_to_cart"),
            count("initiate_checkout"),
            count("landing_page_view"),
            count("view_content"),
            purchases,
            views,
            first(&self.video_p25_watched_actions),
            first(&self.video_p50_watched_actions),
            first(&self.video_p75_watched_actions),
            first(&self.video_p95_watched_actions),
            first(&self.video_p100_watched_actions),
            thruplays,
        ] {
            field(out, text);
        }
        for list in [self.actions, self.cost_per_action_type, self.action_values] {
            field(out, list.map_or("", RawValue::get));
        }
        out.push(b'\n');
    }
}

/// The members of a list; none of what is no list.
fn members(list: Option<&RawValue>) -> Vec<Action<'_>> {
    list.and_then(|list| serde_json::from_str(list.get()).ok())
        .unwrap_or_default()
}

fn first<'a>(list: &'a [Action<'_>]) -> &'a str {
    list.first().map_or("", |action| &action.value)
}

fn of<'a>(list: &'a [Action<'_>], names: &[&str]) -> &'a str {
    let named = |name: &&str| list.iter().find(|action| action.action_type == *name);
    let found = names.iter().find_map(named);
    found.map_or("", |action| &action.value)
}

/// `part * scale / whole`, where both are there and it can be had.
fn rate(out: &mut Vec<u8>, part: &str, whole: &str, scale: f64) {
    let (part, whole) = (part.parse::<f64>(), whole.parse::<f64>());
    match (part, whole) {
        (Ok(part), Ok(whole)) if whole > 0.0 => {
            out.push(b'\t');
            // Writing into memory does not fail.
            write!(out, "{:.6}", part * scale / whole).ok();
        }
        _ => field(out, ""),
    }
}

/// A tab and a value. NUL is dropped: Postgres has no place for it.
fn field(out: &mut Vec<u8>, text: &str) {
    out.push(b'\t');
    if text.is_empty() {
        out.extend_from_slice(b"\\N");
        return;
    }
    for byte in text.bytes() {
        match byte {
            b'\0' => {}
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            byte => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_becomes_a_line_with_every_column() {
        let json = r#"{"ad_id":"7","date_start":"2026-11-20","campaign_id":"3","ad_name":"a\tb\u0000\\","impressions":"1000",
            "outbound_clicks":[{"action_type":"outbound_click","value":"4"}],
            "actions":[{"action_type":"purchase","value":"1"},{"action_type":"omni_purchase","value":"2"}]}"#;
        let row: Row<'_> = serde_json::from_str(json).unwrap();
        let mut out = Vec::new();

        row.write(&mut out, "o\tb\tact_1\tnow");

        let line = String::from_utf8(out).unwrap();
        let fields: Vec<&str> = line.trim_end_matches('\n').split('\t').collect();
        let columns: Vec<&str> = COLUMNS.split(", ").collect();
        let value = |name: &str| {
            let place = columns.iter().position(|column| *column == name).unwrap();
            fields[place]
        };
        assert_eq!(fields.len(), columns.len());
        assert_eq!(value("ad_name"), r"a\tb\\");
        assert_eq!(value("purchases"), "2");
        assert_eq!(value("conversion_rate"), "50.000000");
        assert_eq!(value("hook_rate"), r"\N");
        assert_eq!(value("spend"), r"\N");
        assert!(value("raw_actions").starts_with("[{"));
    }
}
