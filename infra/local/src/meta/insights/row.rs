//! The fields of an insights row.

use serde_json::Value;

use super::{
    super::{
        accounts::{Account, Line},
        catalogue::Type,
        refusal::Refusal,
    },
    metrics::Counts,
    query::Query,
    text::{self, Amount},
};

/// A field: its name, and how it is written.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    write: fn(&mut Row<'_>, &'static str),
}

/// Where a row is being written.
pub(super) struct Row<'a> {
    /// The text so far.
    pub(super) out: &'a mut String,
    /// What was asked.
    pub(super) query: &'a Query,
    /// The first of the row's ads, which tells its ad set and campaign too.
    pub(super) ad: Option<&'a Line>,
    /// What is reported.
    pub(super) counts: Counts,
}

/// What Meta answers when no fields are named.
const DEFAULT: &[&str] = &["account_id", "impressions", "spend"];

/// **Source:** Marketing API, "Ad Account Insights", fields; those the job asks for, and some more.
const FIELDS: &[Field] = &[
    field("account_id", |row, name| {
        text::plain(row.out, name, row.query.account.digits());
    }),
    field("account_name", |row, name| {
        let json = Value::from(row.query.account.spec.name.as_str()).to_string();
        text::quoted(row.out, name, &json);
    }),
    field("account_currency", |row, name| {
        let json = Value::from(row.query.account.spec.currency.as_str()).to_string();
        text::quoted(row.out, name, &json);
    }),
    field("campaign_id", |row, name| row.id(name, Type::Campaign)),
    field("campaign_name", |row, name| row.name(name, Type::Campaign)),
    field("objective", |row, name| {
        if let Some(line) = row.object(Type::Campaign) {
            text::plain(row.out, name, line.objective);
        }
    }),
    field("adset_id", |row, name| row.id(name, Type::AdSet)),
    field("adset_name", |row, name| row.name(name, Type::AdSet)),
    field("ad_id", |row, name| row.id(name, Type::Ad)),
    field("ad_name", |row, name| row.name(name, Type::Ad)),
    field("date_start", |_, _| ()),
    field("date_stop", |_, _| ()),
    field("spend", |row, name| {
        row.number(name, Amount::money(row.counts.spend));
    }),
    field("impressions", |row, name| {
        row.number(name, Amount::count(row.counts.impressions));
    }),
    field("reach", |row, name| {
        row.number(name, Amount::count(row.counts.reach));
    }),
    field("frequency", |row, name| {
        row.ratio(name, row.counts.impressions, row.counts.reach);
    }),
    field("cpm", |row, name| {
        row.ratio(name, row.counts.spend * 10, row.counts.impressions);
    }),
    field("clicks", |row, name| {
        row.number(name, Amount::count(row.counts.clicks));
    }),
    field("ctr", |row, name| {
        row.ratio(name, row.counts.clicks * 100, row.counts.impressions);
    }),
    field("cpc", |row, name| {
        row.ratio(name, row.counts.spend, row.counts.clicks * 100);
    }),
    field("inline_link_clicks", |row, name| {
        if row.counts.link_clicks > 0 {
            row.number(name, Amount::count(row.counts.link_clicks));
        }
    }),
    field("outbound_clicks", |row, name| {
        row.outbound(name, Amount::count(row.counts.outbound));
    }),
    field("outbound_clicks_ctr", |row, name| {
        let percent = (row.counts.outbound * 100, row.counts.impressions);
        row.outbound(name, Amount::ratio(percent.0, percent.1, 6));
    }),
    field("cost_per_outbound_click", |row, name| {
        row.outbound(name, row.cost(row.counts.outbound));
    }),
    field("actions", |row, name| row.actions(name)),
    field("action_values", |row, name| {
        let counts = row.counts;
        row.list(
            name,
            &[
                ("purchase", Amount::money(counts.value)),
                ("omni_purchase", Amount::money(counts.omni_value)),
                (PIXEL_PURCHASE, Amount::money(counts.pixel_value)),
            ],
        );
    }),
    field("cost_per_action_type", |row, name| {
        let counts = row.counts;
        row.list(
            name,
            &[
                ("link_click", row.cost(counts.link_clicks)),
                ("landing_page_view", row.cost(counts.landings)),
                ("add_to_cart", row.cost(counts.carts)),
                ("omni_add_to_cart", row.cost(counts.omni_carts)),
                ("initiate_checkout", row.cost(counts.checkouts)),
                ("purchase", row.cost(counts.purchases)),
                ("omni_purchase", row.cost(counts.omni_purchases)),
            ],
        );
    }),
    field("purchase_roas", |row, name| {
        let roas = Amount::ratio(row.counts.omni_value, row.counts.spend, 6);
        row.list(name, &[("omni_purchase", roas)]);
    }),
    field("video_play_actions", |row, name| {
        row.video(name, row.counts.plays)
    }),
    field("video_avg_time_watched_actions", |row, name| {
        row.video(name, row.counts.watched_seconds / row.counts.plays.max(1));
    }),
    field("video_p25_watched_actions", |row, name| {
        row.video(name, row.counts.p25)
    }),
    field("video_p50_watched_actions", |row, name| {
        row.video(name, row.counts.p50)
    }),
    field("video_p75_watched_actions", |row, name| {
        row.video(name, row.counts.p75)
    }),
    field("video_p95_watched_actions", |row, name| {
        row.video(name, row.counts.p95)
    }),
    field("video_p100_watched_actions", |row, name| {
        row.video(name, row.counts.p100)
    }),
    field("video_thruplay_watched_actions", |row, name| {
        row.video(name, row.counts.thruplays);
    }),
];

