//! Extends ad accounts' own tokens before they expire, and tells people of those that it cannot extend.
//!
//! Reads and writes `brand_ad_accounts`; writes `notifications`; asks Meta for tokens. Running it twice is
//! safe: Meta gives another token and the one before stays good until it expires, so a run that is killed
//! between asking and saving loses nothing.

mod account;
mod reseal;
mod tally;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    domain::{JobError, Outcome, TokenRefreshParams},
    runtime::Run,
    store::{
        ad_accounts::{self, Expiring},
        logs::Level,
    },
};

use account::Ending;
use tally::Tally;

pub use shared::steps::Clients;

/// Accounts read at a time.
const PAGE: i64 = 50;
/// With less time left, no other account is begun: an exchange is tried three times, and each may take
/// half a minute before it is given up.
const TIME_LEFT_MIN: Duration = Duration::from_secs(120);
/// A short invocation uses at least this part of its time for work.
const MARGIN_PART: u32 = 2;

/// Extends every token that expires within `expiring_within_days`, the first to expire first.
///
/// # Errors
/// `Snooze` when Meta throttles us; the run then goes on where it was. `Retry` when tokens should have been
/// extended and none was, `GiveUp` when only a person can change that. What was extended stays so.
pub async fn handle(clients: &Clients, run: &Run<TokenRefreshParams>) -> Result<Outcome, JobError> {
    let mut tally = Tally::resume(run.cursor.as_ref());
    let time_left_min = TIME_LEFT_MIN.min(run.time_left() / MARGIN_PART);
    loop {
        let accounts = page(run, &tally).await?;
        if accounts.is_empty() {
            break;
        }
        for expiring in &accounts {
            if run.time_left() < time_left_min {
                let cursor = tally.cursor();
                run.checkpoint(Some(&cursor)).await?;
                return Ok(Outcome::Continue { cursor });
            }
            one(clients, run, expiring, &mut tally).await?;
        }
    }
    reseal::reseal(clients, run, &mut tally).await?;
    conclude(run, &tally).await
}

/// The next accounts whose token expires soon.
async fn page(run: &Run<TokenRefreshParams>, tally: &Tally) -> Result<Vec<Expiring>, JobError> {
    const DOING: &str = "looking for tokens that expire";
    let days = i64::from(run.params.expiring_within_days.get());
    let before = run.now() + TimeDelta::days(days);
    let mut tx = run.db().begin().await.map_err(JobError::retry(DOING))?;
    let accounts = ad_accounts::expiring(&mut tx, before, tally.after(), PAGE)
        .await
        .map_err(JobError::retry(DOING))?;
    tx.commit().await.map_err(JobError::retry(DOING))?;
    Ok(accounts)
}

/// One account, from its token to the row of what became of it.
async fn one(
    clients: &Clients,
    run: &Run<TokenRefreshParams>,
    expiring: &Expiring,
    tally: &mut Tally,
) -> Result<(), JobError> {
    let ending = match account::extend(clients, run, expiring).await {
        Ok(ending) => ending,
        Err(error) => {
            // This account comes again, those before it do not.
            run.checkpoint(Some(&tally.cursor())).await?;
            return Err(error);
        }
    };
    let level = match ending {
        Ending::Extended(_) | Ending::Young | Ending::Replaced => Level::Info,
        _ => Level::Warn,
    };
    run.log(level, format!("{}: {ending}", expiring.account.account));
    tally.add(expiring, ending);
    run.progress(tally.seen, tally.seen, "tokens");
    run.checkpoint(Some(&tally.cursor())).await
}

/// Success means that something was extended, or that there was nothing to extend.
async fn conclude(run: &Run<TokenRefreshParams>, tally: &Tally) -> Result<Outcome, JobError> {
    let Some(failure) = tally.first_failure() else {
        return Ok(Outcome::Done(tally.report()));
    };
    if tally.extended > 0 {
        return Ok(Outcome::Done(tally.report()));
    }
    for (name, value) in &tally.report().counts {
        run.count(name, value.as_u64().unwrap_or_default());
    }
    // The next attempt begins with the first account again.
    run.checkpoint(Some(&Tally::default().cursor())).await?;
    if tally.may_pass() {
        Err(JobError::retry(
            "extending tokens, of which none could be extended",
        )(failure.to_owned()))
    } else {
        Err(JobError::give_up(failure))
    }
}

/// A moment for people.
fn day(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}
