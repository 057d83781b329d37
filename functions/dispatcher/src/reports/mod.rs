//! What is said of a brand's ads: each ad, and figures that link to the ads they are made of.

mod ads;
mod figures;
mod view;

use std::ops::RangeInclusive;

use chrono::{DateTime, Days, NaiveDate, Utc};
use shared::{
    domain::BrandId,
    store::{Tx, jobs::create::has_brand},
};

pub(crate) use ads::{Ads, LIMIT_DEFAULT, LIMIT_MAX, Told, filter, list, one, told};
pub(crate) use figures::{Fit, HookTypes, congruence, hook_types};
pub(crate) use view::{Detail, Numbers};

use crate::{problem::Problem, query::Query};

/// Days that are summed up, today in UTC included.
pub(crate) const DAYS_MAX: i64 = 90;
pub(crate) const DAYS_DEFAULT: i64 = 30;

/// The days whose numbers are summed up, and how many they are.
pub(crate) struct Window {
    pub(crate) days: RangeInclusive<NaiveDate>,
    pub(crate) days_back: i64,
}

impl Window {
    pub(crate) fn take(query: &mut Query, now: DateTime<Utc>) -> Result<Self, Problem> {
        let days_back = query.number("days_back", 1..=DAYS_MAX, DAYS_DEFAULT)?;
        let today = now.date_naive();
        let before = Days::new(days_back.unsigned_abs().saturating_sub(1));
        Ok(Self {
            days: today - before..=today,
            days_back,
        })
    }
}

async fn expect_brand(tx: &mut Tx, brand: BrandId) -> Result<(), Problem> {
    match has_brand(tx, brand).await? {
        true => Ok(()),
        false => Err(Problem::missing("brand")),
    }
}
