//! `GET /console`: is it running, what failed, what comes next, what is old.

use std::fmt;

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::Role,
    store::{
        Tx,
        freshness::{self as datasets, Counted, Listed},
        jobs::browse,
        runs::{at_work, dead, read::RunView},
    },
};

use super::{
    accounted::Accounted,
    freshness::Cell,
    guard::Visitor,
    jobs::fires::{Fire, fires_until},
    page::{self, OVERVIEW, Shell},
    run_row::RunRow,
};
use crate::{State, accounted, problem::Problem};

/// Rows of each list; whoever needs more follows its link.
const ROWS: i64 = 50;
/// Dead letters that are counted.
const FAILURES_MAX: i64 = 1_000;
/// Dead letters that are shown.
const FAILURES_SHOWN: i64 = 10;
/// Fire times that are shown.
const FIRES_MAX: usize = 40;
/// Datasets that are shown.
const DATASETS_SHOWN: i64 = 30;
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
    can_operate: bool,
    running: Vec<RunRow>,
    running_count: String,
    waiting: Vec<RunRow>,
    waiting_count: String,
    failures: Vec<RunRow>,
    failure_count: String,
    fires: Vec<Fire>,
    fire_count: String,
    problems: Vec<Cell>,
    datasets: Counted,
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
    let mut tx = state.db.begin().await?;
    let live = read(&mut tx, &visitor, now).await?;
    let day = accounted::read(&mut tx, now).await?;
    tx.commit().await?;
    let shell = Shell::new(&visitor, OVERVIEW, "Overview", now);
    Ok(page::html(&OverviewPage {
        shell,
        live,
        accounted: Accounted::of(&day),
    }))
}

/// Its part that changes.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn live(
    state: State,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Problem> {
    let mut tx = state.db.begin().await?;
    let live = read(&mut tx, &visitor, state.clock.now()).await?;
    tx.commit().await?;
    Ok(page::html(&live))
}

async fn read(tx: &mut Tx, visitor: &Visitor, now: DateTime<Utc>) -> Result<Live, Problem> {
    let running = at_work::running_of_all_brands(tx, ROWS + 1).await?;
    let waiting = at_work::waiting_of_all_brands(tx, now, ROWS + 1).await?;
    let (failures, failure_count) = failures(tx, now).await?;
    let due = browse::due_before_of_all_brands(tx, now + AHEAD, ROWS).await?;
    let mut problems = datasets::of_all_brands(tx, Listed::NotFresh(now), DATASETS_SHOWN).await?;
    datasets::name_work(tx, &mut problems).await?;
    let datasets = datasets::count_of_all_brands(tx, now).await?;

    let (running, running_count) = shown(now, running);
    let (waiting, waiting_count) = shown(now, waiting);
    let (fires, has_more) = fires_until(&due, now + AHEAD, FIRES_MAX, now);
    Ok(Live {
        can_operate: visitor.caller.role >= Role::Operator,
        running,
        running_count,
        waiting,
        waiting_count,
        failures,
        failure_count,
        fire_count: counted(fires.len(), has_more),
        fires,
        problems: problems.iter().map(|it| Cell::of(it, now)).collect(),
        datasets,
    })
}

/// The newest failures, and how many there are.
async fn failures(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<(Vec<RunRow>, String)> {
    let (count, runs) = dead::newest_of_all_brands(tx, FAILURES_MAX + 1, FAILURES_SHOWN).await?;
    let count = counted(count.min(FAILURES_MAX), count > FAILURES_MAX);
    Ok((RunRow::all(now, &runs), count))
}

/// The rows of a list that is asked for one row more than it shows, and how many there are.
fn shown(now: DateTime<Utc>, mut runs: Vec<RunView>) -> (Vec<RunRow>, String) {
    let most = usize::try_from(ROWS).unwrap_or(usize::MAX);
    let has_more = runs.len() > most;
    runs.truncate(most);
    (RunRow::all(now, &runs), counted(runs.len(), has_more))
}

/// As in "40" or "40+".
fn counted(count: impl fmt::Display, has_more: bool) -> String {
    format!("{count}{}", if has_more { "+" } else { "" })
}
