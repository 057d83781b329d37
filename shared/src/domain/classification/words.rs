//! The vocabularies of a classification, and how answers that miss them by a little are read.

use rust_decimal::Decimal;

use crate::domain::words::words;

words! {
    /// How much the people an ad speaks to know already. **Source:** E. Schwartz, "Breakthrough Advertising".
    Awareness {
        /// Nothing of their problem.
        Unaware = "unaware",
        /// Their problem.
        ProblemAware = "problem_aware",
        /// That it can be solved.
        SolutionAware = "solution_aware",
        /// The product.
        ProductAware = "product_aware",
        /// All but the offer.
        MostAware = "most_aware",
    }

    /// What kind of creative an ad shows.
    CreativeFormat {
        /// A video as people make it for each other.
        VideoUgc = "video_ugc",
        /// A video as studios make it.
        VideoProfessional = "video_professional",
        /// A video in which a customer speaks.
        VideoTestimonial = "video_testimonial",
        /// A video that shows the product at work.
        VideoDemo = "video_demo",
        /// A picture.
        ImageStatic = "image_static",
        /// A picture of before and after.
        ImageBeforeAfter = "image_before_after",
        /// A picture with a customer's words.
        ImageTestimonial = "image_testimonial",
        /// A picture of the product.
        ImageProduct = "image_product",
        /// Several cards.
        Carousel = "carousel",
        /// A cover and products.
        Collection = "collection",
        /// None of these.
        Other = "other",
    }

    /// What makes people look at a picture or at words.
    HookType {
        /// Something left open.
        Curiosity = "curiosity",
        /// Something to be afraid of.
        Fear = "fear",
        /// What one gets.
        Benefit = "benefit",
        /// What others do.
        SocialProof = "social_proof",
        /// That time is short.
        Urgency = "urgency",
        /// What becomes of one.
        Transformation = "transformation",
        /// A question.
        Question = "question",
        /// A number.
        Statistic = "statistic",
        /// A customer's words.
        Testimonial = "testimonial",
    }

    /// How long a video is.
    VideoLength {
        /// At most 15 s.
        Short = "short_0_15",
        /// At most 30 s.
        Medium = "medium_15_30",
        /// At most 60 s.
        Long = "long_30_60",
        /// Longer.
        VeryLong = "very_long_60_plus",
    }

    /// Where a classification comes from, or why there is none.
    Source {
        /// An earlier analysis of the whole brand. Kept for rows of it; nothing looks for one.
        ExistingBrandAdAnalysis = "existing_brand_ad_analysis",
        /// The analysis of the ad's video.
        GeminiVideo = "gemini_video",
        /// One look at the stored pictures.
        GeminiLightStored = "gemini_light_stored",
        /// One look at the thumbnail.
        GeminiLightThumbnail = "gemini_light_thumbnail",
        /// One look, not known at what.
        GeminiLight = "gemini_light",
        /// An analysis of the ad's picture.
        GeminiImageDeep = "gemini_image_deep",
        /// As many videos were analysed as may be.
        SkippedVideoBudgetExhausted = "skipped_video_budget_exhausted",
        /// The video is not stored.
        SkippedMissingVideoFile = "skipped_missing_video_file",
        /// The analysis of the video came to nothing.
        SkippedVideoClassificationFailed = "skipped_video_classification_failed",
        /// There is no picture.
        SkippedMissingImage = "skipped_missing_image",
        /// The model refused to look at the same before.
        SkippedRefusedBefore = "skipped_refused_before",
        /// The picture is too small to be analysed.
        SkippedImageLowRes = "skipped_image_low_res",
        /// Pictures cannot be analysed.
        SkippedImageDeepUnavailable = "skipped_image_deep_unavailable",
    }

    /// Why an ad is left out. The next run finds out whether that is still so, which costs nothing.
    SkipReason {
        /// As many videos were analysed as may be.
        VideoBudgetExhausted = "video_budget_exhausted",
        /// The video is not stored.
        MissingVideoFile = "missing_video_file",
        /// The analysis of the video came to nothing.
        VideoClassificationFailed = "video_classification_failed",
        /// There is no picture.
        MissingImage = "missing_image",
        /// The model refused to look at the same before.
        RefusedBefore = "refused_before",
    }

    /// Why there is no picture of an ad. That its id is not known cannot be: an ad is planned by it.
    MissingImage {
        /// It is stored, and could not be read.
        StorageDownloadFailed = "storage_download_failed",
        /// It cannot be had of Meta.
        AssetNotDownloadable = "asset_not_downloadable",
        /// Nothing is stored, and the thumbnail's address is no longer good.
        ThumbnailExpired = "thumbnail_expired",
        /// Nothing is stored, and there is no address.
        NoImageSource = "no_image_source",
    }
}

