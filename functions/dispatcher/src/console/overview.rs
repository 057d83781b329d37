//! `GET /console`: is it running, what failed, what comes next, what is old.

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use shared::store::{
    Tx,
    freshness::{self as datasets},
    jobs::browse,
    runs::{
        at_work,
        dead::{self, Filter},
    },
};

use super::{
    accounted::{self, Accounted},
    freshness::Cell,
    guard::Visitor,
    jobs::fires::{Fire, fires_until},
    page::{self, OVERVIEW, Shell},
    run_row::RunRow,
};
use crate::{State, problem::Problem};

/// Rows of each list; whoever needs more follows its link.
const ROWS: i64 = 50;
/// Dead letters that are counted.
const FAILURES_MAX: i64 = 1_000;
/// Dead letters that are shown.
const FAILURES_SHOWN: usize = 10;
/// Fire times that are shown.
const FIRES_MAX: usize = 40;
/// Datasets that are judged.
const DATASETS_MAX: i64 = 5_000;
/// Datasets that are shown.
const DATASETS_SHOWN: usize = 30;
/// How far ahead fire times are shown.
const AHEAD: TimeDelta = TimeDelta::hours(1);

#[derive(Template)]
#[template(path = "console/overview.html")]
struct OverviewPage {
    shell: Shell,
    live: Live,
    accounted: Accounted,
}

/// The part that is fetched anew while something runs.
#[derive(Template)]
#[template(path = "console/overview_live.html")]
struct Live {
    running: Vec<RunRow>,
    waiting: Vec<RunRow>,
    failures: Vec<RunRow>,
    failure_count: String,
    fires: Vec<Fire>,
    fire_count: String,
    problems: Vec<Cell>,
    problem_count: usize,
    dataset_count: usize,
}

impl HtmlSafe for Live {}

impl Live {
    fn goes_on(&self) -> bool {
        !self.running.is_empty() || !self.waiting.is_empty()
    }
}

/// The page.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let live = read(&state, now).await?;
    let mut tx = state.db.begin().await?;
    let accounted = accounted::read(&mut tx, now).await?;
    tx.commit().await?;
    let shell = Shell::new(&visitor, OVERVIEW, "Overview", now);
    Ok(page::html(&OverviewPage {
        shell,
        live,
        accounted,
    }))
}

/// Its part that changes.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn live(state: State) -> Result<Response, Problem> {
    let live = read(&state, state.clock.now()).await?;
    Ok(page::html(&live))
}

async fn read(state: &State, now: DateTime<Utc>) -> Result<Live, Problem> {
    let mut tx = state.db.begin().await?;
    let running = at_work::running_of_all_brands(&mut tx, ROWS).await?;
    let waiting = at_work::waiting_of_all_brands(&mut tx, now, ROWS).await?;
    let (failures, failure_count) = failures(&mut tx, now).await?;
    let due = browse::due_before_of_all_brands(&mut tx, now + AHEAD, ROWS).await?;
    let datasets = datasets::of_all_brands(&mut tx, DATASETS_MAX).await?;
    tx.commit().await?;

    let (fires, has_more) = fires_until(&due, now + AHEAD, FIRES_MAX, now);
    let dataset_count = datasets.len();
    let cells = datasets.iter().map(|it| Cell::of(it, now));
    let mut problems: Vec<_> = cells.filter(|cell| cell.is_problem).collect();
    let problem_count = problems.len();
    problems.truncate(DATASETS_SHOWN);
    Ok(Live {
        running: RunRow::all(now, &running),
        waiting: RunRow::all(now, &waiting),
        failures,
        failure_count,
        fire_count: counted(fires.len(), has_more),
        fires,
        problems,
        problem_count,
        dataset_count,
    })
}

/// The failures that wait longest, and how many there are.
async fn failures(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<(Vec<RunRow>, String)> {
    let all = dead::ids_of_all_brands(tx, Filter::default(), FAILURES_MAX + 1).await?;
    let most = usize::try_from(FAILURES_MAX).unwrap_or(usize::MAX);
    let count = counted(all.len().min(most), all.len() > most);
    let shown = i64::try_from(FAILURES_SHOWN).unwrap_or(i64::MAX);
    let runs = dead::list_of_all_brands(tx, Filter::default(), shown).await?;
    Ok((RunRow::all(now, &runs), count))
}

/// As in "40" or "40+".
fn counted(count: usize, has_more: bool) -> String {
    format!("{count}{}", if has_more { "+" } else { "" })
}
