//! `GET /console/calendar`: hour by hour of some days, what became of fire times and how many are to come.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::{Extension, response::Response};
use chrono::{DateTime, NaiveDate, Utc};
use shared::{
    domain::{RunStatus, spread::Suggestion},
    store::{
        Database,
        brands::{self, BrandRow},
        jobs::Owners,
    },
};

use super::{
    guard::Visitor,
    jobs::{
        self,
        list::{BRANDS_MAX, Choice, brand_choices},
        search::{brand_word, owners},
    },
    moment::{Moment, written},
    page::{self, CALENDAR, Shell},
};
use crate::{
    State,
    calendar::{
        self, Asked, Busy, Calendar,
        grid::Hour,
        window::{DAYS_MAX, Window},
    },
    problem::Problem,
    query::Query,
};

#[derive(Template)]
#[template(path = "console/calendar.html")]
struct CalendarPage {
    shell: Shell,
    brands: Vec<Choice>,
    is_platform: bool,
    zone: &'static str,
    date: NaiveDate,
    is_week: bool,
    columns: Vec<Column>,
    rows: Vec<Row>,
    busiest: Vec<BusyRow>,
    to_come: usize,
    is_empty: bool,
    jobs_left_out: usize,
    has_all_attempts: bool,
    counted_until: Option<Moment>,
    earlier: String,
    later: String,
    current: String,
    here: String,
}

/// A day.
struct Column {
    name: String,
    url: String,
    is_today: bool,
}

/// An hour of the clock, on each day.
struct Row {
    hour: String,
    cells: Vec<Cell>,
}

#[derive(Default)]
struct Cell {
    counts: Vec<Count>,
    to_come: usize,
    /// As in "3 at 06:00", where some meet.
    meet: Option<String>,
}

/// Runs that stand in the same way, and where they are listed.
pub(super) struct Count {
    pub(super) look: &'static str,
    pub(super) text: String,
    pub(super) url: String,
}

struct BusyRow {
    at: Moment,
    jobs: usize,
    is_crowded: bool,
    named: Vec<(String, String)>,
    untold: usize,
    suggestions: Vec<(String, Suggestion)>,
}

/// The page.
///
/// # Errors
/// 400 for days, a zone or a brand that are none; when the database does not answer.
pub(super) async fn show(
    state: State,
    Extension(visitor): Extension<Visitor>,
    mut query: Query,
) -> Result<Response, Problem> {
    let now = state.clock.now();
    let window = Window::take(&mut query, now)?;
    let owners = owners(&mut query)?;
    query.finish()?;
    let asked = Asked {
        owners,
        ..Asked::default()
    };
    let calendar = calendar::read(&state.db, window, asked, now);
    let (brands, calendar) = tokio::try_join!(brands(&state.db), calendar)?;
    let shell = Shell::new(&visitor, CALENDAR, "Calendar", now);
    let brands = brand_choices(&brands, owners.brand_id);
    Ok(page::html(&calendar_page(
        shell, brands, calendar, owners, now,
    )))
}

async fn brands(db: &Database) -> Result<Vec<BrandRow>, Problem> {
    let mut tx = db.begin().await?;
    let brands = brands::all(&mut tx, BRANDS_MAX).await?;
    tx.commit().await?;
    Ok(brands)
}