impl Awareness {
    /// From 1, unaware, to 5, most aware.
    #[must_use]
    pub const fn ordinal(self) -> u8 {
        match self {
            Self::Unaware => 1,
            Self::ProblemAware => 2,
            Self::SolutionAware => 3,
            Self::ProductAware => 4,
            Self::MostAware => 5,
        }
    }

    /// The level a model named; `None` where it is none that is known.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        named(Self::ALL, Self::name, text)
    }
}

impl HookType {
    /// The hook a model named; `None` where it is none that is known.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        named(Self::ALL, Self::name, text)
    }
}

impl CreativeFormat {
    /// The format a model named, by this name or a usual other one; `Other` where it is none that is known.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let word = normal(text);
        match word.as_str() {
            "ugc" | "ugc_style" => Self::VideoUgc,
            "professional" | "talking_head" => Self::VideoProfessional,
            "testimonial" => Self::VideoTestimonial,
            "demo" => Self::VideoDemo,
            "static" | "quote_card" | "meme" | "lifestyle" => Self::ImageStatic,
            "before_after" | "comparison" => Self::ImageBeforeAfter,
            "product_showcase" => Self::ImageProduct,
            _ => named(Self::ALL, Self::name, &word).unwrap_or(Self::Other),
        }
    }
}

impl VideoLength {
    /// Of a video of so many seconds.
    #[must_use]
    pub fn of(seconds: Decimal) -> Self {
        match seconds {
            seconds if seconds <= Decimal::from(15) => Self::Short,
            seconds if seconds <= Decimal::from(30) => Self::Medium,
            seconds if seconds <= Decimal::from(60) => Self::Long,
            _ => Self::VeryLong,
        }
    }
}

impl From<SkipReason> for Source {
    fn from(reason: SkipReason) -> Self {
        match reason {
            SkipReason::VideoBudgetExhausted => Self::SkippedVideoBudgetExhausted,
            SkipReason::MissingVideoFile => Self::SkippedMissingVideoFile,
            SkipReason::VideoClassificationFailed => Self::SkippedVideoClassificationFailed,
            SkipReason::MissingImage => Self::SkippedMissingImage,
            SkipReason::RefusedBefore => Self::SkippedRefusedBefore,
        }
    }
}

/// The value whose word this is, in any case and with spaces or hyphens for underscores.
pub(super) fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, text: &str) -> Option<T> {
    let word = normal(text);
    all.iter().copied().find(|value| name(*value) == word)
}

pub(super) fn normal(text: &str) -> String {
    text.trim().to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_whatever_their_case_and_spaces() {
        assert_eq!(
            Awareness::read(" Problem-Aware "),
            Some(Awareness::ProblemAware)
        );
        assert_eq!(Awareness::read("MOST AWARE"), Some(Awareness::MostAware));
        assert_eq!(Awareness::read("sleepy"), None);
        assert_eq!(HookType::read("Social proof"), Some(HookType::SocialProof));
        assert_eq!(HookType::read("shock"), None, "a hook of videos");
    }

    #[test]
    fn levels_count_from_one_to_five() {
        let ordinals: Vec<u8> = Awareness::ALL.iter().map(|it| it.ordinal()).collect();
        assert_eq!(ordinals, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn formats_have_other_names() {
        for (said, format) in [
            ("UGC style", CreativeFormat::VideoUgc),
            ("talking-head", CreativeFormat::VideoProfessional),
            ("testimonial", CreativeFormat::VideoTestimonial),
            ("demo", CreativeFormat::VideoDemo),
            ("Quote Card", CreativeFormat::ImageStatic),
            ("comparison", CreativeFormat::ImageBeforeAfter),
            ("product_showcase", CreativeFormat::ImageProduct),
            ("image_testimonial", CreativeFormat::ImageTestimonial),
            ("Collection", CreativeFormat::Collection),
            ("mixed", CreativeFormat::Other),
            ("hologram", CreativeFormat::Other),
        ] {
            assert_eq!(CreativeFormat::read(said), format, "{said}");
        }
    }

    #[test]
    fn a_length_includes_its_upper_bound() {
        let length = |tenths| VideoLength::of(Decimal::new(tenths, 1));
        assert_eq!(length(150), VideoLength::Short);
        assert_eq!(length(151), VideoLength::Medium);
        assert_eq!(length(300), VideoLength::Medium);
        assert_eq!(length(600), VideoLength::Long);
        assert_eq!(length(601), VideoLength::VeryLong);
    }

    #[test]
    fn a_skip_has_its_source() {
        for reason in SkipReason::ALL {
            let source = Source::from(*reason);
            assert_eq!(source.name(), format!("skipped_{reason}"));
        }
    }
}
