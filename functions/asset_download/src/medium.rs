//! One medium of an ad: look whether it is kept, get it if not, record what became of it.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    clients::meta::media::{Kind, Medium, Place, Quality, expires_at},
    domain::JobError,
    store::assets::{self, Copy, Known, MediumKey, Verdict},
};

use crate::{
    ad::AdWork,
    copy::{Fetched, Miss, fetch},
    library::{Library, Located, Spot},
    sniff::of_extension,
    stop,
};

/// How often a medium is tried before it is given up. **Source:** `spec/meta.md` §3.5.
const ATTEMPTS_MAX: i32 = 5;
/// First wait after a failure; it doubles. Just below the ledger's 5, 10 and 20 minutes, so that a retried
/// run finds what it is to try again.
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(4);

/// What became of a medium, for the counts.
#[derive(Debug)]
pub(crate) enum Fate {
    Downloaded { bytes: u64 },
    Reused,
    NotDownloadable { reason: String },
    Failed { reason: String, cause: Option<Miss> },
    Skipped,
}

/// A verdict on the way to its row.
struct Judged {
    verdict: Verdict,
    fate: Fate,
}

/// Brings one medium home, or says why not.
///
/// # Errors
/// [`JobError`] when the database does not answer or Meta wants the whole run to stop.
pub(crate) async fn save(
    work: &AdWork,
    medium: &Medium,
    is_primary: bool,
) -> Result<Fate, JobError> {
    let known = work.known(medium.kind.name(), &medium.source_id);
    if known.is_some_and(|known| is_settled(known, work)) {
        return Ok(Fate::Skipped);
    }
    let _turn = work.shift.turn(&work.key.account, medium).await;
    let kept = kept_copy(work, medium).await?;
    let judged = match kept {
        Some(copy) if copy.quality == Quality::Full.name() => reused(copy),
        kept => judge(work, medium, known, kept).await?,
    };
    record(work, medium, is_primary, &judged.verdict).await?;
    Ok(judged.fate)
}

/// True when there is nothing to do about a medium now.
fn is_settled(known: &Known, work: &AdWork) -> bool {
    match known.status.as_str() {
        "failed" => known.next_attempt_at.is_none_or(|at| at > work.shift.now()),
        "downloaded" => {
            known.quality.as_deref() == Some(Quality::Full.name())
                || known.fetched_at > work.shift.stale
        }
        _ => true,
    }
}

/// The same medium of another ad of the account, if its object is still there.
async fn kept_copy(work: &AdWork, medium: &Medium) -> Result<Option<Copy>, JobError> {
    const DOING: &str = "looking for a copy of a medium";
    let mut tx = work
        .clients
        .db
        .begin()
        .await
        .map_err(JobError::retry(DOING))?;
    let found = assets::same_medium(&mut tx, &work.key, key_of(medium))
        .await
        .map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))?;
    let Some(copy) = found else { return Ok(None) };
    let there = work
        .clients
        .objects
        .bytes_of(&copy.storage_path)
        .await
        .map_err(JobError::retry(DOING))?;
    Ok(there
        .filter(|bytes| i64::try_from(*bytes) == Ok(copy.bytes))
        .map(|_| copy))
}

fn reused(copy: Copy) -> Judged {
    Judged {
        verdict: Verdict::Downloaded(copy),
        fate: Fate::Reused,
    }
}

/// Gets the medium. A render that is kept already gives way only to something better.
async fn judge(
    work: &AdWork,
    medium: &Medium,
    known: Option<&Known>,
    kept: Option<Copy>,
) -> Result<Judged, JobError> {
    if work.shift.is_recovering && kept.is_none() {
        if let Some(copy) = adopt(work, medium).await? {
            return Ok(reused(copy));
        }
    }
    let attempts = known.map_or(0, |known| known.attempts);
    let mut search = Search {
        work,
        medium,
        floor: kept.as_ref().and_then(|copy| quality(&copy.quality)),
        misses: Vec::new(),
    };
    let found = search.run().await?;
    match (found, kept) {
        (Some((fetched, spot, quality)), _) => {
            publish(work, fetched, spot, quality, attempts).await
        }
        (None, Some(render)) => Ok(reused(render)),
        (None, None) => Ok(verdict_of(
            search.misses,
            medium.kind,
            attempts,
            work.shift.now(),
        )),
    }
}

