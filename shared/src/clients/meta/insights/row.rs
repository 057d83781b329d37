//! A row of insights: from the wire to our words.

use rust_decimal::{Decimal, prelude::ToPrimitive};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::super::{
    figures::{Figure, Figures},
    lenient::{decimal, text},
};
use crate::domain::performance::{Dimensions, Performance};

/// One row: an ad's day, or a part of it.
#[derive(Clone, Debug, Default)]
pub struct Insight {
    /// The numbers.
    pub performance: Performance,
    /// Which part.
    pub dimensions: Dimensions,
}

/// Purchases have several names; the first of these that is there counts, and none is added to another.
const PURCHASE: [&str; 2] = ["omni_purchase", "purchase"];

/// A row on the wire.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wire {
    #[serde(deserialize_with = "text")]
    ad_id: Option<String>,
    #[serde(deserialize_with = "text")]
    ad_name: Option<String>,
    #[serde(deserialize_with = "text")]
    adset_id: Option<String>,
    #[serde(deserialize_with = "text")]
    adset_name: Option<String>,
    #[serde(deserialize_with = "text")]
    campaign_id: Option<String>,
    #[serde(deserialize_with = "text")]
    campaign_name: Option<String>,
    #[serde(deserialize_with = "text")]
    date_start: Option<String>,
    #[serde(deserialize_with = "decimal")]
    spend: Option<Decimal>,
    #[serde(deserialize_with = "decimal")]
    impressions: Option<Decimal>,
    #[serde(deserialize_with = "decimal")]
    reach: Option<Decimal>,
    #[serde(deserialize_with = "decimal")]
    frequency: Option<Decimal>,
    #[serde(deserialize_with = "decimal")]
    cpm: Option<Decimal>,
    #[serde(deserialize_with = "text")]
    age: Option<String>,
    #[serde(deserialize_with = "text")]
    gender: Option<String>,
    #[serde(deserialize_with = "text")]
    publisher_platform: Option<String>,
    #[serde(deserialize_with = "text")]
    platform_position: Option<String>,
    #[serde(deserialize_with = "first")]
    outbound_clicks: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    outbound_clicks_ctr: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    cost_per_outbound_click: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    purchase_roas: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    video_avg_time_watched_actions: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    video_p25_watched_actions: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    video_p50_watched_actions: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    video_p75_watched_actions: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    video_p95_watched_actions: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    video_p100_watched_actions: Option<Decimal>,
    #[serde(deserialize_with = "first")]
    video_thruplay_watched_actions: Option<Decimal>,
    actions: Option<Box<RawValue>>,
    action_values: Option<Box<RawValue>>,
    cost_per_action_type: Option<Box<RawValue>>,
}

/// Reads a row; `None` when it does not say which ad and day it is about.
pub(super) fn read(mut wire: Wire) -> Option<Insight> {
    let is_id =
        |id: &String| (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_digit());
    let ad = wire.ad_id.take().filter(is_id)?;
    let date = wire.date_start.as_deref()?.parse().ok()?;
    let dimensions = Dimensions {
        age: wire.age.take().unwrap_or_default(),
        gender: wire.gender.take().unwrap_or_default(),
        publisher_platform: wire.publisher_platform.take().unwrap_or_default(),
        platform_position: wire.platform_position.take().unwrap_or_default(),
    };
    let performance = Performance {
        ad,
        date,
        ..wire.into_performance()
    };
    Some(Insight {
        performance,
        dimensions,
    })
}

impl Wire {
    fn into_performance(self) -> Performance {
        let (actions, values) = (
            figures(self.actions.as_deref()),
            figures(self.action_values.as_deref()),
        );
        let costs = figures(self.cost_per_action_type.as_deref());
        let count = |name: &str| value_of(&actions, &[name]).and_then(whole);
        Performance {
            ad_name: self.ad_name,
            adset: self.adset_id,
            adset_name: self.adset_name,
            campaign: self.campaign_id.unwrap_or_default(),
            campaign_name: self.campaign_name,
            spend: self.spend,
            impressions: self.impressions.and_then(whole),
            reach: self.reach.and_then(whole),
            frequency: self.frequency,
            cpm: self.cpm,
            link_clicks: self.outbound_clicks.and_then(whole),
            link_ctr: self.outbound_clicks_ctr,
            link_cpc: self.cost_per_outbound_click,
            add_to_carts: count("add_to_cart"),
            cost_per_add_to_cart: value_of(&costs, &["add_to_cart"]),
            initiate_checkouts: count("initiate_checkout"),
            cost_per_initiate_checkout: value_of(&costs, &["initiate_checkout"]),
            landing_page_views: count("landing_page_view"),
            content_views: count("view_content"),
            purchases: value_of(&actions, &PURCHASE).and_then(whole),
            purchase_value: value_of(&values, &PURCHASE),
            roas: self.purchase_roas,
            video_views: count("video_view"),
            video_avg_watch_time: self.video_avg_time_watched_actions.map(|it| it.trunc()),
            video_p25: self.video_p25_watched_actions.and_then(whole),
            video_p50: self.video_p50_watched_actions.and_then(whole),
            video_p75: self.video_p75_watched_actions.and_then(whole),
            video_p95: self.video_p95_watched_actions.and_then(whole),
            video_p100: self.video_p100_watched_actions.and_then(whole),
            video_thruplay: self.video_thruplay_watched_actions.and_then(whole),
            raw_actions: self.actions,
            raw_costs: self.cost_per_action_type,
            action_values: self.action_values,
            ..Performance::default()
        }
    }
}

/// Counts may be written with a fraction; what is not whole is cut off.
fn whole(number: Decimal) -> Option<i32> {
    number.trunc().to_i32()
}

/// The value under the first of `names` that is there.
fn value_of(figures: &[Figure<'_>], names: &[&str]) -> Option<Decimal> {
    names.iter().find_map(|name| {
        let mut named = figures.iter().filter(|figure| figure.action_type == *name);
        named.next()?.value()
    })
}

fn figures(list: Option<&RawValue>) -> Vec<Figure<'_>> {
    let figures: Option<Figures<'_>> = list.and_then(|list| serde_json::from_str(list.get()).ok());
    figures.unwrap_or_default().0
}

/// The first value of a list that has one kind of action only. What is not such a list is nothing.
fn first<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Decimal>, D::Error> {
    let list = Figures::deserialize(from)?;
    Ok(list.0.first().and_then(Figure::value))
}
