//! What became of past fire times: counted now, or, where that are too many, as the reconciler counted it by the hour.

use chrono::{DateTime, TimeDelta, Utc};
use shared::store::{
    Database, Scope, Tx,
    jobs::{Owners, browse},
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

/// Parts of the window that are counted now, each by a query; of more, all between the first and the last is.
const PARTS_MAX: usize = 4;

/// From a moment to another.
type Part = (DateTime<Utc>, DateTime<Utc>);

/// The attempts with a nominal time in `window`.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn read(db: &Database, window: &Window, asked: Asked) -> sqlx::Result<Past> {
    let mut tx = db.begin().await?;
    tx.plan_for_values().await?;
    let parts = parts(&mut tx, window, asked).await?;
    let is_live = |at: DateTime<Utc>| {
        parts
            .iter()
            .any(|(from, until)| (*from..*until).contains(&at))
    };
    let mut verdicts = vec![];
    if parts != [(window.from, window.until)] {
        let counted =
            ledger_hours::attempts_of_all_brands(&mut tx, window.from, window.until).await?;
        verdicts.extend(counted.into_iter().filter(|it| !is_live(it.at)));
    }
    let mut room = ATTEMPTS_MAX;
    for (since, until) in &parts {
        let counting = Counting {
            since: *since,
            until: *until,
            job_id: asked.job_id,
            owners: asked.owners,
            most: room.max(0) + 1,
        };
        let live = verdicts::of_all_brands(&mut tx, counting).await?;
        room -= live.iter().map(|it| it.runs).sum::<i64>();
        verdicts.extend(live);
    }
    tx.commit().await?;
    Ok(Past {
        verdicts,
        is_complete: room >= 0,
        counted_until: counted_until(window, &parts),
    })
}

/// What of `window` is counted now: all, or where that is too much, what the reconciler has not counted. What an
/// organization alone may see is counted now.
async fn parts(tx: &mut Tx, window: &Window, asked: Asked) -> sqlx::Result<Vec<Part>> {
    let all = (window.from, window.until);
    let is_of_all = asked.job_id.is_none() && asked.owners == Owners::default();
    if !is_of_all
        || tx.scope() != Scope::Installation
        || !browse::are_more_than(tx, JOBS_MAX).await?
    {
        return Ok(vec![all]);
    }
    let missing = ledger_hours::missing(tx, window.from, window.until).await?;
    Ok(joined(&missing, all))
}

/// The parts of `all` that these hours cover.
fn joined(hours: &[DateTime<Utc>], (from, until): Part) -> Vec<Part> {
    let hour = TimeDelta::hours(1);
    let runs = hours.chunk_by(|a, b| *a + hour == *b);
    let parts =
        runs.filter_map(|run| Some((*run.first()?.max(&from), (*run.last()? + hour).min(until))));
    let parts: Vec<_> = parts.collect();
    match (parts.first(), parts.last()) {
        (Some((first, _)), Some((_, last))) if parts.len() > PARTS_MAX => vec![(*first, *last)],
        _ => parts,
    }
}

/// The end of what is told as the reconciler counted it.
fn counted_until(window: &Window, parts: &[Part]) -> Option<DateTime<Utc>> {
    match parts.last() {
        Some((from, until)) if *until == window.until => (*from > window.from).then_some(*from),
        _ => Some(window.until),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_that_follow_each_other_are_one_part() {
        let at = |minutes: i64| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let hours = |hours: &[i64]| hours.iter().map(|it| at(it * 60)).collect::<Vec<_>>();
        let all = (at(90), at(1_410));
        for (missing, parts) in [
            (vec![], vec![]),
            (vec![1], vec![(90, 120)]),
            (
                vec![1, 2, 5, 22, 23],
                vec![(90, 180), (300, 360), (1_320, 1_410)],
            ),
            (vec![2, 4, 6, 8, 10], vec![(120, 660)]),
        ] {
            let wanted: Vec<_> = parts
                .iter()
                .map(|(from, until)| (at(*from), at(*until)))
                .collect();
            assert_eq!(joined(&hours(&missing), all), wanted, "{missing:?}");
        }
    }
}