/// An object that an earlier attempt published and did not live to record.
async fn adopt(work: &AdWork, medium: &Medium) -> Result<Option<Copy>, JobError> {
    const DOING: &str = "looking for an object without a row";
    let objects = &work.clients.objects;
    let prefix = work.shelf(medium).prefix();
    let Some(stored) = objects
        .first_under(&prefix)
        .await
        .map_err(JobError::retry(DOING))?
    else {
        return Ok(None);
    };
    let Some(format) = stored.key.strip_prefix(&prefix).and_then(of_extension) else {
        return Ok(None);
    };
    let sha256 = objects
        .sha256_of(&stored.key)
        .await
        .map_err(JobError::retry(DOING))?;
    let quality = if medium.is_stand_in() {
        Quality::Render1080
    } else {
        Quality::Full
    };
    Ok(Some(Copy {
        storage_path: stored.key,
        mime_type: format.mime.to_owned(),
        bytes: i64::try_from(stored.bytes).unwrap_or(i64::MAX),
        sha256: sha256.to_vec(),
        quality: quality.name().to_owned(),
        width: None,
        height: None,
        duration_seconds: None,
        source_url: None,
    }))
}

fn quality(name: &str) -> Option<Quality> {
    [Quality::Full, Quality::Render1080, Quality::Thumb]
        .into_iter()
        .find(|quality| quality.name() == name)
}

fn key_of(medium: &Medium) -> MediumKey<'_> {
    MediumKey {
        asset_type: medium.kind.name(),
        source_id: &medium.source_id,
    }
}

/// The places of a medium, tried one after the other.
struct Search<'a> {
    work: &'a AdWork,
    medium: &'a Medium,
    /// Only places that give something better.
    floor: Option<Quality>,
    misses: Vec<Miss>,
}

impl Search<'_> {
    /// The first place that gives the medium; `misses` says why the others did not.
    async fn run(&mut self) -> Result<Option<(Fetched, Spot, Quality)>, JobError> {
        let (mut places, mut library) =
            (self.medium.places.clone(), Arc::clone(&self.work.library));
        let mut is_fresh = false;
        let mut at = 0;
        while let Some(place) = places.get(at) {
            at += 1;
            if self.floor.is_some_and(|floor| place.quality() <= floor) {
                continue;
            }
            match self.visit(&library, place).await? {
                Ok((fetched, spot)) => return Ok(Some((fetched, spot, place.quality()))),
                Err(Some(Miss::Gone { .. })) if !is_fresh => {
                    // Addresses are signed for hours only: ask for them once more, then try this place again.
                    (places, library) = self
                        .work
                        .look_again(self.medium)
                        .await?
                        .unwrap_or((places, library));
                    is_fresh = true;
                    at -= 1;
                }
                Err(Some(miss)) => {
                    let is_over = matches!(miss, Miss::Passing { .. } | Miss::OutOfTime);
                    self.misses.push(miss);
                    if is_over {
                        break;
                    }
                }
                Err(None) => {}
            }
        }
        Ok(None)
    }

    /// Tries one place. `Err(None)` when Meta knows nothing there.
    async fn visit(
        &self,
        library: &Library,
        place: &Place,
    ) -> Result<Result<(Fetched, Spot), Option<Miss>>, JobError> {
        let spot = match library.locate(place) {
            Located::At(spot) => spot,
            Located::Post(story) => match self.post_picture(&story).await? {
                Some(url) => Spot {
                    url,
                    ..Spot::default()
                },
                None => return Ok(Err(None)),
            },
            Located::Absent(reason) => {
                return Ok(Err(Some(Miss::Unusable {
                    reason,
                    is_final: true,
                    source: None,
                })));
            }
            Located::Unreadable(reason) => {
                return Ok(Err(Some(Miss::Passing {
                    reason: reason.to_owned(),
                    source: None,
                })));
            }
        };
        if expires_at(&spot.url).is_some_and(|at| at <= self.work.shift.now()) {
            tracing::debug!(
                ad = self.work.key.ad,
                "a signed address has expired; the host will say so"
            );
        }
        let (work, kind) = (self.work, self.medium.kind);
        let fetched = fetch(
            &work.clients,
            &spot.url,
            kind,
            work.shelf(self.medium),
            work.shift.deadline,
        )
        .await;
        Ok(fetched.map(|fetched| (fetched, spot)).map_err(Some))
    }

    /// A post is read with a right that many tokens lack; then there is simply no picture.
    async fn post_picture(&self, story: &str) -> Result<Option<String>, JobError> {
        match self.work.clients.meta.post_picture(story).await {
            Ok(picture) => Ok(picture),
            Err(error) if stop::is_about_more_than_one_object(error.class()) => {
                Err(stop::because_of(error))
            }
            Err(_) => Ok(None),
        }
    }
}

