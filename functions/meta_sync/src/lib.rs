//! Reads a brand's ads and their numbers from Meta.
//!
//! Writes `meta_ads_performance`, `meta_ads`, `meta_campaigns`, `meta_ads_demographic_performance`,
//! `meta_ad_destinations` and `ad_intelligence_baselines`. Numbers are fetched day by day, in the account's time
//! zone, and again for as long as Meta corrects them. Running it twice is safe: rows are replaced by later
//! readings of themselves, and what is known is never overwritten by nothing.

mod ads;
mod baselines;
mod campaigns;
mod destinations;
mod finish;
mod looks;
mod numbers;
mod place;
mod plan;
mod repeat;
mod sync;

use shared::{
    domain::{JobError, MetaSyncParams, Outcome, days},
    runtime::Run,
    steps::{ad_account::Reach, insights::time_left_min},
};

use place::Place;
use sync::{End, Sync};

pub use shared::steps::Clients;

/// Syncs the brand's primary ad account.
///
/// # Errors
/// `Snooze` when Meta throttles us or prepares reports, `GiveUp` when its token or our settings are no good, `Retry`
/// when numbers of some day could not be had. What is stored stays stored.
pub async fn handle(clients: &Clients, run: &Run<MetaSyncParams>) -> Result<Outcome, JobError> {
    // Boxed: the clients' own futures are nested deeper than the compiler follows.
    let ended = Box::pin(segment(clients, run)).await;
    if let Err(error @ (JobError::Retry { .. } | JobError::GiveUp { .. })) = &ended {
        run.step_failed(numbers::DATASET, &error.chain());
    }
    ended
}

async fn segment(clients: &Clients, run: &Run<MetaSyncParams>) -> Result<Outcome, JobError> {
    let parameters = run.params.check();
    parameters.map_err(|error| JobError::give_up(error.to_string()))?;
    let mut reach = Reach::primary((&clients.meta, &clients.http), run).await?;
    let zone = reach.look(run).await?;
    let account = &reach.owner.account;
    let place = Place::resume(run, account)?;
    let mut place = place.unwrap_or_else(|| Place::new(run, account, days::today(run.now(), zone)));
    place.tell_again(run);
    let sync = Sync {
        clients,
        run,
        reach: &reach,
        zone,
        time_left_min: time_left_min(run),
    };
    let ended = sync.work(&mut place).await;
    if !matches!(ended, Err(JobError::LeaseLost | JobError::Cancelled)) {
        run.checkpoint(Some(&place.cursor()?)).await?;
    }
    match ended? {
        End::OutOfTime => Ok(Outcome::Continue {
            cursor: place.cursor()?,
        }),
        End::Over => finish::report(run, &place).map(Outcome::Done),
    }
}
