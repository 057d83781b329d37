//! What of the notifications reaches which channel, by the settings of the organization.

use chrono::TimeDelta;
use reconciler::courier::Channels;
use serde_json::{Value, json};
use shared::{
    config::{Email, Notify, Secret},
    domain::JobId,
};
use sqlx::PgPool;
use wiremock::{MockServer, ResponseTemplate};

use crate::{
    courier::{answering, ok, run, sweep_after, told, with_slack},
    world::World,
};

const FAILED: &str = "Tea: asset_download failed and will not be tried again";
const RECOVERED: &str = "Tea: asset_download works again";

/// A world whose reconciler sends e-mail, to the settings' recipient unless told otherwise.
async fn with_email(pool: PgPool, answer: ResponseTemplate) -> (World, MockServer) {
    let (mut world, server) = (World::new(pool).await, MockServer::start().await);
    answering(&server, answer).await;
    let notify = Notify {
        slack_webhook: None,
        email: Some(Email {
            url: server.uri().parse().expect("an address"),
            key: Secret::new("re_key"),
            from: "a@example.com".to_owned(),
            to: vec!["all@example.com".to_owned()],
        }),
    };
    let channels = Channels::open(&notify);
    world.reconciler = world.reconciler.clone().with_channels(channels);
    (world, server)
}

impl World {
    /// Sets columns of a channel of the job's organization, as in `is_on = false`.
    pub(crate) async fn set_channel(&self, job: JobId, channel: &str, columns: &str) {
        let whose = format!("(select organization_id from scheduled_jobs where id = '{job}')");
        self.set_channel_of(&whose, channel, columns).await;
    }

    async fn set_channel_of(&self, whose: &str, channel: &str, columns: &str) {
        let sql = format!(
            "insert into notification_channels (organization_id, channel, is_on, least_severity, kinds_left_out,
                    recipients, updated_at, updated_by)
             values ({whose}, '{channel}', true, 'info', '{{}}', '{{}}', now(), 'Ann')
             on conflict (organization_id, channel) do nothing;
             update notification_channels set {columns}
              where channel = '{channel}' and organization_id is not distinct from {whose}"
        );
        sqlx::raw_sql(&sql)
            .execute(&self.pool)
            .await
            .expect("settings");
    }

    /// A notification about nobody's rows.
    async fn platform_is_told(&self, kind: &str, severity: &str) {
        let sql = "insert into notifications (kind, severity, title, deliver_after) values ($1, $2, 'Told', $3)";
        sqlx::query(sql)
            .bind(kind)
            .bind(severity)
            .bind(self.clock.now())
            .execute(&self.pool)
            .await
            .expect("a notification");
    }

    /// A job of a brand of another organization.
    async fn job_of_others(&self) -> JobId {
        let job = self.job("0 9 * * *").await;
        let sql = format!(
            "with o as (insert into organizations (name) values ('Southwind') returning id),
                  b as (insert into brands (organization_id, name) select id, 'Tea' from o returning id, organization_id)
             update scheduled_jobs j set organization_id = b.organization_id, brand_id = b.id from b where j.id = '{job}'"
        );
        sqlx::raw_sql(&sql)
            .execute(&self.pool)
            .await
            .expect("another organization");
        job
    }

    async fn withheld(&self) -> Vec<String> {
        let sql = "select n.kind || ' ' || d.channel || ' ' || d.withheld_because
                     from notification_deliveries d join notifications n on n.id = d.notification_id
                    where d.withheld_at is not null order by n.created_at, 1";
        sqlx::query_scalar(sql)
            .fetch_all(&self.pool)
            .await
            .expect("deliveries")
    }
}

