//! What an ad says and to whom: the words for it, what is looked at, and what follows from the answers. Pure.
//!
//! Nothing here is invented: what a model did not say, or said in no word that is known, is left out.
//!
//! **Source:** the rules and words of the system before, without its defects.

mod answer;
mod congruence;
mod decision;
mod dimensions;
mod identity;
mod judgement;
mod tally;
mod text;
mod timeline;
mod video;
mod video_words;
mod words;

pub use answer::VideoAnswer;
pub use congruence::{ALIGNED_MIN, Congruence, Verdict, congruence};
pub use decision::{AdMedia, Budget, CARDS_MAX, Decision, Failed, Media, Skip, decide, is_video};
pub use dimensions::{Assessment, Component, Components, Dimension, SaidComponent};
pub use identity::{Digest, content_hash, digest_of, normalised};
pub use judgement::{CopyAnswer, Judgement, Level, LightAnswer, PageAnswer, level};
pub use tally::Tally;
pub use text::without_nul;
pub use timeline::{Overlay, Position, Scene, Segment, Speaker, Style};
pub use video::{Claim, HookSignals, Persona, VideoAnalysis, VideoStatus, hook_fingerprint};
pub use video_words::{DeepHookType, FormatType, HookVisualType, ProductionQuality};
pub use words::{
    Awareness, CreativeFormat, HookType, MissingImage, SkipReason, Source, VideoLength,
};
