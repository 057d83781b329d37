//! A run as a trace at a collector.

use serde_json::json;
use shared::{
    domain::{JobError, Outcome},
    runtime::Event,
    telemetry::traces::Traces,
};
use sqlx::PgPool;
use tracing_subscriber::{layer::SubscriberExt, util::SubscriberInitExt};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path},
};

use crate::world::{World, at};

/// Whether a message in protobuf has `part`: it keeps texts and ids as they are.
fn has(message: &[u8], part: impl AsRef<[u8]>) -> bool {
    let part = part.as_ref();
    message.windows(part.len()).any(|window| window == part)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_segments_of_a_run_are_one_trace_without_secrets(pool: PgPool) {
    let collector = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v1/traces"))
        .and(header("api-key", "of the team"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&collector)
        .await;
    let headers = [("api-key".to_owned(), "of the team".to_owned())].into();
    let traces = Traces::open("asset_download", &collector.uri(), headers).unwrap();
    let listening = tracing_subscriber::registry()
        .with(traces.layer())
        .set_default();
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    let begun = world
        .deliver_to(world.tick(job), async |_| {
            Ok(Outcome::Continue { cursor: json!(2) })
        })
        .await;
    traces.flush().await;
    let run_id = begun.run_id.unwrap();
    let reason = "refused: ?access_token=EXAMPLE123".to_owned();
    world
        .deliver_to(Event::Run { run_id }, async |_| {
            Err(JobError::GiveUp {
                reason: reason.clone(),
            })
        })
        .await;
    traces.flush().await;
    traces.flush().await;
    drop(listening);

    let sent = collector.received_requests().await.unwrap();
    let [first, second] = sent.as_slice() else {
        panic!("one message for each invocation that has something to tell: {sent:?}");
    };
    for message in [&first.body, &second.body] {
        assert!(has(message, run_id.0.as_bytes()), "the trace is the run");
        for part in ["asset_download", "run", "handle", "settle", "announce"] {
            assert!(has(message, part), "{part}");
        }
    }
    assert!(!has(&first.body, "error.message"));
    assert!(has(&second.body, "refused: ?access_token=***"));
    assert!(!has(&second.body, "EXAMPLE123"));
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_collector_that_is_away_stops_no_run(pool: PgPool) {
    let collector = MockServer::start().await;
    let address = collector.uri();
    drop(collector);
    let traces = Traces::open("asset_download", &address, [].into()).unwrap();
    let _listening = tracing_subscriber::registry()
        .with(traces.layer())
        .set_default();
    let world = World::new(pool).await;
    let job = world.daily_job().await;
    world.clock.set(at("2026-11-20T06:00:00Z"));

    world.deliver(world.tick(job)).await;
    traces.flush().await;

    assert_eq!(world.verdicts(job).await, ["06:00 #1 completed"]);
}
