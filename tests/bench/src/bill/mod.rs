//! What AWS would bill: for a million runs of each kind, and for a month of an installation, beside a container that is
//! always on.
//!
//! The functions are the binaries built beside this one, asked by a Runtime API of our own, one event after the other.
//! Everything else runs on this machine, behind lines that are as long as those on AWS are assumed to be. What they take is
//! turned into what Lambda bills in [`billed`]; prices are in [`prices`]. Without TLS, without the megabytes that S3
//! stores, and without AWS's own time between an event and the function, which it does not bill.

mod billed;
mod month;
mod place;
mod prices;
mod process;
mod tell;

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use sundial_local::clock::Clock;
use uuid::Uuid;

use self::{
    billed::Measured,
    place::{AWS_ROUND_TRIP, Place, TOKEN},
    process::{Process, invocations, starts},
};
use crate::{
    database::{self, Brand},
    files,
    lateness::{make_due, minute_of},
    machine::{Patience, load},
    reconciler::minute_of_look,
    report::say,
    world::JOB,
};

/// Pictures of a typical run, and their size: 3 MB in all.
const PICTURES: u32 = 50;
const PICTURE_BYTES: u64 = 60_000;
/// A time that does not come by itself while it is measured.
const RARELY: &str = "0 0 1 1 *";
/// Tells the ads of one run from those of the next; the graph's file numbers have room for a run's.
const ADS: u64 = 100_000;

/// What was measured of each kind.
struct Kinds {
    idle: Measured,
    typical: Measured,
    run_now: Measured,
    sweep: Measured,
    thorough_sweep: Measured,
    /// Starts: of the job, the dispatcher, the reconciler.
    starts: [(&'static str, Measured); 3],
}

/// Measures each kind and prints both tables.
pub(crate) async fn measure(data: &Path, patience: Patience) -> anyhow::Result<()> {
    files::write_pictures(data, PICTURES, PICTURE_BYTES)?;
    let mut place = Place::start(data).await?;
    patience.wait("cost: runs, sweeps and starts").await?;
    let mut all = [JOB, "dispatcher", "reconciler"].map(|it| (it, Measured::default()));
    for (function, measured) in &mut all {
        *measured = starts(&place, function).await?;
        // Before its first question a function on AWS asks for its secrets: a connection, TLS, one call.
        measured.wall += 3 * AWS_ROUND_TRIP;
    }
    let brand = database::brand(&mut place.db, 1).await?;
    let idle = run(&mut place, &brand, 1, 100).await?;
    let typical = run(&mut place, &brand, PICTURES, 10).await?;
    let run_now = run_now(&mut place, &brand).await?;
    let (sweep, thorough_sweep) = sweeps(&mut place, &brand).await?;
    let kinds = Kinds {
        idle,
        typical,
        run_now,
        sweep,
        thorough_sweep,
        starts: all,
    };
    say([format!("load after: {}", load()?)])?;
    tell::kinds(&kinds, &place)?;
    tell::month(&kinds, &place)?;
    place.stop().await
}

/// Runs of the job by its schedule. With one picture asked for there are no ads, so there is nothing to do.
async fn run(
    place: &mut Place,
    brand: &Brand,
    pictures: u32,
    count: u32,
) -> anyhow::Result<Measured> {
    let now = Clock::system().now();
    let job = database::job(&mut place.db, brand, pictures, (RARELY, now)).await?;
    let mut process = Process::start(place, JOB).await?;
    let before = database::stored(&mut place.db, brand).await?.0;
    let is_done =
        |answer: &Value| answer.get("status").and_then(Value::as_str) == Some("completed");
    let mut number = 0;
    let tick = async |place: &mut Place| {
        if pictures == PICTURES {
            ads(place, brand, number).await?;
            number += 1;
        }
        let minute = minute_of(Clock::system().now())?;
        make_due(&mut place.db, job, minute).await?;
        Ok(json!({"kind": "tick", "job_id": job, "time": minute}))
    };
    let mut measured = invocations(place, &mut process, count, tick, is_done).await?;
    process.stop().await?;
    let stored = database::stored(&mut place.db, brand).await?.0 - before;
    let wanted = number * u64::from(PICTURES);
    anyhow::ensure!(stored == wanted, "{stored} of {wanted} pictures are stored");
    if number > 0 {
        measured.puts = f64::from(PICTURES);
    }
    Ok(measured)
}

/// As many new ads as a typical run has.
async fn ads(place: &mut Place, brand: &Brand, number: u64) -> anyhow::Result<()> {
    let first = (number + 1) * ADS;
    let ads = first..first + u64::from(PICTURES);
    let yesterday = (Clock::system().now() - TimeDelta::days(1)).date_naive();
    database::ads(&mut place.db, brand, ads, false, yesterday).await?;
    Ok(())
}

/// The dispatcher's part of runs that people ask for.
async fn run_now(place: &mut Place, brand: &Brand) -> anyhow::Result<Measured> {
    let far = Clock::system().now() + TimeDelta::days(1);
    let job = database::job(&mut place.db, brand, 2, (RARELY, far)).await?;
    let mut process = Process::start(place, "dispatcher").await?;
    let is_accepted =
        |answer: &Value| answer.get("statusCode").and_then(Value::as_u64) == Some(202);
    let request = async |place: &mut Place| {
        // Nobody takes the runs, and only so many may wait.
        make_due(&mut place.db, job, far).await?;
        Ok(request(job, Clock::system().now()))
    };
    let measured = invocations(place, &mut process, 50, request, is_accepted).await?;
    process.stop().await?;
    Ok(measured)
}

/// **Source:** Lambda developer guide, "Invoking Lambda function URLs", request payload format 2.0.
fn request(job: Uuid, now: DateTime<Utc>) -> Value {
    let path = format!("/api/jobs/{job}/run");
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
        "headers": {"host": "localhost", "authorization": format!("Bearer {TOKEN}")},
        "requestContext": {
            "accountId": "anonymous", "apiId": "bench", "domainName": "localhost", "domainPrefix": "bench",
            "http": {"method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"},
            "requestId": "one", "routeKey": "$default", "stage": "$default",
            "time": now.format("%d/%b/%Y:%H:%M:%S +0000").to_string(), "timeEpoch": now.timestamp_millis(),
        },
        "isBase64Encoded": false,
    })
}

