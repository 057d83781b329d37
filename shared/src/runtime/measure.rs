//! What one delivery contributes to CloudWatch's figures.

use chrono::TimeDelta;

use crate::{
    domain::RunStatus,
    telemetry::metrics::{Figure, Unit},
};

/// How a delivery of work went, in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    /// Where the run stands.
    pub status: RunStatus,
    /// How long this invocation worked on it.
    pub duration: TimeDelta,
    /// How late it started; `None` for a later segment or attempt, which has no nominal time of its own.
    pub start_lateness: Option<TimeDelta>,
    /// Whether an earlier attempt had failed.
    pub is_retry: bool,
    /// How often vendors told this invocation to slow down.
    pub vendor_throttles: u64,
}

impl Measured {
    /// As the figures of one line, with what the invocation cost where that is known. A run that
    /// goes on in another segment or after a pause is counted as `RunsContinued`, and by its verdict
    /// when that comes.
    #[must_use]
    pub fn figures(self, cost_nanodollars: Option<u64>) -> Vec<Figure> {
        let verdict = match self.status {
            RunStatus::Completed => "RunsCompleted",
            RunStatus::Failed => "RunsFailed",
            RunStatus::Cancelled => "RunsCancelled",
            RunStatus::Skipped => "RunsSkipped",
            RunStatus::Pending | RunStatus::Running => "RunsContinued",
        };
        let figure = |name, unit, value| Figure { name, unit, value };
        let count = |name, value| figure(name, Unit::Count, value);
        let time = |name, delta: TimeDelta| {
            let milliseconds = delta.num_milliseconds().try_into().unwrap_or_default();
            figure(name, Unit::Milliseconds, milliseconds)
        };
        let mut figures = vec![
            count(verdict, 1),
            time("RunDuration", self.duration),
            count("VendorThrottles", self.vendor_throttles),
        ];
        figures.extend(
            self.start_lateness
                .map(|lateness| time("StartLateness", lateness)),
        );
        figures.extend(self.is_retry.then(|| count("Retries", 1)));
        figures.extend(cost_nanodollars.map(|cost| figure("Cost", Unit::Nanodollars, cost)));
        figures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(measured: Measured, cost: Option<u64>) -> Vec<(&'static str, u64)> {
        let figures = measured.figures(cost).into_iter();
        figures.map(|figure| (figure.name, figure.value)).collect()
    }

    #[test]
    fn a_first_attempt_tells_how_late_it_was() {
        let measured = Measured {
            status: RunStatus::Failed,
            duration: TimeDelta::milliseconds(1_250),
            start_lateness: Some(TimeDelta::milliseconds(-3)),
            is_retry: false,
            vendor_throttles: 2,
        };

        let told = told(measured, Some(1_035));

        // The clocks of two machines differ; nobody starts before the time.
        let wanted = [
            ("RunsFailed", 1),
            ("RunDuration", 1_250),
            ("VendorThrottles", 2),
            ("StartLateness", 0),
            ("Cost", 1_035),
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn a_later_attempt_is_a_retry_and_has_no_lateness() {
        let measured = Measured {
            status: RunStatus::Completed,
            duration: TimeDelta::seconds(2),
            start_lateness: None,
            is_retry: true,
            vendor_throttles: 0,
        };

        let wanted = [
            ("RunsCompleted", 1),
            ("RunDuration", 2_000),
            ("VendorThrottles", 0),
            ("Retries", 1),
        ];
        assert_eq!(told(measured, None), wanted, "no cost off Lambda");
    }
}