/// Makes the bytes visible, unless the brand has the very same ones already.
async fn publish(
    work: &AdWork,
    fetched: Fetched,
    spot: Spot,
    quality: Quality,
    attempts: i32,
) -> Result<Judged, JobError> {
    let Fetched {
        staged,
        format,
        source_url,
    } = fetched;
    let (bytes, sha256) = (staged.bytes(), *staged.sha256());
    let twin = twin_of(work, &sha256, format.mime, bytes).await?;
    let fate = if twin.is_some() {
        Fate::Reused
    } else {
        Fate::Downloaded { bytes }
    };
    let storage_path = match twin {
        Some(path) => {
            staged.discard().await;
            path
        }
        None => match staged.publish().await {
            Ok(stored) => stored.key,
            Err(error) => return Ok(failed(Some(Miss::from(error)), attempts, work.shift.now())),
        },
    };
    let copy = Copy {
        storage_path,
        mime_type: format.mime.to_owned(),
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        sha256: sha256.to_vec(),
        quality: quality.name().to_owned(),
        width: spot.width,
        height: spot.height,
        duration_seconds: spot.duration_seconds,
        source_url: Some(source_url),
    };
    Ok(Judged {
        verdict: Verdict::Downloaded(copy),
        fate,
    })
}

async fn twin_of(
    work: &AdWork,
    sha256: &[u8; 32],
    mime: &str,
    bytes: u64,
) -> Result<Option<String>, JobError> {
    const DOING: &str = "looking for the same bytes";
    let mut tx = work
        .clients
        .db
        .begin()
        .await
        .map_err(JobError::retry(DOING))?;
    let twin = assets::same_bytes(&mut tx, work.key.brand_id, sha256, mime)
        .await
        .map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))?;
    let Some(path) = twin else { return Ok(None) };
    let there = work
        .clients
        .objects
        .bytes_of(&path)
        .await
        .map_err(JobError::retry(DOING))?;
    Ok((there == Some(bytes)).then_some(path))
}

/// What the misses come to: passing if any of them is, final otherwise.
fn verdict_of(misses: Vec<Miss>, kind: Kind, attempts: i32, now: DateTime<Utc>) -> Judged {
    let mut last_final = None;
    for miss in misses {
        match miss {
            Miss::Gone {
                is_final: true,
                reason,
                ..
            } => _ = last_final.get_or_insert(reason),
            Miss::Unusable {
                is_final: true,
                reason,
                ..
            } => _ = last_final.get_or_insert_with(|| reason.to_owned()),
            miss => return failed(Some(miss), attempts, now),
        }
    }
    let nowhere = match kind {
        Kind::Video => "no_source_url",
        Kind::Image => "no_url_from_api",
    };
    let reason = last_final.unwrap_or_else(|| nowhere.to_owned());
    Judged {
        verdict: Verdict::NotDownloadable {
            reason: reason.clone(),
        },
        fate: Fate::NotDownloadable { reason },
    }
}

fn failed(cause: Option<Miss>, attempts: i32, now: DateTime<Utc>) -> Judged {
    let reason = cause
        .as_ref()
        .map_or_else(|| "unknown".to_owned(), ToString::to_string);
    let wait = if matches!(cause, Some(Miss::OutOfTime)) {
        Some(TimeDelta::zero())
    } else {
        wait_after(attempts + 1)
    };
    let verdict = failure(reason.clone(), attempts + 1, wait, now);
    Judged {
        verdict,
        fate: Fate::Failed { reason, cause },
    }
}

/// A failed attempt's verdict: tried again after `wait`, or given up.
pub(crate) fn failure(
    reason: String,
    attempts: i32,
    wait: Option<TimeDelta>,
    now: DateTime<Utc>,
) -> Verdict {
    let next_attempt_at = wait
        .filter(|_| attempts < ATTEMPTS_MAX)
        .map(|wait| now + wait);
    Verdict::Failed {
        reason,
        attempts,
        next_attempt_at,
    }
}

/// How long to wait after so many attempts in vain; `None` after the last.
pub(crate) fn wait_after(attempts: i32) -> Option<TimeDelta> {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    (attempts < ATTEMPTS_MAX).then(|| FIRST_WAIT * 2_i32.pow(doublings))
}

async fn record(
    work: &AdWork,
    medium: &Medium,
    is_primary: bool,
    verdict: &Verdict,
) -> Result<(), JobError> {
    work.record(key_of(medium), is_primary, verdict).await
}
