//! Of the jobs that ask Gemini.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::bounded::Bounded;

/// Which ads `ad_classification` looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdScope {
    /// Those that were shown or spent money in the window, and are not switched off.
    #[default]
    Active,
    /// Those that spent money in the window, switched off or not.
    Spend,
}

/// Parameters of `ad_classification`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AdClassificationParams {
    /// Most ads to classify anew in one run; those whose content is known do not count.
    pub max_new: Bounded<1, 500>,
    /// Most videos among them; 0 leaves videos out.
    pub max_video: Bounded<0, 50>,
    /// Days, today included, in which an ad was shown or spent money.
    pub days_back: Bounded<1, 90>,
    /// Which ads.
    pub scope: AdScope,
    /// Reads the pages that these ads lead to, where they were not read in the last 30 days.
    pub scrape_missing_lp: bool,
    /// Looks at everything anew, though its content is known. It is paid again.
    pub force: bool,
}

impl Default for AdClassificationParams {
    fn default() -> Self {
        Self {
            max_new: Bounded::clamped(200),
            max_video: Bounded::clamped(15),
            days_back: Bounded::clamped(30),
            scope: AdScope::Active,
            scrape_missing_lp: false,
            force: false,
        }
    }
}

/// Parameters of `congruence_reanalysis`. Unknown keys are refused, so a typo is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CongruenceReanalysisParams {
    /// Most classifications to look at in one run, the newest first.
    pub batch_size: Bounded<1, 500>,
    /// Most questions to ask Gemini in one run.
    pub max_gemini_calls: Bounded<1, 500>,
    /// Only this brand's; without it, every brand's.
    pub brand_id: Option<Uuid>,
}

impl Default for CongruenceReanalysisParams {
    fn default() -> Self {
        Self {
            batch_size: Bounded::clamped(50),
            max_gemini_calls: Bounded::clamped(20),
            brand_id: None,
        }
    }
}
