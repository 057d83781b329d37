//! Whether an ad and the page behind it speak to the same people.

use rust_decimal::Decimal;

use super::Awareness;
use crate::domain::words::words;

/// Steps between the lowest level and the highest.
const STEPS_MAX: u8 = 4;

/// Digits of a score.
const DIGITS: u32 = 3;

words! {
    /// Whether levels fit together, by their score.
    Verdict {
        /// They do: they are a step apart at most.
        Aligned = "aligned",
        /// They are further apart.
        Misaligned = "misaligned",
        /// There is no score.
        Unscored = "unscored",
    }
}

impl Verdict {
    /// By the score, where there is one.
    #[must_use]
    pub fn of(score: Option<Decimal>) -> Self {
        match score {
            Some(score) if score >= ALIGNED_MIN => Self::Aligned,
            Some(_) => Self::Misaligned,
            None => Self::Unscored,
        }
    }
}

/// Levels with this score, and those with more, fit together.
/// **Source:** the system before flagged scores below it.
pub const ALIGNED_MIN: Decimal = Decimal::from_parts(75, 0, 0, false, 2);

/// How well levels fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Congruence {
    /// From 0, the lowest level beside the highest, to 1, the same level.
    pub score: Decimal,
    /// Which levels are furthest apart, for people.
    pub note: String,
}

/// How well the levels of an ad's creative, its text and, where it has one, the page it leads to fit together.
/// `None` unless creative and text have levels.
#[must_use]
pub fn congruence(
    creative: Option<Awareness>,
    copy: Option<Awareness>,
    landing_page: Option<Awareness>,
) -> Option<Congruence> {
    let (creative, copy) = (("creative", creative?), ("copy", copy?));
    let page = landing_page.map(|level| ("landing page", level));
    let pairs = [
        Some((creative, copy)),
        page.map(|page| (creative, page)),
        page.map(|page| (copy, page)),
    ];
    // The first of the pairs that are furthest apart.
    let widest = pairs.into_iter().flatten().rev();
    let ((one, low), (other, high)) =
        widest.max_by_key(|((_, one), (_, other))| gap(*one, *other))?;
    let steps = gap(low, high);
    let distance = Decimal::from(steps) / Decimal::from(STEPS_MAX);
    let note = match steps {
        0 => format!("all are {low}"),
        1 => format!("{one} is {low}, {other} is {high}: 1 step apart"),
        _ => format!("{one} is {low}, {other} is {high}: {steps} steps apart"),
    };
    Some(Congruence {
        score: (Decimal::ONE - distance).round_dp(DIGITS),
        note,
    })
}

fn gap(one: Awareness, other: Awareness) -> u8 {
    one.ordinal().abs_diff(other.ordinal())
}

#[cfg(test)]
mod tests {
    use super::{Awareness::*, *};

    fn scored(levels: [Option<Awareness>; 3]) -> Option<(String, String)> {
        let [creative, copy, page] = levels;
        let found = congruence(creative, copy, page)?;
        Some((found.score.to_string(), found.note))
    }

    #[test]
    fn without_both_levels_there_is_no_score() {
        assert_eq!(scored([None, Some(Unaware), Some(Unaware)]), None);
        assert_eq!(scored([Some(Unaware), None, Some(Unaware)]), None);
    }

    #[test]
    fn each_step_apart_costs_a_quarter() {
        let copies = [
            Unaware,
            ProblemAware,
            SolutionAware,
            ProductAware,
            MostAware,
        ];
        let scores = copies.map(|copy| scored([Some(Unaware), Some(copy), None]).unwrap().0);
        assert_eq!(scores, ["1", "0.75", "0.50", "0.25", "0"]);
        let back = congruence(Some(MostAware), Some(Unaware), None);
        assert_eq!(back.unwrap().score, Decimal::ZERO, "in either direction");
    }

    #[test]
    fn the_widest_gap_counts_and_is_told() {
        let told = |levels| scored(levels).unwrap().1;
        assert_eq!(
            told([Some(Unaware), Some(Unaware), None]),
            "all are unaware"
        );
        assert_eq!(
            told([Some(ProblemAware), Some(Unaware), Some(ProductAware)]),
            "copy is unaware, landing page is product_aware: 3 steps apart"
        );
        assert_eq!(
            told([Some(ProblemAware), Some(SolutionAware), Some(SolutionAware)]),
            "creative is problem_aware, copy is solution_aware: 1 step apart"
        );
        let (score, _) = scored([Some(ProblemAware), Some(ProblemAware), Some(MostAware)]).unwrap();
        assert_eq!(score, "0.25", "the page counts");
    }
}
