//! Words and decisions without I/O.

pub mod ads;
pub mod audit;
pub mod baseline;
pub mod bounded;
pub mod clock;
pub mod days;
pub mod fingerprint;
pub mod follow_up;
pub mod ids;
pub mod job_error;
pub mod job_type;
pub mod message;
pub mod misfire;
pub mod outcome;
pub mod parameters;
pub mod past;
pub mod performance;
pub mod price;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod slices;
pub mod timing;

pub use clock::Clock;
pub use follow_up::FollowUp;
pub use ids::{BatchId, BrandId, JobId, OrganizationId, ProductId, RunId};
pub use job_error::JobError;
pub use job_type::JobType;
pub use outcome::{Outcome, Report};
pub use parameters::{
    AssetDownloadParams, DemographicBackfillParams, DestinationSyncParams, MetaSyncParams,
    ParameterError, TokenRefreshParams,
};
pub use run::{ErrorKind, JobStatus, MisfirePolicy, Origin, OverlapPolicy, RunStatus};
