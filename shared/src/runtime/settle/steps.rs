//! What is written of the datasets that a run refreshes.

use chrono::{DateTime, Utc};

use crate::{
    domain::run::WaitReason,
    runtime::verdict::Verdict,
    store::{datasets::Step, jobs::ledger::LockedJob},
};

/// The steps the handler reported, and the type's own dataset when it reported none for it. A run
/// that goes on later has no step yet.
pub(super) fn steps(
    job: &LockedJob,
    verdict: &Verdict,
    mut steps: Vec<Step>,
    now: DateTime<Utc>,
) -> Vec<Step> {
    let result = match verdict {
        Verdict::Complete { .. } => Ok(0),
        Verdict::Fail { message, .. } => Err(message.clone()),
        Verdict::GiveBack {
            reason: WaitReason::Continued,
            ..
        } => return vec![],
        _ => return steps,
    };
    if let Some(dataset) = &job.dataset_key {
        if result.is_err() {
            // A step that succeeded before the run failed is not the whole dataset.
            steps.retain(|step| step.dataset != *dataset || step.result.is_err());
        }
        if !steps.iter().any(|step| step.dataset == *dataset) {
            steps.push(Step {
                dataset: dataset.clone(),
                result,
                is_partial: false,
                at: now,
            });
        }
    }
    steps
}

/// Two runs that write the same datasets write them in the same order, and never wait in a circle.
pub(super) fn in_order(mut steps: Vec<Step>) -> Vec<Step> {
    steps.sort_by(|left, right| left.dataset.cmp(&right.dataset));
    steps
}
