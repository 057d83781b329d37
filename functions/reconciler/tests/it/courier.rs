//! Notifications from a run's ending to people's channels.

use chrono::TimeDelta;
use reconciler::courier::Channels;
use shared::{
    clients::bus::Bus,
    config::{Email, Notify, Secret},
    domain::{AssetDownloadParams, JobError, JobId, JobType, Outcome, Report},
    runtime::{Event, Run, Worker, deliver},
    store::Database,
};
use sqlx::PgPool;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::world::World;

const NOTIFICATIONS: &str = "select count(*) from notifications";

/// A world whose reconciler tells a Slack that answers with `answer`.
pub(crate) async fn with_slack(pool: PgPool, answer: ResponseTemplate) -> (World, MockServer) {
    let (mut world, server) = (World::new(pool).await, MockServer::start().await);
    answering(&server, answer).await;
    world.reconciler = world.reconciler.clone().with_channels(channels(&server));
    (world, server)
}

pub(crate) fn channels(slack: &MockServer) -> Channels {
    let notify = Notify {
        slack_webhook: Some(Secret::new(format!("{}/services/T0/B0/X", slack.uri()))),
        email: None,
    };
    Channels::open(&notify)
}

/// Replaces what the server answers.
pub(crate) async fn answering(server: &MockServer, answer: ResponseTemplate) {
    server.reset().await;
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(server)
        .await;
}

pub(crate) fn ok() -> ResponseTemplate {
    ResponseTemplate::new(200)
}

/// Headlines that the server was told since the last look at a new answer.
pub(crate) async fn told(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.expect("requests");
    let headline = |request: &wiremock::Request| {
        let body: serde_json::Value = request.body_json().expect("JSON");
        let text = body.get("text").or_else(|| body.get("subject"));
        text.and_then(|it| it.as_str()).expect("text").to_owned()
    };
    requests.iter().map(headline).collect()
}

const FAILED: &str = "Tea: asset_download failed and will not be tried again";
const RECOVERED: &str = "Tea: asset_download works again";

/// Runs a job once, to the given end.
pub(crate) async fn run(world: &World, job: JobId, ends_well: bool) {
    let run_id = world.pending_run(job).await;
    let worker = Worker {
        job_type: JobType::AssetDownload,
        db: Database::from_pool(world.pool.clone()),
        bus: Bus::recorder().0,
        clock: world.clock.clone(),
    };
    let handler = async |_: &Run<AssetDownloadParams>| match ends_well {
        true => Ok(Outcome::Done(Report::default())),
        false => Err(JobError::give_up("no such brand")),
    };
    let deadline = world.clock.now() + TimeDelta::minutes(5);
    deliver(&worker, Event::Run { run_id }, deadline, &handler)
        .await
        .expect("a delivery");
}

