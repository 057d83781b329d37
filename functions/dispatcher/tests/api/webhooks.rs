//! Rows that others write, told by their database.

use aws_lc_rs::hmac;
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::config::WebhookKeys;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, WEBHOOK_SECRETS, World};

const PATH: &str = "/api/webhooks/scheduled-jobs";

/// A message and its headers.
#[derive(Clone)]
struct Message {
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Message {
    /// One that is signed with a secret.
    fn signed(world: &World, secret: &str, body: &Value) -> anyhow::Result<Self> {
        let (id, sent_at, body) = ("msg_1", world.now().timestamp(), body.to_string());
        let key = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_"))?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let tag = hmac::sign(&key, format!("{id}.{sent_at}.{body}").as_bytes());
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", sent_at.to_string()),
            (
                "webhook-signature",
                format!("v1,{}", BASE64_STANDARD.encode(tag)),
            ),
        ];
        Ok(Self { headers, body })
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.into()));
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self
    }

    fn header(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    async fn sent(&self, world: &World) -> anyhow::Result<Answer> {
        let mut request = Request::post(PATH);
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        world
            .send(request.body(Body::from(self.body.clone()))?)
            .await
    }
}

fn secrets() -> Vec<&'static str> {
    WEBHOOK_SECRETS.split(' ').collect()
}

/// As Supabase tells of a row.
fn inserted(job: Uuid) -> Value {
    json!({
        "type": "INSERT", "schema": "public", "table": "scheduled_jobs", "old_record": null,
        "record": { "id": job, "name": "Fetch", "parameters": { "max_videos": 1 } },
    })
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_row_that_a_database_tells_of_wakes_the_reconciler_however_often(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let job = Uuid::new_v4();
    let gone = json!({ "type": "DELETE", "record": null, "old_record": { "id": job } });
    for secret in secrets() {
        for body in [&inserted(job), &json!({ "record": { "id": job } }), &gone] {
            let message = Message::signed(&world, secret, body)?;
            for _ in 0..2 {
                let answer = message.sent(&world).await?;
                assert_eq!(answer.status, StatusCode::ACCEPTED, "{answer:?}");
                assert_eq!(answer.body, json!({ "job_id": job }));
            }
        }
    }

    assert_eq!(world.schedules_changed(), vec![job; 12]);
    Ok(())
}

/// **Source:** Standard Webhooks, the example of "Signature scheme".
#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_example_of_the_standard_is_signed_well(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let ago = world.now() - chrono::DateTime::from_timestamp(1_614_265_330, 0).unwrap_or_default();
    world.pass(-ago);
    let message = Message {
        headers: vec![
            ("content-type", "application/json".to_owned()),
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned()),
            ("webhook-timestamp", "1614265330".to_owned()),
            (
                "webhook-signature",
                "v1a,nothing v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,bm90aGluZw=="
                    .to_owned(),
            ),
        ],
        body: r#"{"test": 2432232314}"#.to_owned(),
    };

    let answer = message.sent(&world).await?;

    assert_eq!(answer.fields(), ["record"], "signed, and of no row");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_not_signed_with_our_secret_just_now_is_refused(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let good = Message::signed(&world, secrets()[0], &inserted(Uuid::new_v4()))?;
    let other = format!("whsec_{}", BASE64_STANDARD.encode([9; 32]));
    let signature = good.header("webhook-signature");
    let now = world.now().timestamp();
    let altered = Message {
        body: good.body.replace("INSERT", "UPDATE"),
        ..good.clone()
    };
    let mut two_ids = good.clone();
    two_ids.headers.push(("webhook-id", "msg_1".to_owned()));
    for (why, message) in [
        ("two ids", two_ids),
        ("no id", good.clone().without("webhook-id")),
        ("no time", good.clone().without("webhook-timestamp")),
        ("no signature", good.clone().without("webhook-signature")),
        ("another id", good.clone().with("webhook-id", "msg_2")),
        (
            "another time",
            good.clone()
                .with("webhook-timestamp", (now + 1).to_string()),
        ),
        (
            "no whole time",
            good.clone().with("webhook-timestamp", "now"),
        ),
        ("another body", altered),
        (
            "another version",
            good.clone()
                .with("webhook-signature", signature.replace("v1,", "v2,")),
        ),
        (
            "half a signature",
            good.clone().with("webhook-signature", "v1,bm90aGluZw=="),
        ),
        (
            "an empty one",
            good.clone().with("webhook-signature", "v1,"),
        ),
        (
            "another secret",
            Message::signed(&world, &other, &inserted(Uuid::new_v4()))?,
        ),
    ] {
        let answer = message.sent(&world).await?;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{why}: {answer:?}");
        assert!(answer.text("/type").ends_with(":bad-signature"), "{why}");
        assert_eq!(answer.header(header::WWW_AUTHENTICATE), "Standard-Webhooks");
        answer.assert_problem();
    }

    for (seconds, status) in [
        (300, StatusCode::ACCEPTED),
        (1, StatusCode::UNAUTHORIZED),
        (-602, StatusCode::UNAUTHORIZED),
        (1, StatusCode::ACCEPTED),
    ] {
        world.pass(TimeDelta::seconds(seconds));
        assert_eq!(good.sent(&world).await?.status, status, "{}", world.now());
    }
    assert_eq!(world.schedules_changed().len(), 2);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_token_is_no_signature(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    let answer = world.post(PATH, &inserted(Uuid::new_v4())).await?;

    assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{answer:?}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_body_of_something_else_is_told_what_is_wrong(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    for (body, field) in [
        (json!({}), "record"),
        (json!({ "record": { "id": "7" } }), "record.id"),
        (json!({ "record": {} }), "record.id"),
        (
            json!({ "table": "brands", "record": { "id": Uuid::new_v4() } }),
            "table",
        ),
        (json!([]), "(body)"),
    ] {
        let message = Message::signed(&world, secrets()[1], &body)?;
        let answer = message.sent(&world).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let large = json!({ "record": { "id": Uuid::new_v4(), "name": "a".repeat(300_000) } });
    let large = Message::signed(&world, secrets()[1], &large)?;
    assert_eq!(
        large.sent(&world).await?.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert!(world.schedules_changed().is_empty());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn without_a_secret_the_setting_is_named(pool: PgPool) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;
    world.state.webhook_keys = WebhookKeys::default();
    world.router = dispatcher::router(world.state.clone());
    let message = Message::signed(&world, secrets()[0], &inserted(Uuid::new_v4()))?;

    let answer = message.sent(&world).await?;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.text("/type").ends_with(":webhooks-off"));
    let detail = answer.text("/detail");
    assert!(detail.contains("SUNDIAL_WEBHOOK_SECRET"), "{detail}");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn whoever_tells_while_the_bus_is_down_is_asked_to_tell_again(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let message = Message::signed(&world, secrets()[0], &inserted(Uuid::new_v4()))?;
    world.bus.set_down(true);

    let answer = message.sent(&world).await?;

    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert!(!answer.header(header::RETRY_AFTER).is_empty());
    Ok(())
}
