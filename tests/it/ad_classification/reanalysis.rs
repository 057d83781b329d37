//! `congruence_reanalysis` over what `ad_classification` has left.

use std::time::Duration;

use chrono::TimeDelta;
use congruence_reanalysis::{Clients, Settings, handle};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use shared::{
    config,
    domain::{JobId, JobType},
    runtime::{self, Event, Worker},
};
use sqlx::PgPool;
use sundial_local::gemini::{KEY, faults::Wrong};
use uuid::Uuid;

use super::{
    agency::{Agency, throttle},
    pages::{at_the_shop, shop},
};
use crate::{classification::pages_site::Site, meta_sync::office::worker, world::LedgerRow};

/// The job, over an agency whose videos were not compared with their pages.
struct Again {
    agency: Agency,
    clients: Clients,
    worker: Worker,
    _site: Site,
}

impl Again {
    /// So many videos that were classified while Gemini compared nothing.
    async fn over(pool: PgPool, videos: u32) -> Self {
        let site = shop().await;
        let agency = at_the_shop(pool, &site, json!({"scrape_missing_lp": true})).await;
        for ad in 1..=videos {
            let ad = ad.to_string();
            agency.ad_with(&ad, 30, "null", "true").await;
            agency.video(&ad, 1_000).await;
            agency.leads_to(&ad, &format!("{}/pillow", site.url)).await;
        }
        let again = Self {
            clients: Self::clients(&agency, 100),
            worker: worker(&agency.world, JobType::CongruenceReanalysis),
            agency,
            _site: site,
        };
        again.agency.says_of_the_page("solution_aware");
        again.refuse(Wrong::Block("SAFETY".to_owned()), 1_000);
        let run = again.agency.run().await;
        assert_eq!(run.metadata["new_count"], json!(videos), "{:?}", run.error);
        again.agency.gemini.forget_faults();
        again
    }

    fn clients(agency: &Agency, run_usd_max: i64) -> Clients {
        let settings = Settings {
            gemini: config::Gemini::at(agency.gemini.url().parse().unwrap(), KEY),
            classification: config::Classification {
                at_once: 4,
                run_usd_max: Decimal::new(run_usd_max, 2),
            },
        };
        let mut clients = Clients::open(settings).unwrap();
        clients.patience = Duration::ZERO;
        clients
    }

    fn refuse(&self, wrong: Wrong, times: u32) {
        self.agency
            .goes_wrong("What is known of both", times, wrong);
    }

    async fn run(&self, params: Value) -> LedgerRow {
        let job: Uuid = sqlx::query_scalar(
            "insert into scheduled_jobs (job_type, name, schedule_type, cron_expression, next_run_at, parameters)
             values ('congruence_reanalysis', 'Again', 'recurring', '0 6 * * *', '2026-11-21T06:00:00Z',
                     $1 || jsonb_build_object('batch_size', coalesce(($1 -> 'batch_size')::int, 50 + (select count(*) from scheduled_jobs))))
             returning id",
        )
        .bind(params)
        .fetch_one(&self.agency.world.pool)
        .await
        .unwrap();
        let run = self.agency.world.run_now(JobId(job)).await;
        for _ in 0..50 {
            let deadline = self.worker.clock.now() + TimeDelta::seconds(900);
            let event = Event::Run { run_id: run };
            let handler = async |run: &_| handle(&self.clients, run).await;
            runtime::deliver(&self.worker, event, deadline, &handler)
                .await
                .unwrap();
            let row = self.agency.world.ledger(JobId(job)).await.remove(0);
            if row.status != "pending" {
                return row;
            }
            self.agency.set_now(row.run_after);
        }
        panic!("the run does not end");
    }

    async fn compared(&self) -> String {
        let sql =
            "select count(*) filter (where congruence_components <> '[]') || ' of ' || count(*)
                     from ad_creative_classifications";
        self.agency.value(sql).await.unwrap()
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_not_compared_is_and_only_once(pool: PgPool) {
    let again = Again::over(pool, 3).await;
    let asked = again.agency.asked();

    let run = again.run(json!({})).await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["compared_count"], json!(3));
    assert_eq!(again.compared().await, "3 of 3");
    assert_eq!(again.agency.asked(), asked + 3);
    let kept = "select count(*) from ad_creative_classifications
                 where congruence_score is not null and landing_page_awareness_level is not null
                   and congruence_overall is not null";
    assert_eq!(again.agency.value(kept).await.as_deref(), Some("3"));
    let bill = "select count(*) from token_usage
                 where tool_name = 'congruence_reanalysis' and organization_id is not null and cost_usd > 0";
    assert_eq!(again.agency.value(bill).await.as_deref(), Some("3"));

    again.run(json!({})).await;
    assert_eq!(again.agency.asked(), asked + 3);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn no_more_questions_are_asked_than_allowed_nor_of_other_brands(pool: PgPool) {
    let again = Again::over(pool, 3).await;

    let run = again.run(json!({"brand_id": Uuid::new_v4()})).await;
    assert_eq!(run.metadata["asked_count"], json!(0));

    let run = again.run(json!({"max_gemini_calls": 1})).await;
    assert_eq!(run.metadata["asked_count"], json!(1));
    let run = again
        .run(json!({"batch_size": 1, "brand_id": again.agency.world.brand}))
        .await;
    assert_eq!(run.metadata["asked_count"], json!(1));

    assert_eq!(again.compared().await, "2 of 3");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_gemini_will_not_compare_is_unevaluated_and_left_alone(pool: PgPool) {
    let again = Again::over(pool, 1).await;
    again.refuse(Wrong::Block("SAFETY".to_owned()), 9);

    let run = again.run(json!({})).await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["unevaluated_count"], json!(1));
    let words = "select string_agg(distinct it ->> 'assessment', ',')
                   from ad_creative_classifications, jsonb_array_elements(congruence_components) as it";
    assert_eq!(
        again.agency.value(words).await.as_deref(),
        Some("unevaluated")
    );
    let asked = again.agency.asked();
    again.run(json!({})).await;
    assert_eq!(again.agency.asked(), asked);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_gemini_that_is_away_fails_the_run_and_nothing_is_written(pool: PgPool) {
    let again = Again::over(pool, 2).await;
    again.refuse(Wrong::Status(503), 99);

    let run = again.run(json!({})).await;

    assert_eq!(run.status, "failed");
    let error = run.error.unwrap();
    assert!(error.contains("none could be compared"), "{error}");
    assert_eq!(again.compared().await, "0 of 2");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_throttled_run_goes_on_where_it_was(pool: PgPool) {
    let again = Again::over(pool, 3).await;
    again.refuse(throttle(), 2);
    let asked = again.agency.asked();

    let run = again.run(json!({})).await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(run.metadata["compared_count"], json!(3));
    assert_eq!(again.agency.asked(), asked + 2 + 3);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organization_that_may_spend_no_more_is_told(pool: PgPool) {
    let mut again = Again::over(pool, 2).await;
    again.clients = Again::clients(&again.agency, 0);

    let run = again.run(json!({})).await;

    assert_eq!(run.status, "completed", "{:?}", run.error);
    assert_eq!(again.compared().await, "0 of 2");
    let sql = "select warnings[1] from scheduled_job_runs where warnings <> '{}' order by created_at desc limit 1";
    let warning = again.agency.value(sql).await.unwrap();
    assert!(warning.contains("may spend no more"), "{warning}");
}
