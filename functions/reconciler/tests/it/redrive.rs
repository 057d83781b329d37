//! Events that were given up, and sent again.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "the queue is a helper, which clippy does not count as a test"
)]

use std::sync::{Arc, Mutex};

use aws_config::{BehaviorVersion, Region, retry::RetryConfig};
use reconciler::cli::{self, CliError, Redrive, RedriveArgs};
use serde_json::{Value, json};
use shared::{
    clients::{
        bus::{Bus, BusEvent, Recorder},
        undelivered::Undelivered,
    },
    domain::{JobId, RunId},
    store::Database,
};
use sqlx::PgPool;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::method};

use crate::world::World;

const QUEUE: &str = "http://sqs/1/sundial-asset_download-dead-letters";

/// A queue in memory, behind the real SDK. It hands out each message once.
#[derive(Clone, Default)]
struct Queue(Arc<Mutex<Vec<Message>>>);

#[derive(Clone, PartialEq)]
enum State {
    New,
    Seen,
    Deleted,
}

#[derive(Clone)]
struct Message {
    body: Value,
    rule_arn: Option<&'static str>,
    state: State,
}

impl Queue {
    fn of(messages: Vec<(Value, Option<&'static str>)>) -> Self {
        let messages = messages.into_iter().map(|(body, rule_arn)| Message {
            body,
            rule_arn,
            state: State::New,
        });
        Self(Arc::new(Mutex::new(messages.collect())))
    }

    /// How many messages are still there.
    fn left(&self) -> usize {
        let messages = self.0.lock().expect("the queue");
        messages
            .iter()
            .filter(|it| it.state != State::Deleted)
            .count()
    }
}

impl Respond for Queue {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut messages = self.0.lock().expect("the queue");
        let asked: Value = request.body_json().expect("JSON");
        let target = request.headers["x-amz-target"].to_str().expect("a target");
        let answer = match target {
            "AmazonSQS.ListQueues" => {
                assert_eq!(asked["QueueNamePrefix"], "sundial-");
                json!({"QueueUrls": [QUEUE, "http://sqs/1/sundial-of-somebody-else"]})
            }
            "AmazonSQS.ReceiveMessage" => {
                assert_eq!(asked["QueueUrl"], QUEUE);
                let new = messages.iter_mut().enumerate();
                let new = new.filter(|(_, it)| it.state == State::New).take(10);
                let found: Vec<_> = new
                    .map(|(number, message)| {
                        message.state = State::Seen;
                        let rule = message.rule_arn.map(
                            |arn| json!({"RULE_ARN": {"DataType": "String", "StringValue": arn}}),
                        );
                        json!({
                            "MessageId": number.to_string(), "ReceiptHandle": number.to_string(),
                            "Body": message.body.to_string(), "MessageAttributes": rule,
                        })
                    })
                    .collect();
                json!({ "Messages": found })
            }
            "AmazonSQS.DeleteMessage" => {
                let number = asked["ReceiptHandle"].as_str().expect("a receipt");
                let number: usize = number.parse().expect("a number");
                messages[number].state = State::Deleted;
                json!({})
            }
            other => panic!("{other}"),
        };
        ResponseTemplate::new(200).set_body_raw(answer.to_string(), "application/x-amz-json-1.0")
    }
}

/// What Lambda keeps of an invocation that failed.
fn invocation(payload: Value) -> (Value, Option<&'static str>) {
    let body =
        json!({"requestContext": {"condition": "RetriesExhausted"}, "requestPayload": payload});
    (body, None)
}

/// What EventBridge keeps of an event.
fn event(detail_type: &str, detail: Value, rule: &'static str) -> (Value, Option<&'static str>) {
    let body = json!({
        "detail-type": detail_type, "detail": detail, "time": "2026-11-20T05:00:00Z",
    });
    (body, Some(rule))
}

