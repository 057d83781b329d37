//! Whether an ad's video and the page behind it say the same, dimension by dimension.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    text::said,
    words::{named, normal},
};
use crate::domain::words::words;

/// Digits of an overall score.
const DIGITS: u32 = 3;

words! {
    /// What is compared.
    Dimension {
        /// How much people know already.
        AwarenessAlignment = "awareness_alignment",
        /// The video's hook and the page's headline.
        HookHeadline = "hook_headline",
        /// What people get.
        BenefitsMatch = "benefits_match",
        /// From which side it is told.
        MessagingAngle = "messaging_angle",
        /// What is claimed.
        ClaimsConsistency = "claims_consistency",
    }

    /// How well the two fit.
    Assessment {
        /// They say the same.
        Aligned = "aligned",
        /// In part.
        Weak = "weak",
        /// They do not.
        Missing = "missing",
        /// It was not said, or in no word that is known. Counts for nothing.
        Unevaluated = "unevaluated",
    }
}

impl Dimension {
    /// Its share of the whole; all add up to 1.
    #[must_use]
    pub fn weight(self) -> Decimal {
        let hundredths = match self {
            Self::AwarenessAlignment | Self::HookHeadline => 25,
            Self::BenefitsMatch => 20,
            Self::MessagingAngle | Self::ClaimsConsistency => 15,
        };
        Decimal::new(hundredths, 2)
    }
}

impl Assessment {
    /// From 0 to 1; `None` where nothing was said.
    #[must_use]
    pub fn score(self) -> Option<Decimal> {
        match self {
            Self::Aligned => Some(Decimal::ONE),
            Self::Weak => Some(Decimal::new(5, 1)),
            Self::Missing => Some(Decimal::ZERO),
            Self::Unevaluated => None,
        }
    }

    /// The assessment a model named, by this name or a usual other one.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match normal(text).as_str() {
            "strong" | "good" | "match" => Self::Aligned,
            "partial" | "moderate" => Self::Weak,
            "none" | "poor" | "mismatch" => Self::Missing,
            word => named(Self::ALL, Self::name, word).unwrap_or(Self::Unevaluated),
        }
    }
}

/// What a model said of a dimension.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SaidComponent {
    /// Which; any word.
    pub dimension: String,
    /// How well; any word.
    pub assessment: String,
    /// Why.
    pub explanation: Option<String>,
    /// What would be better.
    pub suggestion: Option<String>,
}

/// What is known of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Component {
    /// Which.
    pub dimension: Dimension,
    /// How well.
    pub assessment: Assessment,
    /// Why.
    pub explanation: Option<String>,
    /// What would be better.
    pub suggestion: Option<String>,
}

/// What is known of every dimension, or of none: a list, each dimension once, in the order of [`Dimension::ALL`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Components(Vec<Component>);

impl Components {
    /// Reads what a model said: unknown dimensions are dropped, missing ones are unevaluated, and of a dimension
    /// that comes twice the first counts.
    #[must_use]
    pub fn read(list: &[SaidComponent]) -> Self {
        let find = |dimension| list.iter().find(|it| is_about(it, dimension));
        let component = |dimension: &Dimension| match find(*dimension) {
            Some(it) => Component {
                dimension: *dimension,
                assessment: Assessment::read(&it.assessment),
                explanation: said(it.explanation.as_deref()),
                suggestion: said(it.suggestion.as_deref()),
            },
            None => Component {
                dimension: *dimension,
                assessment: Assessment::Unevaluated,
                explanation: None,
                suggestion: None,
            },
        };
        Self(Dimension::ALL.iter().map(component).collect())
    }

    /// Each dimension; empty where the two were never compared.
    #[must_use]
    pub fn list(&self) -> &[Component] {
        &self.0
    }

