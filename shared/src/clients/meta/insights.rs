//! Numbers of ads per day, as rows of ours.

mod row;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;

use super::{
    Meta, MetaError,
    ids::{account_id, object_id},
    lenient::text,
    pages::{Cursor, Page},
};
use crate::domain::slices::{Kind, Level, Scope};
pub use row::Insight;

/// Everything that is asked for of an ad's day. The first ones name the ad and are never left out.
pub const FIELDS: &[&str] = &[
    "ad_id",
    "ad_name",
    "adset_id",
    "adset_name",
    "campaign_id",
    "campaign_name",
    "spend",
    "impressions",
    "reach",
    "frequency",
    "cpm",
    "clicks",
    "outbound_clicks",
    "outbound_clicks_ctr",
    "cost_per_outbound_click",
    "actions",
    "action_values",
    "cost_per_action_type",
    "purchase_roas",
    "video_play_actions",
    "video_avg_time_watched_actions",
    "video_p25_watched_actions",
    "video_p50_watched_actions",
    "video_p75_watched_actions",
    "video_p95_watched_actions",
    "video_p100_watched_actions",
    "video_thruplay_watched_actions",
];

/// The same of a breakdown: about 18 times the rows, so fewer fields.
pub const BREAKDOWN_FIELDS: &[&str] = &[
    "ad_id",
    "ad_name",
    "spend",
    "impressions",
    "reach",
    "clicks",
    "outbound_clicks",
    "outbound_clicks_ctr",
    "actions",
    "action_values",
    "purchase_roas",
    "video_play_actions",
];

/// Fields that say which ad a row is about.
const IDENTITY: &[&str] = &[
    "ad_id",
    "ad_name",
    "adset_id",
    "adset_name",
    "campaign_id",
    "campaign_name",
];

/// One question about numbers.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// Which numbers.
    pub kind: Kind,
    /// Of which day.
    pub date: NaiveDate,
    /// Of which ads; `None`: all of the account.
    pub scope: Option<&'a Scope>,
    /// Which fields; `None`: all. Those that name the ad come along.
    pub fields: Option<&'a [String]>,
}

/// Every field that can be asked for of a kind.
#[must_use]
pub fn fields_of(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Performance => FIELDS,
        Kind::AgeGender | Kind::Placement => BREAKDOWN_FIELDS,
    }
}

/// Fields that may be left out when Meta cannot answer with them.
#[must_use]
pub fn optional_fields(kind: Kind) -> Vec<String> {
    let fields = fields_of(kind).iter();
    let optional = fields.filter(|field| !IDENTITY.contains(field));
    optional.map(|field| (*field).to_owned()).collect()
}

impl Question<'_> {
    /// The parameters, the same for an answer at once and for a report.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let range = json!({"since": self.date, "until": self.date});
        let mut parameters = vec![
            ("level", "ad".to_owned()),
            ("time_increment", "1".to_owned()),
            ("time_range", range.to_string()),
            ("fields", self.fields().join(",")),
            // Others would split and repeat actions, and change their sums.
            ("action_breakdowns", r#"["action_type"]"#.to_owned()),
        ];
        let breakdowns = match self.kind {
            Kind::Performance => None,
            Kind::AgeGender => Some(r#"["age","gender"]"#),
            Kind::Placement => Some(r#"["publisher_platform","platform_position"]"#),
        };
        parameters.extend(breakdowns.map(|it| ("breakdowns", it.to_owned())));
        parameters.extend(self.scope.map(|scope| ("filtering", filtering(scope))));
        parameters
    }

    fn fields(&self) -> Vec<&str> {
        let all = fields_of(self.kind).iter().copied();
        let Some(chosen) = self.fields else {
            return all.collect();
        };
        all.filter(|field| IDENTITY.contains(field) || chosen.iter().any(|it| it == field))
            .collect()
    }
}

fn filtering(scope: &Scope) -> String {
    let field = match scope.level {
        Level::Campaign => "campaign.id",
        Level::AdSet => "adset.id",
        Level::Ad => "ad.id",
    };
    json!([{"field": field, "operator": "IN", "value": scope.ids}]).to_string()
}

impl Meta {
    /// One page of numbers, answered at once.
    ///
    /// # Errors
    /// [`MetaError`]; nothing is known then.
    pub async fn insights(
        &self,
        account: &str,
        question: &Question<'_>,
        (limit, after): (u32, Option<&Cursor>),
    ) -> Result<Page<Insight>, MetaError> {
        let parameters = question.parameters();
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let path = [account_id(account)?, "insights"];
        self.page("insights", &path, &parameters, (limit, after), row::read)
            .await
    }

    /// Has the numbers prepared as a report; returns its number.
    ///
    /// # Errors
    /// [`MetaError`]; a report may have been begun all the same, and is forgotten.
    pub async fn submit_report(
        &self,
        account: &str,
        question: &Question<'_>,
    ) -> Result<String, MetaError> {
        #[derive(Deserialize)]
        struct Submitted {
            #[serde(default, deserialize_with = "text")]
            report_run_id: Option<String>,
        }
        let parameters = question.parameters();
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let path = [account_id(account)?, "insights"];
        let body = self.post(&path, &parameters).await?;
        let submitted: Option<Submitted> = serde_json::from_slice(&body).ok();
        let id = submitted.and_then(|it| it.report_run_id);
        id.ok_or(MetaError::Shape { what: "a report" })
    }

    /// One page of a finished report.
    ///
    /// # Errors
    /// [`MetaError`], of class `MissingObject` when the report has expired.
    pub async fn report_rows(
        &self,
        report: &str,
        (limit, after): (u32, Option<&Cursor>),
    ) -> Result<Page<Insight>, MetaError> {
        let path = [object_id(report)?, "insights"];
        self.page("insights", &path, &[], (limit, after), row::read)
            .await
    }
}