fn calendar_page(
    shell: Shell,
    brands: Vec<Choice>,
    it: Calendar,
    owners: Owners,
    now: DateTime<Utc>,
) -> CalendarPage {
    let window = it.window;
    let brand = brand_word(owners.brand_id, owners.is_platform);
    let brand = brand.as_deref();
    let address = |date: NaiveDate, days: i64| address(&window, Some(date), days, brand);
    let today = now.with_timezone(&window.zone).date_naive();
    let columns = window.dates().map(|date| Column {
        name: date.format("%a %-d %b").to_string(),
        url: address(date, 1),
        is_today: date == today,
    });
    let busy = it.busiest.into_iter();
    CalendarPage {
        shell,
        brands,
        is_platform: owners.is_platform,
        zone: window.zone.name(),
        date: window.date,
        is_week: window.days == DAYS_MAX,
        columns: columns.collect(),
        rows: rows(&window, &it.hours, brand),
        busiest: busy
            .map(|busy| BusyRow::of(busy, window.zone.name(), now))
            .collect(),
        to_come: it.to_come,
        is_empty: it.hours.iter().all(Hour::is_empty),
        jobs_left_out: it.jobs_left_out,
        has_all_attempts: it.has_all_attempts,
        counted_until: it
            .counted_until
            .map(|at| Moment::by(window.zone.name(), at, now)),
        earlier: address(window.shifted(-window.days), window.days),
        later: address(window.shifted(window.days), window.days),
        current: self::address(&window, None, window.days, brand),
        here: address(window.date, window.days),
    }
}

/// The page of other days; without a date, of those of today.
fn address(window: &Window, date: Option<NaiveDate>, days: i64, brand: Option<&str>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(date.map(|date| ("date", date.to_string())));
    query.append_pair("days", &days.to_string());
    query.append_pair("timezone", window.zone.name());
    query.extend_pairs(brand.map(|brand| ("brand", brand)));
    format!("/console/calendar?{}", query.finish())
}

fn rows(window: &Window, hours: &[Hour], brand: Option<&str>) -> Vec<Row> {
    let hours: HashMap<_, _> = hours.iter().map(|it| ((it.date, it.hour), it)).collect();
    let cell = |date: NaiveDate, hour: u32| match hours.get(&(date, hour)) {
        Some(it) => Cell::of(it, window, brand),
        // The clock passes over it.
        None => Cell::default(),
    };
    let row = |hour: u32| Row {
        hour: format!("{hour:02}"),
        cells: window.dates().map(|date| cell(date, hour)).collect(),
    };
    (0..24).map(row).collect()
}

impl Cell {
    fn of(hour: &Hour, window: &Window, brand: Option<&str>) -> Self {
        let brand = brand.map(|brand| ("brand", brand));
        let meet = hour.busiest.filter(|(_, jobs)| *jobs > 1);
        Self {
            counts: counts(&hour.verdicts, (hour.from, hour.until), brand),
            to_come: hour.to_come,
            meet: meet.map(|(at, jobs)| {
                format!(
                    "{jobs} at {}",
                    at.with_timezone(&window.zone).format("%H:%M")
                )
            }),
        }
    }
}

/// Counts of runs with nominal times from one moment to another, each with a link to the list of them.
pub(super) fn counts(
    verdicts: &BTreeMap<&'static str, (RunStatus, i64)>,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    of: Option<(&str, &str)>,
) -> Vec<Count> {
    let (from, until) = (written(from), written(until));
    let count = |(word, (status, runs)): (&&'static str, &(RunStatus, i64))| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(of);
        query.append_pair("status", word);
        query.append_pair("since", &from);
        query.append_pair("until", &until);
        Count {
            look: look(*status),
            text: format!("{runs} {word}"),
            url: format!("/console/runs?{}", query.finish()),
        }
    };
    verdicts.iter().map(count).collect()
}

const fn look(status: RunStatus) -> &'static str {
    match status {
        RunStatus::Completed => "good",
        RunStatus::Failed => "bad",
        RunStatus::Skipped => "warn",
        RunStatus::Running => "busy",
        RunStatus::Pending | RunStatus::Cancelled => "",
    }
}

impl BusyRow {
    fn of(busy: Busy, zone: &str, now: DateTime<Utc>) -> Self {
        let suggested = busy.suggestions.into_iter();
        Self {
            at: Moment::by(zone, busy.at, now),
            jobs: busy.jobs,
            is_crowded: busy.is_crowded,
            untold: busy.jobs.saturating_sub(busy.named.len()),
            named: busy
                .named
                .into_iter()
                .map(|it| (jobs::url(it.id), it.name))
                .collect(),
            suggestions: suggested.map(|it| (jobs::url(it.job_id), it)).collect(),
        }
    }
}