    /// The average by weight of what was evaluated, from 0 to 1, rounded half to even. `None`: nothing was.
    #[must_use]
    pub fn overall(&self) -> Option<Decimal> {
        let scored = self.0.iter();
        let scored = scored.filter_map(|it| Some((it.dimension.weight(), it.assessment.score()?)));
        let (weights, sum) = scored.fold(
            (Decimal::ZERO, Decimal::ZERO),
            |(weights, sum), (weight, score)| (weights + weight, sum + weight * score),
        );
        Some(sum.checked_div(weights)?.round_dp(DIGITS))
    }
}

fn is_about(component: &SaidComponent, dimension: Dimension) -> bool {
    normal(&component.dimension) == dimension.name()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn component(dimension: &str, assessment: &str) -> SaidComponent {
        SaidComponent {
            dimension: dimension.to_owned(),
            assessment: assessment.to_owned(),
            explanation: Some(format!(" about {dimension}\0 ")),
            suggestion: Some(" ".to_owned()),
        }
    }

    fn overall(list: &[(&str, &str)]) -> Option<String> {
        let list: Vec<_> = list.iter().map(|(it, how)| component(it, how)).collect();
        Components::read(&list).overall().map(|it| it.to_string())
    }

    #[test]
    fn weights_add_up_to_one() {
        let sum: Decimal = Dimension::ALL.iter().map(|it| it.weight()).sum();
        assert_eq!(sum, Decimal::ONE);
    }

    #[test]
    fn what_was_said_is_read_and_what_was_not_is_unevaluated() {
        let components = Components::read(&[
            component("Hook Headline", "Partial"),
            component("hook_headline", "aligned"),
            component("typography", "aligned"),
            component("messaging_angle", "splendid"),
        ]);
        let told: Vec<_> = components
            .list()
            .iter()
            .map(|it| (it.dimension, it.assessment))
            .collect();
        assert_eq!(
            told,
            [
                (Dimension::AwarenessAlignment, Assessment::Unevaluated),
                (Dimension::HookHeadline, Assessment::Weak),
                (Dimension::BenefitsMatch, Assessment::Unevaluated),
                (Dimension::MessagingAngle, Assessment::Unevaluated),
                (Dimension::ClaimsConsistency, Assessment::Unevaluated),
            ]
        );
        let hook = &components.list()[1];
        assert_eq!(hook.explanation.as_deref(), Some("about Hook Headline"));
        assert_eq!(hook.suggestion, None);
    }

    #[test]
    fn assessments_have_other_names() {
        let read = |words: [&str; 3]| words.map(Assessment::read);
        assert_eq!(read(["strong", "Good", "match"]), [Assessment::Aligned; 3]);
        assert_eq!(read(["partial", "moderate", "weak"]), [Assessment::Weak; 3]);
        assert_eq!(read(["none", "poor", "mismatch"]), [Assessment::Missing; 3]);
    }

    #[test]
    fn what_is_unevaluated_takes_its_weight_out_of_the_average() {
        let all = [
            ("awareness_alignment", "aligned"),
            ("hook_headline", "weak"),
            ("benefits_match", "missing"),
            ("messaging_angle", "aligned"),
            ("claims_consistency", "unevaluated"),
        ];
        // (0.25 + 0.125 + 0.15) / 0.85
        assert_eq!(overall(&all).as_deref(), Some("0.618"));
        assert_eq!(overall(&all[1..2]).as_deref(), Some("0.5"));
        assert_eq!(overall(&all[2..3]).as_deref(), Some("0"));
        assert_eq!(overall(&all[4..]), None);
        assert_eq!(Components::default().overall(), None);
    }

    #[test]
    fn components_are_kept_as_a_list() {
        let components = Components::read(&[component("benefits_match", "weak")]);
        let kept = serde_json::to_value(&components).unwrap();
        assert_eq!(kept[2]["dimension"], "benefits_match");
        assert_eq!(kept[2]["assessment"], "weak");
        assert_eq!(
            serde_json::from_value::<Components>(kept).unwrap(),
            components
        );
    }
}
