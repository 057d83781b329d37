//! Runs that a run wishes for.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{JobError, JobType};

/// Most runs one run may wish for. A handler with more to hand on gives its follower a list.
pub const FOLLOW_UPS_MAX: usize = 100;

/// A run that is made when the run that wishes for it completes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FollowUp {
    /// Its type. Text: a row may have been written by a newer program.
    pub job_type: String,
    /// What it receives.
    pub parameters: Value,
}

impl FollowUp {
    /// A wish that can be carried out.
    ///
    /// # Errors
    /// [`JobError::GiveUp`] when the type does not accept the parameters: no attempt mends that.
    pub fn new(job_type: JobType, parameters: &impl Serialize) -> Result<Self, JobError> {
        let unfit = |error: &dyn std::fmt::Display| {
            JobError::give_up(format!("a follow-up {job_type} cannot be made: {error}"))
        };
        let parameters = serde_json::to_value(parameters).map_err(|error| unfit(&error))?;
        job_type
            .check_parameters(&parameters)
            .map_err(|error| unfit(&error))?;
        Ok(Self {
            job_type: job_type.name().to_owned(),
            parameters,
        })
    }
}
