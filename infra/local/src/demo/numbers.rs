//! Compares the numbers that are stored with those that the stand-in serves, day by day.
//!
//! They are read over HTTP as anybody may, past our own client, so that a mistake of the client's is no excuse.

use std::collections::BTreeMap;

use anyhow::Context;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Deserialize;
use shared::domain::MetaSyncParams;
use sqlx::PgConnection;

use super::{
    seed::{BRAND, DAYS_BACK},
    verdict::Promise,
};
use crate::meta::{Meta, TOKEN, catalogue::ACCOUNT};

/// The version of the Graph API that is asked.
const VERSION: &str = "v25.0";

/// Rows per page.
const PAGE_LIMIT: &str = "500";

/// The most pages read; 300 ads of 91 days are 55.
const PAGES_MAX: usize = 200;

/// What was added up over a day, or over all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(super) struct Sum {
    pub(super) rows: i64,
    pub(super) spend: Decimal,
    pub(super) impressions: i64,
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.spend += other.spend;
        self.impressions += other.impressions;
    }
}

/// Both sides, each over all days.
#[derive(Debug)]
pub(super) struct Numbers {
    /// Days with numbers at the stand-in.
    pub(super) days: usize,
    /// The first day of them and the last.
    pub(super) range: (NaiveDate, NaiveDate),
    /// In which currency spend is.
    pub(super) currency: String,
    /// What the stand-in serves.
    pub(super) served: Sum,
    /// What is in `meta_ads_performance`.
    pub(super) stored: Sum,
}

#[derive(Debug, Deserialize)]
struct Account {
    currency: String,
    timezone_name: String,
}

#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Row>,
    paging: Option<Paging>,
}

#[derive(Debug, Deserialize)]
struct Row {
    date_start: NaiveDate,
    spend: Decimal,
    impressions: String,
}

#[derive(Debug, Deserialize)]
struct Paging {
    next: Option<String>,
    cursors: Cursors,
}

#[derive(Debug, Deserialize)]
struct Cursors {
    after: String,
}

/// Compares both sides over the days that a sync reads, and all others that are stored.
pub(super) async fn compare(
    db: &mut PgConnection,
    meta: &Meta,
    now: DateTime<Utc>,
) -> anyhow::Result<(Numbers, Promise)> {
    let account: Account = ask(meta, "", &[("fields", "currency,timezone_name")]).await?;
    let zone: Tz = account.timezone_name.parse().map_err(anyhow::Error::msg)?;
    let stored = stored(db).await?;
    let today = now.with_timezone(&zone).date_naive();
    let back = DAYS_BACK.max(MetaSyncParams::default().restatement_days.get());
    let first = today - Days::new(back.into());
    let first = stored.keys().next().map_or(first, |day| first.min(*day));
    let served = served(meta, (first, today)).await?;
    let numbers = Numbers {
        days: served.len(),
        range: (first, today),
        currency: account.currency,
        served: total(&served),
        stored: total(&stored),
    };
    let text = format!(
        "spend and impressions of each of {} days are those that the stand-in serves",
        numbers.days
    );
    let mut problems = differences(&served, &stored);
    if served.is_empty() {
        problems.push("the stand-in serves no numbers".to_owned());
    }
    Ok((numbers, Promise { text, problems }))
}

async fn stored(db: &mut PgConnection) -> sqlx::Result<BTreeMap<NaiveDate, Sum>> {
    #[derive(sqlx::FromRow)]
    struct Day {
        date: NaiveDate,
        #[sqlx(flatten)]
        sum: Sum,
    }
    let days: Vec<Day> = sqlx::query_as(
        "select date, count(*) as rows, coalesce(sum(spend), 0) as spend,
                coalesce(sum(impressions), 0)::bigint as impressions
           from meta_ads_performance where brand_id = $1 group by date",
    )
    .bind(BRAND)
    .fetch_all(db)
    .await?;
    Ok(days.into_iter().map(|day| (day.date, day.sum)).collect())
}

