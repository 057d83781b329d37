//! Rows of `job_rules`: the rule of each job as it was seen in the cloud's clock last.

use chrono::{DateTime, Utc};

use crate::{domain::JobId, store::Tx};

/// A rule as it was seen, or put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRule {
    /// Whose.
    pub job_id: JobId,
    /// Its name in the cloud.
    pub name: String,
    /// When it fires, in the cloud's words.
    pub expression: String,
    /// IANA name of the zone that the expression counts in.
    pub timezone: String,
    /// Whether it fires.
    pub is_enabled: bool,
    /// Since when it is like this.
    pub seen_at: DateTime<Utc>,
}

/// The rule of a job; `None`: none was seen.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn of_job(tx: &mut Tx, id: JobId) -> sqlx::Result<Option<SeenRule>> {
    sqlx::query_as!(
        SeenRule,
        r#"
        select scheduled_job_id as "job_id: JobId", name, expression, timezone, is_enabled, seen_at
          from job_rules
         where scheduled_job_id = $1
        "#,
        id as JobId,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Rules that are no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gone<'a> {
    /// Those of these jobs.
    pub jobs: Vec<JobId>,
    /// Those with these names.
    pub names: Vec<&'a str>,
    /// All that are not noted now.
    pub are_others: bool,
}

/// Forgets rules that are `gone`, and notes others as they are: those that were noted like this before keep their time.
///
/// # Errors
/// [`sqlx::Error`] if Postgres does not answer.
pub async fn note(tx: &mut Tx, rules: &[SeenRule], gone: &Gone<'_>) -> sqlx::Result<()> {
    let ids: Vec<JobId> = rules.iter().map(|it| it.job_id).collect();
    sqlx::query!(
        r#"
        delete from job_rules
         where scheduled_job_id = any ($1) or name = any ($2) or ($3 and scheduled_job_id <> all ($4))
        "#,
        &gone.jobs as &[JobId],
        &gone.names as &[&str],
        gone.are_others,
        &ids as &[JobId],
    )
    .execute(&mut **tx)
    .await?;
    let names: Vec<&str> = rules.iter().map(|it| it.name.as_str()).collect();
    let expressions: Vec<&str> = rules.iter().map(|it| it.expression.as_str()).collect();
    let timezones: Vec<&str> = rules.iter().map(|it| it.timezone.as_str()).collect();
    let are_enabled: Vec<bool> = rules.iter().map(|it| it.is_enabled).collect();
    let seen_at: Vec<DateTime<Utc>> = rules.iter().map(|it| it.seen_at).collect();
    sqlx::query!(
        r#"
        insert into job_rules as old (scheduled_job_id, name, expression, timezone, is_enabled, seen_at)
        select seen.*
          from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::timestamptz[])
               as seen (job_id, name, expression, timezone, is_enabled, seen_at)
          join scheduled_jobs j on j.id = seen.job_id
         order by seen.job_id
            on conflict (scheduled_job_id) do update
           set name = excluded.name, expression = excluded.expression, timezone = excluded.timezone,
               is_enabled = excluded.is_enabled, seen_at = excluded.seen_at
         where (old.name, old.expression, old.timezone, old.is_enabled)
               is distinct from (excluded.name, excluded.expression, excluded.timezone, excluded.is_enabled)
        "#,
        &ids as &[JobId],
        &names as &[&str],
        &expressions as &[&str],
        &timezones as &[&str],
        &are_enabled,
        &seen_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
