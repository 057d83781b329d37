//! What came of a plan.

use serde::Serialize;

use crate::plan::{Change, Plan};

/// What was done to the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// New rules.
    pub created: usize,
    /// Rules changed or completed.
    pub updated: usize,
    /// Rules that fire again.
    pub enabled: usize,
    /// Rules that no longer fire.
    pub disabled: usize,
    /// Rules removed.
    pub deleted: usize,
    /// Rules that were right.
    pub unchanged: usize,
    /// Changes left for the next sweep (no time, no room, or refused), or for Terraform.
    pub left: usize,
}

impl Applied {
    /// What a plan comes to when all of it is done.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let mut applied = Self {
            unchanged: plan.unchanged,
            ..Self::default()
        };
        plan.changes.iter().for_each(|change| applied.count(change));
        applied
    }

    pub(super) fn count(&mut self, change: &Change) {
        match change {
            Change::Delete(_) => self.deleted += 1,
            Change::Disable { .. } => self.disabled += 1,
            Change::Update { .. } => self.updated += 1,
            Change::Enable { .. } => self.enabled += 1,
            Change::Create(_) => self.created += 1,
        }
    }
}
