//! Asynchronous reports: submitted, polled, read when complete.
//!
//! Not imitated: reports do not expire, any number may run at once, and time does not pass for
//! them; only polls do.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{super::faults::lock, query::Query};

/// Ids of reports count up from here.
const FIRST_ID: u64 = 602_390_000_000_001;

/// How reports are to go, as posted to `/_control/reports`. What is left out stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportOrder {
    /// So many polls of each report submitted from now on find it in progress.
    pub polls: Option<u32>,
    /// So many of the next reports fail.
    pub fail: Option<u32>,
    /// With this code; 100 unless ordered otherwise.
    pub code: Option<i64>,
    /// With this subcode.
    pub subcode: Option<u32>,
    /// So many of the next reports are skipped.
    pub skip: Option<u32>,
    /// So many of the next reports never end.
    pub stall: Option<u32>,
}

/// How a report goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It completes.
    Completed,
    /// It fails, with code and subcode.
    Failed(i64, Option<u32>),
    /// It is skipped.
    Skipped,
    /// It never ends.
    Stalled,
}

/// A report that was submitted.
#[derive(Debug, Clone)]
pub(in crate::meta) struct Report {
    /// Its id.
    pub(in crate::meta) id: String,
    /// What was asked, on the day it was asked.
    pub(in crate::meta) query: Arc<Query>,
    submitted: DateTime<Utc>,
    ended: Option<DateTime<Utc>>,
    ending: Ending,
    /// Polls that find it in progress.
    polls: u32,
    polled: u32,
}

/// All reports, and what was ordered about the next ones.
#[derive(Debug, Default)]
pub(in crate::meta) struct Reports {
    kept: Mutex<BTreeMap<String, Report>>,
    order: Mutex<ReportOrder>,
}

impl Reports {
    /// Takes an order.
    pub(in crate::meta) fn order(&self, order: ReportOrder) {
        let mut held = lock(&self.order);
        *held = ReportOrder {
            polls: order.polls.or(held.polls),
            fail: order.fail.or(held.fail),
            code: order.code.or(held.code),
            subcode: if order.code.is_some() {
                order.subcode
            } else {
                order.subcode.or(held.subcode)
            },
            skip: order.skip.or(held.skip),
            stall: order.stall.or(held.stall),
        };
    }

    /// Forgets what was ordered; reports stay.
    pub(in crate::meta) fn forget_orders(&self) {
        *lock(&self.order) = ReportOrder::default();
    }

    /// Submits a report; an order goes before `usual`. Returns its id.
    pub(super) fn submit(&self, query: Query, now: DateTime<Utc>, usual: Ending) -> String {
        let (ordered, polls) = self.take_order();
        let mut kept = lock(&self.kept);
        let id = (FIRST_ID + kept.len() as u64).to_string();
        let report = Report {
            id: id.clone(),
            query: Arc::new(query),
            submitted: now,
            ended: None,
            ending: ordered.unwrap_or(usual),
            polls,
            polled: 0,
        };
        kept.insert(id.clone(), report);
        id
    }

    fn take_order(&self) -> (Option<Ending>, u32) {
        let mut order = lock(&self.order);
        let failure = Ending::Failed(order.code.unwrap_or(100), order.subcode);
        let polls = order.polls.unwrap_or(1);
        let ReportOrder {
            fail, skip, stall, ..
        } = &mut *order;
        let open = [
            (fail, failure),
            (skip, Ending::Skipped),
            (stall, Ending::Stalled),
        ];
        for (count, ending) in open {
            if let Some(left) = count.and_then(|count| count.checked_sub(1)) {
                *count = Some(left);
                return (Some(ending), polls);
            }
        }
        (None, polls)
    }

    /// The report with this id.
    pub(in crate::meta) fn get(&self, id: &str) -> Option<Report> {
        lock(&self.kept).get(id).cloned()
    }

    /// What a poll finds; it counts as one.
    pub(in crate::meta) fn poll(&self, id: &str, now: DateTime<Utc>) -> Option<Value> {
        let mut kept = lock(&self.kept);
        let report = kept.get_mut(id)?;
        report.polled = report.polled.saturating_add(1);
        if report.has_ended() && report.ended.is_none() {
            report.ended = Some(now);
        }
        Some(report.value())
    }
}

impl Report {
    fn has_ended(&self) -> bool {
        self.polled > self.polls && self.ending != Ending::Stalled
    }

    /// Whether its rows can be read.
    pub(super) fn is_complete(&self) -> bool {
        self.has_ended() && self.ending == Ending::Completed
    }

    /// **Source:** Marketing API, "Insights", "Asynchronous jobs"; the fields of failure come by
    /// default since v25.0.
    fn value(&self) -> Value {
        let percent = if self.is_complete() {
            100
        } else {
            self.percent()
        };
        let mut value = json!({
            "id": self.id, "account_id": self.query.account.digits(),
            "time_ref": self.submitted.timestamp(),
            "time_completed": self.ended.map_or(0, |ended| ended.timestamp()),
            "async_status": self.status(), "async_percent_completion": percent,
        });
        let Some(fields) = value.as_object_mut() else {
            return value;
        };
        let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
        match self.ending {
            _ if !self.has_ended() => {
                add("is_running", true.into());
            }
            Ending::Failed(code, subcode) => {
                add("error_code", code.into());
                if let Some(subcode) = subcode {
                    add("error_subcode", subcode.into());
                }
                add(
                    "error_message",
                    format!("(#{code}) The report failed.").into(),
                );
                add("error_user_title", "Report failed".into());
                add("error_user_msg", "Please try another request.".into());
            }
            _ => {
                add("date_start", self.query.range.since.to_string().into());
                add("date_stop", self.query.range.until.to_string().into());
            }
        }
        value
    }

    fn status(&self) -> &'static str {
        match (self.has_ended(), self.ending, self.polled) {
            (true, Ending::Failed(..), _) => "Job Failed",
            (true, Ending::Skipped, _) => "Job Skipped",
            (true, ..) => "Job Completed",
            (false, _, ..=1) => "Job Not Started",
            (false, _, 2) => "Job Started",
            (false, ..) => "Job Running",
        }
    }

    /// Never all of it before the end.
    fn percent(&self) -> u32 {
        let done = self.polled.saturating_sub(1).min(self.polls);
        99 * done / (self.polls + 1)
    }
}
