//! `GET /api/calendar`: hour by hour what became of past fire times, and how many are to come.
//!
//! The past is counted in the ledger; what is to come is worked out of the schedules. Both are bounded, and the answer says
//! what was left out.

mod ahead;
pub(crate) mod grid;
mod past;
mod view;
pub(crate) mod window;

use axum::Json;
use chrono::{DateTime, Utc};
use shared::{
    domain::JobId,
    store::{Database, jobs::Owners},
};

use self::{
    grid::{Hour, hours},
    window::Window,
};
use crate::{State, problem::Problem, query::Query};
pub(crate) use ahead::Busy;
pub(crate) use view::CalendarView;

/// Which jobs the calendar is of. `None` does not restrict.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    /// This job.
    pub(crate) job_id: Option<JobId>,
    /// Those of these.
    pub(crate) owners: Owners,
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

/// The calendar.
pub(crate) async fn show(state: State, mut query: Query) -> Result<Json<CalendarView>, Problem> {
    let now = state.clock.now();
    let window = Window::take(&mut query, now)?;
    let asked = Asked {
        job_id: query.id("job_id")?,
        owners: query.owners()?,
    };
    query.finish()?;
    let calendar = read(&state.db, window, asked, now).await?;
    Ok(Json(CalendarView::of(calendar)))
}

/// Counts and works out, both at once.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn read(
    db: &Database,
    window: Window,
    asked: Asked,
    now: DateTime<Utc>,
) -> Result<Calendar, Problem> {
    let past = past::read(db, &window, asked);
    let (past, ahead) = tokio::try_join!(past, ahead::read(db, &window, asked, now))?;
    Ok(Calendar {
        hours: hours(&window, &past.verdicts, &ahead.minutes),
        to_come: ahead.minutes.values().sum(),
        busiest: ahead.busiest,
        jobs_left_out: ahead.jobs_left_out,
        has_all_attempts: past.is_complete,
        counted_until: past.counted_until,
        window,
    })
}
