//! Finds out where a brand's ads lead to.
//!
//! Reads `meta_ads`; writes `meta_ad_destinations`, `meta_ad_destination_status` and what both tell of an ad. The same
//! work as a step of `meta_sync`, for more ads. Running it twice is safe: an ad that has told is not asked again.

use shared::{
    domain::{DestinationSyncParams, JobError, Outcome, Report, days},
    runtime::Run,
    steps::{
        ad_account::Reach,
        destinations::{Tally, Wanted, sync},
        insights::time_left_min,
    },
};

pub use shared::steps::Clients;

/// What this job keeps fresh.
const DATASET: &str = "ad_destinations";

/// Asks where up to `destination_limit` ads lead, those with the highest recent spend first.
///
/// # Errors
/// `Snooze` when Meta throttles us, `GiveUp` when its token or our settings are no good, `Retry` when it does not
/// answer. What is stored stays stored.
pub async fn handle(
    clients: &Clients,
    run: &Run<DestinationSyncParams>,
) -> Result<Outcome, JobError> {
    let ended = Box::pin(segment(clients, run)).await;
    if let Err(error @ (JobError::Retry { .. } | JobError::GiveUp { .. })) = &ended {
        run.step_failed(DATASET, &error.chain());
    }
    ended
}

async fn segment(clients: &Clients, run: &Run<DestinationSyncParams>) -> Result<Outcome, JobError> {
    let mut reach = Reach::primary((&clients.meta, &clients.http), run).await?;
    let zone = reach.look(run).await?;
    let mut tally = Tally::resume(run.cursor.as_ref());
    let wanted = Wanted {
        limit: run.params.destination_limit.get(),
        today: days::today(run.now(), zone),
        spend_window_days: run.params.spend_window_days.get(),
        time_left_min: time_left_min(run),
    };
    let ended = sync(run, &reach, wanted, &mut tally).await;
    let cursor = serde_json::to_value(tally).map_err(JobError::retry("writing down the counts"))?;
    if !matches!(ended, Err(JobError::LeaseLost | JobError::Cancelled)) {
        run.checkpoint(Some(&cursor)).await?;
    }
    if !ended? {
        return Ok(Outcome::Continue { cursor });
    }
    run.step_succeeded(DATASET, tally.stored);
    Ok(Outcome::Done(report(&tally)))
}

fn report(tally: &Tally) -> Report {
    let report = Report::new()
        .count("fetched", tally.fetched)
        .count("stored", tally.stored)
        .count("no_url", tally.no_url)
        .count("multi_url", tally.multi_url)
        .count("inconclusive", tally.inconclusive);
    match tally.inconclusive {
        0 => report,
        count => report.warning(format!(
            "Meta did not tell of {count} ads; they are asked again in later runs"
        )),
    }
}
