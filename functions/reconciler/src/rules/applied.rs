//! What came of a plan.

use serde::Serialize;

use crate::plan::Change;

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
    pub(super) fn count(&mut self, change: &Change) {
        match change {
            Change::Delete(_) => self.deleted += 1,
            Change::Disable(_) => self.disabled += 1,
            Change::Update { .. } => self.updated += 1,
            Change::Enable(_) => self.enabled += 1,
            Change::Create(_) => self.created += 1,
        }
    }
}
