//! Rows of `scheduled_jobs`, as the cloud's clock needs them.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        BrandId, JobId,
        load::Planned,
        schedule::{GapPolicy, Period, RepeatPolicy},
        spread::Named,
    },
    store::{Tx, jobs::Owners},
};

/// What decides a job's rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleJob {
    /// The job.
    pub id: JobId,
    /// Names the function to wake. Text: a type this program does not know yet is no reason to
    /// leave all other jobs without a clock.
    pub job_type: String,
    /// For people.
    pub name: String,
    /// Whether it is active or paused; others need no rule.
    pub is_live: bool,
    /// Whether its rule must not fire: it is paused until a person resumes it. A pause that ends by
    /// itself keeps its rule, so that the first tick after it is on time.
    pub is_paused: bool,
    /// When its pause ends by itself; fire times before are skipped.
    pub paused_until: Option<DateTime<Utc>>,
    /// Its schedule; `None` for a one-time job.
    pub cron_expression: Option<String>,
    /// Earlier fire times are none.
    pub starts_at: Option<DateTime<Utc>>,
    /// Later fire times are none.
    pub ends_at: Option<DateTime<Utc>>,
    /// IANA name of the schedule's zone.
    pub timezone: String,
    /// For wall-clock times that do not exist.
    pub dst_gap_policy: GapPolicy,
    /// For wall-clock times that come twice.
    pub dst_repeat_policy: RepeatPolicy,
    /// The next nominal fire time. A one-time job has none once it was claimed.
    pub next_run_at: Option<DateTime<Utc>>,
}

impl RuleJob {
    /// When its schedule is in force.
    #[must_use]
    pub fn period(&self) -> Period {
        Period {
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }

    /// When it fires, unless it is paused until a person resumes it.
    #[must_use]
    pub fn planned(self) -> Planned {
        Planned {
            period: self.period(),
            jobs: 1,
            cron_expression: self.cron_expression,
            timezone: self.timezone,
            gap: self.dst_gap_policy,
            repeat: self.dst_repeat_policy,
            paused_until: self.paused_until,
            next_run_at: self.next_run_at,
        }
    }
}

/// Jobs that may need a rule, in order of their ids, at most `limit` of those after `after`.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn live(tx: &mut Tx, after: Option<JobId>, limit: i64) -> sqlx::Result<Vec<RuleJob>> {
    sqlx::query_as!(
        RuleJob,
        r#"
        select id as "id: JobId", job_type, name, true as "is_live!",
               (status = 'paused' and paused_until is null) as "is_paused!",
               paused_until, cron_expression, starts_at, ends_at, timezone,
               dst_gap_policy as "dst_gap_policy: GapPolicy",
               dst_repeat_policy as "dst_repeat_policy: RepeatPolicy", next_run_at
          from scheduled_jobs
         where status in ('active', 'paused') and next_run_at is not null
           and ($1::uuid is null or id > $1)
         order by id
         limit $2
        "#,
        after.map(|id| id.0),
        limit,
    )
    .fetch_all(&mut **tx)
    .await
}

