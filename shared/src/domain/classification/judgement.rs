//! What a classification says of an ad, whichever way it was looked at.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    Awareness, CreativeFormat, FormatType, HookType, VideoAnalysis, VideoLength,
    text::{confidence, said},
};

/// A level, and how sure a model is of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Level {
    /// The level.
    pub awareness: Awareness,
    /// From 0 to 1, with 3 digits; `None` where it was not said.
    pub confidence: Option<Decimal>,
}

/// The level a model named; `None` where it is none that is known.
#[must_use]
pub fn level(awareness: Option<&str>, sure: Option<f64>) -> Option<Level> {
    Some(Level {
        awareness: Awareness::read(awareness?)?,
        confidence: confidence(sure),
    })
}

/// What a model said of pictures and text, in the shape it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct LightAnswer {
    creative_awareness_level: Option<String>,
    creative_awareness_confidence: Option<f64>,
    creative_format: Option<String>,
    creative_angle: Option<String>,
    copy_awareness_level: Option<String>,
    copy_awareness_confidence: Option<f64>,
    hook_type: Option<String>,
    primary_cta: Option<String>,
}

/// What a model said of a text alone, as of the text beside a video.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct CopyAnswer {
    copy_awareness_level: Option<String>,
    copy_awareness_confidence: Option<f64>,
    primary_cta: Option<String>,
}

/// What a model said of a page.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct PageAnswer {
    landing_page_awareness_level: Option<String>,
    landing_page_confidence: Option<f64>,
}

impl PageAnswer {
    /// To whom the page speaks; `None`: to nobody.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        level(
            self.landing_page_awareness_level.as_deref(),
            self.landing_page_confidence,
        )
    }
}

/// What a classification says of an ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// To whom the creative speaks.
    pub creative: Option<Level>,
    /// What kind of creative it is.
    pub creative_format: Option<CreativeFormat>,
    /// From which side it is told.
    pub creative_angle: Option<String>,
    /// How long the video is.
    pub video_length: Option<VideoLength>,
    /// The same in seconds.
    pub video_duration_sec: Option<Decimal>,
    /// To whom the text speaks.
    pub copy: Option<Level>,
    /// A word of [`HookType`] or, of a video, of [`super::DeepHookType`].
    pub hook_type: Option<String>,
    /// What people are asked to do.
    pub primary_cta: Option<String>,
}

impl LightAnswer {
    /// What it says; `None` where it says neither a level nor a format, and so is no answer.
    #[must_use]
    pub fn judged(&self) -> Option<Judgement> {
        let hook = self.hook_type.as_deref().and_then(HookType::read);
        let judgement = Judgement {
            creative: level(
                self.creative_awareness_level.as_deref(),
                self.creative_awareness_confidence,
            ),
            creative_format: said(self.creative_format.as_deref())
                .map(|it| CreativeFormat::read(&it)),
            creative_angle: said(self.creative_angle.as_deref()),
            video_length: None,
            video_duration_sec: None,
            copy: level(
                self.copy_awareness_level.as_deref(),
                self.copy_awareness_confidence,
            ),
            hook_type: hook.map(|it| it.name().to_owned()),
            primary_cta: said(self.primary_cta.as_deref()),
        };
        let is_empty = judgement.creative.is_none()
            && judgement.creative_format.is_none()
            && judgement.copy.is_none();
        (!is_empty).then_some(judgement)
    }
}

impl Judgement {
    /// What follows from a video's analysis and from what was said of the text beside it.
    #[must_use]
    pub fn of_video(video: &VideoAnalysis, copy: &CopyAnswer) -> Self {
        let format = video.format_type.map(FormatType::creative_format);
        Self {
            creative: video.awareness,
            creative_format: Some(format.unwrap_or(CreativeFormat::VideoUgc)),
            creative_angle: video.angles_used.first().cloned(),
            video_length: video.video_duration_sec.map(VideoLength::of),
            video_duration_sec: video.video_duration_sec,
            copy: level(
                copy.copy_awareness_level.as_deref(),
                copy.copy_awareness_confidence,
            ),
            hook_type: video.hook_type.map(|it| it.name().to_owned()),
            primary_cta: said(copy.primary_cta.as_deref()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::classification::VideoAnswer;

    #[test]
    fn a_light_answer_is_read_in_our_words() {
        let answer: LightAnswer = serde_json::from_value(json!({
            "creative_awareness_level": "Product Aware", "creative_awareness_confidence": 0.9,
            "creative_format": "meme", "creative_angle": " warmth ",
            "copy_awareness_level": "sleepy", "copy_awareness_confidence": 0.4,
            "hook_type": "Social-Proof", "primary_cta": "Shop now",
        }))
        .unwrap();
        let expected = Judgement {
            creative: Some(Level {
                awareness: Awareness::ProductAware,
                confidence: Some(Decimal::new(9, 1)),
            }),
            creative_format: Some(CreativeFormat::ImageStatic),
            creative_angle: Some("warmth".to_owned()),
            video_length: None,
            video_duration_sec: None,
            copy: None,
            hook_type: Some("social_proof".to_owned()),
            primary_cta: Some("Shop now".to_owned()),
        };
        assert_eq!(answer.judged(), Some(expected));
    }

    #[test]
    fn an_answer_without_level_and_format_is_none() {
        let judged = |answer| {
            serde_json::from_value::<LightAnswer>(answer)
                .unwrap()
                .judged()
        };
        assert_eq!(judged(json!({})), None);
        assert_eq!(
            judged(
                json!({"creative_awareness_level": "?", "primary_cta": "Buy", "creative_format": ""})
            ),
            None
        );
        assert!(judged(json!({"copy_awareness_level": "unaware"})).is_some());
    }

    #[test]
    fn a_video_is_told_in_the_words_of_a_classification() {
        let judged = |format: &str| {
            let answer = json!({
                "format_type": format, "angles_used": ["warmth", "price"], "video_duration_sec": 31,
                "hook_type": "shock", "awareness_level": "unaware",
            });
            let video = serde_json::from_value::<VideoAnswer>(answer)
                .unwrap()
                .validated(None);
            let copy = json!({"copy_awareness_level": "most_aware", "primary_cta": "Buy"});
            Judgement::of_video(&video, &serde_json::from_value(copy).unwrap())
        };
        for (said, format) in [
            ("ugc", CreativeFormat::VideoUgc),
            ("mixed", CreativeFormat::VideoUgc),
            ("professional", CreativeFormat::VideoProfessional),
            ("animation", CreativeFormat::VideoProfessional),
            ("testimonial", CreativeFormat::VideoTestimonial),
            ("demo", CreativeFormat::VideoDemo),
            ("puppets", CreativeFormat::VideoUgc),
        ] {
            assert_eq!(judged(said).creative_format, Some(format), "{said}");
        }
        let judgement = judged("ugc");
        let levels = [judgement.creative, judgement.copy].map(|it| it.unwrap().awareness);
        assert_eq!(levels, [Awareness::Unaware, Awareness::MostAware]);
        assert_eq!(judgement.creative_angle.as_deref(), Some("warmth"));
        assert_eq!(judgement.video_length, Some(VideoLength::Long));
        assert_eq!(judgement.hook_type.as_deref(), Some("shock"));
        assert_eq!(judgement.primary_cta.as_deref(), Some("Buy"));
    }
}