/// Sweeps that find all as it should be: the ordinary one, and that of every tenth minute.
async fn sweeps(place: &mut Place, brand: &Brand) -> anyhow::Result<(Measured, Measured)> {
    // What ended stays, and is looked back on; what waits would be sent.
    let sql = "delete from scheduled_job_runs where completed_at is null";
    sqlx::query(sql).execute(&mut place.db).await?;
    database::daily_jobs(&mut place.db, brand, i64::from(month::JOBS)).await?;
    let sweep = async |_: &mut Place| Ok(json!({"kind": "sweep"}));
    let is_report = |answer: &Value| answer.get("rules").is_some();
    place.is_hurried = true;
    let mut process = Process::start(place, "reconciler").await?;
    let _made = invocations(place, &mut process, 1, sweep, is_report).await?;
    process.stop().await?;
    place.is_hurried = false;
    let is_steady = |answer: &Value| {
        let unchanged = answer.pointer("/rules/unchanged").and_then(Value::as_u64);
        unchanged >= Some(month::JOBS.into())
    };
    let mut process = Process::start(place, "reconciler").await?;
    minute_of_look(false).await;
    let ordinary = invocations(place, &mut process, 15, sweep, is_steady).await?;
    say(["waiting for the tenth minute, in which the reconciler looks more closely"])?;
    minute_of_look(true).await;
    let thorough = invocations(place, &mut process, 3, sweep, is_steady).await?;
    process.stop().await?;
    Ok((ordinary, thorough))
}
