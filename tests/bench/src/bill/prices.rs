//! What AWS charges, in US dollars: the one table of prices.
//!
//! **Source:** AWS's public price list, US East (N. Virginia), on demand, as of November 2026; those called unchecked
//! were written down from memory and not looked up. Lambda's own prices are in
//! `shared::domain::price`, which functions tell their `Cost` by. No tax, no savings plan.

use shared::domain::price::{Architecture, REQUEST_NANODOLLARS};

/// A rule of EventBridge that invokes a Lambda function by schedule. **Source:** "Amazon EventBridge pricing", November 2026.
pub(crate) const SCHEDULED_RULE_FIRES: f64 = 0.0;
/// An event of our own on a bus, up to 64 KB. **Source:** "Amazon EventBridge pricing", November 2026.
pub(crate) const CUSTOM_EVENT: f64 = 1.00 / MILLION;
/// An invocation by EventBridge Scheduler. **Source:** "Amazon EventBridge pricing", November 2026.
pub(crate) const SCHEDULER_FIRES: f64 = 1.00 / MILLION;
/// A byte of a function's log. **Source:** "Amazon CloudWatch pricing", vended logs of Lambda, first 10 TB, unchecked.
pub(crate) const LOG_BYTE: f64 = 0.50 / GIBIBYTE;
/// One metric in one set of dimensions for a month. **Source:** "Amazon CloudWatch pricing", unchecked.
pub(crate) const METRIC_MONTH: f64 = 0.30;
/// A PUT of S3 Standard. **Source:** "Amazon S3 pricing", unchecked.
pub(crate) const S3_PUT: f64 = 0.005 / 1_000.0;
/// A decryption by KMS, of which each secret of Parameter Store takes one. **Source:** "AWS KMS pricing", unchecked.
pub(crate) const KMS_REQUEST: f64 = 0.03 / 10_000.0;
/// A vCPU of Fargate for an hour, Linux on x86. **Source:** "AWS Fargate pricing", November 2026.
pub(crate) const FARGATE_VCPU_HOUR: f64 = 0.040_48;
/// A gigabyte of memory of Fargate for an hour, Linux on x86. **Source:** "AWS Fargate pricing", November 2026.
pub(crate) const FARGATE_GB_HOUR: f64 = 0.004_445;
/// A public IPv4 address for an hour. **Source:** "Amazon VPC pricing", unchecked.
pub(crate) const IPV4_HOUR: f64 = 0.005;

/// Hours in a month, as AWS reckons.
pub(crate) const HOURS: f64 = 730.0;

/// What is free every month for as long as an account lasts.
///
/// **Source:** "AWS Free Tier", "Always free", unchecked. S3's free PUTs end after the first year and are left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Free {
    pub(crate) lambda_requests: f64,
    pub(crate) lambda_gb_seconds: f64,
    pub(crate) scheduler_fires: f64,
    pub(crate) log_bytes: f64,
    pub(crate) metrics: f64,
    pub(crate) kms_requests: f64,
}

impl Free {
    /// An account that uses nothing else.
    pub(crate) const ALWAYS: Self = Self {
        lambda_requests: 1.0 * MILLION,
        lambda_gb_seconds: 400_000.0,
        scheduler_fires: 14.0 * MILLION,
        log_bytes: 5.0 * GIBIBYTE,
        metrics: 10.0,
        kms_requests: 20_000.0,
    };

    /// An account that has used it up.
    pub(crate) const NOTHING: Self = Self {
        lambda_requests: 0.0,
        lambda_gb_seconds: 0.0,
        scheduler_fires: 0.0,
        log_bytes: 0.0,
        metrics: 0.0,
        kms_requests: 0.0,
    };
}

pub(crate) const MILLION: f64 = 1e6;
const GIBIBYTE: f64 = 1_073_741_824.0;

/// A request of Lambda's.
pub(crate) fn lambda_request() -> f64 {
    u32::try_from(REQUEST_NANODOLLARS).map_or(f64::NAN, f64::from) / 1e9
}

/// A second with a gigabyte of Lambda's memory.
pub(crate) fn lambda_gb_second(architecture: Architecture) -> f64 {
    let price = u32::try_from(architecture.gb_second_picodollars());
    price.map_or(f64::NAN, f64::from) / 1e12
}
