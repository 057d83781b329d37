//! What a run has to look at, ad by ad, and what became of each.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::{
    domain::{
        ClassificationId, RunId,
        classification::{SkipReason, Tally},
    },
    store::Tx,
};

/// An ad that is still to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its place in the plan, from 1.
    pub position: i32,
    /// The ad.
    pub ad: String,
    /// All that was ever spent on it, in the account's currency.
    pub spend: Decimal,
    /// How often it was begun.
    pub attempts: i32,
}

/// What became of an ad.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was classified anew.
    Classified(ClassificationId),
    /// The same content was classified before.
    Cached(ClassificationId),
    /// It was left out.
    Skipped {
        /// Why, in a word.
        reason: SkipReason,
        /// What more there is to say.
        detail: Option<String>,
    },
    /// Something went wrong.
    Failed {
        /// What, in a word of letters, digits and underscores, as in `blocked`.
        kind: &'static str,
        /// The same for people.
        message: String,
    },
}

impl Ending {
    const fn state(&self) -> &'static str {
        match self {
            Self::Classified(_) => "classified",
            Self::Cached(_) => "cached",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
        }
    }

    const fn classification(&self) -> Option<ClassificationId> {
        match self {
            Self::Classified(id) | Self::Cached(id) => Some(*id),
            Self::Skipped { .. } | Self::Failed { .. } => None,
        }
    }

    fn reason(&self) -> (Option<&'static str>, Option<&str>) {
        match self {
            Self::Classified(_) | Self::Cached(_) => (None, None),
            Self::Skipped { reason, detail } => (Some(reason.name()), detail.as_deref()),
            Self::Failed { kind, message } => (Some(kind), Some(message)),
        }
    }
}

/// The first `limit` ads of the run behind place `after` that are still to be looked at, in order.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn pending(tx: &mut Tx, run: RunId, after: i32, limit: i64) -> sqlx::Result<Vec<Unit>> {
    sqlx::query_as!(
        Unit,
        r#"
        select position, meta_ad_id as ad, spend, attempts
          from ad_classification_units
         where run_id = $1 and state = 'pending' and position > $2
         order by position
         limit $3
        "#,
        run.0,
        after,
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// Notes that an ad is begun, before anything is paid for it. Returns how often it was, this time included; `None`
/// when it is over.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn started(tx: &mut Tx, run: RunId, position: i32) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        r#"
        update ad_classification_units set attempts = attempts + 1
         where run_id = $1 and position = $2 and state = 'pending'
     returning attempts
        "#,
        run.0,
        position,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Leaves an ad for later, and notes what it has cost so far, in US dollars. Where it only waited for others,
/// `is_counted` is false and this was no attempt.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn put_back(
    tx: &mut Tx,
    (run, position): (RunId, i32),
    is_counted: bool,
    cost_usd: Decimal,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update ad_classification_units
           set attempts = greatest(attempts - case when $3 then 0 else 1 end, 0), cost_usd = cost_usd + $4
         where run_id = $1 and position = $2 and state = 'pending'
        "#,
        run.0,
        position,
        is_counted,
        cost_usd,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Writes what became of an ad and what it cost, in US dollars; what it cost is counted even where it came to
/// nothing. False, and nothing is written, when it was over before.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer, or if the classification is not of this ad.
pub async fn finish_unit(
    tx: &mut Tx,
    (run, position): (RunId, i32),
    ending: &Ending,
    cost_usd: Decimal,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let (reason, message) = ending.reason();
    let done = sqlx::query!(
        r#"
        update ad_classification_units
           set state = $3, reason = $4, message = $5, classification_id = $6, cost_usd = cost_usd + $7, finished_at = $8
         where run_id = $1 and position = $2 and state = 'pending'
        "#,
        run.0,
        position,
        ending.state(),
        reason,
        message.map(|it| it.replace('\0', "")),
        ending.classification().map(|it| it.0),
        cost_usd,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Leaves ads at these places for another run: this one is allowed no more. Returns how many there were; those that
/// were over before stay as they are.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn mark_over_cap(
    tx: &mut Tx,
    run: RunId,
    positions: &[i32],
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let done = sqlx::query!(
        r#"
        update ad_classification_units set state = 'over_cap', finished_at = $3
         where run_id = $1 and position = any ($2) and state = 'pending'
        "#,
        run.0,
        positions,
        now,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected())
}

/// How the run stands, counted from its ads, so that it is right whoever began it.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn tally(tx: &mut Tx, run: RunId) -> sqlx::Result<Tally> {
    let rows = sqlx::query!(
        r#"
        select unit.state, unit.reason, count(*) as "count!", count(made.video_analysis_id) as "videos!",
               trunc(sum(unit.cost_usd) * 1000000)::bigint as "micros!"
          from ad_classification_units as unit
          left join ad_creative_classifications as made on made.id = unit.classification_id and unit.state = 'classified'
         where unit.run_id = $1
         group by unit.state, unit.reason
        "#,
        run.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut tally = Tally::default();
    for row in rows {
        let count = row.count.unsigned_abs();
        tally.cost_usd_micros += row.micros.unsigned_abs();
        match (row.state.as_str(), row.reason) {
            ("classified", _) => {
                tally.new_count += count;
                tally.video_count += row.videos.unsigned_abs();
            }
            ("cached", _) => tally.cached_count += count,
            ("over_cap", _) => tally.over_cap_count += count,
            ("skipped", Some(reason)) => tally = tally.skipped(&reason, count),
            ("failed", Some(kind)) => tally = tally.failed(&kind, count),
            _ => tally.pending_count += count,
        }
    }
    Ok(tally)
}
