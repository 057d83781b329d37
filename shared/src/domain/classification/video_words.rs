//! The vocabularies of a video's analysis.

use super::{CreativeFormat, words::named};
use crate::domain::words::words;

words! {
    /// What makes people go on watching.
    DeepHookType {
        /// A question.
        Question = "question",
        /// Something claimed.
        Claim = "claim",
        /// The beginning of a story.
        Story = "story",
        /// Somebody is addressed.
        Callout = "callout",
        /// What becomes of one.
        Transformation = "transformation",
        /// Something that startles.
        Shock = "shock",
        /// Something everybody knows.
        Relatable = "relatable",
        /// A number.
        Statistic = "statistic",
        /// Before and after.
        BeforeAfter = "before_after",
        /// Somebody who must know.
        Authority = "authority",
        /// None of these.
        Other = "other",
    }

    /// What the opening seconds show.
    HookVisualType {
        /// The product is unpacked.
        Unboxing = "unboxing",
        /// Something changes.
        Transformation = "transformation",
        /// The product at work.
        Demonstration = "demonstration",
        /// A customer.
        Testimonial = "testimonial",
        /// People as one would like to be.
        Lifestyle = "lifestyle",
        /// The problem, at its worst.
        ProblemAgitation = "problem_agitation",
        /// Somebody who must know.
        Authority = "authority",
        /// What others do.
        SocialProof = "social_proof",
        /// The product alone.
        ProductHero = "product_hero",
        /// Something left open.
        Curiosity = "curiosity",
        /// None of these.
        Other = "other",
    }

    /// How a video was made.
    ProductionQuality {
        /// As it came from the phone.
        Raw = "raw",
        /// Edited.
        Polished = "polished",
        /// In a studio.
        Professional = "professional",
    }

    /// What kind of video it is.
    FormatType {
        /// As people make it for each other.
        Ugc = "ugc",
        /// As studios make it.
        Professional = "professional",
        /// A customer speaks.
        Testimonial = "testimonial",
        /// The product at work.
        Demo = "demo",
        /// Drawn.
        Animation = "animation",
        /// Several of these.
        Mixed = "mixed",
    }
}

impl DeepHookType {
    /// The hook a model named; `Other` where it is none that is known.
    #[must_use]
    pub fn read(text: &str) -> Self {
        named(Self::ALL, Self::name, text).unwrap_or(Self::Other)
    }
}

impl HookVisualType {
    /// What a model named; `Other` where it is nothing that is known.
    #[must_use]
    pub fn read(text: &str) -> Self {
        named(Self::ALL, Self::name, text).unwrap_or(Self::Other)
    }
}

impl ProductionQuality {
    /// What a model named; `None` where it is nothing that is known.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        named(Self::ALL, Self::name, text)
    }
}

impl FormatType {
    /// What a model named; `None` where it is nothing that is known.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        named(Self::ALL, Self::name, text)
    }

    /// The same in the words of a classification.
    #[must_use]
    pub const fn creative_format(self) -> CreativeFormat {
        match self {
            Self::Ugc | Self::Mixed => CreativeFormat::VideoUgc,
            Self::Professional | Self::Animation => CreativeFormat::VideoProfessional,
            Self::Testimonial => CreativeFormat::VideoTestimonial,
            Self::Demo => CreativeFormat::VideoDemo,
        }
    }
}
