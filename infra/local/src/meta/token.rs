//! Who may ask, in which version: tokens, proofs, and the headers every answer carries.

use axum::http::{HeaderMap, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, catalogue::ACCOUNT, object, refusal::Refusal, request::Call};

/// Tokens that start so have expired, for whoever wants to see that.
pub const EXPIRED_PREFIX: &str = "EXPIRED";

/// The oldest version answered.
///
/// **Source:** Graph API changelog: v24.0 is the oldest one alive through 2027.
const VERSION_MIN: u32 = 24;

/// The newest version there is.
const VERSION_NEWEST: &str = "v26.0";

/// Who asks, as far as it matters to what may be read.
#[derive(Debug)]
pub(super) struct Asker {
    /// The accounts its token was given; `None` is all there are.
    accounts: Option<Vec<String>>,
}

impl Asker {
    /// Whether it may read the account with this id.
    pub(super) fn sees(&self, account: &str) -> bool {
        let accounts = self.accounts.as_ref();
        accounts.is_none_or(|accounts| accounts.iter().any(|id| id == account))
    }
}

/// Checks version, token and proof.
///
/// # Errors
/// As Meta would refuse it.
pub(super) fn check(shared: &Shared, call: &Call) -> Result<Asker, Refusal> {
    check_version(call)?;
    let token = call.token().ok_or_else(Refusal::token_missing)?;
    let accounts = shared.tokens.accounts(token, shared.now.get())?;
    match (call.parameters.get("appsecret_proof"), &shared.proof) {
        (Some(given), Some(right)) if given != right => Err(Refusal::proof()),
        (None, Some(_)) => Err(Refusal::parameter(
            "API calls from the server require an appsecret_proof argument",
        )),
        _ => Ok(Asker { accounts }),
    }
}

/// # Errors
/// 100 for what is no version, 2635 for one that is no longer served.
pub(super) fn check_version(call: &Call) -> Result<(), Refusal> {
    let version = call.version.as_str();
    let major = version
        .strip_prefix('v')
        .and_then(|number| number.split_once('.'))
        .and_then(|(major, _)| major.parse::<u32>().ok());
    match major {
        None => Err(Refusal::unknown_object(version)),
        Some(major) if major < VERSION_MIN => Err(Refusal::version(version, VERSION_NEWEST)),
        Some(_) => Ok(()),
    }
}

/// How much of its quota the account has used, as the headers tell.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Usage {
    /// Percent of the quota.
    pub(super) percent: u8,
    /// Minutes until calls are let through again.
    #[serde(default)]
    pub(super) regain_minutes: u32,
}

/// Whose quota a call takes from.
#[derive(Debug)]
pub(super) struct Whose {
    /// The version asked for.
    pub(super) version: String,
    /// The account, with the prefix `act_`.
    pub(super) account: String,
    /// Whether the call is about insights, which have a quota of their own.
    pub(super) is_about_insights: bool,
    /// How many calls it counts as.
    pub(super) cost: usize,
}

impl Whose {
    /// Whose quota this call takes from; that of the account made from media when it names none.
    pub(super) fn of(shared: &Shared, call: &Call) -> Self {
        let ids = call.parameters.get("ids").filter(|_| call.path.is_empty());
        let (first, cost) = match ids {
            Some(ids) => (ids.split(',').next(), ids.split(',').count()),
            None => (call.path.split('/').next(), 1),
        };
        let owner = first.and_then(|id| object::owner(shared, id));
        Self {
            version: call.version.clone(),
            account: owner.unwrap_or_else(|| ACCOUNT.to_owned()),
            is_about_insights: call.path.ends_with("insights"),
            cost,
        }
    }
}

impl Default for Usage {
    fn default() -> Self {
        Self {
            percent: 3,
            regain_minutes: 0,
        }
    }
}

impl Usage {
    /// **Source:** Graph API, "Rate limits": names and shapes of the headers.
    pub(super) fn write(self, whose: &Whose, headers: &mut HeaderMap) {
        let percent = self.percent;
        let kind = if whose.is_about_insights {
            "ads_insights"
        } else {
            "ads_management"
        };
        let app = json!({"call_count": percent, "total_cputime": percent, "total_time": percent});
        let account = json!({"acc_id_util_pct": f64::from(percent),
            "reset_time_duration": self.regain_minutes * 60, "ads_api_access_tier": "standard_access"});
        let business = json!({whose.account.trim_start_matches("act_"): [{"type": kind,
            "call_count": percent, "total_cputime": percent, "total_time": percent,
            "estimated_time_to_regain_access": self.regain_minutes,
            "ads_api_access_tier": "standard_access"}]});
        let lines = [
            ("x-app-usage", app.to_string()),
            ("x-ad-account-usage", account.to_string()),
            ("x-business-use-case-usage", business.to_string()),
            ("facebook-api-version", whose.version.clone()),
        ];
        let insights = json!({"app_id_util_pct": f64::from(percent),
            "acc_id_util_pct": f64::from(percent), "ads_api_access_tier": "standard_access"});
        let insights = whose
            .is_about_insights
            .then(|| ("x-fb-ads-insights-throttle", insights.to_string()));
        for (name, text) in lines.into_iter().chain(insights) {
            if let Ok(value) = HeaderValue::from_str(&text) {
                headers.insert(name, value);
            }
        }
    }
}
