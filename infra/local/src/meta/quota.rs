//! A quota of calls per account, when a test orders one.
//!
//! Not imitated: scores by kind of call, quotas that grow with the number of ads, the quota of the
//! app. A call that is refused for the quota does not count.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::{faults::lock, refusal::Refusal, token::Usage};

/// How many calls an account has, as posted to `/_control/quota`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// So many calls; each id of `ids=` is one.
    pub calls: usize,
    /// In so many seconds, counted back from each call.
    pub per_seconds: u32,
    /// The code of the refusal; insights' own unless ordered otherwise.
    #[serde(default = "insights_code")]
    pub code: u32,
    /// Its subcode.
    #[serde(default = "usual_subcode")]
    pub subcode: u32,
}

/// **Source:** Graph API, "Rate limits": the limit of the use case `ads_insights`.
fn insights_code() -> u32 {
    80_000
}

/// **Source:** the subcode that comes with account limits, as users of the API have seen it.
fn usual_subcode() -> u32 {
    2_446_079
}

/// The quota in force, and the calls that count.
#[derive(Debug, Default)]
pub(super) struct Quotas {
    quota: Mutex<Option<Quota>>,
    calls: Mutex<BTreeMap<String, VecDeque<DateTime<Utc>>>>,
}

impl Quotas {
    /// Puts a quota into force, or lifts it; counting begins anew.
    pub(super) fn set(&self, quota: Option<Quota>) {
        *lock(&self.quota) = quota;
        lock(&self.calls).clear();
    }

    /// Takes `cost` calls from an account's quota. `None` when no quota is in force; otherwise how
    /// much of it is used now, and the refusal if that is too much.
    pub(super) fn spend(
        &self,
        account: &str,
        cost: usize,
        now: DateTime<Utc>,
    ) -> Option<(Usage, Result<(), Refusal>)> {
        let quota = (*lock(&self.quota))?;
        let window = TimeDelta::seconds(quota.per_seconds.into());
        let mut all = lock(&self.calls);
        let calls = all.entry(account.to_owned()).or_default();
        while calls.front().is_some_and(|first| *first + window <= now) {
            calls.pop_front();
        }
        if calls.len() + cost > quota.calls {
            let free = calls.front().map_or(now + window, |first| *first + window);
            let seconds = (free - now).num_seconds().max(1);
            let usage = Usage {
                percent: 100,
                regain_minutes: u32::try_from((seconds + 59) / 60).unwrap_or(u32::MAX),
            };
            let refusal = Refusal::throttled(quota.code, quota.subcode);
            return Some((usage, Err(refusal)));
        }
        calls.extend(std::iter::repeat_n(now, cost));
        let percent = calls.len() * 100 / quota.calls.max(1);
        let usage = Usage {
            percent: u8::try_from(percent).unwrap_or(100),
            regain_minutes: 0,
        };
        Some((usage, Ok(())))
    }
}
