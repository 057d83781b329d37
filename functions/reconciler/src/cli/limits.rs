//! `schedules limits`: how many runs may work at the same time, how many do, and changing it.

use std::{collections::BTreeMap, error::Error, fmt, io::Write};

use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;
use shared::{
    domain::BrandId,
    store::{
        Database, Tx, brands,
        job_types::{self, Limits},
        runs::slots,
    },
};

use super::{CliError, answer};
use crate::error::Failure;

type Cause = Box<dyn Error + Send + Sync>;

/// Brands shown.
const BRANDS_MAX: i64 = 10_000;

/// Which limit to change; none shows them all.
#[derive(Clone, Debug, Default, Args)]
pub struct LimitsArgs {
    /// Limit the runs of the brand with this id, of whatever type.
    #[arg(
        long,
        value_name = "ID",
        conflicts_with = "job_type",
        requires = "running_max"
    )]
    pub brand: Option<BrandId>,
    /// Limit the runs of this job type.
    #[arg(long, value_name = "NAME")]
    pub job_type: Option<String>,
    /// Runs at the same time: a number above 0, or `none` for no limit.
    #[arg(long, value_name = "N|none", value_parser = cap)]
    pub running_max: Option<Cap>,
    /// Runs of the job type at the same time for one brand, the same way.
    #[arg(long, value_name = "N|none", value_parser = cap, requires = "job_type")]
    pub running_per_brand_max: Option<Cap>,
    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// A limit as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap(pub Option<i32>);

/// What the command line asks to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change<'a> {
    Nothing,
    Brand(BrandId, Option<i32>),
    JobType(&'a str, Limits),
}

/// All limits, and how much of them is taken.
#[derive(Clone, Debug, Serialize)]
pub struct ShownLimits {
    /// Of the job types, by name.
    pub job_types: Vec<TypeLimit>,
    /// Of the brands, by name.
    pub brands: Vec<BrandLimit>,
}

/// The limits of a job type.
#[derive(Clone, Debug, Serialize)]
pub struct TypeLimit {
    /// Its name.
    pub name: String,
    /// Its runs at work.
    pub running: i64,
    /// At most so many; `None` for no limit.
    pub running_max: Option<i32>,
    /// At most so many for one brand.
    pub running_per_brand_max: Option<i32>,
}

/// The limit of a brand.
#[derive(Clone, Debug, Serialize)]
pub struct BrandLimit {
    /// Its id.
    pub id: BrandId,
    /// What people call it.
    pub name: String,
    /// Its runs at work.
    pub running: i64,
    /// At most so many; `None` for no limit.
    pub running_max: Option<i32>,
    /// Its runs at work by job type.
    pub by_job_type: BTreeMap<String, i64>,
}

impl LimitsArgs {
    fn change(&self) -> Result<Change<'_>, CliError> {
        let (max, per_brand) = (self.running_max, self.running_per_brand_max);
        match (self.brand, &self.job_type, max, per_brand) {
            (Some(brand), _, Some(Cap(max)), _) => Ok(Change::Brand(brand, max)),
            (_, Some(_), None, None) => Err(CliError::Use(
                "--job-type needs --running-max or --running-per-brand-max".to_owned(),
            )),
            (_, Some(name), max, per_brand) => {
                let limits = Limits {
                    running_max: max.map(|Cap(max)| max),
                    running_per_brand_max: per_brand.map(|Cap(max)| max),
                };
                Ok(Change::JobType(name, limits))
            }
            (_, None, None, None) => Ok(Change::Nothing),
            (_, None, ..) => Err(CliError::Use(
                "--running-max needs --brand or --job-type".to_owned(),
            )),
        }
    }
}

/// Changes what is asked for, and prints all limits as they are then.
///
/// # Errors
/// [`CliError`] when the arguments do not fit together, the database does not answer, or there is no
/// such brand or job type.
pub async fn run(
    db: &Database,
    args: &LimitsArgs,
    now: DateTime<Utc>,
    out: &mut impl Write,
) -> Result<(), CliError> {
    let change = args.change()?;
    let done = async {
        let mut tx = db.begin().await?;
        if !make(&mut tx, change).await? {
            return Ok(None);
        }
        let shown = read(&mut tx, now).await?;
        tx.commit().await?;
        Ok::<_, Cause>(Some(shown))
    };
    let shown = done.await.map_err(Failure::while_doing("reading limits"))?;
    match (shown, change) {
        (Some(shown), _) => answer(out, args.json, &shown),
        (None, Change::Brand(id, _)) => Err(CliError::Found(format!("there is no brand {id}"))),
        (None, Change::JobType(name, _)) => {
            Err(CliError::Found(format!("there is no job type {name}")))
        }
        (None, Change::Nothing) => Ok(()),
    }
}

async fn make(tx: &mut Tx, change: Change<'_>) -> Result<bool, Cause> {
    match change {
        Change::Nothing => Ok(true),
        Change::Brand(id, max) => Ok(brands::set_running_max(tx, id, max).await?),
        Change::JobType(name, limits) => Ok(job_types::set_limits(tx, name, limits).await?),
    }
}

async fn read(tx: &mut Tx, now: DateTime<Utc>) -> Result<ShownLimits, Cause> {
    let taken = slots::taken(tx, now).await?;
    let types = job_types::all(tx).await?.into_iter().map(|it| TypeLimit {
        running: taken
            .iter()
            .filter(|taken| taken.job_type == it.name)
            .map(|taken| taken.running)
            .sum(),
        name: it.name,
        running_max: it.running_max,
        running_per_brand_max: it.running_per_brand_max,
    });
    let brands = brands::all(tx, BRANDS_MAX).await?.into_iter().map(|it| {
        let own = taken.iter().filter(|taken| taken.brand_id == Some(it.id));
        let by_job_type: BTreeMap<_, _> = own
            .map(|taken| (taken.job_type.clone(), taken.running))
            .collect();
        BrandLimit {
            id: it.id,
            name: it.name,
            running: by_job_type.values().sum(),
            running_max: it.running_max,
            by_job_type,
        }
    });
    Ok(ShownLimits {
        job_types: types.collect(),
        brands: brands.collect(),
    })
}

impl fmt::Display for ShownLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for it in &self.job_types {
            let (name, running) = (&it.name, it.running);
            let (max, per_brand) = (most(it.running_max), most(it.running_per_brand_max));
            writeln!(
                f,
                "job type {name}: {running} of {max} at work, {per_brand} per brand"
            )?;
        }
        for it in &self.brands {
            let (id, name, running) = (it.id, &it.name, it.running);
            writeln!(
                f,
                "brand {id} {name}: {running} of {} at work",
                most(it.running_max)
            )?;
            for (job_type, running) in &it.by_job_type {
                let own = |limit: &&TypeLimit| limit.name == *job_type;
                let limit = self.job_types.iter().find(own);
                let max = most(limit.and_then(|limit| limit.running_per_brand_max));
                writeln!(f, "    {job_type}: {running} of {max}")?;
            }
        }
        Ok(())
    }
}

fn most(max: Option<i32>) -> String {
    max.map_or_else(|| "any number".to_owned(), |max| max.to_string())
}

fn cap(text: &str) -> Result<Cap, String> {
    if text == "none" {
        return Ok(Cap(None));
    }
    let max = text.parse().ok().filter(|max| *max > 0);
    let max = max.ok_or("allowed: a whole number above 0, or none")?;
    Ok(Cap(Some(max)))
}
