//! What is known of an ad's video.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    DeepHookType, Digest, FormatType, HookVisualType, Level, Overlay, ProductionQuality, Scene,
    Segment,
};
use crate::domain::words::words;

words! {
    /// Whether an analysis is whole.
    VideoStatus {
        /// It is.
        Ok = "ok",
        /// What happens when was told wrongly, and is left out.
        ValidationFailed = "validation_failed",
    }
}

/// How the opening seconds work.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct HookSignals {
    /// Whether something is said.
    pub spoken_present: Option<bool>,
    /// Whether words are shown.
    pub overlay_present: Option<bool>,
    /// What is said.
    pub spoken_hook: Option<String>,
    /// What is seen.
    pub visual_hook: Option<String>,
    /// How well the two go together, from 0 to 1.
    pub combination_score: Option<f64>,
}

/// For whom a video is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Persona {
    /// Who they are.
    pub demographic: Option<String>,
    /// What they value.
    pub psychographic: Option<String>,
    /// What troubles them.
    pub pain_points: Vec<String>,
}

/// Something claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Claim {
    /// In which words.
    pub claim: String,
    /// When, in seconds from the start, where that is known.
    pub timestamp_sec: Option<f64>,
    /// What is shown to prove it.
    pub proof_shown: Option<String>,
}

/// What is said, written and shown in a video. A row of `ad_video_analysis`, but for whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct VideoAnalysis {
    /// Whether it is whole.
    pub status: VideoStatus,
    /// What was wrong with what happens when.
    pub validation_errors: Vec<String>,
    /// All that is said.
    pub full_transcript: Option<String>,
    /// The same, piece by piece; `None` where it was told wrongly or not at all.
    pub transcript_segments: Option<Vec<Segment>>,
    /// Words that are shown.
    pub text_overlays: Vec<Overlay>,
    /// How sure the model is of them, from 0 to 1.
    pub text_overlay_confidence: Option<Decimal>,
    /// What is said in the opening seconds.
    pub hook_transcript_spoken: Option<String>,
    /// What is written in them.
    pub hook_transcript_overlay: Option<String>,
    /// Digest of the hook; `None` where nothing is known of it.
    #[serde(skip)]
    pub hook_fingerprint: Option<Digest>,
    /// What kind of hook it is.
    pub hook_type: Option<DeepHookType>,
    /// How it works.
    pub hook_effectiveness_signals: Option<HookSignals>,
    /// What is seen in the opening seconds.
    pub hook_visual_description: Option<String>,
    /// What matters of it.
    pub hook_visual_elements: Vec<String>,
    /// What kind of opening it is.
    pub hook_visual_type: Option<HookVisualType>,
    /// The scenes; `None` where they were told wrongly or not at all.
    pub storyboard: Option<Vec<Scene>>,
    /// What people get.
    pub benefits_shown: Vec<String>,
    /// What the product is seen to do.
    pub features_demonstrated: Vec<String>,
    /// Which troubles are spoken of.
    pub pain_points_addressed: Vec<String>,
    /// From which sides it is told.
    pub angles_used: Vec<String>,
    /// What people want done.
    pub jobs_to_be_done: Vec<String>,
    /// What is claimed.
    pub claims_made: Vec<Claim>,
    /// To whom it speaks.
    pub awareness: Option<Level>,
    /// For whom it is made.
    pub target_persona: Option<Persona>,
    /// What people are to feel.
    pub emotional_drivers: Vec<String>,
    /// How long it is, in seconds, to the millisecond.
    pub video_duration_sec: Option<Decimal>,
    /// How it was made.
    pub production_quality: Option<ProductionQuality>,
    /// What kind of video it is.
    pub format_type: Option<FormatType>,
}

/// Digest of a hook, the same for hooks that differ in case, punctuation and spaces only. `None`: of none.
#[must_use]
pub fn hook_fingerprint(
    spoken: Option<&str>,
    overlay: Option<&str>,
    visual: Option<&str>,
) -> Option<Digest> {
    let [spoken, overlay, visual] = [spoken, overlay, visual].map(bare);
    if spoken.is_empty() && overlay.is_empty() && visual.is_empty() {
        return None;
    }
    let hook = format!("spoken:{spoken}|overlay:{overlay}|visual:{visual}");
    Some(Sha256::digest(hook).into())
}

/// Letters, digits and single spaces.
fn bare(text: Option<&str>) -> String {
    let text = text.unwrap_or_default().to_lowercase();
    let text: String = text
        .chars()
        .filter(|it| it.is_alphanumeric() || it.is_whitespace())
        .collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_punctuation_and_spaces_of_a_hook_do_not_count() {
        let one = hook_fingerprint(Some("Tired of   COLD tea?!"), Some("50% off"), None);
        let other = hook_fingerprint(Some(" tired of cold tea"), Some("50 % OFF."), Some(" … "));
        let expected = Sha256::digest("spoken:tired of cold tea|overlay:50 off|visual:");
        assert_eq!(one, Some(expected.into()));
        assert_ne!(one, None);
        assert_eq!(one, other);
    }

    #[test]
    fn where_a_hook_is_said_counts() {
        let spoken = hook_fingerprint(Some("look"), None, None);
        assert_ne!(spoken, hook_fingerprint(None, Some("look"), None));
        assert_ne!(spoken, hook_fingerprint(None, None, Some("look")));
    }

    #[test]
    fn no_hook_has_no_fingerprint() {
        assert_eq!(hook_fingerprint(None, Some(" "), Some("?!")), None);
    }
}
