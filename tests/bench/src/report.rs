//! Figures as people read them.

use std::{io::Write as _, time::Duration};

/// Durations, from the shortest to the longest.
#[derive(Debug, Clone)]
pub(crate) struct Sample(Vec<Duration>);

impl Sample {
    pub(crate) fn new(mut durations: Vec<Duration>) -> Self {
        durations.sort();
        Self(durations)
    }

    /// The smallest duration that `percent` of all do not exceed; zero when there are none.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    /// One line: p50, p99 and both ends.
    pub(crate) fn row(&self, what: &str) -> String {
        let [first, p50, p99, last] =
            [0, 50, 99, 100].map(|percent| millis(self.percentile(percent)));
        format!(
            "{what:<46} {:>5} {first:>9} {p50:>9} {p99:>9} {last:>9}",
            self.0.len()
        )
    }
}

/// What stands above [`Sample::row`].
pub(crate) fn header() -> String {
    format!(
        "{:<46} {:>5} {:>9} {:>9} {:>9} {:>9}",
        "", "runs", "min ms", "p50 ms", "p99 ms", "max ms"
    )
}

fn millis(duration: Duration) -> String {
    format!("{:.2}", duration.as_secs_f64() * 1_000.0)
}

/// The one in the middle, and both ends; zeros when there are none.
pub(crate) fn median(figures: &[f64]) -> (f64, f64, f64) {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |place: usize| sorted.get(place).copied().unwrap_or_default();
    (
        at(sorted.len() / 2),
        at(0),
        at(sorted.len().saturating_sub(1)),
    )
}

/// Writes lines to standard output.
pub(crate) fn say<T: AsRef<str>>(lines: impl IntoIterator<Item = T>) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in lines {
        writeln!(out, "{}", line.as_ref())?;
    }
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() {
        let sample = Sample::new((1..=200).rev().map(Duration::from_millis).collect());

        assert_eq!(sample.percentile(50), Duration::from_millis(100));
        assert_eq!(sample.percentile(99), Duration::from_millis(198));
        assert_eq!(sample.percentile(0), Duration::from_millis(1));
        assert_eq!(Sample::new(Vec::new()).percentile(50), Duration::ZERO);
    }

    #[test]
    fn the_median_is_the_middle_of_the_sorted_figures() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), (2.0, 1.0, 3.0));
    }
}
