//! Reads past numbers of a brand's ads by age, gender and placement.
//!
//! Writes `meta_ads_demographic_performance`, slice by slice like `meta_sync`, which reads the last days itself.
//! Running it twice is safe: days that are final are left out, and rows are replaced by later readings.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        DemographicBackfillParams, JobError, Outcome, Report,
        days::{self, Wish},
        slices::Kind,
    },
    runtime::Run,
    steps::{
        ad_account::Reach,
        insights::{End, Insights, PAGE_LIMIT, Plan, time_left_min},
    },
    store::{
        Tx,
        logs::Level,
        slices::{self, Failure, Standing, SyncId},
    },
};
use uuid::Uuid;

pub use shared::steps::Clients;

/// What this job keeps fresh.
const DATASET: &str = "demographic_performance";

/// Which numbers.
const KINDS: [Kind; 2] = [Kind::AgeGender, Kind::Placement];

/// Failures told one by one.
const FAILURES_MAX: i64 = 50;

/// Which backfill this is. The run's cursor.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Place {
    sync: Uuid,
    began: DateTime<Utc>,
    began_on: NaiveDate,
}

/// Reads the days of the last `target_days_back` that are not final.
///
/// # Errors
/// `Snooze` when Meta throttles us or prepares reports, `GiveUp` when its token or our settings are no good, `Retry`
/// when not a single day could be had. What is stored stays stored.
pub async fn handle(
    clients: &Clients,
    run: &Run<DemographicBackfillParams>,
) -> Result<Outcome, JobError> {
    let ended = Box::pin(segment(clients, run)).await;
    if let Err(error @ (JobError::Retry { .. } | JobError::GiveUp { .. })) = &ended {
        run.step_failed(DATASET, &error.chain());
    }
    ended
}

async fn segment(
    clients: &Clients,
    run: &Run<DemographicBackfillParams>,
) -> Result<Outcome, JobError> {
    let mut reach = Reach::primary((&clients.meta, &clients.http), run).await?;
    let zone = reach.look(run).await?;
    let resumed = run
        .cursor
        .as_ref()
        .and_then(|cursor| Place::deserialize(cursor).ok());
    let place = match resumed {
        Some(place) => place,
        None => plan(run, &reach, days::today(run.now(), zone)).await?,
    };
    let cursor = serde_json::to_value(place).map_err(JobError::retry("writing down the plan"))?;
    run.checkpoint(Some(&cursor)).await?;
    let plan = Plan {
        sync: SyncId(place.sync),
        kinds: &KINDS,
        began: place.began,
        began_on: place.began_on,
        zone,
        patience: clients.patience,
    };
    let insights = Insights::new(run, &reach, plan, time_left_min(run));
    match insights.work().await? {
        End::OutOfTime => Ok(Outcome::Continue { cursor }),
        End::Over(standing) => conclude(run, place, &standing).await,
    }
}

/// Plans the days, in the transaction in which it looks which are final.
async fn plan(
    run: &Run<DemographicBackfillParams>,
    reach: &Reach,
    today: NaiveDate,
) -> Result<Place, JobError> {
    let place = Place {
        sync: run.id.0,
        began: run.now(),
        began_on: today,
    };
    let days_back = run.params.target_days_back.get();
    let planned = async {
        let mut tx = run.db().begin().await?;
        for kind in KINDS {
            write(&mut tx, run, reach, (kind, place)).await?;
        }
        tx.commit().await
    };
    planned.await.map_err(JobError::retry("planning days"))?;
    run.log(
        Level::Info,
        format!("Days back: {days_back}, of {}", reach.owner.account),
    );
    Ok(place)
}

async fn write(
    tx: &mut Tx,
    run: &Run<DemographicBackfillParams>,
    reach: &Reach,
    (kind, place): (Kind, Place),
) -> sqlx::Result<()> {
    let days_back = run.params.target_days_back.get();
    let wish = Wish::Recent {
        days_back,
        restatement_days: 0,
    };
    let first = place.began_on - Days::new(days_back.into());
    let read = slices::read_at_age(tx, &reach.owner, kind).await?;
    let planned = days::plan(place.began_on, wish, &read).days;
    let days: Vec<NaiveDate> = planned.into_iter().filter(|day| *day >= first).collect();
    let account = (SyncId(place.sync), reach.owner.account.as_str());
    let page_limit = i32::try_from(PAGE_LIMIT).unwrap_or(1);
    slices::plan(tx, account, kind, &days, (page_limit, false), run.now()).await
}

/// Days that could not be had are told; the run fails only when none could.
async fn conclude(
    run: &Run<DemographicBackfillParams>,
    place: Place,
    standing: &Standing,
) -> Result<Outcome, JobError> {
    const DOING: &str = "looking at what was read";
    let names = KINDS.map(Kind::name);
    let looked = async {
        let mut tx = run.db().begin().await?;
        let failures = slices::failures(&mut tx, SyncId(place.sync), &names, FAILURES_MAX).await?;
        tx.commit().await?;
        Ok::<_, sqlx::Error>(failures)
    };
    let failures = looked.await.map_err(JobError::retry(DOING))?;
    let count = |number: i64| u64::try_from(number).unwrap_or_default();
    let failed: Vec<&Failure> = failures
        .iter()
        .filter(|failure| failure.is_failed)
        .collect();
    if let Some(first) = failed.first().filter(|_| standing.done == 0) {
        let line = format!("the first, of {}: {}", first.date, first.error);
        return Err(JobError::retry("reading days, of which none could be had")(
            line,
        ));
    }
    let mut report = Report::new()
        .count("demographic_rows", count(standing.rows))
        .count("days_read", count(standing.done));
    for failure in &failures {
        report = report.warning(format!(
            "{} of {}: {}",
            failure.kind.name(),
            failure.date,
            failure.error
        ));
    }
    match failed.first() {
        None => run.step_succeeded(DATASET, count(standing.rows)),
        Some(first) => run.step_failed(
            DATASET,
            &format!("days are missing; the first is {}", first.date),
        ),
    }
    Ok(Outcome::Done(report))
}
