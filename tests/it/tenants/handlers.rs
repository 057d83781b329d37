//! A job's function acts for the organisation of its run, and for nobody else.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use shared::{
    domain::{AssetDownloadParams, JobError, JobId, JobType, Outcome, Report, TokenRefreshParams},
    runtime::{self, Run, Worker},
};
use sqlx::{Executor, PgPool};

use super::{id_of, seed};
use crate::world::{World, at};

/// Lets a handler read every brand and rename it, and tells of which it was: those it saw, and those it changed.
async fn handled<P: DeserializeOwned>(
    world: &World,
    job: JobId,
    job_type: JobType,
) -> [Vec<String>; 2] {
    let found = Mutex::default();
    let work = async |run: &Run<P>| {
        let renamed = run.db().in_tx("looking around", async |tx| {
            let names = "select name from brands order by name";
            let seen: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut **tx).await?;
            let rename = "with done as (update brands set name = name returning name) select name from done order by name";
            let changed: Vec<String> = sqlx::query_scalar(rename).fetch_all(&mut **tx).await?;
            Ok([seen, changed])
        });
        *found.lock().unwrap() = renamed.await?;
        run.log(shared::store::logs::Level::Info, "looked around");
        run.checkpoint(None).await?;
        Ok::<_, JobError>(Outcome::Done(Report::new()))
    };
    let worker = Worker {
        job_type,
        ..world.worker.clone()
    };
    let deadline = world.clock.now() + TimeDelta::minutes(15);
    let delivered = runtime::deliver(&worker, world.tick(job), deadline, &work).await;
    delivered.unwrap();
    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
    found.into_inner().unwrap()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_of_a_brand_reaches_the_brands_of_its_organisation(pool: PgPool) {
    let world = World::new(pool).await;
    seed(&world.pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    let [seen, changed] = handled::<AssetDownloadParams>(&world, job, JobType::AssetDownload).await;

    assert_eq!(
        (seen, changed),
        (vec!["Tea".to_owned()], vec!["Tea".to_owned()])
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_of_the_platform_reaches_all(pool: PgPool) {
    let world = World::new(pool).await;
    seed(&world.pool).await;
    let due = "update scheduled_jobs set next_run_at = '2026-11-20 06:00+00' where organization_id is null";
    world.pool.execute(due).await.unwrap();
    world.clock.set(at("2026-11-20T06:00:00Z"));
    let old =
        "delete from retry_batches; delete from scheduled_job_runs where organization_id is null";
    world.pool.execute(old).await.unwrap();

    let job = JobId(id_of(0, 4));
    let [seen, changed] = handled::<TokenRefreshParams>(&world, job, JobType::TokenRefresh).await;

    assert_eq!((seen.len(), changed.len()), (3, 3));
}

/// Where work for a run goes beyond its organisation, and why.
const BEYOND: &[(&str, &str)] = &[
    (
        "functions/ad_classification/src/files.rs",
        "files left at a vendor are whoever's",
    ),
    (
        "shared/src/steps/insights/page.rs",
        "rows are copied, which no policy allows",
    ),
    (
        "shared/src/steps/questions/mod.rs",
        "a vendor's allowance is everybody's",
    ),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn what_goes_beyond_the_organisation_of_a_run_says_why() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut searched = files(&root.join("shared/src/steps"));
    for entry in fs::read_dir(root.join("functions")).unwrap() {
        let function = entry.unwrap().path();
        // They work for everybody.
        if !function.ends_with("dispatcher") && !function.ends_with("reconciler") {
            searched.extend(files(&function.join("src")));
        }
    }
    searched.retain(|file| {
        fs::read_to_string(file)
            .unwrap()
            .contains("Scope::Installation")
    });
    let mut beyond: Vec<String> = searched
        .iter()
        .map(|file| file.strip_prefix(&root).unwrap().display().to_string())
        .collect();
    beyond.sort();

    let named: Vec<&str> = BEYOND.iter().map(|(file, _)| *file).collect();
    assert_eq!(beyond, named);
}