async fn served(
    meta: &Meta,
    (first, last): (NaiveDate, NaiveDate),
) -> anyhow::Result<BTreeMap<NaiveDate, Sum>> {
    let range = serde_json::json!({"since": first, "until": last}).to_string();
    let mut days = BTreeMap::<NaiveDate, Sum>::new();
    let mut after = None;
    for _ in 0..PAGES_MAX {
        let mut query = vec![
            ("level", "ad"),
            ("time_increment", "1"),
            ("time_range", &range),
            ("fields", "ad_id,spend,impressions"),
            ("limit", PAGE_LIMIT),
        ];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page: Page = ask(meta, "/insights", &query).await?;
        for row in page.data {
            let sum = Sum {
                rows: 1,
                spend: row.spend,
                impressions: row.impressions.parse()?,
            };
            days.entry(row.date_start).or_default().add(sum);
        }
        match page.paging {
            Some(Paging {
                next: Some(_),
                cursors,
            }) => after = Some(cursors.after),
            _ => return Ok(days),
        }
    }
    anyhow::bail!("the stand-in serves more than {PAGES_MAX} pages of numbers")
}

/// Asks the stand-in about its account.
async fn ask<T: serde::de::DeserializeOwned>(
    meta: &Meta,
    edge: &str,
    query: &[(&str, &str)],
) -> anyhow::Result<T> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/{VERSION}/{ACCOUNT}{edge}", meta.url());
    let answer = http.get(url).query(query).bearer_auth(TOKEN).send().await?;
    let answer = answer
        .error_for_status()
        .context("reading from the stand-in")?;
    answer
        .json()
        .await
        .context("reading an answer of the stand-in")
}

fn total(days: &BTreeMap<NaiveDate, Sum>) -> Sum {
    days.values().fold(Sum::default(), |mut total, day| {
        total.add(*day);
        total
    })
}

fn differences(
    served: &BTreeMap<NaiveDate, Sum>,
    stored: &BTreeMap<NaiveDate, Sum>,
) -> Vec<String> {
    let days: std::collections::BTreeSet<_> = served.keys().chain(stored.keys()).collect();
    let of = |side: &BTreeMap<NaiveDate, Sum>, day| side.get(day).copied().unwrap_or_default();
    let days = days
        .into_iter()
        .map(|day| (day, of(served, day), of(stored, day)));
    days.filter(|(_, served, stored)| served != stored)
        .map(|(day, served, stored)| {
            format!(
                "{day}: stored are {} rows, spend {}, impressions {}; served are {}, {}, {}",
                stored.rows,
                stored.spend,
                stored.impressions,
                served.rows,
                served.spend,
                served.impressions
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &[(&str, &str, i64)]) -> BTreeMap<NaiveDate, Sum> {
        let days = days.iter().map(|(day, spend, impressions)| {
            let sum = Sum {
                rows: 1,
                spend: spend.parse().unwrap(),
                impressions: *impressions,
            };
            (day.parse().unwrap(), sum)
        });
        days.collect()
    }

    #[test]
    fn days_that_differ_are_told_and_no_others() {
        let served = days(&[("2026-11-01", "1.10", 5), ("2026-11-02", "2.00", 6)]);

        for (stored, differing) in [
            (
                days(&[("2026-11-01", "1.1", 5), ("2026-11-02", "2", 6)]),
                vec![],
            ),
            (
                days(&[("2026-11-01", "1.11", 5), ("2026-11-02", "2", 6)]),
                vec!["2026-11-01"],
            ),
            (
                days(&[("2026-11-01", "1.1", 5), ("2026-11-02", "2", 7)]),
                vec!["2026-11-02"],
            ),
            (
                days(&[("2026-11-02", "2", 6), ("2026-11-03", "0", 0)]),
                vec!["2026-11-01", "2026-11-03"],
            ),
        ] {
            let told = differences(&served, &stored);
            let told: Vec<&str> = told.iter().filter_map(|it| it.get(..10)).collect();
            assert_eq!(told, differing);
        }
    }
}