async fn run(
    world: &World,
    queue: &Queue,
    dry_run: bool,
) -> (Value, Arc<Recorder>, Result<(), CliError>) {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(queue.clone())
        .mount(&server)
        .await;
    let aws = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(server.uri())
        .retry_config(RetryConfig::disabled())
        .test_credentials()
        .load()
        .await;
    let (bus, recorder) = Bus::recorder();
    let it = Redrive {
        db: Database::from_pool(world.pool.clone()),
        bus,
        queues: Undelivered::new(&aws),
        prefix: "sundial".to_owned(),
        clock: world.clock.clone(),
    };
    let args = RedriveArgs {
        dry_run,
        json: true,
    };
    let mut out = Vec::new();
    let ending = cli::redrive(&it, &args, &mut out).await;
    let told = serde_json::from_slice(&out).expect("JSON");
    (told, recorder, ending)
}

/// The function's queue with all that can lie in it, and the run that still waits.
async fn queue(world: &World) -> (Queue, RunId, JobId) {
    let job = world.job("0 6 * * *").await;
    let waits = world.pending_run(job).await;
    let at_work = world.running(world.job("0 7 * * *").await).await;
    let queue = Queue::of(vec![
        invocation(json!({"kind": "run", "run_id": waits})),
        event(
            "RunRequested",
            json!({"run_id": at_work}),
            "arn:rule/sundial/run",
        ),
        invocation(json!({"kind": "run", "run_id": RunId::new()})),
        invocation(json!({"kind": "tick", "job_id": job, "time": "2026-11-20T05:00:00Z"})),
        event(
            "Scheduled Event",
            json!({}),
            "arn:aws:events:rule/sundial-asset_download-0123",
        ),
        event(
            "ScheduleChanged",
            json!({"job_id": job}),
            "arn:rule/sundial/changed",
        ),
        invocation(json!({"kind": "sweep"})),
        // Scheduler keeps the input and nothing around it.
        (
            json!({"kind": "tick", "job_id": job, "time": "2026-11-20T05:00:00Z"}),
            None,
        ),
    ]);
    (queue, waits, job)
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_still_has_something_to_do_is_sent_again_and_the_queue_is_empty(pool: PgPool) {
    let world = World::new(pool).await;
    let (queue, waits, job) = queue(&world).await;

    let (told, bus, ending) = run(&world, &queue, false).await;

    ending.expect("redriven");
    let outcomes: Vec<_> = told["events"]
        .as_array()
        .expect("events")
        .iter()
        .map(|it| it["outcome"].as_str().expect("an outcome"))
        .collect();
    let ledger = "accounted for by the ledger";
    assert_eq!(
        outcomes,
        [
            "sent again",
            "over: its run has started or ended since",
            "gone: its run was deleted",
            ledger,
            ledger,
            "sent again",
            ledger,
            ledger
        ]
    );
    assert_eq!(
        told["events"][0]["queue"],
        "sundial-asset_download-dead-letters"
    );
    let tick = "a tick of rule sundial-asset_download-0123 at 2026-11-20T05:00:00Z";
    assert_eq!(told["events"][4]["event"], tick);
    assert_eq!(
        bus.take(),
        [
            BusEvent::RunRequested {
                run_id: waits,
                job_id: job,
                job_type: "asset_download".to_owned()
            },
            BusEvent::ScheduleChanged { job_id: job },
        ]
    );
    assert_eq!(queue.left(), 0);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_dry_run_sends_nothing_and_deletes_nothing(pool: PgPool) {
    let world = World::new(pool).await;
    let (queue, ..) = queue(&world).await;

    let (told, bus, ending) = run(&world, &queue, true).await;

    ending.expect("told");
    assert_eq!(told["events"].as_array().map(Vec::len), Some(8));
    assert_eq!(bus.take(), []);
    assert_eq!(queue.left(), 8);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_known_stays_and_is_an_error(pool: PgPool) {
    let world = World::new(pool).await;
    let queue = Queue::of(vec![
        (json!("rubbish"), None),
        invocation(json!({"kind": "run", "run_id": "no-id"})),
        invocation(json!({"kind": "sweep"})),
    ]);

    let (_, _, ending) = run(&world, &queue, false).await;

    let complaint = ending.expect_err("a complaint").to_string();
    assert_eq!(complaint, "2 events are not known and stay in their queue");
    assert_eq!(queue.left(), 2);
}
