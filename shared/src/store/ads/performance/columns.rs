//! Rows of numbers as lists, one per column.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::domain::performance::Performance;

/// Columns of numbers, each a list with one member per row.
#[derive(Default)]
pub(super) struct Columns<'a> {
    pub(super) ad: Vec<&'a str>,
    pub(super) date: Vec<NaiveDate>,
    pub(super) adset: Vec<Option<&'a str>>,
    pub(super) campaign: Vec<&'a str>,
    pub(super) ad_name: Vec<Option<&'a str>>,
    pub(super) adset_name: Vec<Option<&'a str>>,
    pub(super) campaign_name: Vec<Option<&'a str>>,
    pub(super) spend: Vec<Option<Decimal>>,
    pub(super) frequency: Vec<Option<Decimal>>,
    pub(super) cpm: Vec<Option<Decimal>>,
    pub(super) link_ctr: Vec<Option<Decimal>>,
    pub(super) link_cpc: Vec<Option<Decimal>>,
    pub(super) cost_per_add_to_cart: Vec<Option<Decimal>>,
    pub(super) cost_per_checkout: Vec<Option<Decimal>>,
    pub(super) purchase_value: Vec<Option<Decimal>>,
    pub(super) roas: Vec<Option<Decimal>>,
    pub(super) watch_time: Vec<Option<Decimal>>,
    pub(super) conversion_rate: Vec<Option<Decimal>>,
    pub(super) hold_rate: Vec<Option<Decimal>>,
    pub(super) hook_rate: Vec<Option<Decimal>>,
    pub(super) impressions: Vec<Option<i32>>,
    pub(super) reach: Vec<Option<i32>>,
    pub(super) link_clicks: Vec<Option<i32>>,
    pub(super) add_to_carts: Vec<Option<i32>>,
    pub(super) checkouts: Vec<Option<i32>>,
    pub(super) landings: Vec<Option<i32>>,
    pub(super) contents: Vec<Option<i32>>,
    pub(super) purchases: Vec<Option<i32>>,
    pub(super) views: Vec<Option<i32>>,
    pub(super) p25: Vec<Option<i32>>,
    pub(super) p50: Vec<Option<i32>>,
    pub(super) p75: Vec<Option<i32>>,
    pub(super) p95: Vec<Option<i32>>,
    pub(super) p100: Vec<Option<i32>>,
    pub(super) thruplay: Vec<Option<i32>>,
    pub(super) raw_actions: Vec<Option<Json<&'a RawValue>>>,
    pub(super) raw_costs: Vec<Option<Json<&'a RawValue>>>,
    pub(super) action_values: Vec<Option<Json<&'a RawValue>>>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(rows: &'a [Performance]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            columns.push_names(row);
            columns.push_decimals(row);
            columns.push_counts(row);
            columns
                .raw_actions
                .push(row.raw_actions.as_deref().map(Json));
            columns.raw_costs.push(row.raw_costs.as_deref().map(Json));
            columns
                .action_values
                .push(row.action_values.as_deref().map(Json));
        }
        columns
    }

    fn push_names(&mut self, row: &'a Performance) {
        self.ad.push(&row.ad);
        self.date.push(row.date);
        self.adset.push(row.adset.as_deref());
        self.campaign.push(&row.campaign);
        self.ad_name.push(row.ad_name.as_deref());
        self.adset_name.push(row.adset_name.as_deref());
        self.campaign_name.push(row.campaign_name.as_deref());
    }

    fn push_decimals(&mut self, row: &Performance) {
        self.spend.push(row.spend);
        self.frequency.push(row.frequency);
        self.cpm.push(row.cpm_or_quotient());
        self.link_ctr.push(row.link_ctr);
        self.link_cpc.push(row.link_cpc);
        self.cost_per_add_to_cart.push(row.cost_per_add_to_cart);
        self.cost_per_checkout.push(row.cost_per_initiate_checkout);
        self.purchase_value.push(row.purchase_value);
        self.roas.push(row.roas);
        self.watch_time.push(row.video_avg_watch_time);
        self.conversion_rate.push(row.conversion_rate());
        self.hold_rate.push(row.hold_rate());
        self.hook_rate.push(row.hook_rate());
    }

    fn push_counts(&mut self, row: &Performance) {
        self.impressions.push(row.impressions);
        self.reach.push(row.reach);
        self.link_clicks.push(row.link_clicks);
        self.add_to_carts.push(row.add_to_carts);
        self.checkouts.push(row.initiate_checkouts);
        self.landings.push(row.landing_page_views);
        self.contents.push(row.content_views);
        self.purchases.push(row.purchases);
        self.views.push(row.video_views);
        self.p25.push(row.video_p25);
        self.p50.push(row.video_p50);
        self.p75.push(row.video_p75);
        self.p95.push(row.video_p95);
        self.p100.push(row.video_p100);
        self.thruplay.push(row.video_thruplay);
    }
}
