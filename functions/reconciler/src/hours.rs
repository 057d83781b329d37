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
/// Earlier hours of which the attempts alone are counted in one sweep: each takes about 20 ms.
const EARLIER_MAX: i64 = 24;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Counts the newest hours that are over and not counted yet, or were under way when they were: of the last day the
/// verdicts, of earlier ones the attempts.
pub(crate) async fn count(db: &Database, now: DateTime<Utc>, budget: &Budget) -> Done {
    let mut done = Done::default();
    let Uncounted { newest, earlier } = match uncounted(db, now).await {
        Ok(hours) => hours,
        Err(cause) => return done.with("looking for hours to count", cause),
    };
    for hour in newest {
        if budget.is_spent() {
            return done;
        }
        match count_one(db, hour, now).await {
            Ok(()) => done.count += 1,
            Err(cause) => return done.with("counting the verdicts of an hour", cause),
        }
    }
    for hour in earlier {
        if budget.is_spent() {
            return done;
        }
        match count_attempts(db, hour, now).await {
            Ok(()) => done.count += 1,
            Err(cause) => return done.with("counting the attempts of an hour", cause),
        }
    }
    done
}

struct Uncounted {
    newest: Vec<DateTime<Utc>>,
    /// Those of which rows are kept.
    earlier: Vec<DateTime<Utc>>,
}

async fn uncounted(db: &Database, now: DateTime<Utc>) -> Result<Uncounted, Cause> {
    let until = now.duration_trunc(TimeDelta::hours(1))?;
    let since = until - BACK;
    let mut tx = db.begin().await?;
    let first = ledger_hours::first_kept(&mut tx).await?;
    let first = first.map_or(since, |first| first.max(until - HOURS_KEPT));
    ledger_hours::reopen(&mut tx, first).await?;
    let again = now - AGAIN;
    let newest = ledger_hours::uncounted(&mut tx, (since, until), again, HOURS_MAX).await?;
    let earlier = ledger_hours::uncounted(&mut tx, (first, since), again, EARLIER_MAX).await?;
    tx.commit().await?;
    Ok(Uncounted { newest, earlier })
}

async fn count_attempts(
    db: &Database,
    hour: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Cause> {
    let mut tx = db.begin().await?;
    ledger_hours::keep_attempts(&mut tx, hour, (now, true)).await?;
    tx.commit().await?;
    Ok(())
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
