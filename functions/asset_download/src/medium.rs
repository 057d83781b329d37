//! One medium of an ad: look whether it is kept, get it if not, record what became of it.

use shared::{
    clients::meta::{
        media::{Medium, Quality},
        sniff::of_extension,
    },
    domain::JobError,
    store::assets::{self, Copy, Known, MediumKey, Verdict},
};

use crate::{
    ad::AdWork,
    copy::{Fetched, Miss},
    library::Spot,
    search::Search,
    shift::Turn,
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
    let mut turn = work.shift.turn(&work.key.account, medium).await;
    let kept = kept_copy(work, medium, turn.as_ref()).await?;
    let (judged, _turn_at_bytes) = match kept {
        Some(copy) if copy.quality == Quality::Full.name() => (reused(copy), None),
        kept => judge(work, medium, known, kept).await?,
    };
    work.record(key_of(medium), is_primary, &judged.verdict)
        .await?;
    if let Verdict::Downloaded(copy) = judged.verdict {
        work.shift.sizes.note(copy.bytes);
        *turn = Some(copy);
    }
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

/// The same medium of another ad of the account, if its object is still there: what this segment has
/// kept, or else what was kept before.
async fn kept_copy(
    work: &AdWork,
    medium: &Medium,
    from_this_segment: Option<&Copy>,
) -> Result<Option<Copy>, JobError> {
    let Some(copy) = from_this_segment.or_else(|| work.kept.copy(medium)) else {
        return Ok(None);
    };
    let there = work.clients.objects.bytes_of(&copy.storage_path).await;
    let there = there.map_err(JobError::retry("looking for a copy of a medium"))?;
    Ok(there
        .filter(|bytes| i64::try_from(*bytes) == Ok(copy.bytes))
        .map(|_| copy.clone()))
}

/// A turn at publishing some bytes, held until the row is written by which others find them.
type TurnAtBytes = Option<Turn<()>>;

/// Gets the medium. A render that is kept already gives way only to something better.
async fn judge(
    work: &AdWork,
    medium: &Medium,
    known: Option<&Known>,
    kept: Option<Copy>,
) -> Result<(Judged, TurnAtBytes), JobError> {
    if work.shift.is_recovering
        && kept.is_none()
        && let Some(copy) = adopt(work, medium).await?
    {
        return Ok((reused(copy), None));
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
            let turn = work.shift.turn_at_bytes(*fetched.staged.sha256()).await;
            let twin = twin_of(work, &fetched).await?;
            let judged = publish(work, fetched, twin, (spot, quality), attempts).await?;
            Ok((judged, Some(turn)))
        }
        (None, Some(render)) => Ok((reused(render), None)),
        (None, None) => {
            let judged = verdict_of(search.misses, medium.kind, attempts, work.shift.now());
            Ok((judged, None))
        }
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

/// Makes the bytes visible, unless the brand has the very same ones already, under the key `twin`.
async fn publish(
    work: &AdWork,
    fetched: Fetched,
    twin: Option<String>,
    (spot, quality): (Spot, Quality),
    attempts: i32,
) -> Result<Judged, JobError> {
    let Fetched {
        staged,
        format,
        source_url,
    } = fetched;
    let (bytes, sha256) = (staged.bytes(), *staged.sha256());
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

/// The key of an object of the brand with the same bytes.
async fn twin_of(work: &AdWork, fetched: &Fetched) -> Result<Option<String>, JobError> {
    const DOING: &str = "looking for the same bytes";
    let bytes = fetched.staged.bytes();
    if !work.shift.sizes.may_occur(bytes) {
        return Ok(None);
    }
    let twin = same_bytes(work, fetched).await;
    let Some(path) = twin.map_err(JobError::retry(DOING))? else {
        return Ok(None);
    };
    let there = work.clients.objects.bytes_of(&path).await;
    let there = there.map_err(JobError::retry(DOING))?;
    Ok((there == Some(bytes)).then_some(path))
}

async fn same_bytes(work: &AdWork, fetched: &Fetched) -> sqlx::Result<Option<String>> {
    let (brand, mime) = (work.key.brand_id, fetched.format.mime);
    let mut tx = work.db.begin().await?;
    let twin = assets::same_bytes(&mut tx, brand, fetched.staged.sha256(), mime).await?;
    tx.commit().await?;
    Ok(twin)
}
