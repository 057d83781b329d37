//! The log of a run: its newest lines on the run's page, and all of them at `GET /console/runs/{id}/log`.

use askama::{Template, filters::HtmlSafe};
use axum::{Extension, response::Response};
use shared::{
    domain::RunId,
    store::{
        Tx, logs,
        runs::read::{self, LogLine},
    },
};

use crate::{
    State,
    console::{
        guard::Visitor,
        moment::Moment,
        page::{self, RUNS, Shell},
        run_row,
    },
    problem::Problem,
    query::{self, Id, Query},
};

/// Lines on the page of a run.
const NEWEST: i64 = 200;
/// Lines on a page of the log.
const LINES: i64 = 1_000;
/// Lines that are counted; of a run that said more, this is said.
const COUNTED: i64 = 10_000;

/// Lines that follow each other, with links to those around them.
#[derive(Template)]
#[template(path = "console/run_log.html")]
pub(super) struct Log {
    lines: Vec<Line>,
    /// As in "Lines 801 to 1000 of 1000".
    which: String,
    /// The line after which these follow in what a page shows already.
    follows: Option<i64>,
    /// The last line, for the page to ask for what follows.
    last: i64,
    /// How many lines a page keeps.
    kept: usize,
    earlier: Option<String>,
    later: Option<String>,
    all: Option<String>,
}

impl HtmlSafe for Log {}

struct Line {
    id: i64,
    at: Moment,
    level: String,
    segment: i32,
    message: String,
}

#[derive(Template)]
#[template(path = "console/run_log_page.html")]
struct LogPage {
    shell: Shell,
    url: String,
    log: Log,
}

/// The newest lines of a run. `after` is the last line that is shown already: when few enough follow it, only they come.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn newest(
    tx: &mut Tx,
    id: RunId,
    after: Option<i64>,
    goes_on: bool,
) -> sqlx::Result<Log> {
    // Counted first: a line that is said meanwhile is one of the newest.
    let total = logs::count(tx, id, None, COUNTED + 1).await?;
    let lines = logs::newest(tx, id, None, NEWEST).await?;
    let total = total.max(length(&lines));
    let place = first_of_newest(total, length(&lines));
    let mut log = Log::of(id, lines, (place, total), goes_on);
    log.all = log.earlier.is_some().then(|| url(id));
    // Without a gap between what is shown and what comes, and something to put it behind.
    let known = after.filter(|after| log.has(*after));
    if let Some(after) = known {
        log.lines.retain(|line| line.id > after);
        log.follows = Some(after);
    }
    Ok(log)
}

/// A page of the log.
///
/// # Errors
/// 404 without such a run; when the database does not answer.
pub(in crate::console) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id<RunId>,
    mut query: Query,
) -> Result<Response, Problem> {
    let before = query.number("before", 1..=i64::MAX, i64::MAX)?;
    let after = query.number("after", 0..=i64::MAX, 0)?;
    query.finish()?;
    let mut tx = state.db.begin().await?;
    let run = read::get(&mut tx, id).await?;
    let run = run.ok_or_else(|| Problem::missing("run"))?;
    let is_before = before < i64::MAX;
    let lines = match is_before {
        true => logs::newest(&mut tx, id, Some(before), LINES).await?,
        false => read::logs(&mut tx, id, after, LINES + 1).await?,
    };
    let (lines, more) = query::page(lines, LINES, |_| ());
    let place = match lines.first() {
        None => 0,
        Some(first) => logs::count(&mut tx, id, Some(first.id), COUNTED + 1).await?,
    };
    let total = logs::count(&mut tx, id, None, COUNTED + 1).await?;
    let ends_at = place + length(&lines) - 1;
    let has_later = more.is_some() || is_before && (ends_at < total || total > COUNTED);
    let mut log = Log::of(id, lines, (place, total), false);
    let last = log.lines.last().filter(|_| has_later);
    log.later = last.map(|last| format!("{}?after={}", url(id), last.id));
    tx.commit().await?;
    let title = format!("Log of {}", run.job_name);
    Ok(page::html(&LogPage {
        shell: Shell::new(&visitor, RUNS, title, state.clock.now()),
        url: run_row::url(id),
        log,
    }))
}

/// The place of the first of the newest lines, so far as they are counted.
const fn first_of_newest(total: i64, length: i64) -> i64 {
    if total > COUNTED {
        COUNTED + 1
    } else {
        total - length + 1
    }
}

fn length(lines: &[LogLine]) -> i64 {
    i64::try_from(lines.len()).unwrap_or(i64::MAX)
}

fn url(id: RunId) -> String {
    format!("{}/log", run_row::url(id))
}

impl Log {
    /// The first of the lines is the one at `place` of `total`, of both of which at most [`COUNTED`] and one were counted.
    fn of(id: RunId, lines: Vec<LogLine>, (place, total): (i64, i64), goes_on: bool) -> Self {
        let ends = lines.first().zip(lines.last());
        let ends = ends.map(|(first, last)| (first.id, last.id));
        let (kept, last) = (lines.len(), ends.map_or(0, |(_, last)| last));
        let length = length(&lines);
        let ends_at = place.saturating_add(length) - 1;
        Self {
            which: match ends {
                None => nothing(total, goes_on).to_owned(),
                Some(_) => which((place, ends_at), total),
            },
            follows: None,
            last,
            kept,
            earlier: ends
                .filter(|_| place > 1)
                .map(|(first, _)| format!("{}?before={first}", url(id))),
            later: None,
            all: None,
            lines: lines.into_iter().map(Line::of).collect(),
        }
    }

    fn has(&self, id: i64) -> bool {
        self.lines.iter().any(|line| line.id == id)
    }
}

/// What stands in the place of lines.
fn nothing(total: i64, goes_on: bool) -> &'static str {
    match (total, goes_on) {
        (0, true) => "It said nothing yet.",
        (0, false) => "It said nothing.",
        _ => "No line is there.",
    }
}

/// The lines `from` to `to` of `total`, of which at most [`COUNTED`] and one were counted.
fn which((from, to): (i64, i64), total: i64) -> String {
    if total > COUNTED {
        let place = if from > COUNTED {
            String::new()
        } else {
            format!("Lines {from} to {to} of ")
        };
        return format!("{place}more than {COUNTED} lines");
    }
    match (from, total) {
        (_, 1) => "1 line".to_owned(),
        (1, total) if to == total => format!("{total} lines"),
        (from, total) => format!("Lines {from} to {to} of {total}"),
    }
}

impl Line {
    fn of(line: LogLine) -> Self {
        Self {
            id: line.id,
            at: Moment::exact(line.at),
            level: line.level,
            segment: line.segment,
            message: line.message,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_have_a_place_while_all_can_be_counted() {
        for (total, length, text) in [
            (7, 7, "7 lines"),
            (10_000, 200, "Lines 9801 to 10000 of 10000"),
            (10_001, 200, "more than 10000 lines"),
        ] {
            let first = first_of_newest(total, length);
            assert_eq!(which((first, first + length - 1), total), text);
        }
    }

    #[test]
    fn lines_are_told_by_their_places_while_they_can_be_counted() {
        for (lines, total, text) in [
            ((1, 1), 1, "1 line"),
            ((1, 7), 7, "7 lines"),
            ((801, 1000), 1000, "Lines 801 to 1000 of 1000"),
            ((1, 200), 10_001, "Lines 1 to 200 of more than 10000 lines"),
            ((10_001, 10_200), 10_001, "more than 10000 lines"),
        ] {
            assert_eq!(which(lines, total), text);
        }
    }
}
