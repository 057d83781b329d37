//! Verdicts by the hour, kept for whoever looks at a day: no page waits while a long ledger is counted.

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use shared::{
    domain::audit::{Tally, Window},
    runtime::audit::{self, AuditError},
    store::{
        Database,
        ledger_hours::{self, Count, Forget},
    },
};

use crate::{audit::ROOM, budget::Budget, ledger::Done};

/// How far back hours are counted: the day that people look at, and an hour that may begin meanwhile.
const BACK: TimeDelta = TimeDelta::hours(25);
/// Verdicts are kept for so long.
const VERDICTS_KEPT: TimeDelta = TimeDelta::hours(49);
/// And attempts: a calendar goes back a year, some 100,000 rows.
const HOURS_KEPT: TimeDelta = TimeDelta::days(400);
/// An hour of which something is under way is counted again so often.
const AGAIN: TimeDelta = TimeDelta::minutes(10);
/// Hours counted in one sweep: with 10,000 jobs, each takes about a second.
const HOURS_MAX: i64 = 3;

/// Counts the newest hours that are over and not counted yet, or were under way when they were.
pub(crate) async fn count(db: &Database, now: DateTime<Utc>, budget: &Budget) -> Done {
    let mut done = Done::default();
    let hours = match uncounted(db, now).await {
        Ok(hours) => hours,
        Err(cause) => return done.with("looking for hours to count", cause),
    };
    for hour in hours {
        if budget.is_spent() {
            break;
        }
        match count_one(db, hour, now).await {
            Ok(()) => done.count += 1,
            Err(cause) => return done.with("counting the verdicts of an hour", cause),
        }
    }
    done
}

async fn uncounted(
    db: &Database,
    now: DateTime<Utc>,
) -> Result<Vec<DateTime<Utc>>, Box<dyn std::error::Error + Send + Sync>> {
    let until = now.duration_trunc(TimeDelta::hours(1))?;
    let mut tx = db.begin().await?;
    let window = (until - BACK, until);
    let hours = ledger_hours::uncounted(&mut tx, window, now - AGAIN, HOURS_MAX).await?;
    tx.commit().await?;
    Ok(hours)
}

async fn count_one(
    db: &Database,
    hour: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), AuditError> {
    let window = Window {
        since: hour,
        until: hour + TimeDelta::hours(1),
    };
    let mut tx = db.begin().await?;
    let tallies = audit::by_organization(&mut tx, window, ROOM, now).await?;
    let is_final = tallies.values().all(Tally::is_final);
    let mut counts = vec![];
    for (organization_id, tally) in tallies {
        for (verdict, fire_times) in tally.counts() {
            let fire_times = i64::try_from(fire_times)?;
            counts.push(Count {
                organization_id,
                verdict,
                fire_times,
            });
        }
    }
    let forget = Forget {
        verdicts_before: now - VERDICTS_KEPT,
        hours_before: now - HOURS_KEPT,
    };
    ledger_hours::keep(&mut tx, hour, &counts, (now, is_final), forget).await?;
    tx.commit().await?;
    Ok(())
}
