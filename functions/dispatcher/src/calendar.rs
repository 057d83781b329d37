//! `GET /api/calendar`: hour by hour what became of past fire times, and how many are to come.
//!
//! The past is counted in the ledger; what is to come is worked out of the schedules. Both are bounded, and the answer says
//! what was left out.

pub(crate) mod grid;
mod view;
pub(crate) mod window;

use std::{cmp::Reverse, collections::HashSet};

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
        runs::verdicts::{self, Counting},
    },
};

use self::{
    grid::{Hour, hours},
    window::Window,
};
use crate::{State, problem::Problem, query::Query};
pub(crate) use view::CalendarView;

/// Jobs whose fire times are worked out: as many as the reconciler keeps rules of.
const JOBS_MAX: i64 = 20_000;
/// Fire times that are worked out of different schedules: one that fires every minute has 10,080 in a week.
const FIRES_MAX: usize = 200_000;
/// Attempts that are counted.
const ATTEMPTS_MAX: i64 = 300_000;
/// Minutes that are told.
const MINUTES_TOLD: usize = 5;
/// Jobs of such a minute that are named.
const JOBS_NAMED: usize = 10;

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
    let counting = Counting {
        since: window.from,
        until: window.until,
        job_id: asked.job_id,
        brand_id: asked.brand_id,
        most: ATTEMPTS_MAX + 1,
    };
    let verdicts = verdicts::of_all_brands(tx, counting).await?;
    let mut jobs = match window.until > now {
        true => firing(tx, asked, window.until).await?,
        false => vec![],
    };
    let most = usize::try_from(JOBS_MAX).unwrap_or(usize::MAX);
    let unread = jobs.len().saturating_sub(most);
    jobs.truncate(most);
    let jobs: Vec<_> = jobs.into_iter().map(RuleJob::planned).collect();
    let instant = TimeDelta::nanoseconds(1);
    let load = Load::of(
        &jobs,
        now.max(window.from - instant),
        window.until - instant,
        FIRES_MAX,
    );
    Ok(Calendar {
        hours: hours(&window, &verdicts, &load.minutes),
        to_come: load.minutes.values().sum(),
        busiest: busiest(&load),
        jobs_left_out: load.left_out + unread,
        has_all_attempts: verdicts.iter().map(|it| it.runs).sum::<i64>() <= ATTEMPTS_MAX,
        window,
    })
}

/// Jobs with a fire time before `until`, at most one more than are worked out.
async fn firing(tx: &mut Tx, asked: Asked, until: DateTime<Utc>) -> sqlx::Result<Vec<RuleJob>> {
    let Some(job_id) = asked.job_id else {
        return rules::firing_before(tx, asked.brand_id, until, JOBS_MAX + 1).await;
    };
    let job = rules::find(tx, job_id).await?;
    let fires = |job: &RuleJob| job.is_live && !job.is_paused && job.next_run_at.is_some();
    Ok(job.into_iter().filter(fires).collect())
}

fn busiest(load: &Load<'_>) -> Vec<Busy> {
    let mut minutes: Vec<_> = load.minutes.iter().filter(|(_, jobs)| **jobs > 1).collect();
    minutes.sort_by_key(|(at, jobs)| (Reverse(**jobs), **at));
    minutes.truncate(MINUTES_TOLD);
    let named = |at: DateTime<Utc>| {
        let mut jobs: Vec<&Planned> = load.at(at).collect();
        jobs.sort_by_key(|job| (&job.name, job.id));
        jobs.truncate(JOBS_NAMED);
        jobs
    };
    let mut told: Vec<_> = minutes
        .into_iter()
        .map(|(at, jobs)| Busy {
            at: *at,
            jobs: *jobs,
            named: named(*at)
                .into_iter()
                .map(|job| (job.id, job.name.clone()))
                .collect(),
            is_crowded: crowded(jobs.saturating_sub(1)).is_some(),
            suggestions: vec![],
        })
        .collect();
    suggest(load, &mut told);
    told
}

/// Where the named jobs of crowded minutes could go; each is told once.
fn suggest(load: &Load<'_>, busiest: &mut [Busy]) {
    let crowded = busiest.iter().filter(|it| it.is_crowded);
    let wanted: HashSet<_> = crowded
        .flat_map(|it| it.named.iter().map(|(id, _)| *id))
        .collect();
    if wanted.is_empty() {
        return;
    }
    let mut suggestions = spread::suggestions(load, |job| wanted.contains(&job.id));
    for it in busiest.iter_mut().filter(|it| it.is_crowded) {
        let is_here = |job: &Suggestion| it.named.iter().any(|(id, _)| *id == job.job_id);
        let (here, others) = suggestions.into_iter().partition(is_here);
        (it.suggestions, suggestions) = (here, others);
    }
}
