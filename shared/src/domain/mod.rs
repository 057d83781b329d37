//! Words and decisions without I/O.

pub mod access;
pub mod ads;
pub mod audit;
pub mod baseline;
pub mod bounded;
pub mod classification;
pub mod clock;
pub mod days;
pub mod fingerprint;
pub mod follow_up;
pub mod freshness;
pub mod ids;
pub mod job_error;
pub mod job_type;
pub mod load;
pub mod message;
pub mod misfire;
pub mod notification;
pub mod outcome;
pub mod parameters;
pub mod past;
pub mod performance;
pub mod price;
pub mod provider;
pub mod retry;
pub mod run;
pub mod schedule;
pub mod slices;
pub mod spread;
pub mod timing;
mod words;

pub use access::{Role, TokenScope, TokenScopes};
pub use clock::Clock;
pub use follow_up::FollowUp;
pub use ids::{
    ApiTokenId, BatchId, BrandId, ClassificationId, JobId, LandingPageId, MemberId, OrganizationId,
    ProductId, RunId, UsageId, VideoAnalysisId,
};
pub use job_error::{JobError, chain};
pub use job_type::JobType;
pub use outcome::{Outcome, Report};
pub use parameters::{
    AdClassificationParams, AdScope, AssetDownloadParams, CongruenceReanalysisParams,
    DemographicBackfillParams, DestinationSyncParams, MetaSyncParams, ParameterError,
    TokenRefreshParams,
};
pub use run::{ErrorKind, JobStatus, MisfirePolicy, Origin, OverlapPolicy, RunStatus};
