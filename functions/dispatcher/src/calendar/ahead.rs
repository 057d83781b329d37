//! Fire times to come: how many in each minute, and in which most jobs meet.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{
        JobId,
        load::{Load, Planned},
        schedule::crowded,
        spread::{self, Named, Suggestion},
    },
    store::{
        Database, Tx,
        jobs::rules::{self, RuleJob},
    },
};

use super::{Asked, window::Window};

/// Jobs whose fire times are worked out, those with the same ones as one: as many as the reconciler keeps rules of.
const PLANNED_MAX: i64 = 20_000;
/// Fire times that are worked out of different schedules: one that fires every minute has 10,080 in a week.
const FIRES_MAX: usize = 200_000;
/// Minutes that are told.
const MINUTES_TOLD: usize = 5;
/// Jobs of such a minute that are named.
const JOBS_NAMED: i64 = 10;

/// What is to come of some days.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// How many jobs fire in each minute in which one does.
    pub(super) minutes: BTreeMap<DateTime<Utc>, usize>,
    /// The minutes in which most jobs fire, those with two or more.
    pub(super) busiest: Vec<Busy>,
    /// Jobs whose fire times were not worked out, at least.
    pub(super) jobs_left_out: usize,
}

/// A minute in which several jobs fire.
#[derive(Debug)]
pub(crate) struct Busy {
    pub(crate) at: DateTime<Utc>,
    pub(crate) jobs: usize,
    /// The first of them by name.
    pub(crate) named: Vec<Named>,
    /// Whether they are so many that they start late.
    pub(crate) is_crowded: bool,
    /// Quieter schedules for some of them.
    pub(crate) suggestions: Vec<Suggestion>,
}

/// Works out what of `window` is to come.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn read(
    db: &Database,
    window: &Window,
    asked: Asked,
    now: DateTime<Utc>,
) -> sqlx::Result<Ahead> {
    if window.until <= now {
        return Ok(Ahead::default());
    }
    let mut tx = db.begin().await?;
    tx.plan_for_values().await?;
    let planned = planned(&mut tx, asked, window.until).await?;
    let most = usize::try_from(PLANNED_MAX).unwrap_or(usize::MAX);
    let (planned, unread) = planned.split_at(planned.len().min(most));
    let instant = TimeDelta::nanoseconds(1);
    let load = Load::of(
        planned,
        now.max(window.from - instant),
        window.until - instant,
        FIRES_MAX,
    );
    let busiest = busiest(&mut tx, asked, &load).await?;
    tx.commit().await?;
    Ok(Ahead {
        busiest,
        jobs_left_out: load.left_out + unread.iter().map(|it| it.jobs).sum::<usize>(),
        minutes: load.minutes,
    })
}

/// Jobs with a fire time before `until`.
async fn planned(tx: &mut Tx, asked: Asked, until: DateTime<Utc>) -> sqlx::Result<Vec<Planned>> {
    let Some(job_id) = asked.job_id else {
        return rules::planned_before(tx, asked.owners, until, PLANNED_MAX + 1).await;
    };
    let job = rules::find(tx, job_id).await?;
    let fires = |job: &RuleJob| job.is_live && !job.is_paused && job.next_run_at.is_some();
    let job = job.into_iter().filter(fires);
    Ok(job.map(RuleJob::planned).collect())
}

async fn busiest(tx: &mut Tx, asked: Asked, load: &Load<'_>) -> sqlx::Result<Vec<Busy>> {
    let mut minutes: Vec<_> = load.minutes.iter().filter(|(_, jobs)| **jobs > 1).collect();
    minutes.sort_by_key(|(at, jobs)| (Reverse(**jobs), **at));
    minutes.truncate(MINUTES_TOLD);
    let mut told: Vec<_> = minutes
        .iter()
        .map(|(at, jobs)| Busy {
            at: **at,
            jobs: **jobs,
            named: vec![],
            is_crowded: crowded(jobs.saturating_sub(1)).is_some(),
            suggestions: vec![],
        })
        .collect();
    let firing: Vec<Vec<_>> = told.iter().map(|it| load.at(it.at).collect()).collect();
    let mut crowd: HashMap<JobId, (Named, &Planned)> = HashMap::new();
    for (group, place, named) in rules::first_by_name(tx, asked.owners, &firing, JOBS_NAMED).await?
    {
        let Some((it, firing)) = told.get_mut(group).zip(firing.get(group)) else {
            continue;
        };
        if let Some(planned) = firing.get(place).filter(|_| it.is_crowded) {
            crowd.insert(named.id, (named.clone(), *planned));
        }
        it.named.push(named);
    }
    if !crowd.is_empty() {
        let crowd = crowd.values().map(|(named, planned)| (named, *planned));
        suggest(spread::suggestions(load, crowd), &mut told);
    }
    Ok(told)
}

/// Tells each suggestion once, where its job is first named.
fn suggest(mut suggestions: Vec<Suggestion>, busiest: &mut [Busy]) {
    for it in busiest.iter_mut().filter(|it| it.is_crowded) {
        let is_here = |job: &Suggestion| it.named.iter().any(|named| named.id == job.job_id);
        let (here, others) = suggestions.into_iter().partition(is_here);
        (it.suggestions, suggestions) = (here, others);
    }
}
