//! `GET /console`: is it running, what failed, what comes next, what is old.

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::freshness::Freshness,
    store::{
        Tx,
        freshness::{self as datasets, Counted, Listed},
        jobs::browse,
        runs::{
            at_work,
            dead::{self, Filter},
        },
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
    running: Vec<RunRow>,
    waiting: Vec<RunRow>,
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
    let live = read(&mut tx, now).await?;
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
    let mut tx = state.db.begin().await?;
    let live = read(&mut tx, state.clock.now()).await?;
    tx.commit().await?;
    Ok(page::html(&live))
}

async fn read(tx: &mut Tx, now: DateTime<Utc>) -> Result<Live, Problem> {
    let running = at_work::running_of_all_brands(tx, ROWS).await?;
    let waiting = at_work::waiting_of_all_brands(tx, now, ROWS).await?;
    let (failures, failure_count) = failures(tx, now).await?;
    let due = browse::due_before_of_all_brands(tx, now + AHEAD, ROWS).await?;
    let problems = Listed {
        not_fresh_since: Some(Freshness::fresh_since(now)),
        ..Listed::default()
    };
    let problems = datasets::of_all_brands(tx, problems, DATASETS_SHOWN).await?;
    let datasets = datasets::count_of_all_brands(tx, Freshness::fresh_since(now)).await?;

    let (fires, has_more) = fires_until(&due, now + AHEAD, FIRES_MAX, now);
    Ok(Live {
        running: RunRow::all(now, &running),
        waiting: RunRow::all(now, &waiting),
        failures,
        failure_count,
        fire_count: counted(fires.len(), has_more),
        fires,
        problems: problems.iter().map(|it| Cell::of(it, now)).collect(),
        datasets,
    })
}

/// The failures that wait longest, and how many there are.
async fn failures(tx: &mut Tx, now: DateTime<Utc>) -> sqlx::Result<(Vec<RunRow>, String)> {
    let (most, shown) = (FAILURES_MAX + 1, FAILURES_SHOWN);
    let (count, runs) = dead::counted_of_all_brands(tx, Filter::default(), most, shown).await?;
    let most = usize::try_from(FAILURES_MAX).unwrap_or(usize::MAX);
    let count = counted(count.min(most), count > most);
    Ok((RunRow::all(now, &runs), count))
}

/// As in "40" or "40+".
fn counted(count: usize, has_more: bool) -> String {
    format!("{count}{}", if has_more { "+" } else { "" })
}