/// The name under which the pixel reports a purchase.
const PIXEL_PURCHASE: &str = "offsite_conversion.fb_pixel_purchase";

const fn field(name: &'static str, write: fn(&mut Row<'_>, &'static str)) -> Field {
    Field { name, write }
}

/// The fields of these names; without any, those that Meta answers then.
///
/// # Errors
/// Code 100, naming the first that does not exist.
pub(super) fn fields(names: &[String]) -> Result<Vec<&'static Field>, Refusal> {
    let find = |name: &str| {
        let known = FIELDS.iter().find(|field| field.name == name);
        known.ok_or_else(|| Refusal::insights_field(name))
    };
    if names.is_empty() {
        return DEFAULT.iter().map(|name| find(name)).collect();
    }
    names.iter().map(|name| find(name)).collect()
}

impl<'a> Row<'a> {
    /// Writes the fields asked for, each with a comma behind it.
    pub(super) fn write(&mut self) {
        for field in &self.query.fields {
            (field.write)(self, field.name);
        }
    }

    /// The object of this type that the row is about, or that contains what it is about.
    fn object(&self, kind: Type) -> Option<&'a Line> {
        let account: &'a Account = &self.query.account;
        let ad = self.ad?;
        match (self.query.level, kind) {
            (Type::Ad, Type::Ad) => Some(ad),
            (Type::Ad | Type::AdSet, Type::AdSet) => account.ad_sets.get(ad.ad_set),
            (Type::Ad | Type::AdSet | Type::Campaign, Type::Campaign) => {
                account.campaigns.get(ad.campaign)
            }
            _ => None,
        }
    }

    fn id(&mut self, name: &str, kind: Type) {
        if let Some(line) = self.object(kind) {
            text::plain(self.out, name, &line.id);
        }
    }

    fn name(&mut self, name: &str, kind: Type) {
        if let Some(line) = self.object(kind) {
            text::quoted(self.out, name, &line.quoted);
        }
    }

    fn number(&mut self, name: &str, amount: Amount) {
        text::number(self.out, name, amount);
    }

    /// A quotient with six decimals; absent when there is nothing to divide by.
    fn ratio(&mut self, name: &str, over: u64, under: u64) {
        if under > 0 {
            self.number(name, Amount::ratio(over, under, 6));
        }
    }

    fn list(&mut self, name: &str, entries: &[(&str, Amount)]) {
        text::list(
            self.out,
            name,
            entries,
            &self.query.windows,
            self.query.split,
        );
    }

    fn outbound(&mut self, name: &str, amount: Amount) {
        self.list(name, &[("outbound_click", amount)]);
    }

    /// **Source:** Meta uses this one action type in all lists about videos.
    fn video(&mut self, name: &str, count: u64) {
        self.list(name, &[("video_view", Amount::count(count))]);
    }

    /// Spend for each of `count`; nothing when there is none.
    fn cost(&self, count: u64) -> Amount {
        let spend = if count > 0 { self.counts.spend } else { 0 };
        Amount::ratio(spend, count * 100, 6)
    }

    fn actions(&mut self, name: &str) {
        let counts = self.counts;
        self.list(
            name,
            &[
                ("link_click", Amount::count(counts.link_clicks)),
                ("landing_page_view", Amount::count(counts.landings)),
                ("view_content", Amount::count(counts.contents)),
                ("omni_view_content", Amount::count(counts.contents)),
                ("add_to_cart", Amount::count(counts.carts)),
                ("omni_add_to_cart", Amount::count(counts.omni_carts)),
                ("initiate_checkout", Amount::count(counts.checkouts)),
                ("omni_initiated_checkout", Amount::count(counts.checkouts)),
                ("purchase", Amount::count(counts.purchases)),
                ("omni_purchase", Amount::count(counts.omni_purchases)),
                (PIXEL_PURCHASE, Amount::count(counts.pixel_purchases)),
                ("video_view", Amount::count(counts.views)),
                ("post_engagement", Amount::count(counts.engagements)),
            ],
        );
    }
}
