//! What became of past fire times: counted now, or, where that are too many, as the reconciler counted it by the hour.

use chrono::{DateTime, Utc};
use shared::store::{
    Scope, Tx,
    jobs::browse,
    ledger_hours,
    runs::verdicts::{self, Counting, Verdicts},
};

use super::{Asked, window::Window};

/// Attempts that are counted while somebody waits.
const ATTEMPTS_MAX: i64 = 300_000;
/// Of more jobs together, the hours that the reconciler has counted are looked up.
const JOBS_MAX: i64 = 100;

/// The attempts of some days.
pub(super) struct Past {
    pub(super) verdicts: Vec<Verdicts>,
    /// Whether all of them were counted.
    pub(super) is_complete: bool,
    /// Before this, as the reconciler counted them.
    pub(super) counted_until: Option<DateTime<Utc>>,
}

/// The attempts with a nominal time in `window`.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn read(tx: &mut Tx, window: &Window, asked: Asked) -> sqlx::Result<Past> {
    let counted_until = counted_until(tx, window, asked).await?;
    let mut verdicts = match counted_until {
        Some(until) => {
            ledger_hours::attempts_of_all_brands(tx, window.from, until.min(window.until)).await?
        }
        None => vec![],
    };
    let counting = Counting {
        since: counted_until.unwrap_or(window.from),
        until: window.until,
        job_id: asked.job_id,
        brand_id: asked.brand_id,
        most: ATTEMPTS_MAX + 1,
    };
    let live = match counting.since < counting.until {
        true => verdicts::of_all_brands(tx, counting).await?,
        false => vec![],
    };
    let is_complete = live.iter().map(|it| it.runs).sum::<i64>() <= ATTEMPTS_MAX;
    verdicts.extend(live);
    Ok(Past {
        verdicts,
        is_complete,
        counted_until,
    })
}

/// Up to when the hours of `window` are counted, if they are needed. What an organization alone may see is counted now.
async fn counted_until(
    tx: &mut Tx,
    window: &Window,
    asked: Asked,
) -> sqlx::Result<Option<DateTime<Utc>>> {
    let is_of_all = asked.job_id.is_none() && asked.brand_id.is_none();
    if !is_of_all
        || tx.scope() != Scope::Installation
        || !browse::are_more_than(tx, JOBS_MAX).await?
    {
        return Ok(None);
    }
    let until = ledger_hours::first_uncounted(tx, window.from, window.until).await?;
    Ok((until > window.from).then_some(until))
}
