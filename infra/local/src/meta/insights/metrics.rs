//! What an ad did on a day: a pure function of the account's seed, the ad, the day, and how many
//! days ago it was.
//!
//! Delivery is restated until the day is three days old, conversions until it is 28 days old; from
//! then on nothing changes.
//!
//! **Source:** Marketing API, "Insights": spend settles in about 48 to 72 hours, conversions are
//! counted up to 28 days after the click.

use super::super::accounts::{AccountSpec, Line, mix};

/// From this age on, in days, delivery stays as it is.
const DELIVERY_SETTLES_DAYS: i64 = 3;

/// From this age on, in days, conversions stay as they are.
const CONVERSIONS_SETTLE_DAYS: i64 = 28;

/// An ad that is not active was shown in one of so many periods of [`PERIOD_DAYS`].
const PERIODS: u64 = 3;

/// The length of a period.
const PERIOD_DAYS: i32 = 30;

/// The counts behind a row. Amounts of money are in hundredths.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::meta) struct Counts {
    pub(super) spend: u64,
    pub(super) impressions: u64,
    pub(super) reach: u64,
    pub(super) clicks: u64,
    pub(super) link_clicks: u64,
    pub(super) outbound: u64,
    pub(super) landings: u64,
    pub(super) contents: u64,
    pub(super) carts: u64,
    pub(super) omni_carts: u64,
    pub(super) checkouts: u64,
    pub(super) omni_purchases: u64,
    pub(super) purchases: u64,
    pub(super) pixel_purchases: u64,
    pub(super) omni_value: u64,
    pub(super) value: u64,
    pub(super) pixel_value: u64,
    pub(super) engagements: u64,
    pub(super) plays: u64,
    pub(super) views: u64,
    pub(super) p25: u64,
    pub(super) p50: u64,
    pub(super) p75: u64,
    pub(super) p95: u64,
    pub(super) p100: u64,
    pub(super) thruplays: u64,
    pub(super) watched_seconds: u64,
}

impl Counts {
    fn zip(&self, other: &Self, with: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            spend: with(self.spend, other.spend),
            impressions: with(self.impressions, other.impressions),
            reach: with(self.reach, other.reach),
            clicks: with(self.clicks, other.clicks),
            link_clicks: with(self.link_clicks, other.link_clicks),
            outbound: with(self.outbound, other.outbound),
            landings: with(self.landings, other.landings),
            contents: with(self.contents, other.contents),
            carts: with(self.carts, other.carts),
            omni_carts: with(self.omni_carts, other.omni_carts),
            checkouts: with(self.checkouts, other.checkouts),
            omni_purchases: with(self.omni_purchases, other.omni_purchases),
            purchases: with(self.purchases, other.purchases),
            pixel_purchases: with(self.pixel_purchases, other.pixel_purchases),
            omni_value: with(self.omni_value, other.omni_value),
            value: with(self.value, other.value),
            pixel_value: with(self.pixel_value, other.pixel_value),
            engagements: with(self.engagements, other.engagements),
            plays: with(self.plays, other.plays),
            views: with(self.views, other.views),
            p25: with(self.p25, other.p25),
            p50: with(self.p50, other.p50),
            p75: with(self.p75, other.p75),
            p95: with(self.p95, other.p95),
            p100: with(self.p100, other.p100),
            thruplays: with(self.thruplays, other.thruplays),
            watched_seconds: with(self.watched_seconds, other.watched_seconds),
        }
    }

    /// Both together.
    pub(super) fn plus(&self, other: &Self) -> Self {
        self.zip(other, |one, two| one + two)
    }

    /// What is left of these without the others, which must be part of them.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }

    /// `part` of `whole` of every count, rounded down.
    pub(super) fn share(&self, part: u64, whole: u64) -> Self {
        self.zip(self, |count, _| count * part / whole.max(1))
    }
}

/// Whether the ad was shown on this day; it may lie in the future.
pub(super) fn is_shown(spec: &AccountSpec, line: &Line, place: usize, day: i32) -> bool {
    let ad = mix(spec.seed, place as u64);
    let is_on = line.status == "ACTIVE" || {
        let period = i64::from(day.div_euclid(PERIOD_DAYS));
        pick(ad, 100 + period.unsigned_abs(), PERIODS) == 0
    };
    is_on && pick(of_day(ad, day), 0, 100) < spec.delivery_percent
}

