//! What a model said of a video, and what of it is kept.

use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;

use super::{
    Claim, DeepHookType, FormatType, HookSignals, HookVisualType, Persona, ProductionQuality,
    VideoAnalysis, VideoStatus, hook_fingerprint,
    judgement::level,
    text::{confidence, said, said_all},
    timeline::{self, SECONDS_MAX, Timeline},
};

/// A claim as it was said.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct SaidClaim {
    claim: Option<String>,
    timestamp_sec: Option<f64>,
    proof_shown: Option<String>,
}

/// What a model said of a video, in the shape it was asked for. Words that are not known, and times that cannot
/// be, are found out by [`VideoAnswer::validated`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct VideoAnswer {
    full_transcript: Option<String>,
    transcript_segments: Value,
    text_overlays: Value,
    text_overlay_confidence: Option<f64>,
    hook_transcript_spoken: Option<String>,
    hook_transcript_overlay: Option<String>,
    hook_type: Option<String>,
    hook_effectiveness_signals: Option<HookSignals>,
    hook_visual_description: Option<String>,
    hook_visual_elements: Vec<String>,
    hook_visual_type: Option<String>,
    storyboard: Value,
    benefits_shown: Vec<String>,
    features_demonstrated: Vec<String>,
    pain_points_addressed: Vec<String>,
    angles_used: Vec<String>,
    jobs_to_be_done: Vec<String>,
    claims_made: Vec<SaidClaim>,
    awareness_level: Option<String>,
    awareness_confidence: Option<f64>,
    target_persona: Option<Persona>,
    emotional_drivers: Vec<String>,
    video_duration_sec: Option<f64>,
    production_quality: Option<String>,
    format_type: Option<String>,
}

impl VideoAnswer {
    /// What of it is kept. Where anything that happens at a time is told wrongly, everything of that kind is left
    /// out and the faults are listed; the rest stays. A duration that Meta told goes before the model's.
    #[must_use]
    pub fn validated(self, known_duration: Option<Decimal>) -> VideoAnalysis {
        let timeline = timeline::read(
            &self.transcript_segments,
            &self.text_overlays,
            &self.storyboard,
        );
        let (timeline, faults) = match timeline {
            Ok(timeline) => (timeline, vec![]),
            Err(faults) => (Timeline::default(), faults),
        };
        let status = if faults.is_empty() {
            VideoStatus::Ok
        } else {
            VideoStatus::ValidationFailed
        };
        let spoken = said(self.hook_transcript_spoken.as_deref());
        let overlay = said(self.hook_transcript_overlay.as_deref());
        let visual = said(self.hook_visual_description.as_deref());
        VideoAnalysis {
            status,
            validation_errors: faults,
            full_transcript: said(self.full_transcript.as_deref()),
            transcript_segments: timeline.segments,
            text_overlays: timeline.overlays,
            text_overlay_confidence: confidence(self.text_overlay_confidence),
            hook_fingerprint: hook_fingerprint(
                spoken.as_deref(),
                overlay.as_deref(),
                visual.as_deref(),
            ),
            hook_transcript_spoken: spoken,
            hook_transcript_overlay: overlay,
            hook_type: self.hook_type.as_deref().map(DeepHookType::read),
            hook_effectiveness_signals: self.hook_effectiveness_signals.map(signals),
            hook_visual_description: visual,
            hook_visual_elements: said_all(&self.hook_visual_elements),
            hook_visual_type: self.hook_visual_type.as_deref().map(HookVisualType::read),
            storyboard: timeline.scenes,
            benefits_shown: said_all(&self.benefits_shown),
            features_demonstrated: said_all(&self.features_demonstrated),
            pain_points_addressed: said_all(&self.pain_points_addressed),
            angles_used: said_all(&self.angles_used),
            jobs_to_be_done: said_all(&self.jobs_to_be_done),
            claims_made: self.claims_made.iter().filter_map(claim).collect(),
            awareness: level(self.awareness_level.as_deref(), self.awareness_confidence),
            target_persona: self.target_persona.map(persona),
            emotional_drivers: said_all(&self.emotional_drivers),
            video_duration_sec: known_duration.or_else(|| duration(self.video_duration_sec?)),
            production_quality: self
                .production_quality
                .as_deref()
                .and_then(ProductionQuality::read),
            format_type: self.format_type.as_deref().and_then(FormatType::read),
        }
    }
}

fn signals(said_signals: HookSignals) -> HookSignals {
    HookSignals {
        spoken_hook: said(said_signals.spoken_hook.as_deref()),
        visual_hook: said(said_signals.visual_hook.as_deref()),
        combination_score: said_signals
            .combination_score
            .filter(|it| (0.0..=1.0).contains(it)),
        ..said_signals
    }
}

fn persona(said_persona: Persona) -> Persona {
    Persona {
        demographic: said(said_persona.demographic.as_deref()),
        psychographic: said(said_persona.psychographic.as_deref()),
        pain_points: said_all(&said_persona.pain_points),
    }
}

