//! Whether an ad may be begun, by what there is to look at and by what is allowed.

use shared::{
    domain::classification::{Budget, Decision, decide},
    store::classifications::{AdFacts, Ending},
};

use crate::gate::{Admission, Gate};

/// What may still be begun.
pub(crate) struct Gates {
    pub(crate) new: Gate,
    pub(crate) videos: Gate,
}

/// Whether, and how, an ad may be begun.
pub(crate) enum Admitted {
    /// It may; the flag says that it is a video.
    Go(Decision, bool),
    /// That depends on one that is at work.
    NotYet,
    /// Nothing is to be done about it.
    Over(Ending),
    /// It is for another run.
    OverCap,
}

pub(crate) fn admitted(facts: &AdFacts, gates: &Gates) -> Admitted {
    let videos = match gates.videos.look() {
        Admission::No => 0,
        Admission::Yes | Admission::NotYet => 1,
    };
    let decision = decide(&facts.media, Budget { videos });
    let is_video = matches!(decision, Decision::Videos(_));
    match (decision, gates.new.look()) {
        (Decision::Skip(skip), _) => Admitted::Over(Ending::Skipped {
            reason: skip.reason,
            detail: skip.detail(),
        }),
        (_, Admission::No) => Admitted::OverCap,
        (_, Admission::NotYet) => Admitted::NotYet,
        _ if is_video && gates.videos.look() == Admission::NotYet => Admitted::NotYet,
        (decision, Admission::Yes) => Admitted::Go(decision, is_video),
    }
}