pub(crate) async fn sweep_after(world: &World, minutes: i64) -> usize {
    world.clock.advance(TimeDelta::minutes(minutes));
    world.sweep().await.expect("a sweep").delivered
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_job_that_keeps_failing_is_told_once_and_counted(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let job = world.job("0 6 * * *").await;
    run(&world, job, false).await;
    assert_eq!(sweep_after(&world, 1).await, 1);

    for _ in 0..2 {
        run(&world, job, false).await;
        assert_eq!(sweep_after(&world, 61).await, 0);
    }

    assert_eq!(told(&slack).await, [FAILED]);
    assert_eq!(world.number(NOTIFICATIONS).await, 1);
    let counted = "select occurrences::bigint from notifications";
    assert_eq!(world.number(counted).await, 3);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_recovery_is_told_once_and_other_successes_are_not(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let (job, healthy) = (world.job("0 6 * * *").await, world.job("0 7 * * *").await);
    run(&world, healthy, true).await;
    run(&world, job, false).await;
    sweep_after(&world, 1).await;

    run(&world, job, true).await;
    run(&world, job, true).await;
    sweep_after(&world, 1).await;

    assert_eq!(told(&slack).await, [FAILED, RECOVERED]);
    let told_of = "select count(*) from notifications where recovered_at is not null or body like 'It had failed once since %'";
    assert_eq!(world.number(told_of).await, 2, "what ended and that it did");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_second_failure_within_the_hour_is_told_when_it_still_stands_then(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let job = world.job("0 6 * * *").await;
    run(&world, job, false).await;
    run(&world, job, true).await;
    sweep_after(&world, 1).await;
    run(&world, job, false).await;

    assert_eq!(sweep_after(&world, 1).await, 0, "an hour has not passed");
    assert_eq!(sweep_after(&world, 58).await, 1);

    assert_eq!(told(&slack).await, [FAILED, RECOVERED, FAILED]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_second_failure_that_is_over_within_the_hour_is_not_told(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let job = world.job("0 6 * * *").await;
    for ends_well in [false, true, false, true] {
        run(&world, job, ends_well).await;
        sweep_after(&world, 1).await;
    }

    sweep_after(&world, 120).await;
    assert_eq!(told(&slack).await, [FAILED, RECOVERED]);

    run(&world, job, false).await;
    assert_eq!(sweep_after(&world, 1).await, 1, "an hour has passed");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_sweep_killed_between_sending_and_noting_sends_again(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    run(&world, world.job("0 6 * * *").await, false).await;
    let constraint = "add constraint killed check (delivered_at is null)";
    alter(&world, constraint).await;

    let line = world.sweep().await.expect_err("no note").to_string();
    assert!(line.starts_with("noting a delivery: "), "{line}");
    alter(&world, "drop constraint killed").await;
    assert_eq!(sweep_after(&world, 4).await, 0, "it may still be at work");
    assert_eq!(sweep_after(&world, 1).await, 1);

    assert_eq!(told(&slack).await, [FAILED, FAILED]);
    let attempts = "select attempts::bigint from notification_deliveries";
    assert_eq!(world.number(attempts).await, 2, "the killed one counts");
    assert_eq!(sweep_after(&world, 60).await, 0);
}

async fn alter(world: &World, how: &str) {
    sqlx::query(&format!("alter table notification_deliveries {how}"))
        .execute(&world.pool)
        .await
        .expect("an alteration");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_channel_down_for_hours_is_told_later_and_stops_no_other(pool: PgPool) {
    let (mut world, slack) = with_slack(pool, ResponseTemplate::new(500)).await;
    let resend = MockServer::start().await;
    answering(&resend, ok()).await;
    let notify = Notify {
        slack_webhook: Some(Secret::new(format!("{}/services/x", slack.uri()))),
        email: Some(Email {
            url: resend.uri().parse().expect("an address"),
            key: Secret::new("re_key"),
            from: "a@example.com".to_owned(),
            to: vec!["b@example.com".to_owned()],
        }),
    };
    let channels = Channels::open(&notify);
    world.reconciler = world.reconciler.clone().with_channels(channels);
    let (job, other) = (world.job("0 6 * * *").await, world.job("0 7 * * *").await);
    run(&world, job, false).await;
    run(&world, other, false).await;

    assert_eq!(sweep_after(&world, 1).await, 2, "both by e-mail");
    for _ in 0..30 {
        assert_eq!(sweep_after(&world, 6).await, 0, "and no sweep fails");
    }
    let tried = told(&slack).await.len();
    assert!(
        (10..=20).contains(&tried),
        "{tried} attempts in three hours"
    );

    answering(&slack, ok()).await;
    let mut delivered = 0;
    for _ in 0..11 {
        delivered += sweep_after(&world, 6).await;
    }
    assert_eq!((delivered, told(&slack).await.len()), (2, 2));
    assert_eq!(told(&resend).await.len(), 2);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_refused_message_is_given_up_at_once_and_the_next_one_goes_out(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    slack.reset().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(400).set_body_string("invalid_payload"))
        .up_to_n_times(1)
        .mount(&slack)
        .await;
    Mock::given(method("POST"))
        .respond_with(ok())
        .mount(&slack)
        .await;
    run(&world, world.job("0 6 * * *").await, false).await;
    run(&world, world.job("0 7 * * *").await, false).await;

    let line = world.sweep().await.expect_err("visible").to_string();

    assert!(line.contains("giving up telling slack"), "{line}");
    assert!(line.contains("invalid_payload"), "{line}");
    let delivered = "select count(*) from notification_deliveries where delivered_at is not null";
    assert_eq!(world.number(delivered).await, 1, "in the same sweep");
    world.clock.advance(TimeDelta::minutes(1));
    world.sweep().await.expect("told once that it was given up");
    let given_up = "select count(*) from notification_deliveries where given_up_at is not null
                       and last_error like '%invalid_payload%'";
    assert_eq!(world.number(given_up).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_channel_that_stays_down_is_given_up_visibly(pool: PgPool) {
    let (world, _slack) = with_slack(pool, ResponseTemplate::new(404)).await;
    let job = world.job("0 6 * * *").await;
    run(&world, job, false).await;
    world
        .edit(job, "set status = 'archived', next_run_at = null")
        .await;

    let mut failures = vec![];
    for _ in 0..30 {
        world.clock.advance(TimeDelta::minutes(61));
        failures.extend(world.sweep().await.err().map(|it| it.to_string()));
    }

    assert_eq!(failures.len(), 1, "{failures:?}");
    assert!(
        failures.concat().contains("Slack answered 404"),
        "{failures:?}"
    );
    let attempts = "select attempts::bigint from notification_deliveries
                     where given_up_at is not null";
    assert_eq!(world.number(attempts).await, 24);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_limit_is_respected(pool: PgPool) {
    let limit = ResponseTemplate::new(429).append_header("Retry-After", "600");
    let (world, slack) = with_slack(pool, limit).await;
    run(&world, world.job("0 6 * * *").await, false).await;
    sweep_after(&world, 1).await;
    answering(&slack, ok()).await;

    assert_eq!(sweep_after(&world, 9).await, 0);
    assert_eq!(sweep_after(&world, 1).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_a_channel_notifications_stay_rows_and_old_ones_are_no_news(pool: PgPool) {
    let mut world = World::new(pool).await;
    let (old, new) = (world.job("0 6 * * *").await, world.job("0 7 * * *").await);
    run(&world, old, false).await;
    sweep_after(&world, 24 * 60).await;
    run(&world, new, false).await;
    assert_eq!(sweep_after(&world, 1).await, 0);
    let deliveries = "select count(*) from notification_deliveries";
    assert_eq!(world.number(deliveries).await, 0);
    assert_eq!(world.number(NOTIFICATIONS).await, 2);

    let slack = MockServer::start().await;
    answering(&slack, ok()).await;
    world.reconciler = world.reconciler.clone().with_channels(channels(&slack));

    assert_eq!(sweep_after(&world, 1).await, 1, "the new one only");
}
