//! From what was measured on this machine to what Lambda bills.
//!
//! A function with N MB has N/1769 of a vCPU; here it has a whole core. So its CPU time is stretched by that share, and the
//! time in which it waited is left as it is. This is on the safe side: on Lambda a function also computes while it waits.
//!
//! **Source:** Lambda developer guide, "Configure Lambda function memory": at 1,769 MB a function has one vCPU.

use std::time::Duration;

use shared::domain::price::Architecture;

use super::prices::{CUSTOM_EVENT, LOG_BYTE, MILLION, S3_PUT, lambda_gb_second, lambda_request};

/// Memory with which a function has a whole vCPU.
const VCPU_MB: f64 = 1_769.0;
/// What Lambda itself writes to the log at the start and the end of an invocation, in its text format: an estimate.
const PLATFORM_LOG_BYTES: f64 = 350.0;

/// What one invocation, or one start of a process, was measured to take on average.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Measured {
    /// From the event to the answer, or from the start to the first question for work.
    pub(crate) wall: Duration,
    /// CPU time of the process.
    pub(crate) cpu: Duration,
    /// Requests billed: none for a start.
    pub(crate) requests: f64,
    /// Bytes of log.
    pub(crate) log_bytes: f64,
    /// Events put on the bus.
    pub(crate) events: f64,
    /// Objects written.
    pub(crate) puts: f64,
}

impl Measured {
    /// The duration that Lambda bills, in whole milliseconds as it rounds.
    pub(crate) fn billed_seconds(&self, memory_mb: u32) -> f64 {
        let share = (f64::from(memory_mb) / VCPU_MB).min(1.0);
        let waiting = self.wall.saturating_sub(self.cpu).as_secs_f64();
        let seconds = waiting + self.cpu.as_secs_f64() / share;
        (seconds * 1_000.0).ceil() / 1_000.0
    }

    /// Memory times duration.
    pub(crate) fn gb_seconds(&self, memory_mb: u32) -> f64 {
        self.billed_seconds(memory_mb) * f64::from(memory_mb) / 1_024.0
    }

    /// Bytes of log with those of Lambda itself.
    pub(crate) fn all_log_bytes(&self) -> f64 {
        self.log_bytes + self.requests * PLATFORM_LOG_BYTES
    }
}

/// What a million invocations cost in US dollars, part by part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Million {
    pub(crate) requests: f64,
    pub(crate) compute: f64,
    pub(crate) events: f64,
    pub(crate) logs: f64,
    pub(crate) puts: f64,
}

impl Million {
    /// At list prices.
    pub(crate) fn of(measured: &Measured, memory_mb: u32, architecture: Architecture) -> Self {
        Self {
            requests: MILLION * measured.requests * lambda_request(),
            compute: MILLION * measured.gb_seconds(memory_mb) * lambda_gb_second(architecture),
            events: MILLION * measured.events * CUSTOM_EVENT,
            logs: MILLION * measured.all_log_bytes() * LOG_BYTE,
            puts: MILLION * measured.puts * S3_PUT,
        }
    }

    pub(crate) fn total(&self) -> f64 {
        self.requests + self.compute + self.events + self.logs + self.puts
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::price::invocation_nanodollars;

    use super::*;

    fn measured(wall: u64, cpu: u64) -> Measured {
        Measured {
            wall: Duration::from_millis(wall),
            cpu: Duration::from_millis(cpu),
            requests: 1.0,
            ..Measured::default()
        }
    }

    #[test]
    fn computing_takes_longer_with_less_memory_and_waiting_does_not() {
        let half = 884;

        assert_eq!(measured(100, 0).billed_seconds(half), 0.100);
        assert_eq!(measured(100, 60).billed_seconds(half), 0.161, "40 + 120.1");
        assert_eq!(measured(100, 60).billed_seconds(1_769), 0.100);
        assert_eq!(measured(100, 60).billed_seconds(10_240), 0.100, "one core");
    }

    #[test]
    fn two_cores_at_work_are_no_negative_waiting() {
        assert_eq!(measured(100, 150).billed_seconds(1_769), 0.150);
    }

    #[test]
    fn a_million_costs_a_million_times_what_one_tells() {
        let measured = measured(100, 0);
        let million = Million::of(&measured, 512, Architecture::X86_64);
        let one = invocation_nanodollars(Architecture::X86_64, 512, measured.wall);

        let one = f64::from(u32::try_from(one).unwrap()) / 1e9;
        let lambda = million.requests + million.compute;
        assert!((lambda - one * 1e6).abs() < 0.001, "{lambda} {one}");
    }

    #[test]
    fn events_logs_and_objects_are_added() {
        let measured = Measured {
            log_bytes: 1_073_741_824.0 / 1e6 - 350.0,
            events: 2.0,
            puts: 50.0,
            ..measured(0, 0)
        };

        let million = Million::of(&measured, 512, Architecture::X86_64);
        let parts = [million.events, million.logs, million.puts];
        let wanted = [2.0, 0.5, 250.0];
        assert!(
            (0..3).all(|it| (parts[it] - wanted[it]).abs() < 1e-9),
            "{parts:?}"
        );
        assert!((million.total() - 252.7).abs() < 1e-9);
    }
}
