//! When jobs fire next, by the ledger's watermark and the schedule.

use chrono::{DateTime, Utc};
use shared::store::jobs::Job;

use crate::console::moment::Moment;

/// A fire time of a job that is to come.
#[derive(Clone, Debug)]
pub(in crate::console) struct Fire {
    pub(in crate::console) at: Moment,
    pub(in crate::console) job_url: String,
    pub(in crate::console) job_name: String,
    pub(in crate::console) brand_name: Option<String>,
}

/// Fire times of `jobs` before `until`, soonest first, at most `most`, and whether there are more.
pub(in crate::console) fn fires_until(
    jobs: &[Job],
    until: DateTime<Utc>,
    most: usize,
    now: DateTime<Utc>,
) -> (Vec<Fire>, bool) {
    let mut all: Vec<_> = jobs
        .iter()
        .flat_map(|job| {
            let times = job.timing.fires(job.next_run_at, most + 1);
            times.into_iter().map(move |at| (at, job))
        })
        .filter(|(at, _)| *at < until)
        .collect();
    all.sort_by_key(|(at, job)| (*at, job.id));
    let has_more = all.len() > most;
    let fires = all.into_iter().take(most).map(|(at, job)| Fire {
        at: Moment::by(&job.timing.timezone, at, now),
        job_url: super::url(job.id),
        job_name: job.name.clone(),
        brand_name: job.brand_name.clone(),
    });
    (fires.collect(), has_more)
}
