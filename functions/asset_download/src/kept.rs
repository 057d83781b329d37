//! What is kept already: asked once for a group of ads, not once for each medium.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use shared::{
    clients::meta::media::Medium,
    domain::{BrandId, JobError},
    store::{
        Database,
        assets::{self, Copy, EligibleAd, KeptMedium, Known},
    },
};

use crate::library::Library;

/// Sizes kept in mind: 100,000 take some 2 MB. A brand with more is asked for each medium.
const SIZES_MAX: usize = 100_000;

/// What is known of the media of one group of ads.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    known: Vec<Known>,
    /// By type and source.
    copies: HashMap<(String, String), Copy>,
}

impl Kept {
    /// Reads what is known of the ads, and which of their media are kept under whichever ad of the account.
    ///
    /// # Errors
    /// [`JobError::Retry`] when the database does not answer.
    pub(crate) async fn read(
        db: &Database,
        (brand, account): (BrandId, &str),
        ads: &[EligibleAd],
        library: &Library,
        wants_videos: bool,
    ) -> Result<Self, JobError> {
        const DOING: &str = "reading what is kept";
        let ids: Vec<_> = ads.iter().map(|ad| ad.ad.clone()).collect();
        let (types, sources): (Vec<_>, Vec<_>) = ads
            .iter()
            .filter_map(|ad| library.media_of(ad, wants_videos))
            .flat_map(|ad| ad.media)
            .map(|medium| (medium.kind.name().to_owned(), medium.source_id))
            .unzip();
        let mut tx = db.begin().await.map_err(JobError::retry(DOING))?;
        let known = assets::known(&mut tx, brand, &ids)
            .await
            .map_err(JobError::retry(DOING))?;
        let kept = assets::kept_media(&mut tx, brand, account, (&types, &sources))
            .await
            .map_err(JobError::retry(DOING))?;
        tx.commit().await.map_err(JobError::retry(DOING))?;
        let of_medium = |kept: KeptMedium| ((kept.asset_type, kept.source_id), kept.copy);
        let copies = kept.into_iter().map(of_medium).collect();
        Ok(Self { known, copies })
    }

    /// The row of a medium of an ad.
    pub(crate) fn row(&self, ad: &str, asset_type: &str, source_id: &str) -> Option<&Known> {
        self.known.iter().find(|known| {
            known.ad == ad && known.asset_type == asset_type && known.source_id == source_id
        })
    }

    /// Whether the ad has any row.
    pub(crate) fn has_rows_of(&self, ad: &str) -> bool {
        self.known.iter().any(|known| known.ad == ad)
    }

    /// The best copy of a medium, from before this group.
    pub(crate) fn copy(&self, medium: &Medium) -> Option<&Copy> {
        let key = (medium.kind.name().to_owned(), medium.source_id.clone());
        self.copies.get(&key)
    }
}

/// The sizes of what a brand keeps: only a medium whose size occurs can be a copy of another.
///
/// What another run keeps meanwhile is not among them: then the same bytes are kept twice, which costs
/// space and nothing else.
#[derive(Debug)]
pub(crate) struct Sizes {
    /// `None` when there are too many to tell.
    known: Option<Mutex<HashSet<i64>>>,
}

impl Sizes {
    /// Reads the sizes of what the brand keeps now.
    ///
    /// # Errors
    /// [`JobError::Retry`] when the database does not answer.
    pub(crate) async fn read(db: &Database, brand: BrandId) -> Result<Self, JobError> {
        const DOING: &str = "reading the sizes of what is kept";
        let limit = i64::try_from(SIZES_MAX).unwrap_or(i64::MAX);
        let mut tx = db.begin().await.map_err(JobError::retry(DOING))?;
        let sizes = assets::kept_sizes(&mut tx, brand, limit)
            .await
            .map_err(JobError::retry(DOING))?;
        tx.commit().await.map_err(JobError::retry(DOING))?;
        let is_all = sizes.len() < SIZES_MAX;
        Ok(Self {
            known: is_all.then(|| Mutex::new(sizes.into_iter().collect())),
        })
    }

    /// Counts in what this segment keeps, before others get their turn at the same bytes.
    pub(crate) fn note(&self, bytes: i64) {
        if let Some(known) = &self.known {
            let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert(bytes);
        }
    }

    /// False when nothing of this size is kept.
    pub(crate) fn may_occur(&self, bytes: u64) -> bool {
        let Some(known) = &self.known else {
            return true;
        };
        let known = known.lock().unwrap_or_else(PoisonError::into_inner);
        i64::try_from(bytes).is_ok_and(|bytes| known.contains(&bytes))
    }
}