/// A claim without words is none.
fn claim(it: &SaidClaim) -> Option<Claim> {
    Some(Claim {
        claim: said(it.claim.as_deref())?,
        timestamp_sec: it.timestamp_sec.filter(|seconds| *seconds >= 0.0),
        proof_shown: said(it.proof_shown.as_deref()),
    })
}

fn duration(seconds: f64) -> Option<Decimal> {
    let seconds = Decimal::try_from(seconds).ok()?.round_dp(3);
    Some(seconds).filter(|seconds| (Decimal::ZERO..=Decimal::from(SECONDS_MAX)).contains(seconds))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::classification::{Awareness, Level};

    fn validated(answer: Value) -> VideoAnalysis {
        serde_json::from_value::<VideoAnswer>(answer)
            .unwrap()
            .validated(None)
    }

    #[test]
    fn what_was_said_is_kept() {
        let kept = validated(json!({
            "full_transcript": " Look\0 here ",
            "transcript_segments": [{"start_sec": 0, "end_sec": 1, "text": "Look here"}],
            "storyboard": [{"timestamp_sec": 0}],
            "hook_type": "Before After", "hook_visual_type": "dance", "hook_transcript_spoken": "Look",
            "claims_made": [{"claim": "twice as hot", "timestamp_sec": 3, "proof_shown": null}, {"claim": " "}],
            "awareness_level": "problem-aware", "awareness_confidence": 0.75,
            "target_persona": {"demographic": "tea drinkers"}, "angles_used": ["warmth", " "],
            "video_duration_sec": 15.0004, "production_quality": "raw", "format_type": "puppets",
        }));
        assert_eq!(kept.status, VideoStatus::Ok);
        assert_eq!(kept.full_transcript.as_deref(), Some("Look here"));
        assert_eq!(kept.transcript_segments.unwrap().len(), 1);
        assert_eq!(kept.storyboard.unwrap().len(), 1);
        assert_eq!(kept.hook_type, Some(DeepHookType::BeforeAfter));
        assert_eq!(kept.hook_visual_type, Some(HookVisualType::Other));
        assert_eq!(
            kept.hook_fingerprint,
            hook_fingerprint(Some("look"), None, None)
        );
        assert_eq!(kept.claims_made.len(), 1);
        assert_eq!(kept.claims_made[0].timestamp_sec, Some(3.0));
        let level = Level {
            awareness: Awareness::ProblemAware,
            confidence: Some(Decimal::new(75, 2)),
        };
        assert_eq!(kept.awareness, Some(level));
        assert_eq!(kept.angles_used, ["warmth"]);
        assert_eq!(kept.video_duration_sec, Some(Decimal::new(15_000, 3)));
        assert_eq!(kept.production_quality, Some(ProductionQuality::Raw));
        assert_eq!(kept.format_type, None);
    }

    #[test]
    fn one_wrong_time_takes_out_all_times_and_nothing_else() {
        let kept = validated(json!({
            "full_transcript": "Look here",
            "transcript_segments": [{"start_sec": 0, "end_sec": 1, "text": "Look here"}],
            "text_overlays": [{"start_sec": 0, "text": "-30 %"}],
            "storyboard": [{"scene_description": "a pot"}],
            "text_overlay_confidence": 0.5,
        }));
        assert_eq!(kept.status, VideoStatus::ValidationFailed);
        assert_eq!(
            kept.validation_errors,
            ["storyboard[0] has no timestamp_sec"]
        );
        assert_eq!((kept.transcript_segments, kept.storyboard), (None, None));
        assert!(kept.text_overlays.is_empty());
        assert_eq!(kept.full_transcript.as_deref(), Some("Look here"));
        assert_eq!(kept.text_overlay_confidence, Some(Decimal::new(5, 1)));
    }

    #[test]
    fn numbers_that_cannot_be_are_left_out() {
        let kept = validated(json!({
            "awareness_level": "unaware", "awareness_confidence": 7, "video_duration_sec": -1,
            "hook_effectiveness_signals": {"combination_score": 8, "spoken_hook": "a\0"},
            "claims_made": [{"claim": "a", "timestamp_sec": -1}],
        }));
        assert_eq!(kept.awareness.unwrap().confidence, None);
        assert_eq!(kept.video_duration_sec, None);
        let signals = kept.hook_effectiveness_signals.unwrap();
        assert_eq!(
            (signals.combination_score, signals.spoken_hook.as_deref()),
            (None, Some("a"))
        );
        assert_eq!(kept.claims_made[0].timestamp_sec, None);
        assert_eq!(
            validated(json!({"video_duration_sec": 1e30})).video_duration_sec,
            None
        );
    }

    #[test]
    fn a_duration_that_is_known_goes_before_the_answer() {
        let answer = VideoAnswer {
            video_duration_sec: Some(3.0),
            ..VideoAnswer::default()
        };
        let known = Some(Decimal::from(31));
        assert_eq!(answer.validated(known).video_duration_sec, known);
    }
}
