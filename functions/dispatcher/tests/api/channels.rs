//! What of the notifications reaches which channel, for programs.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::domain::Role;
use sqlx::PgPool;

use crate::world::{Answer, TOKEN, World};

const PATH: &str = "/api/notification-channels";

impl World {
    async fn put(&self, token: &str, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.call(Some(token), ("PUT", path), Some(body)).await
    }

    /// A sweep of the reconciler found these channels.
    async fn given_sweep(&self, slack: bool, email: bool) -> anyhow::Result<()> {
        self.sql(&format!(
            "insert into open_channels (channel, is_open, seen_at)
             values ('slack', {slack}, '{now}'), ('email', {email}, '{now}')
             on conflict (channel) do update set is_open = excluded.is_open",
            now = self.now()
        ))
        .await
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_channel_gets_everything_until_somebody_says_otherwise(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let before = world.get(PATH).await?;
    let body = json!({
        "is_on": false, "least_severity": "warning", "kinds_left_out": ["expiring", "dead_letter", "expiring"],
        "recipients": [" ann@example.com", "Bo@example.com", "bo@example.com"],
    });

    let set = world.put(TOKEN, &format!("{PATH}/email"), &body).await?;
    let after = world.get(PATH).await?;

    assert_eq!(before.at("/organization_id"), &Value::Null);
    assert_eq!(before.text("/channels/0/channel"), "slack");
    assert_eq!(before.text("/channels/1/channel"), "email");
    assert_eq!(before.at("/channels/1/is_on"), true);
    assert_eq!(before.at("/channels/1/least_severity"), "info");
    assert_eq!(before.at("/channels/1/updated_at"), &Value::Null);
    assert_eq!(before.at("/channels/1/is_set_up"), &Value::Null);
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    assert_eq!(set.at("/is_on"), false);
    let left_out = json!(["dead_letter", "expiring"]);
    assert_eq!(set.at("/kinds_left_out"), &left_out);
    let recipients = json!(["ann@example.com", "Bo@example.com"]);
    assert_eq!(set.at("/recipients"), &recipients);
    assert!(set.text("/updated_by").starts_with("token "), "{set:?}");
    assert_eq!(after.at("/channels/1"), &set.body);
    assert_eq!(after.at("/channels/0"), before.at("/channels/0"));
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_a_channel_cannot_get_is_refused_with_its_field(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let many: Vec<_> = (0..51).map(|n| format!("a{n}@example.com")).collect();
    let with = |field: &str, value: Value| {
        let mut body = json!({ "is_on": true, "least_severity": "info" });
        body[field] = value;
        body
    };

    for (channel, body, field) in [
        ("email", json!({ "least_severity": "info" }), "is_on"),
        (
            "email",
            with("least_severity", json!("fatal")),
            "least_severity",
        ),
        (
            "email",
            with("kinds_left_out", json!(["test"])),
            "kinds_left_out[0]",
        ),
        (
            "email",
            with("recipients", json!(["Ann <ann@example.com>"])),
            "recipients[0]",
        ),
        ("email", with("recipients", json!(many)), "recipients"),
        (
            "slack",
            with("recipients", json!(["ann@example.com"])),
            "recipients",
        ),
        (
            "email",
            with("webhook", json!("https://example.com")),
            "webhook",
        ),
    ] {
        let answer = world
            .put(TOKEN, &format!("{PATH}/{channel}"), &body)
            .await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.fields(), [field], "{body}");
    }
    let sms = format!("{PATH}/sms");
    let sms = world.put(TOKEN, &sms, &with("is_on", json!(true))).await?;
    assert_eq!(sms.status, StatusCode::NOT_FOUND);
    assert_eq!(world.count("notification_channels").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn each_organization_has_its_own_settings(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let (_, admin) = world
        .given_token(Role::Admin, Some(own.organization))
        .await?;
    let off = json!({ "is_on": false, "least_severity": "info" });

    let set = world.put(&admin, &format!("{PATH}/slack"), &off).await?;

    assert_eq!(set.status, StatusCode::OK, "{set:?}");
    let theirs = format!("{PATH}/slack?organization_id={}", other.organization);
    let refused = world.put(&admin, &theirs, &off).await?;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let is_on = async |query: String| -> anyhow::Result<Value> {
        let list = world.get(&format!("{PATH}{query}")).await?;
        Ok(list.at("/channels/0/is_on").clone())
    };
    let of = |id| format!("?organization_id={id}");
    assert_eq!(is_on(of(own.organization)).await?, false);
    assert_eq!(is_on(of(other.organization)).await?, true);
    assert_eq!(is_on(String::new()).await?, true, "of the platform");
    let nobody = world
        .get(&format!("{PATH}{}", of(uuid::Uuid::new_v4())))
        .await?;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    world.put(TOKEN, &theirs, &off).await?;
    assert_eq!(is_on(of(other.organization)).await?, false);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn how_the_newest_deliveries_of_the_organization_went_is_told(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let (own, other) = (world.given_tenant().await?, world.given_tenant().await?);
    let (_, viewer) = world
        .given_token(Role::Viewer, Some(own.organization))
        .await?;
    world
        .sql(&format!(
            "with told as (
             insert into notifications (id, organization_id, kind, severity, title, created_at)
             select md5('n' || n)::uuid, case n when 5 then '{other}'::uuid else '{own}'::uuid end, 'recovered', 'info',
                    'News', timestamptz '2026-11-20T12:00:00Z' - case n when 6 then 31 else 0 end * interval '1 day'
               from generate_series(1, 6) n)
             insert into notification_deliveries (notification_id, channel, next_attempt_at, last_error, delivered_at,
                    given_up_at, withheld_at, withheld_because)
             values (md5('n1')::uuid, 'slack', null, null, '2026-11-20T12:01:00Z', null, null, null),
                    (md5('n2')::uuid, 'slack', '2026-11-20T12:40:00Z', 'Slack answered 503', null, null, null, null),
                    (md5('n3')::uuid, 'slack', null, 'Slack answered 400', null, '2026-11-20T12:02:00Z', null, null),
                    (md5('n4')::uuid, 'slack', null, null, null, null, '2026-11-20T12:02:00Z', 'off'),
                    (md5('n5')::uuid, 'slack', null, 'no', null, '2026-11-20T12:50:00Z', null, null),
                    (md5('n6')::uuid, 'slack', null, null, '2026-11-20T12:51:00Z', null, null, null)",
            own = own.organization,
            other = other.organization,
        ))
        .await?;
    world
        .sql(&format!(
            "with test as (
             insert into notifications (organization_id, kind, severity, title, only_channel, created_at)
             values ('{own}', 'test', 'info', 'Test', 'slack', '2026-11-20T12:10:00Z') returning id)
             insert into notification_deliveries (notification_id, channel, delivered_at)
             select id, 'slack', '2026-11-20T12:55:00Z' from test",
            own = own.organization,
        ))
        .await?;

    let list = world.call(Some(&viewer), ("GET", PATH), None).await?;

    let told = json!({
        "last_delivered_at": "2026-11-20T12:01:00Z", "waiting": 1, "given_up": 1, "withheld": 1,
        "last_error": "Slack answered 503",
    });
    assert_eq!(list.at("/channels/0/deliveries"), &told);
    assert_eq!(
        list.at("/channels/1/deliveries/last_delivered_at"),
        &Value::Null
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_test_message_is_made_once_a_minute_for_a_channel_that_is_set_up(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let tenant = world.given_tenant().await?;
    let path = |channel| format!("{PATH}/{channel}/test");
    let unknown = world.press(&path("slack")).await?;
    world.given_sweep(true, false).await?;

    let made = world.press(&path("slack")).await?;
    let not_set_up = world.press(&path("email")).await?;
    let again = world.press(&path("slack")).await?;
    let (_, admin) = world
        .given_token(Role::Admin, Some(tenant.organization))
        .await?;
    let of_tenant = path("slack");
    let of_tenant = world.call(Some(&admin), ("POST", &of_tenant), None).await?;
    world.pass(TimeDelta::seconds(60));
    let later = world.press(&path("slack")).await?;

    assert_eq!(unknown.status, StatusCode::CONFLICT);
    assert_eq!(made.status, StatusCode::ACCEPTED, "{made:?}");
    assert_eq!(made.at("/test/attempts"), 0);
    assert_eq!(not_set_up.status, StatusCode::CONFLICT);
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(again.header("retry-after"), "61");
    assert_eq!(of_tenant.status, StatusCode::ACCEPTED, "{of_tenant:?}");
    assert_eq!(made.at("/deliveries/waiting"), 0);
    assert_eq!(later.status, StatusCode::ACCEPTED);
    let tests = "notifications where kind = 'test' and only_channel = 'slack' and deliver_after = created_at";
    assert_eq!(world.count(tests).await?, 2, "the newest of each");
    Ok(())
}