/// What the ad did on a day on which it was shown, as it is known `age` days later.
pub(super) fn counts(spec: &AccountSpec, line: &Line, place: usize, day: i32, age: i64) -> Counts {
    let ad = mix(spec.seed, place as u64);
    let today = of_day(ad, day);
    let all_impressions = 40 + pick(ad, 1, 4000) * (60 + pick(today, 1, 80)) / 100;
    let impressions = all_impressions * delivered_permille(age) / 1000;
    let clicks = impressions * (10 + pick(ad, 4, 30)) / 1000;
    let mut counts = Counts {
        impressions,
        // Cents for a thousand impressions, times impressions.
        spend: impressions * (300 + pick(ad, 2, 1500) + pick(today, 2, 100)) / 1000,
        reach: impressions * (55 + pick(ad, 3, 40)) / 100,
        clicks,
        link_clicks: clicks * 6 / 10,
        outbound: clicks * 6 / 10 * 9 / 10,
        ..Counts::default()
    };
    if line.is_video {
        add_video(&mut counts, ad);
    }
    counts.engagements = counts.link_clicks + counts.views + clicks / 5;
    add_conversions(&mut counts, all_impressions, ad, today, age);
    counts
}

fn add_video(counts: &mut Counts, ad: u64) {
    counts.plays = counts.impressions * (60 + pick(ad, 7, 30)) / 100;
    counts.views = counts.plays * 55 / 100;
    counts.p25 = counts.plays * 33 / 100;
    counts.p50 = counts.plays * 20 / 100;
    counts.p75 = counts.plays * 12 / 100;
    counts.p95 = counts.plays * 8 / 100;
    counts.p100 = counts.plays * 7 / 100;
    counts.thruplays = counts.plays * 14 / 100;
    counts.watched_seconds = counts.plays * (3 + pick(ad, 8, 9));
}

/// Conversions follow from the day's final delivery, so that they only grow.
fn add_conversions(counts: &mut Counts, all_impressions: u64, ad: u64, today: u64, age: i64) {
    let known = |all: u64| all * converted_permille(age) / 1000;
    let clicks = all_impressions * (10 + pick(ad, 4, 30)) / 1000 * 6 / 10;
    let purchases = known(clicks * (1 + pick(ad, 5, 6)) / 100 + pick(today, 3, 5) / 3);
    counts.landings = known(clicks * 85 / 100);
    counts.contents = known(clicks * 70 / 100);
    counts.carts = known(clicks * (5 + pick(ad, 9, 9)) / 100);
    counts.omni_carts = counts.carts + counts.carts / 8;
    counts.checkouts = known(clicks * (3 + pick(ad, 9, 5)) / 100);
    let price = 2000 + pick(ad, 6, 10_000) + pick(today, 4, 100);
    // One purchase goes by several names; each counts a little differently.
    counts.purchases = purchases - purchases / 4;
    counts.pixel_purchases = purchases - purchases / 3;
    counts.value = counts.purchases * price;
    counts.pixel_value = counts.pixel_purchases * price;
    // Some accounts' events have no name for all channels.
    if pick(ad, 10, 8) > 0 {
        counts.omni_purchases = purchases;
        counts.omni_value = purchases * price;
    }
}

/// How much of a day's delivery is known at an age; of today, a part has not happened yet.
fn delivered_permille(age: i64) -> u64 {
    match age {
        ..=0 => 450,
        1 => 960,
        2 => 990,
        DELIVERY_SETTLES_DAYS.. => 1000,
    }
}

fn converted_permille(age: i64) -> u64 {
    let age = age.clamp(0, CONVERSIONS_SETTLE_DAYS);
    300 + 700 * age.unsigned_abs() / CONVERSIONS_SETTLE_DAYS.unsigned_abs()
}

fn of_day(ad: u64, day: i32) -> u64 {
    mix(ad, i64::from(day).unsigned_abs())
}

fn pick(hash: u64, salt: u64, below: u64) -> u64 {
    mix(hash, salt) % below
}