/// What of each message the server got.
async fn got(server: &MockServer, field: &str) -> Vec<Value> {
    let requests = server.received_requests().await.expect("requests");
    let bodies = requests.iter().map(|it| it.body_json().expect("JSON"));
    bodies
        .map(|body: Value| body.get(field).cloned().unwrap_or_default())
        .collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_channel_that_is_off_gets_nothing_and_nothing_later_of_that_time(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let job = world.job("0 6 * * *").await;
    world.set_channel(job, "slack", "is_on = false").await;
    run(&world, job, false).await;
    assert_eq!(sweep_after(&world, 1).await, 0);

    world.set_channel(job, "slack", "is_on = true").await;
    assert_eq!(sweep_after(&world, 1).await, 0, "it is no news by now");
    run(&world, job, true).await;

    assert_eq!(sweep_after(&world, 1).await, 1);
    assert_eq!(told(&slack).await, [RECOVERED]);
    assert_eq!(world.withheld().await, ["dead_letter slack off"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_waits_for_a_channel_that_is_turned_off_is_not_sent(pool: PgPool) {
    let (world, slack) = with_slack(pool, ResponseTemplate::new(500)).await;
    let job = world.job("0 6 * * *").await;
    run(&world, job, false).await;
    sweep_after(&world, 1).await;
    assert_eq!(told(&slack).await, [FAILED]);
    answering(&slack, ok()).await;

    world.set_channel(job, "slack", "is_on = false").await;

    assert_eq!(sweep_after(&world, 10).await, 0);
    assert!(told(&slack).await.is_empty());
    assert_eq!(world.withheld().await, ["dead_letter slack off"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_channel_gets_what_is_severe_enough(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let job = world.job("0 6 * * *").await;
    for (least, sent) in [("error", 1), ("warning", 1), ("info", 2)] {
        let least = format!("least_severity = '{least}'");
        world.set_channel(job, "slack", &least).await;
        let mut delivered = 0;
        for ends_well in [false, true] {
            run(&world, job, ends_well).await;
            delivered += sweep_after(&world, 61).await;
        }
        assert_eq!(delivered, sent, "{least}");
    }
    let withheld = "recovered slack severity";
    assert_eq!(world.withheld().await, [withheld, withheld]);
    assert_eq!(told(&slack).await, [FAILED, FAILED, FAILED, RECOVERED]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_warning_is_between_an_error_and_an_information(pool: PgPool) {
    let (world, _slack) = with_slack(pool, ok()).await;
    for (least, sent) in [("error", 0), ("warning", 1), ("info", 1)] {
        let least = format!("least_severity = '{least}'");
        world.set_channel_of("null", "slack", &least).await;
        world.platform_is_told("dead_letter", "warning").await;
        assert_eq!(sweep_after(&world, 1).await, sent, "{least}");
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_kind_that_is_left_out_is_not_sent_on_that_channel(pool: PgPool) {
    let (world, slack) = with_slack(pool, ok()).await;
    let job = world.job("0 6 * * *").await;
    let left_out = "kinds_left_out = '{dead_letter,expiring}'";
    world.set_channel(job, "slack", left_out).await;
    let of_email = "kinds_left_out = '{recovered}'";
    world.set_channel(job, "email", of_email).await;
    run(&world, job, false).await;
    sweep_after(&world, 1).await;
    run(&world, job, true).await;
    sweep_after(&world, 1).await;

    assert_eq!(told(&slack).await, [RECOVERED]);
    assert_eq!(world.withheld().await, ["dead_letter slack kind"]);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_organization_decides_about_its_own_notifications_alone(pool: PgPool) {
    let (world, email) = with_email(pool, ok()).await;
    let own = world.job("0 6 * * *").await;
    let theirs = world.job_of_others().await;
    let recipients = "recipients = '{own@example.com,ann@example.com}'";
    world.set_channel(own, "email", recipients).await;
    world.set_channel(theirs, "email", "is_on = false").await;

    for job in [own, theirs] {
        run(&world, job, false).await;
    }
    world.platform_is_told("dead_letter", "error").await;
    assert_eq!(sweep_after(&world, 1).await, 2);
    let nobody = "null::uuid";
    world.set_channel_of(nobody, "email", "is_on = false").await;
    for job in [own, theirs] {
        run(&world, job, true).await;
    }
    world.platform_is_told("recovered", "error").await;
    assert_eq!(sweep_after(&world, 1).await, 1);

    let (ours, all) = (
        json!(["own@example.com", "ann@example.com"]),
        json!(["all@example.com"]),
    );
    let mut sent = got(&email, "to").await;
    sent.sort_by_key(Value::to_string);
    assert_eq!(sent, [all, ours.clone(), ours]);
    let mut withheld = world.withheld().await;
    withheld.sort();
    let off = [
        "dead_letter email off",
        "recovered email off",
        "recovered email off",
    ];
    assert_eq!(withheld, off);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn other_recipients_are_another_message_to_resend(pool: PgPool) {
    let (world, email) = with_email(pool, ResponseTemplate::new(500)).await;
    let job = world.job("0 6 * * *").await;
    run(&world, job, false).await;
    for recipients in [
        "{}",
        "{a@example.com}",
        "{a@example.com}",
        "{b@example.com}",
    ] {
        let recipients = format!("recipients = '{recipients}'");
        world.set_channel(job, "email", &recipients).await;
        sweep_after(&world, 10).await;
    }

    let requests = email.received_requests().await.expect("requests");
    let keys = requests.iter().map(|it| it.headers.get("idempotency-key"));
    let keys: Vec<_> = keys.map(|key| key.expect("a key")).collect();
    assert_eq!(keys.len(), 4);
    assert_eq!(keys[1], keys[2], "the same message has the same key");
    assert!(keys[0] != keys[1] && keys[2] != keys[3], "{keys:?}");
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn recipients_that_an_organization_chose_fail_no_sweep(pool: PgPool) {
    let (world, _email) = with_email(pool, ResponseTemplate::new(422)).await;
    let job = world.job("0 6 * * *").await;
    world
        .set_channel(job, "email", "recipients = '{a@example.com}'")
        .await;
    run(&world, job, false).await;

    world.sweep().await.expect("nothing that concerns all");

    let given_up = "select count(*) from notification_deliveries where given_up_at is not null";
    assert_eq!(world.number(given_up).await, 1);
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_message_that_arrived_while_it_was_forbidden_counts_as_sent(pool: PgPool) {
    let slow = ok().set_delay(std::time::Duration::from_millis(300));
    let (world, slack) = with_slack(pool, slow).await;
    let job = world.job("0 6 * * *").await;
    run(&world, job, false).await;
    world.clock.advance(TimeDelta::minutes(1));
    let forbid = async {
        while told(&slack).await.is_empty() {
            tokio::task::yield_now().await;
        }
        let withheld = "update notification_deliveries
                           set next_attempt_at = null, withheld_at = now(), withheld_because = 'off'";
        sqlx::raw_sql(withheld).execute(&world.pool).await
    };

    let (report, forbidden) = tokio::join!(world.sweep(), forbid);

    forbidden.expect("a change");
    assert_eq!(report.expect("a sweep").delivered, 1);
    assert!(world.withheld().await.is_empty());
    let sent = "select count(*) from notification_deliveries where delivered_at is not null";
    assert_eq!(world.number(sent).await, 1);
}
