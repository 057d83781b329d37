//! What AWS charges for an invocation of a function.
//!
//! **Source:** AWS, "AWS Lambda pricing": on demand, US East (N. Virginia), first tier, as of November 2026. Other regions
//! charge up to a third more; free tiers and savings plans are left out.

use std::time::Duration;

/// What one request costs, in billionths of a US dollar: $0.20 per million.
pub const REQUEST_NANODOLLARS: u64 = 200;

/// For which processors a function was built. They have their own prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Intel and AMD.
    X86_64,
    /// Graviton.
    Arm64,
}

impl Architecture {
    /// What this program was built for.
    #[must_use]
    pub const fn own() -> Self {
        if cfg!(target_arch = "aarch64") {
            Self::Arm64
        } else {
            Self::X86_64
        }
    }

    /// What a second with a gigabyte of memory costs, in trillionths of a US dollar.
    #[must_use]
    pub const fn gb_second_picodollars(self) -> u64 {
        match self {
            Self::X86_64 => 16_666_700,
            Self::Arm64 => 13_333_400,
        }
    }
}

/// What one invocation costs, in billionths of a US dollar: its request, and its memory for as long as it took, in whole
/// milliseconds. The start of a process before its first invocation is billed as duration, too, and is not in `took`.
#[must_use]
pub fn invocation_nanodollars(architecture: Architecture, memory_mb: u32, took: Duration) -> u64 {
    /// In the product of megabytes, milliseconds and the price: 1,024 MB, 1,000 ms and 1,000 trillionths.
    const PARTS: u128 = 1_024 * 1_000 * 1_000;
    let milliseconds = took.as_nanos().div_ceil(1_000_000);
    let price = u128::from(architecture.gb_second_picodollars());
    let parts = u128::from(memory_mb)
        .saturating_mul(milliseconds)
        .saturating_mul(price);
    let memory = u64::try_from(parts.div_ceil(PARTS)).unwrap_or(u64::MAX);
    memory.saturating_add(REQUEST_NANODOLLARS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_with_a_gigabyte_costs_the_listed_price_and_a_request() {
        let second = Duration::from_secs(1);
        let cost = |architecture| invocation_nanodollars(architecture, 1_024, second);

        assert_eq!(cost(Architecture::X86_64), 16_667 + 200);
        assert_eq!(cost(Architecture::Arm64), 13_334 + 200);
    }

    #[test]
    fn a_begun_millisecond_is_a_whole_one() {
        let cost = |microseconds| {
            let took = Duration::from_micros(microseconds);
            invocation_nanodollars(Architecture::X86_64, 512, took)
        };

        assert_eq!(cost(100_000), 834 + 200);
        assert_eq!(cost(100_001), cost(101_000));
        assert!(cost(100_001) > cost(100_000));
    }

    #[test]
    fn a_million_requests_without_memory_cost_twenty_cents() {
        let cost = invocation_nanodollars(Architecture::X86_64, 0, Duration::from_secs(900));

        assert_eq!(cost * 1_000_000, 200_000_000);
    }
}
