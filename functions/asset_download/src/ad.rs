//! One ad: all its media, the main one last.

use std::sync::Arc;

use chrono::TimeDelta;
use shared::{
    clients::meta::{
        Meta,
        media::{Kind, Medium, Place},
    },
    domain::JobError,
    steps::ad_account::because_of,
    store::{
        Database,
        assets::{self, AdKey, EligibleAd, Known, MediumKey, Verdict},
    },
};

use crate::{
    Clients,
    copy::Shelf,
    kept::Kept,
    library::{AdMedia, Library},
    medium,
    notes::AdResult,
    shift::Shift,
    stop,
    verdict::{Fate, failure, wait_after},
};

/// The source of a verdict on the ad as a whole, when none of its media is known.
const STAND_IN: &str = "unresolved";
/// When to look again at an ad that has only videos while videos are left out.
const UNWANTED_WAIT: TimeDelta = TimeDelta::days(1);

/// An ad, everything known of it, and what it takes to work on it.
#[derive(Debug)]
pub(crate) struct AdWork {
    pub(crate) clients: Clients,
    /// Within the scope of the run.
    pub(crate) db: Database,
    pub(crate) meta: Arc<Meta>,
    pub(crate) shift: Arc<Shift>,
    pub(crate) key: AdKey,
    pub(crate) ad: EligibleAd,
    pub(crate) library: Arc<Library>,
    pub(crate) kept: Arc<Kept>,
}

impl AdWork {
    /// Saves every medium of the ad. One that fails does not stop the others.
    ///
    /// # Errors
    /// [`JobError`] when the run as a whole cannot go on. What was recorded stays.
    pub(crate) async fn save(self) -> Result<AdResult, JobError> {
        let mut result = AdResult::default();
        let Some(AdMedia {
            media,
            has_unwanted_videos,
        }) = self.library.media_of(&self.ad, self.shift.wants_videos)
        else {
            return self
                .stand_in(self.failed_as_a_whole("creative_fetch_failed"), result)
                .await;
        };
        if has_unwanted_videos {
            let verdict = failure(
                "videos_left_out".to_owned(),
                0,
                Some(UNWANTED_WAIT),
                self.shift.now(),
            );
            return self.stand_in(verdict, result).await;
        }
        let Some((primary, others)) = media.split_first() else {
            let reason = if self.ad.is_video {
                "no_video_id"
            } else {
                "no_url_from_api"
            };
            return self
                .stand_in(
                    Verdict::NotDownloadable {
                        reason: reason.to_owned(),
                    },
                    result,
                )
                .await;
        };
        self.drop_stand_ins(&media).await?;
        for (medium, is_primary) in others
            .iter()
            .map(|other| (other, false))
            .chain([(primary, true)])
        {
            let fate = medium::save(&self, medium, is_primary).await?;
            result.note(&self.ad.ad, medium, &fate);
        }
        result.tally.count_ad(self.kind());
        Ok(result)
    }

    /// As what the ad was selected.
    fn kind(&self) -> Kind {
        if self.ad.is_video {
            Kind::Video
        } else {
            Kind::Image
        }
    }

    pub(crate) fn known(&self, asset_type: &str, source_id: &str) -> Option<&Known> {
        self.kept.row(&self.ad.ad, asset_type, source_id)
    }

    pub(crate) fn shelf<'a>(&'a self, medium: &'a Medium) -> Shelf<'a> {
        Shelf {
            brand: self.key.brand_id,
            ad: &self.key.ad,
            source_id: &medium.source_id,
        }
    }

    /// Fresh addresses for a medium; `None` when Meta no longer knows it.
    pub(crate) async fn look_again(
        &self,
        medium: &Medium,
    ) -> Result<Option<(Vec<Place>, Arc<Library>)>, JobError> {
        let ads = std::slice::from_ref(&self.ad);
        let read = Library::read(&self.meta, &self.key.account, ads, self.shift.wants_videos).await;
        let library = match read {
            Ok(library) => Arc::new(library),
            Err(error) if stop::is_about_more_than_one_object(error.class()) => {
                return Err(because_of(error));
            }
            Err(_) => return Ok(None),
        };
        let media = library
            .media_of(&self.ad, self.shift.wants_videos)
            .unwrap_or_default()
            .media;
        let again = media
            .into_iter()
            .find(|found| (found.kind, &found.source_id) == (medium.kind, &medium.source_id));
        // Fewer places than before would shift the one that is to be tried again.
        Ok(again
            .filter(|again| again.places.len() == medium.places.len())
            .map(|again| (again.places, library)))
    }

    /// Writes what became of a medium, in a transaction of its own: what is done stays done.
    pub(crate) async fn record(
        &self,
        medium: MediumKey<'_>,
        is_primary: bool,
        verdict: &Verdict,
    ) -> Result<(), JobError> {
        const DOING: &str = "recording an asset";
        let mut tx = self.db.begin().await.map_err(JobError::retry(DOING))?;
        let written = assets::record(
            &mut tx,
            &self.key,
            medium,
            is_primary,
            (verdict, self.shift.now()),
        )
        .await;
        written.map_err(JobError::retry(DOING))?;
        tx.commit().await.map_err(JobError::retry(DOING))
    }

    async fn drop_stand_ins(&self, media: &[Medium]) -> Result<(), JobError> {
        const DOING: &str = "replacing a stand-in";
        if !self.kept.has_rows_of(&self.ad.ad) {
            return Ok(());
        }
        let sources: Vec<_> = media
            .iter()
            .map(|medium| medium.source_id.clone())
            .collect();
        let mut tx = self.db.begin().await.map_err(JobError::retry(DOING))?;
        let dropped = assets::drop_stand_ins(&mut tx, &self.key, STAND_IN, &sources).await;
        dropped.map_err(JobError::retry(DOING))?;
        tx.commit().await.map_err(JobError::retry(DOING))
    }

    fn failed_as_a_whole(&self, reason: &str) -> Verdict {
        let attempts = self
            .known(self.kind().name(), STAND_IN)
            .map_or(0, |known| known.attempts)
            + 1;
        failure(
            reason.to_owned(),
            attempts,
            wait_after(attempts),
            self.shift.now(),
        )
    }

    /// Records a verdict on the ad as a whole.
    async fn stand_in(&self, verdict: Verdict, mut result: AdResult) -> Result<AdResult, JobError> {
        let kind = self.kind();
        self.record(
            MediumKey {
                asset_type: kind.name(),
                source_id: STAND_IN,
            },
            true,
            &verdict,
        )
        .await?;
        let fate = match verdict {
            Verdict::NotDownloadable { reason } => Fate::NotDownloadable { reason },
            Verdict::Failed { attempts: 0, .. } | Verdict::Downloaded(_) => Fate::Skipped,
            Verdict::Failed { reason, .. } => Fate::Failed {
                reason,
                cause: None,
            },
        };
        let medium = Medium {
            kind,
            source_id: STAND_IN.to_owned(),
            places: Vec::new(),
        };
        result.note(&self.ad.ad, &medium, &fate);
        result.tally.count_ad(kind);
        Ok(result)
    }
}
