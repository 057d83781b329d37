//! One medium of an ad: look whether it is kept, get it if not, record what became of it.

use shared::{
    clients::meta::media::{Medium, Quality},
    domain::JobError,
    store::assets::{self, Copy, Known, MediumKey, Verdict},
};

use crate::{
    ad::AdWork,
    copy::{Fetched, Miss},
    library::Spot,
    search::Search,
    sniff::of_extension,
    verdict::{Fate, Judged, failed, reused, verdict_of},
};

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
    work.record(key_of(medium), is_primary, &judged.verdict)
        .await?;
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

/// Gets the medium. A render that is kept already gives way only to something better.
async fn judge(
    work: &AdWork,
    medium: &Medium,
    known: Option<&Known>,
    kept: Option<Copy>,
) -> Result<Judged, JobError> {
    if work.shift.is_recovering
        && kept.is_none()
        && let Some(copy) = adopt(work, medium).await?
    {
        return Ok(reused(copy));
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
