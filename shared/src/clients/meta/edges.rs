//! Campaigns, ad sets and ads of an account, those included that are over.

use std::collections::HashMap;

use rust_decimal::Decimal;
use serde::Deserialize;

use super::{
    Meta, MetaError,
    ids::{account_id, object_id},
    lenient::{decimal, text},
    pages::{Cursor, Page},
};
use crate::domain::slices::{Level, Scope};

/// Every state of an ad: without this, lists leave out what is archived or deleted.
///
/// **Source:** Marketing API, "Ad", `effective_status`.
pub(super) const AD_STATUSES: &str = r#"["ACTIVE","PAUSED","DELETED","PENDING_REVIEW","DISAPPROVED","PREAPPROVED","PENDING_BILLING_INFO","CAMPAIGN_PAUSED","ARCHIVED","ADSET_PAUSED","IN_PROCESS","WITH_ISSUES"]"#;

/// Every state of an ad set.
const AD_SET_STATUSES: &str =
    r#"["ACTIVE","PAUSED","DELETED","ARCHIVED","CAMPAIGN_PAUSED","IN_PROCESS","WITH_ISSUES"]"#;

/// Every state of a campaign.
const CAMPAIGN_STATUSES: &str =
    r#"["ACTIVE","PAUSED","DELETED","ARCHIVED","IN_PROCESS","WITH_ISSUES"]"#;

const AD_FIELDS: &str = "id,name,effective_status,adset_id,campaign_id,creative{id}";

const CAMPAIGN_FIELDS: &str = "id,name,objective,status,daily_budget,lifetime_budget";

/// Members per page where only ids are read.
const IDS_LIMIT: u32 = 500;

/// An ad, without what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct AdFacts {
    /// Its id.
    #[serde(deserialize_with = "text")]
    pub id: Option<String>,
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    /// `ACTIVE`, `ADSET_PAUSED`, … New members appear.
    #[serde(deserialize_with = "text")]
    pub effective_status: Option<String>,
    /// Its ad set.
    #[serde(deserialize_with = "text")]
    pub adset_id: Option<String>,
    /// Its campaign.
    #[serde(deserialize_with = "text")]
    pub campaign_id: Option<String>,
    creative: Option<Named>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "text")]
    id: Option<String>,
}

impl AdFacts {
    /// What it shows right now; ads switch to other creatives.
    #[must_use]
    pub fn creative_id(&self) -> Option<&str> {
        self.creative.as_ref()?.id.as_deref()
    }
}

/// A campaign.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct CampaignFacts {
    /// Its name.
    #[serde(deserialize_with = "text")]
    pub name: Option<String>,
    /// Its objective, in the words of its time.
    #[serde(deserialize_with = "text")]
    pub objective: Option<String>,
    /// `ACTIVE`, `PAUSED`, …
    #[serde(deserialize_with = "text")]
    pub status: Option<String>,
    #[serde(deserialize_with = "decimal")]
    daily_budget: Option<Decimal>,
    #[serde(deserialize_with = "decimal")]
    lifetime_budget: Option<Decimal>,
}

impl CampaignFacts {
    /// Per day and for its lifetime, in the currency's main unit. Meta tells the smallest one.
    #[must_use]
    pub fn budgets(&self, currency: Option<&str>) -> (Option<Decimal>, Option<Decimal>) {
        let minor = Decimal::from(minor_units(currency));
        let main = |budget: Option<Decimal>| budget?.checked_div(minor);
        (main(self.daily_budget), main(self.lifetime_budget))
    }
}

/// How many of the smallest unit make one of the main one.
///
/// **Source:** Marketing API, "Currency codes": offset 1 for currencies without decimals.
fn minor_units(currency: Option<&str>) -> u32 {
    const WHOLE: [&str; 14] = [
        "CLP", "COP", "CRC", "HUF", "IDR", "ISK", "JPY", "KRW", "PYG", "TWD", "UGX", "VND", "XAF",
        "XOF",
    ];
    if currency.is_some_and(|it| WHOLE.contains(&it)) {
        1
    } else {
        100
    }
}

impl Meta {
    /// These ads, those that are over included. Ads that cannot be read are left out.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn ads(&self, account: &str, ads: &[&str]) -> Result<Vec<AdFacts>, MetaError> {
        let path = [account_id(account)?, "ads"];
        let statuses = [("effective_status", AD_STATUSES)];
        self.named("ads", (path, &statuses), ads, AD_FIELDS).await
    }

    /// One page of all the account's ads.
    ///
    /// # Errors
    /// [`MetaError`], of class `ReduceData` when the page is too large.
    pub async fn all_ads(
        &self,
        account: &str,
        page: (u32, Option<&Cursor>),
    ) -> Result<Page<AdFacts>, MetaError> {
        let path = [account_id(account)?, "ads"];
        let parameters = [("fields", AD_FIELDS), ("effective_status", AD_STATUSES)];
        self.page("ads", &path, &parameters, page, Some).await
    }

    /// These campaigns by id. Campaigns that cannot be read are left out.
    ///
    /// # Errors
    /// [`MetaError`] that is not about a single campaign.
    pub async fn campaigns(
        &self,
        campaigns: &[&str],
    ) -> Result<HashMap<String, CampaignFacts>, MetaError> {
        self.many("campaigns", campaigns, CAMPAIGN_FIELDS).await
    }

    /// The members one level below: campaigns of the account without a scope, else the ad sets of its
    /// campaign or the ads of its ad set. Nothing below ads.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn members(
        &self,
        account: &str,
        scope: Option<&Scope>,
    ) -> Result<Option<Scope>, MetaError> {
        let (parents, level) = match scope {
            None => (vec![account_id(account)?], Level::Campaign),
            Some(Scope {
                level: Level::Campaign,
                ids,
            }) => (object_ids(ids)?, Level::AdSet),
            Some(Scope {
                level: Level::AdSet,
                ids,
            }) => (object_ids(ids)?, Level::Ad),
            Some(Scope {
                level: Level::Ad, ..
            }) => return Ok(None),
        };
        let (edge, statuses) = match level {
            Level::Campaign => ("campaigns", CAMPAIGN_STATUSES),
            Level::AdSet => ("adsets", AD_SET_STATUSES),
            Level::Ad => ("ads", AD_STATUSES),
        };
        let mut ids = Vec::new();
        for parent in parents {
            let parameters = [("fields", "id"), ("effective_status", statuses)];
            let found: Vec<Named> = self
                .list(edge, &[parent, edge], &parameters, IDS_LIMIT)
                .await?;
            ids.extend(found.into_iter().filter_map(|member| member.id));
        }
        Ok(Some(Scope { level, ids }))
    }
}

fn object_ids(ids: &[String]) -> Result<Vec<&str>, MetaError> {
    ids.iter().map(|id| object_id(id)).collect()
}
