//! From the minute to the handler: rules that fire, warm functions.
//!
//! A minute comes once a minute, so one rule at a time is measured with a clock that is moved by hand to the
//! next minute: everything but the sleep until the minute is as in production. Many rules at the same real minute
//! are a burst: the last of them waits for all others, and the first shows how exactly the clock wakes.

use std::{path::Path, time::Duration};

use chrono::{DateTime, DurationRound as _, TimeDelta, Timelike as _, Utc};
use serde_json::{Value, json};
use sqlx::PgConnection;
use sundial_local::clock::Clock;
use uuid::Uuid;

use crate::{
    database,
    machine::Patience,
    report::{Sample, header, say},
    run_now::since,
    world::World,
};

/// Between the end of one run and the next minute of the clock that is moved by hand.
const PAUSE: Duration = Duration::from_millis(30);
/// Ticks before counting starts.
const WARM_UP: u32 = 20;
/// What the reconciler needs before the minute of the burst.
const HEAD_START: TimeDelta = TimeDelta::seconds(25);
/// Runs at once that make the host start all instances it allows.
const CROWD: u32 = 16;

/// Prints how late handlers start.
pub(crate) async fn measure(data: &Path, patience: Patience, runs: u32) -> anyhow::Result<()> {
    let one = one_at_a_time(data, patience, runs).await?;
    let burst = burst(data, patience, runs).await?;
    say([
        header(),
        one.row("one rule, clock moved by hand"),
        burst.row("all rules at one real minute, as a burst"),
    ])?;
    Ok(())
}

async fn one_at_a_time(data: &Path, patience: Patience, runs: u32) -> anyhow::Result<Sample> {
    let real = Clock::system();
    let mut minute = minute_of(real.now())?;
    let clock = Clock::manual(real.now());
    let mut world = World::start(data, "lateness_one", clock).await?;
    let brand = database::brand(&mut world.db, 1).await?;
    let job = database::job(&mut world.db, &brand, 1, ("* * * * *", minute)).await?;
    write_rules(&world, 1).await?;
    // Its own rule fires by the same clock, hundreds of times faster than meant.
    let sweep = json!({"Name": "reconciler-every-minute"});
    world.stack.events.call("DisableRule", &sweep).await?;
    patience
        .wait("scheduled: from the minute to the handler, one rule at a time")
        .await?;
    let mut durations = Vec::new();
    for number in 0..WARM_UP + runs {
        make_due(&mut world.db, job, minute_of(real.now())?).await?;
        world.starts.forget();
        tokio::time::sleep(PAUSE).await;
        minute += TimeDelta::minutes(1);
        let moved = real.now();
        world.clock.set(minute);
        let (run, started) = world.starts.of_job(job).await?;
        world.starts.ended(run).await?;
        if number >= WARM_UP {
            durations.push(since(moved, started));
        }
    }
    world.stop().await?;
    Ok(Sample::new(durations))
}

async fn burst(data: &Path, patience: Patience, runs: u32) -> anyhow::Result<Sample> {
    let mut world = World::start(data, "lateness_burst", Clock::system()).await?;
    let brand = database::brand(&mut world.db, 1).await?;
    warm_up(&mut world, brand.id).await?;
    patience
        .wait("scheduled: from the minute to the handler, all rules at one minute")
        .await?;
    let fire = minute_of(world.clock.now() + HEAD_START)? + TimeDelta::minutes(1);
    let cron = format!("{} {} * * *", fire.minute(), fire.hour());
    let mut jobs = Vec::new();
    for number in 0..runs {
        jobs.push(database::job(&mut world.db, &brand, number, (&cron, fire)).await?);
    }
    write_rules(&world, jobs.len()).await?;
    let mut durations = Vec::new();
    for job in jobs {
        durations.push(since(fire, world.starts.of_job(job).await?.1));
    }
    let instances = world.stack.host().processes(crate::world::JOB).len();
    say([format!(
        "{} rules fired at once for {instances} warm instances",
        durations.len()
    )])?;
    world.stop().await?;
    Ok(Sample::new(durations))
}

/// Keeps so many runs waiting that every instance the host allows is started.
async fn warm_up(world: &mut World, brand: Uuid) -> anyhow::Result<()> {
    let mut runs = Vec::new();
    for _ in 0..CROWD {
        runs.push(world.post_run(brand, &json!({})).await?);
    }
    for run in runs {
        database::completed(&mut world.db, run).await?;
    }
    Ok(())
}

/// Lets the reconciler write the rules, and checks that each job has one.
async fn write_rules(world: &World, wanted: usize) -> anyhow::Result<()> {
    let sweep = r#"{"kind":"sweep"}"#;
    world
        .stack
        .host()
        .invoke("reconciler", sweep.into())
        .await?;
    let found = rules(world).await?;
    anyhow::ensure!(
        found == wanted,
        "the reconciler has written {found} rules, wanted {wanted}"
    );
    Ok(())
}

/// How many rules of jobs are enabled.
async fn rules(world: &World) -> anyhow::Result<usize> {
    let (mut count, mut token) = (0, Value::Null);
    loop {
        let mut request = json!({"NamePrefix": "sundial-"});
        if let (Some(fields), true) = (request.as_object_mut(), token.is_string()) {
            fields.insert("NextToken".to_owned(), token);
        }
        let mut page = world.stack.events.call("ListRules", &request).await?;
        let rules = page.get("Rules").and_then(Value::as_array);
        let is_enabled =
            |rule: &&Value| rule.get("State").and_then(Value::as_str) == Some("ENABLED");
        count += rules.into_iter().flatten().filter(is_enabled).count();
        token = page
            .get_mut("NextToken")
            .map(Value::take)
            .unwrap_or_default();
        if !token.is_string() {
            return Ok(count);
        }
    }
}

/// Puts the job back before its tick, as if the minute had not been.
pub(crate) async fn make_due(
    db: &mut PgConnection,
    job: Uuid,
    minute: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("delete from scheduled_job_runs where scheduled_job_id = $1")
        .bind(job)
        .execute(&mut *db)
        .await?;
    sqlx::query("update scheduled_jobs set next_run_at = $2 where id = $1")
        .bind(job)
        .bind(minute)
        .execute(&mut *db)
        .await?;
    Ok(())
}

pub(crate) fn minute_of(time: DateTime<Utc>) -> anyhow::Result<DateTime<Utc>> {
    Ok(time.duration_trunc(TimeDelta::minutes(1))?)
}
