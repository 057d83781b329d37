//! A function's process is killed in the middle of its work.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use serde_json::{Value, json};
use sqlx::PgPool;
use sundial_local::stack::default_media;

use super::{
    site::Site,
    tools::{eventually, text},
};

/// Longer than two parts of an upload, so that one is under way when the process dies.
const FILM_BYTES: usize = 20 << 20;

/// Where the film stops coming: after the first part, before the second is whole.
const STALL_AT: usize = 12 << 20;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_killed_run_is_completed_by_its_retry_and_nothing_stored_is_fetched_again(db: PgPool) {
    let media = tempfile::tempdir().unwrap();
    give_media(media.path());
    let site = Site::start_with(db, |options| options.media = media.path().to_owned()).await;
    site.insert_ads().await;
    site.order(
        json!({"on": "cdn", "contains": "film.mp4", "truncate_at_bytes": STALL_AT,
        "stall_ms": 120_000}),
    )
    .await;
    let run = site.run_now().await;
    let others = site.samples().len() - 1;
    let others = i64::try_from(others).unwrap();
    eventually(
        "all but the film is stored, and a part of the film",
        async || {
            // The main medium of an ad comes last.
            let ads = "select count(*) from meta_ad_assets where is_primary";
            (site.count(ads).await == others && site.unfinished_uploads() > 0).then_some(())
        },
    )
    .await;
    let (stored, fetched) = (site.objects(), site.downloads().await);

    let processes = site.stack().host().processes("asset_download");
    for process in &processes {
        kill_outright(*process);
    }
    eventually("other processes have taken their place", async || {
        let now = site.stack().host().processes("asset_download");
        let (now, gone): (BTreeSet<_>, BTreeSet<_>) = (
            now.into_iter().collect(),
            processes.iter().copied().collect(),
        );
        (!now.is_empty() && now.is_disjoint(&gone)).then_some(())
    })
    .await;
    assert_eq!(site.objects(), stored, "nothing half-written can be seen");
    let waiting = site.get(&format!("/api/runs/{run}")).await;
    assert_eq!(text(&waiting, "status"), "running", "its lease still holds");
    let expire = "update scheduled_job_runs set lease_expires_at = clock_timestamp()
                   where status = 'running'";
    assert_eq!(site.execute(expire).await, 1, "fifteen minutes pass");
    let swept = site.sweep().await;
    assert_eq!(swept["lost"], 1, "{swept}");

    let lost = site.ended(&run).await;
    assert_eq!(text(&lost, "status"), "failed");
    assert_eq!(text(&lost["error"], "kind"), "lost");
    let due =
        "update scheduled_job_runs set run_after = clock_timestamp() where status = 'pending'";
    assert_eq!(site.execute(due).await, 1, "five minutes pass");
    site.sweep().await;
    let retry = site.ended(text(&lost, "retry_run_id")).await;

    assert_eq!(text(&retry, "status"), "completed", "{retry}");
    assert_eq!(
        (&retry["attempt_number"], &retry["warnings"]),
        (&json!(2), &json!([]))
    );
    site.assert_all_stored().await;
    let mut expected = fetched;
    *expected.get_mut("film.mp4").unwrap() += 1;
    assert_eq!(
        site.downloads().await,
        expected,
        "only the film is fetched again"
    );
    assert_runs(&site, 2).await;
    site.stop().await;
}

/// The usual media and a film that takes several parts.
fn give_media(folder: &Path) {
    for entry in fs::read_dir(default_media()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
    }
    let mut film = b"\0\0\0\x20ftypisom\0\0\x02\0".to_vec();
    film.extend((film.len()..FILM_BYTES).map(|place| u8::try_from(place % 251).unwrap()));
    fs::write(folder.join("film.mp4"), film).unwrap();
}

async fn assert_runs(site: &Site, count: usize) {
    let listed = site.get("/api/runs").await;
    let runs: Vec<_> = listed["runs"].as_array().unwrap().iter().collect();
    let statuses: Vec<_> = runs
        .iter()
        .map(|run: &&Value| text(run, "status"))
        .collect();
    assert_eq!(runs.len(), count, "no further attempt: {statuses:?}");
}

fn kill_outright(process: u32) {
    let killed = Command::new("kill")
        .args(["-KILL", &process.to_string()])
        .status();
    assert!(killed.unwrap().success(), "killing {process}");
}
