//! `GET /api/calendar`: hour by hour what became of past fire times, and how many are to come.
//!
//! The past is counted in the ledger; what is to come is worked out of the schedules. Both are bounded, and the answer says
//! what was left out.

pub(crate) mod grid;
mod past;
mod view;
pub(crate) mod window;

use std::{cmp::Reverse, collections::HashMap};

use axum::Json;
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{
        BrandId, JobId,
        load::{Load, Planned},
        schedule::crowded,
        spread::{self, Suggestion},
    },
    store::{
        Tx,
        jobs::rules::{self, RuleJob},
    },
};

use self::{
    grid::{Hour, hours},
    window::Window,
};
use crate::{State, problem::Problem, query::Query};
pub(crate) use view::CalendarView;

/// Jobs whose fire times are worked out, those with the same ones as one: as many as the reconciler keeps rules of.
const PLANNED_MAX: i64 = 20_000;
/// Fire times that are worked out of different schedules: one that fires every minute has 10,080 in a week.
const FIRES_MAX: usize = 200_000;
/// Minutes that are told.
const MINUTES_TOLD: usize = 5;
/// Jobs of such a minute that are named.
const JOBS_NAMED: i64 = 10;

/// Which jobs the calendar is of. `None` does not restrict.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// This job.
    pub(crate) job_id: Option<JobId>,
    /// Those of this brand.
    pub(crate) brand_id: Option<BrandId>,
}

/// Days of fire times.
#[derive(Debug)]
pub(crate) struct Calendar {
    pub(crate) window: Window,
    pub(crate) hours: Vec<Hour>,
    /// Fire times to come.
    pub(crate) to_come: usize,
    /// The minutes in which most jobs fire, those with two or more.
    pub(crate) busiest: Vec<Busy>,
    /// Jobs whose fire times were not worked out, at least.
    pub(crate) jobs_left_out: usize,
    /// Whether all attempts of these days were counted.
    pub(crate) has_all_attempts: bool,
    /// Attempts with an earlier nominal time are told as they stood when the reconciler counted their hour.
    pub(crate) counted_until: Option<DateTime<Utc>>,
}

/// A minute in which several jobs fire.
#[derive(Debug)]
pub(crate) struct Busy {
    pub(crate) at: DateTime<Utc>,
    pub(crate) jobs: usize,
    /// The first of them by name.
    pub(crate) named: Vec<(JobId, String)>,
    /// Whether they are so many that they start late.
    pub(crate) is_crowded: bool,
    /// Quieter schedules for some of them.
    pub(crate) suggestions: Vec<Suggestion>,
}

/// The calendar.
pub(crate) async fn show(state: State, mut query: Query) -> Result<Json<CalendarView>, Problem> {
    let now = state.clock.now();
    let window = Window::take(&mut query, now)?;
    let asked = Asked {
        job_id: query.id("job_id")?,
        brand_id: query.id("brand_id")?,
    };
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let calendar = read(&mut tx, window, asked, now).await?;
    tx.commit().await?;
    Ok(Json(CalendarView::of(calendar)))
}

/// Counts and works out.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn read(
    tx: &mut Tx,
    window: Window,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Calendar, Problem> {
    let past = past::read(tx, &window, asked).await?;
    let planned = match window.until > now {
        true => planned(tx, asked, window.until).await?,
        false => vec![],
    };
    let most = usize::try_from(PLANNED_MAX).unwrap_or(usize::MAX);
    let (planned, unread) = planned.split_at(planned.len().min(most));
    let instant = TimeDelta::nanoseconds(1);
    let load = Load::of(
        planned,
        now.max(window.from - instant),
        window.until - instant,
        FIRES_MAX,
    );
    Ok(Calendar {
        hours: hours(&window, &past.verdicts, &load.minutes),
        to_come: load.minutes.values().sum(),
        busiest: busiest(tx, &load).await?,
        jobs_left_out: load.left_out + unread.iter().map(|it| it.jobs.len()).sum::<usize>(),
        has_all_attempts: past.is_complete,
        counted_until: past.counted_until,
        window,
    })
}

/// Jobs with a fire time before `until`.
async fn planned(tx: &mut Tx, asked: Asked, until: DateTime<Utc>) -> sqlx::Result<Vec<Planned>> {
    let Some(job_id) = asked.job_id else {
        return rules::planned_before(tx, asked.brand_id, until, PLANNED_MAX + 1).await;
    };
    let job = rules::find(tx, job_id).await?;
    let fires = |job: &RuleJob| job.is_live && !job.is_paused && job.next_run_at.is_some();
    let job = job.into_iter().filter(fires);
    Ok(job.map(RuleJob::planned).collect())
}

async fn busiest(tx: &mut Tx, load: &Load<'_>) -> sqlx::Result<Vec<Busy>> {
    let mut minutes: Vec<_> = load.minutes.iter().filter(|(_, jobs)| **jobs > 1).collect();
    minutes.sort_by_key(|(at, jobs)| (Reverse(**jobs), **at));
    minutes.truncate(MINUTES_TOLD);
    // The busiest minutes are often those of the same jobs.
    let mut known: HashMap<Vec<JobId>, Vec<(JobId, String)>> = HashMap::new();
    let mut told = vec![];
    for (at, jobs) in minutes {
        let mut firing: Vec<_> = load.at(*at).collect();
        firing.sort_unstable();
        let named = match known.get(&firing) {
            Some(named) => named.clone(),
            None => rules::first_by_name(tx, &firing, JOBS_NAMED).await?,
        };
        known.insert(firing, named.clone());
        told.push(Busy {
            at: *at,
            jobs: *jobs,
            named,
            is_crowded: crowded(jobs.saturating_sub(1)).is_some(),
            suggestions: vec![],
        });
    }
    suggest(load, &mut told);
    Ok(told)
}

/// Where the named jobs of crowded minutes could go; each is told once.
fn suggest(load: &Load<'_>, busiest: &mut [Busy]) {
    let crowded = busiest.iter().filter(|it| it.is_crowded);
    let wanted: HashMap<_, _> = crowded.flat_map(|it| it.named.iter().cloned()).collect();
    if wanted.is_empty() {
        return;
    }
    let mut suggestions = spread::suggestions(load, &wanted);
    for it in busiest.iter_mut().filter(|it| it.is_crowded) {
        let is_here = |job: &Suggestion| it.named.iter().any(|(id, _)| *id == job.job_id);
        let (here, others) = suggestions.into_iter().partition(is_here);
        (it.suggestions, suggestions) = (here, others);
    }
}
