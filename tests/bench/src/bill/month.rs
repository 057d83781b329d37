//! A month of an installation, beside a container that is always on.

use shared::domain::price::Architecture;

use super::prices::{
    CUSTOM_EVENT, FARGATE_GB_HOUR, FARGATE_VCPU_HOUR, Free, HOURS, IPV4_HOUR, KMS_REQUEST,
    LOG_BYTE, METRIC_MONTH, S3_PUT, SCHEDULED_RULE_FIRES, SCHEDULER_FIRES, lambda_gb_second,
    lambda_request,
};

/// Jobs, each of which runs once a day.
pub(crate) const JOBS: u32 = 1_000;
/// Days of a month.
const DAYS: u32 = 30;
/// Their runs.
pub(crate) const RUNS: u32 = JOBS * DAYS;
/// Sweeps of the reconciler, one a minute.
pub(crate) const SWEEPS: u32 = DAYS * 24 * 60;

/// What an installation used in a month.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Usage {
    /// Invocations.
    pub(crate) requests: f64,
    /// Memory times duration.
    pub(crate) gb_seconds: f64,
    /// Fires of rules, or of schedules where EventBridge Scheduler is the clock.
    pub(crate) fires: f64,
    /// Events on the bus.
    pub(crate) events: f64,
    /// Bytes of log.
    pub(crate) log_bytes: f64,
    /// Metrics in their dimensions.
    pub(crate) metrics: f64,
    /// Decryptions.
    pub(crate) decryptions: f64,
    /// Objects written.
    pub(crate) puts: f64,
}

/// So many of the first lines are in a container's place; the others it would pay as well.
pub(crate) const OWN_LINES: usize = 5;

/// What it costs, in US dollars, line by line.
pub(crate) fn lines(
    usage: &Usage,
    architecture: Architecture,
    free: Free,
) -> [(&'static str, f64); 8] {
    let beyond = |used: f64, free: f64| (used - free).max(0.0);
    let gb_seconds = beyond(usage.gb_seconds, free.lambda_gb_seconds);
    [
        (
            "Lambda, requests",
            beyond(usage.requests, free.lambda_requests) * lambda_request(),
        ),
        (
            "Lambda, memory and time",
            gb_seconds * lambda_gb_second(architecture),
        ),
        ("EventBridge, rules", usage.fires * SCHEDULED_RULE_FIRES),
        ("EventBridge, events", usage.events * CUSTOM_EVENT),
        (
            "KMS, secrets at starts",
            beyond(usage.decryptions, free.kms_requests) * KMS_REQUEST,
        ),
        (
            "CloudWatch, logs taken in",
            beyond(usage.log_bytes, free.log_bytes) * LOG_BYTE,
        ),
        (
            "CloudWatch, metrics",
            beyond(usage.metrics, free.metrics) * METRIC_MONTH,
        ),
        ("S3, objects written", usage.puts * S3_PUT),
    ]
}

/// What EventBridge Scheduler costs instead of rules, for the same fires.
pub(crate) fn scheduler(usage: &Usage, free: Free) -> f64 {
    (usage.fires - free.scheduler_fires).max(0.0) * SCHEDULER_FIRES
}

/// A container of a quarter of a vCPU and half a gigabyte, the smallest of Fargate, and its public address.
pub(crate) fn container() -> [(&'static str, f64); 2] {
    let hour = 0.25 * FARGATE_VCPU_HOUR + 0.5 * FARGATE_GB_HOUR;
    [
        ("Fargate, 0.25 vCPU and 0.5 GB", hour * HOURS),
        ("public IPv4 address", IPV4_HOUR * HOURS),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(usage: &Usage, free: Free) -> f64 {
        let lines = lines(usage, Architecture::X86_64, free);
        lines.iter().map(|(_, dollars)| dollars).sum()
    }

    #[test]
    fn a_thousand_daily_jobs_are_so_many_runs_and_sweeps() {
        assert_eq!((RUNS, SWEEPS), (30_000, 43_200));
    }

    #[test]
    fn each_use_costs_its_price() {
        let usage = Usage {
            requests: 10e6,
            gb_seconds: 1e6,
            fires: 20e6,
            events: 3e6,
            log_bytes: 4.0 * 1_073_741_824.0,
            metrics: 16.0,
            decryptions: 30_000.0,
            puts: 2_000.0,
        };

        let lines = lines(&usage, Architecture::X86_64, Free::NOTHING);
        let cents = lines.map(|(_, dollars)| (dollars * 100.0).round());
        let wanted = [200.0, 1_667.0, 0.0, 300.0, 9.0, 200.0, 480.0, 1.0];
        assert_eq!(cents, wanted);
        assert_eq!(scheduler(&usage, Free::NOTHING).round(), 20.0);
    }

    #[test]
    fn what_is_free_is_taken_off_and_no_more_than_was_used() {
        let all_free = Usage {
            requests: 1e6,
            gb_seconds: 400_000.0,
            fires: 14e6,
            log_bytes: 5.0 * 1_073_741_824.0,
            metrics: 10.0,
            decryptions: 20_000.0,
            ..Usage::default()
        };
        let one_more = Usage {
            gb_seconds: 400_001.0,
            events: 1.0,
            ..all_free
        };

        assert_eq!(total(&all_free, Free::ALWAYS), 0.0);
        assert_eq!(scheduler(&all_free, Free::ALWAYS), 0.0);
        let wanted = 0.000_016_666_7 + 0.000_001;
        assert!((total(&one_more, Free::ALWAYS) - wanted).abs() < 1e-12);
        assert_eq!(total(&Usage::default(), Free::ALWAYS), 0.0);
    }

    #[test]
    fn the_container_costs_nine_dollars_and_its_address_nearly_four() {
        let cents = container().map(|(_, dollars)| (dollars * 100.0).round());

        assert_eq!(cents, [901.0, 365.0]);
    }
}
