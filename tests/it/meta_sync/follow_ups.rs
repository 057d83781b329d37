//! Runs that follow, and jobs that do a part of the same work.

use serde_json::{Value, json};
use shared::{
    domain::{JobType, RunId},
    runtime::{self, Event},
};
use sqlx::{PgPool, Row};

use super::office::{Office, job, worker};

/// The follow-ups of a job's runs: type and parameters.
async fn followers(office: &Office) -> Vec<(String, Value)> {
    let rows = sqlx::query(
        "select j.job_type, r.parameters
           from scheduled_job_runs r
           join scheduled_jobs j on j.id = r.scheduled_job_id
           join scheduled_job_runs p on p.id = r.parent_run_id
          where r.origin = 'follow_up' and p.scheduled_job_id = $1",
    )
    .bind(office.job.0)
    .fetch_all(&office.world.pool)
    .await
    .unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn media_are_downloaded_by_a_run_of_their_own(pool: PgPool) {
    let params = json!({"days_back": 1, "restatement_days": 0, "download_max_videos": 3, "download_max_images": 4});
    let office = Office::new(pool, params).await;

    office.sync().await;
    office.sync().await;

    let wanted = (
        "asset_download".to_owned(),
        json!({"max_videos": 3, "max_images": 4}),
    );
    assert_eq!(
        followers(&office).await,
        [wanted],
        "the second is the same wish, and the first still waits"
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn ads_are_classified_after_their_media_are_there(pool: PgPool) {
    let params = json!({"days_back": 3, "restatement_days": 0, "auto_classify": true, "classify_max_new": 7, "classify_max_video": 2});
    let office = Office::new(pool, params).await;

    office.sync().await;

    let classify = json!({"max_new": 7, "max_video": 2, "days_back": 3, "scope": "active",
                           "scrape_missing_lp": true, "force": false});
    let download = json!({"max_videos": 20, "max_images": 40, "classify": classify});
    assert_eq!(
        followers(&office).await,
        [("asset_download".to_owned(), download)]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_downloads_ads_are_classified_at_once(pool: PgPool) {
    let params = json!({"days_back": 3, "restatement_days": 0, "download_max_videos": 0, "download_max_images": 0,
                        "auto_classify": true, "classify_days_back": 14, "scrape_missing_lp": false});
    let office = Office::new(pool, params).await;

    office.sync().await;

    let classify = json!({"max_new": 200, "max_video": 15, "days_back": 14, "scope": "active",
                           "scrape_missing_lp": false, "force": false});
    assert_eq!(
        followers(&office).await,
        [("ad_classification".to_owned(), classify)]
    );
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn nothing_follows_when_nothing_is_wished_for(pool: PgPool) {
    let params = json!({"days_back": 1, "restatement_days": 0, "download_max_videos": 0, "download_max_images": 0});
    let office = Office::new(pool, params).await;

    office.sync().await;

    assert_eq!(followers(&office).await, []);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn destinations_are_found_by_a_job_of_their_own(pool: PgPool) {
    let params = json!({"days_back": 5, "restatement_days": 0, "destination_limit": 0, "skip_demographics": true});
    let office = Office::new(pool, params).await;
    office.sync().await;
    let own = job(&office.world, JobType::DestinationSync, &json!({})).await;
    let clients = destination_sync::Clients::open((*office.clients.meta).clone());
    let worker = worker(&office.world, JobType::DestinationSync);
    let deliver = async || {
        let run_id = office.world.run_now(own).await;
        let deadline = office.world.clock.now() + office.invocation;
        let handler = async |run: &_| destination_sync::handle(&clients, run).await;
        runtime::deliver(&worker, Event::Run { run_id }, deadline, &handler)
            .await
            .unwrap();
        metadata(&office, run_id).await
    };

    let first = deliver().await;
    let second = deliver().await;

    let known = office
        .world
        .count("select count(*) from meta_ad_destinations")
        .await;
    assert!(known > 0);
    assert_eq!(first["stored"], json!(known));
    assert!(
        first["no_url"].as_i64().unwrap() > 0 && first["multi_url"].as_i64().unwrap() > 0,
        "{first}"
    );
    assert_eq!(
        second["fetched"],
        json!(0),
        "who has told is not asked again"
    );
    assert_eq!(office.datasets().await["ad_destinations"], "completed");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn demographics_of_the_past_are_read_by_a_job_of_their_own(pool: PgPool) {
    let office = Office::new(pool, json!({"days_back": 1, "restatement_days": 0})).await;
    office.sync().await;
    let own = job(
        &office.world,
        JobType::DemographicBackfill,
        &json!({"target_days_back": 10}),
    )
    .await;
    let clients = demographic_backfill::Clients::open((*office.clients.meta).clone());
    let worker = worker(&office.world, JobType::DemographicBackfill);
    let run_id = office.world.run_now(own).await;
    let deadline = office.world.clock.now() + office.invocation;
    let handler = async |run: &_| demographic_backfill::handle(&clients, run).await;

    runtime::deliver(&worker, Event::Run { run_id }, deadline, &handler)
        .await
        .unwrap();

    let told = metadata(&office, run_id).await;
    assert_eq!(told["days_read"], json!(22), "11 days of two kinds");
    let days = "select count(distinct date) from meta_ads_demographic_performance";
    assert_eq!(office.world.count(days).await, 11);
}

async fn metadata(office: &Office, run: RunId) -> Value {
    let sql = "select status, error_message, metadata from scheduled_job_runs where id = $1";
    let row = sqlx::query(sql)
        .bind(run.0)
        .fetch_one(&office.world.pool)
        .await
        .unwrap();
    let (status, error): (String, Option<String>) = (row.get(0), row.get(1));
    assert_eq!((status.as_str(), error), ("completed", None));
    row.get(2)
}
