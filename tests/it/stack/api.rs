//! Runs on demand: over HTTP into the dispatcher, over the bus into the job's function.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use shared::domain::price::{Architecture, invocation_nanodollars};
use sqlx::PgPool;

use super::{
    site::Site,
    tools::{answer, text},
};

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_asked_for_over_http_does_its_work_and_tells_what_it_did(db: PgPool) {
    let site = Site::start(db).await;
    site.insert_ads().await;

    let body = json!({"job_type": "asset_download", "brand_id": site.brand,
        "parameters": {"max_videos": 100, "max_images": 200}});
    let accepted = site.post("/api/runs", body).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let location = accepted.headers["location"].to_str().unwrap();
    let run = site.get(location).await;
    assert_eq!(run["id"], accepted.body["run_id"], "Location is the run");
    let run = site.ended(text(&run, "id")).await;

    assert_eq!(text(&run, "status"), "completed", "{run}");
    site.assert_all_stored().await;
    let stored = u64::try_from(site.objects().len()).unwrap();
    assert_eq!(run["counts"]["downloaded"], stored, "{}", run["counts"]);
    assert!(run["duration_ms"].as_u64().is_some(), "{run}");
    let log = site.get(&format!("{location}/logs")).await;
    let lines: Vec<_> = log["lines"].as_array().unwrap().iter().collect();
    let says = |words: &str| {
        lines
            .iter()
            .any(|line| text(line, "message").contains(words))
    };
    assert!(says("Downloading assets for brand: Tea"), "{log}");
    assert!(says("=== Summary ==="), "{log}");
    let listed = site
        .get(&format!("/api/runs?brand_id={}&limit=5", site.brand))
        .await;
    assert_eq!(listed["runs"].as_array().unwrap().len(), 1, "{listed}");
    assert_eq!(listed["runs"][0]["counts"], run["counts"]);
    site.stop().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_run_now_twice_with_one_key_runs_once_and_keeps_its_time(db: PgPool) {
    let site = Site::start(db).await;
    site.insert_ads().await;
    let job = site.create_job("15 6 * * *").await;
    let path = format!("/api/jobs/{}", text(&job, "id"));
    let click = async || {
        answer(
            site.request(Method::POST, &format!("{path}/run"))
                .bearer_auth(&site.stack().api_token)
                .header("idempotency-key", "one-click"),
        )
        .await
    };

    let (first, second) = tokio::join!(click(), click());
    assert_eq!(
        (first.status, second.status),
        (202, 202),
        "{first:?} {second:?}"
    );
    assert_eq!(first.body["run_id"], second.body["run_id"], "one run");
    let run = site.ended(text(&first.body, "run_id")).await;
    let third = click().await;

    assert_eq!(text(&run, "status"), "completed", "{run}");
    assert_eq!(third.headers["location"], first.headers["location"]);
    assert_eq!(
        site.count("select count(*) from scheduled_job_runs").await,
        1
    );
    let after = site.get(&path).await;
    assert_eq!(
        after["next_run_at"], job["next_run_at"],
        "the schedule stays"
    );
    assert_eq!(after["status"], "active");
    site.stop().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn strangers_learn_nothing_and_mistakes_are_named(db: PgPool) {
    let site = Site::start(db).await;
    let body = |parameters: Value| {
        json!({"job_type": "asset_download", "brand_id": site.brand,
        "parameters": parameters})
    };

    for token in [None, Some("sundial_0000"), Some("")] {
        let request = site
            .request(Method::POST, "/api/runs")
            .json(&body(json!({})));
        let refused = answer(match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
        .await;
        assert_eq!(refused.status, 401, "{token:?}: {}", refused.body);
    }
    let mistakes = [
        (body(json!({"max_videos": 101})), "parameters.max_videos"),
        (body(json!({"max_vids": 1})), "parameters.max_vids"),
        (
            json!({"job_type": "asset_download", "brandid": site.brand}),
            "brandid",
        ),
        (
            json!({"job_type": "asset_upload", "brand_id": site.brand}),
            "job_type",
        ),
    ];
    for (body, field) in mistakes {
        let refused = site.post("/api/runs", body).await;
        assert_eq!(refused.status, 422, "{field}: {}", refused.body);
        assert_eq!(refused.headers["content-type"], "application/problem+json");
        assert_eq!(
            refused.body["errors"][0]["field"], field,
            "{}",
            refused.body
        );
    }

    assert_eq!(site.count("select count(*) from scheduled_jobs").await, 0);
    site.stop().await;
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_run_tells_what_its_invocation_cost(db: PgPool) {
    let site = Site::start(db).await;
    let mut logs = site.stack().host().logs();

    let run = site.run_now().await;
    let run = site.ended(&run).await;
    let figures = async {
        loop {
            let line = logs.recv().await.unwrap().text;
            match serde_json::from_str::<Value>(&line) {
                Ok(figures) if figures["RunDuration"].is_u64() => return figures,
                _ => {}
            }
        }
    };
    let figures = tokio::time::timeout(Duration::from_secs(30), figures);
    let figures = figures.await.unwrap();

    assert_eq!(text(&run, "status"), "completed", "{run}");
    let cost = figures["Cost"].as_f64().unwrap() * 1e9;
    let at_least = Duration::from_millis(figures["RunDuration"].as_u64().unwrap());
    let of = |took| invocation_nanodollars(Architecture::own(), 512, took);
    let bounds = [at_least, at_least + Duration::from_secs(30)].map(|took| of(took).to_string());
    let [least, most] = bounds.map(|text| text.parse::<f64>().unwrap());
    assert!(
        least - 0.5 < cost && cost < most,
        "the claim and the announcement count as well: {figures}"
    );
    assert_eq!(figures["VendorThrottles"], 0);
    site.stop().await;
}