/// One job, whatever its status. `None`: there is no such job.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn find(tx: &mut Tx, id: JobId) -> sqlx::Result<Option<RuleJob>> {
    sqlx::query_as!(
        RuleJob,
        r#"
        select id as "id: JobId", job_type, name,
               status in ('active', 'paused') as "is_live!",
               (status = 'paused' and paused_until is null) as "is_paused!",
               paused_until, cron_expression, starts_at, ends_at, timezone,
               dst_gap_policy as "dst_gap_policy: GapPolicy",
               dst_repeat_policy as "dst_repeat_policy: RepeatPolicy", next_run_at
          from scheduled_jobs
         where id = $1
        "#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// When the jobs of `owners` fire that have a fire time before `until` and are not paused until a person
/// resumes them: those with the soonest first, at most `limit` that differ.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn planned_before(
    tx: &mut Tx,
    owners: Owners,
    until: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<Vec<Planned>> {
    // The index of schedules has all of it in the order of these groups; another order, and jobs are read and sorted.
    let rows = sqlx::query!(
        r#"
        select count(*) as "jobs!", cron_expression, timezone, starts_at, ends_at, paused_until, next_run_at,
               dst_gap_policy as "gap: GapPolicy", dst_repeat_policy as "repeat: RepeatPolicy"
          from scheduled_jobs
         where status in ('active', 'paused') and (status = 'active' or paused_until is not null)
           and next_run_at < $1
           and ($2::uuid is null or brand_id = $2) and (not $4 or brand_id is null)
         group by next_run_at, cron_expression, timezone, starts_at, ends_at, paused_until, dst_gap_policy,
                  dst_repeat_policy
         order by next_run_at, cron_expression, timezone
         limit $3
        "#,
        until,
        owners.brand_id as Option<BrandId>,
        limit,
        owners.is_platform,
    )
    .fetch_all(&mut **tx)
    .await?;
    let planned = rows.into_iter().map(|row| Planned {
        jobs: usize::try_from(row.jobs).unwrap_or_default(),
        cron_expression: row.cron_expression,
        timezone: row.timezone,
        gap: row.gap,
        repeat: row.repeat,
        period: Period {
            starts_at: row.starts_at,
            ends_at: row.ends_at,
        },
        paused_until: row.paused_until,
        next_run_at: row.next_run_at,
    });
    Ok(planned.collect())
}

/// Of each of `groups`, the first `limit` jobs of `owners` by their names that fire as one of the group's
/// schedules; with the place of the group, and of the schedule in it.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn first_by_name(
    tx: &mut Tx,
    owners: Owners,
    groups: &[Vec<&Planned>],
    limit: i64,
) -> sqlx::Result<Vec<(usize, usize, Named)>> {
    let number = |place: usize| i64::try_from(place).unwrap_or(i64::MAX);
    let planned = groups.iter().enumerate().flat_map(|(group, planned)| {
        let planned = planned.iter().enumerate();
        planned.map(move |(place, it)| (group, place, *it))
    });
    let planned: Vec<_> = planned.collect();
    let group: Vec<_> = planned.iter().map(|(group, ..)| number(*group)).collect();
    let place: Vec<_> = planned.iter().map(|(_, place, _)| number(*place)).collect();
    let planned = || planned.iter().map(|(.., it)| *it);
    let crons: Vec<_> = planned().map(|it| it.cron_expression.as_deref()).collect();
    let zones: Vec<_> = planned().map(|it| it.timezone.as_str()).collect();
    let starts: Vec<_> = planned().map(|it| it.period.starts_at).collect();
    let ends: Vec<_> = planned().map(|it| it.period.ends_at).collect();
    let pauses: Vec<_> = planned().map(|it| it.paused_until).collect();
    let next: Vec<_> = planned().map(|it| it.next_run_at).collect();
    let gaps: Vec<_> = planned().map(|it| it.gap).collect();
    let repeats: Vec<_> = planned().map(|it| it.repeat).collect();
    let rows = sqlx::query!(
        r#"
        select id as "id!: JobId", name as "name!", place as "place!", "group" as "group!"
          from (select j.id, j.name, p.place, p."group",
                       row_number() over (partition by p."group" order by j.name, j.id) as rank
                  from unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[],
                              $6::timestamptz[], $7::text[], $8::text[], $9::bigint[], $10::bigint[])
                       p (cron_expression, timezone, starts_at, ends_at, paused_until, next_run_at, gap, repeat, "group", place)
                  join scheduled_jobs j
                    on j.next_run_at = p.next_run_at and j.cron_expression is not distinct from p.cron_expression
                   and j.timezone = p.timezone and j.starts_at is not distinct from p.starts_at
                   and j.ends_at is not distinct from p.ends_at and j.paused_until is not distinct from p.paused_until
                   and j.dst_gap_policy = p.gap and j.dst_repeat_policy = p.repeat
                 where j.status in ('active', 'paused') and (j.status = 'active' or j.paused_until is not null)
                   and ($11::uuid is null or j.brand_id = $11) and (not $13 or j.brand_id is null)) ranked
         where rank <= $12
         order by "group", rank
        "#,
        &crons as &[Option<&str>],
        &zones as &[&str],
        &starts as &[Option<DateTime<Utc>>],
        &ends as &[Option<DateTime<Utc>>],
        &pauses as &[Option<DateTime<Utc>>],
        &next as &[Option<DateTime<Utc>>],
        &gaps as &[GapPolicy],
        &repeats as &[RepeatPolicy],
        &group,
        &place,
        owners.brand_id as Option<BrandId>,
        limit,
        owners.is_platform,
    )
    .fetch_all(&mut **tx)
    .await?;
    let place = |number: i64| usize::try_from(number).unwrap_or_default();
    let named = rows.into_iter().map(|row| {
        let (id, name) = (row.id, row.name);
        (place(row.group), place(row.place), Named { id, name })
    });
    Ok(named.collect())
}
