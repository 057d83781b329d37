//! The least that a sync of numbers can be: fetches the pages that `meta_sync` fetches, and copies their rows.
//!
//! It asks the same questions with the same fields, four days at a time, and writes the same columns into a table
//! with the same columns, checks, indexes and foreign key: one `copy` and one commit a day, as text, so that Postgres
//! reads the numbers. It keeps no cursor and no count, looks for no ad twice, tries nothing again, replaces no earlier
//! row, claims and settles nothing. With `--read-only` it fetches the pages and throws them away.

mod row;

use std::{
    collections::VecDeque,
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;
use chrono::{Days, NaiveDate};
use clap::Parser;
use reqwest::Client;
use serde::Deserialize;
use serde_json::json;
use shared::{clients::meta::insights::FIELDS, steps::insights::PAGE_LIMIT};
use sqlx::{Connection as _, PgConnection};
use tokio::{task::JoinSet, time::Instant};

use row::{COLUMNS, Row};

/// Days at a time, as many as the sync takes.
const AT_ONCE: usize = 4;
/// Room for the rows of a page.
const PAGE_BYTES: usize = 1 << 20;

/// What to fetch, and where to put it.
#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// The database
    #[arg(long)]
    database_url: String,

    /// The account, as an address in the Graph API
    #[arg(long)]
    account_url: String,

    /// The token
    #[arg(long)]
    token: String,

    /// The first day
    #[arg(long)]
    since: NaiveDate,

    /// How many days
    #[arg(long)]
    days: u64,

    /// The table to copy into
    #[arg(long)]
    table: String,

    /// What each row begins with: organization, brand, account and time of reading, with tabs between
    #[arg(long)]
    owner: String,

    /// Throw the pages away
    #[arg(long)]
    read_only: bool,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<Row<'a>>,
    paging: Option<Paging>,
}

/// A page, of which only the way to the next one is looked at.
#[derive(Deserialize)]
struct Link {
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Cursors,
    next: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Cursors {
    after: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let began = Instant::now();
    let days = arguments.since.iter_days();
    let last = arguments.since + Days::new(arguments.days);
    let days: VecDeque<_> = days.take_while(|day| *day < last).collect();
    let (days, arguments) = (Arc::new(Mutex::new(days)), Arc::new(arguments));
    let client = Client::builder().no_proxy().build()?;
    let mut workers = JoinSet::new();
    for _ in 0..AT_ONCE {
        workers.spawn(work(client.clone(), arguments.clone(), days.clone()));
    }
    let mut rows = 0;
    while let Some(worked) = workers.join_next().await {
        rows += worked??;
    }
    let told = json!({"seconds": began.elapsed().as_secs_f64(), "rows": rows});
    writeln!(std::io::stdout(), "{told}")?;
    Ok(())
}

/// Takes one day after the other until none is left.
async fn work(
    client: Client,
    arguments: Arc<Arguments>,
    days: Arc<Mutex<VecDeque<NaiveDate>>>,
) -> anyhow::Result<u64> {
    let next = || {
        let mut days = days.lock().unwrap_or_else(PoisonError::into_inner);
        days.pop_front()
    };
    let mut rows = 0;
    if arguments.read_only {
        while let Some(day) = next() {
            let mut after = None;
            loop {
                let body = fetch(&client, &arguments, day, after.as_deref()).await?;
                let page: Link = serde_json::from_slice(&body)?;
                let Some(more) = following(page.paging) else {
                    break;
                };
                after = Some(more);
            }
        }
        return Ok(rows);
    }
    let mut db = PgConnection::connect(&arguments.database_url).await?;
    while let Some(day) = next() {
        rows += copy(&mut db, &client, &arguments, day).await?;
    }
    Ok(rows)
}

/// Copies one day.
async fn copy(
    db: &mut PgConnection,
    client: &Client,
    arguments: &Arguments,
    day: NaiveDate,
) -> anyhow::Result<u64> {
    let statement = format!("copy {} ({COLUMNS}) from stdin", arguments.table);
    let mut copying = db.copy_in_raw(&statement).await?;
    let mut after = None;
    loop {
        let body = fetch(client, arguments, day, after.as_deref()).await?;
        let mut lines = Vec::with_capacity(PAGE_BYTES);
        let page: Page<'_> = serde_json::from_slice(&body).context("reading a page")?;
        for row in &page.data {
            row.write(&mut lines, &arguments.owner);
        }
        copying.send(lines).await?;
        let Some(more) = following(page.paging) else {
            break;
        };
        after = Some(more);
    }
    Ok(copying.finish().await?)
}

/// The cursor of the next page; the last page has one, too, but no `next`.
fn following(paging: Option<Paging>) -> Option<String> {
    let paging = paging?;
    paging.next.map(|_| paging.cursors.after)
}

/// One page, asked for as `shared` asks for it.
async fn fetch(
    client: &Client,
    arguments: &Arguments,
    day: NaiveDate,
    after: Option<&str>,
) -> anyhow::Result<bytes::Bytes> {
    let range = json!({"since": day, "until": day}).to_string();
    let mut query = vec![
        ("level", "ad".to_owned()),
        ("time_increment", "1".to_owned()),
        ("time_range", range),
        ("fields", FIELDS.join(",")),
        ("action_breakdowns", r#"["action_type"]"#.to_owned()),
        ("limit", PAGE_LIMIT.to_string()),
    ];
    query.extend(after.map(|after| ("after", after.to_owned())));
    let url = format!("{}/insights", arguments.account_url);
    let request = client.get(url).query(&query).bearer_auth(&arguments.token);
    let response = request.send().await?.error_for_status()?;
    Ok(response.bytes().await?)
}
