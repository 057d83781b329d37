//! Files at Google: large media, and what a killed function leaves there.

use chrono::TimeDelta;
use serde_json::json;
use shared::domain::{JobError, JobType};
use sqlx::PgPool;
use sundial_local::gemini::{
    Processing,
    faults::{Fault, On, Wrong},
};

use super::agency::Agency;
use crate::meta_sync::office::job;

async fn with_video(pool: PgPool, bytes: usize) -> Agency {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad_with("1", 10, "null", "true").await;
    agency.video("1", bytes).await;
    agency
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_large_video_goes_up_in_pieces_and_is_waited_for(pool: PgPool) {
    let agency = with_video(pool, 20 << 20).await;
    agency.gemini.set_processing(Some(Processing {
        looks: 3,
        fails: false,
    }));

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    let pieces: Vec<u64> = agency
        .gemini
        .seen()
        .iter()
        .flat_map(|seen| seen.parts.iter().filter(|part| part.kind == "piece"))
        .map(|part| part.bytes)
        .collect();
    assert_eq!(pieces, [8 << 20, 8 << 20, 4 << 20]);
    assert_eq!(agency.gemini.files(), []);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_video_that_google_cannot_read_leaves_no_file(pool: PgPool) {
    let agency = with_video(pool, 1_000).await;
    agency.gemini.set_processing(Some(Processing {
        looks: 1,
        fails: true,
    }));

    let run = agency.run().await;

    let left_out = agency.unit(&run, "1").await;
    assert!(
        left_out.starts_with("skipped video_classification_failed file_failed"),
        "{left_out}"
    );
    assert_eq!(agency.gemini.files(), []);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn large_pictures_go_as_files(pool: PgPool) {
    let agency = Agency::new(pool, json!({})).await;
    agency.ad("1", 10).await;
    agency.image("1", 0).await;
    agency.large_image("1", 9 << 20).await;

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    let seen = agency.gemini.seen();
    let question = seen.iter().find(|seen| !seen.model.is_empty()).unwrap();
    let kinds: Vec<_> = question.parts.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, ["file", "file", "text"]);
    assert_eq!(agency.gemini.files(), []);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_file_that_a_killed_function_left_is_gone_after_the_next_run(pool: PgPool) {
    let mut agency = with_video(pool, 1_000).await;
    // The invocation is dropped while it waits for the answer.
    agency
        .gemini
        .order(Fault {
            delay_ms: 60_000,
            wrong: None,
            ..Fault::next(Wrong::Truncated)
        })
        .unwrap();
    let run = agency.world.run_now(agency.job).await;
    let killed = agency.deliver_to(run.0, async |run| {
        tokio::select! {
            ended = ad_classification::handle(&agency.clients, run) => ended,
            () = async {
                while agency.asked() == 0 {
                    tokio::task::yield_now().await;
                }
            } => Err(JobError::LeaseLost),
        }
    });
    killed.await;
    assert_eq!(agency.gemini.files().len(), 1);
    agency.gemini.forget_faults();
    for sql in [
        "delete from ad_classification_units",
        "delete from meta_ads_performance",
    ] {
        sqlx::query(sql).execute(&agency.world.pool).await.unwrap();
    }
    agency.set_now(agency.world.clock.now() + TimeDelta::minutes(30));

    let params = json!({"days_back": 29});
    agency.job = job(&agency.world, JobType::AdClassification, &params).await;
    agency.run().await;

    assert_eq!(agency.gemini.files(), []);
    let noted = "select count(*) from remote_files where deleted_at is null";
    assert_eq!(agency.value(noted).await.as_deref(), Some("0"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_file_that_cannot_be_deleted_is_by_a_later_run(pool: PgPool) {
    let agency = with_video(pool, 1_000).await;
    agency
        .gemini
        .order(Fault {
            on: On::Files,
            contains: "DELETE".into(),
            times: 1,
            ..Fault::next(Wrong::Status(500))
        })
        .unwrap();

    let run = agency.run().await;
    assert_eq!(agency.unit(&run, "1").await, "classified");
    assert_eq!(agency.gemini.files().len(), 1);
    agency.set_now(agency.world.clock.now() + TimeDelta::minutes(30));
    agency.run().await;

    assert_eq!(agency.gemini.files(), []);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_hiccup_while_a_file_is_looked_at_or_sent_loses_no_video(pool: PgPool) {
    let agency = with_video(pool, 1_000).await;
    agency.gemini.set_processing(Some(Processing {
        looks: 3,
        fails: false,
    }));
    for (on, contains) in [(On::Files, "GET"), (On::Upload, "start")] {
        agency
            .gemini
            .order(Fault {
                on,
                contains: contains.into(),
                ..Fault::next(Wrong::Status(503))
            })
            .unwrap();
    }

    let run = agency.run().await;

    assert_eq!(agency.unit(&run, "1").await, "classified");
    assert_eq!(run.segment, 1, "nor is it put off");
    assert_eq!(agency.gemini.files(), []);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_file_that_is_processed_until_time_runs_short_is_gone_on_with(pool: PgPool) {
    let agency = with_video(pool, 1_000).await;
    agency.gemini.set_processing(Some(Processing {
        looks: 1_000_000,
        fails: false,
    }));
    let run = agency.world.run_now(agency.job).await;

    let (first, ()) = futures_util::join!(agency.deliver(run.0), async {
        while !agency
            .gemini
            .seen()
            .iter()
            .any(|seen| seen.line.starts_with("GET"))
        {
            tokio::task::yield_now().await;
        }
        agency.set_now(agency.world.clock.now() + TimeDelta::seconds(800));
    });
    agency.gemini.set_processing(None);
    let ended = agency.finish(run.0).await;

    assert_eq!(first.status, "pending", "{:?}", first.error);
    assert_eq!(agency.unit(&ended, "1").await, "classified");
}
