//! Ids as types, so that two of them can never be swapped.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[doc = $doc:literal] $name:ident),+ $(,)?) => {$(
        #[doc = $doc]
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            Serialize, Deserialize, schemars::JsonSchema, sqlx::Type,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id, ordered by time of creation (UUID version 7).
            #[must_use]
            pub fn new() -> Self {
                Self(fresh())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

id! {
    /// A row of `api_tokens`.
    ApiTokenId,
    /// A row of `members`: somebody of the identity provider.
    MemberId,
    /// A row of `organizations`: one customer.
    OrganizationId,
    /// A row of `brands`.
    BrandId,
    /// A row of `products`.
    ProductId,
    /// A row of `scheduled_jobs`.
    JobId,
    /// A row of `scheduled_job_runs`: one attempt.
    RunId,
    /// A row of `retry_batches`.
    BatchId,
    /// A row of `brand_landing_pages`.
    LandingPageId,
    /// A row of `ad_video_analysis`.
    VideoAnalysisId,
    /// A row of `ad_creative_classifications`.
    ClassificationId,
    /// A row of `token_usage`: one call of a model.
    UsageId,
}

/// The jitter of a retry is taken from an id, so a simulator that replays must own the ids too.
#[cfg(feature = "testing")]
fn fresh() -> Uuid {
    seeded::next().unwrap_or_else(Uuid::now_v7)
}

#[cfg(not(feature = "testing"))]
fn fresh() -> Uuid {
    Uuid::now_v7()
}

/// Ids that are the same in every replay of a simulation.
#[cfg(feature = "testing")]
pub mod seeded {
    use std::{
        cell::Cell,
        hash::{DefaultHasher, Hash, Hasher},
    };

    use uuid::Uuid;

    thread_local! {
        static NEXT: Cell<Option<(u64, u64)>> = const { Cell::new(None) };
    }

    /// From now on new ids of this thread follow from `seed`, in rising order.
    pub fn begin(seed: u64) {
        NEXT.set(Some((seed, 1)));
    }

    pub(super) fn next() -> Option<Uuid> {
        let (seed, count) = NEXT.get()?;
        NEXT.set(Some((seed, count + 1)));
        let mut hasher = DefaultHasher::new();
        (seed, count).hash(&mut hasher);
        Some(Uuid::from_u64_pair(count, hasher.finish()))
    }
}
