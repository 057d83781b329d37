//! What of the notifications reaches which channel, in the console.

use axum::http::{Method, StatusCode};
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{NOW, World};

const PAGE: &str = "/console/notifications/channels";

impl World {
    async fn given_sweep(&self, slack: bool, email: bool) -> anyhow::Result<()> {
        self.sql(&format!(
            "insert into open_channels (channel, is_open, seen_at)
             values ('slack', {slack}, '{NOW}'), ('email', {email}, '{NOW}')"
        ))
        .await
    }

    async fn given_organization(&self, name: &str) -> anyhow::Result<Uuid> {
        let brand = self.given_brand(name).await?;
        let sql = "select organization_id from brands where id = $1";
        let id = sqlx::query_scalar(sql).bind(brand);
        Ok(id.fetch_one(&self.pool).await?)
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_form_sets_what_a_channel_of_an_organization_gets(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let organization = world.given_organization("Tea").await?;
    let page = world
        .get(&format!("{PAGE}?organization={organization}"))
        .await?;
    page.assert_says("<dd>everything</dd>");
    page.assert_says("those of <code>SUNDIAL_EMAIL_TO</code>");
    let id = organization.to_string();
    let fields = [
        ("organization", id.as_str()),
        ("is_on", "on"),
        ("least_severity", "warning"),
        ("kind_dead_letter", "on"),
        ("kind_unreadable", "on"),
        ("kind_recovered", "on"),
        ("kind_reconnect", "on"),
        (
            "recipients",
            "ann@example.com\r\nbo@example.com, cy@example.com",
        ),
    ];

    let saved = world.press(&format!("{PAGE}/email"), &fields).await?;

    let page = world.get(saved.location()).await?;
    page.assert_says("<p class=\"notice\" role=\"status\">Saved.");
    page.assert_says("warnings and errors, but not: expiring</dd>");
    page.assert_says("<dd>ann@example.com, bo@example.com, cy@example.com</dd>");
    page.assert_says("name=\"kind_dead_letter\" checked");
    let row = format!("notification_channels where organization_id = '{organization}' and is_on");
    assert_eq!(world.count(&row).await?, 1);
    let platform = world.get(PAGE).await?;
    platform.assert_says("of the platform, which belong to no organization");
    platform.assert_does_not_say("ann@example.com");
    let off = [("organization", id.as_str()), ("least_severity", "info")];
    let off = world.press(&format!("{PAGE}/slack"), &off).await?;
    world
        .get(off.location())
        .await?
        .assert_says("<dd>nothing</dd>");
    let wrong = [
        ("least_severity", "error"),
        ("kind_expiring", "on"),
        ("recipients", "bo@example.com\nann"),
    ];
    let wrong = world.press(&format!("{PAGE}/email"), &wrong).await?;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    wrong.assert_says("<strong>recipients[1]</strong> <bdi>`ann` is no address");
    wrong.assert_says("bo@example.com\nann</textarea>");
    wrong.assert_says("<option selected>error</option>");
    wrong.assert_says("name=\"kind_expiring\" checked");
    wrong.assert_does_not_say("name=\"is_on\" checked><label for=\"email-on\"");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_page_tells_which_channels_are_set_up(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let page = world.get(PAGE).await?;
    page.assert_says("not known: no sweep of the reconciler has told yet");
    page.assert_does_not_say("Send a test message");

    world.given_sweep(false, true).await?;

    let page = world.get(PAGE).await?;
    page.assert_says("no: set <code>SUNDIAL_SLACK_WEBHOOK</code> of the reconciler");
    page.assert_does_not_say("SUNDIAL_RESEND_KEY");
    page.assert_says("/channels/email/test\"");
    page.assert_does_not_say("/channels/slack/test\"");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_test_message_is_asked_for_and_its_fate_is_shown(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_sweep(true, false).await?;
    let path = format!("{PAGE}/slack/test");

    let asked = world.press(&path, &[]).await?;
    let page = world.get(asked.location()).await?;
    let again = world.press(&path, &[]).await?;

    page.assert_says("A test message goes out with the next sweep");
    page.assert_says("goes out with the next sweep, within a minute</span>");
    assert_eq!(again.status, StatusCode::TOO_MANY_REQUESTS);
    again.assert_says("one test message a minute");
    for (columns, words) in [
        (
            "next_attempt_at = now(), last_error = 'Slack answered 503'",
            "failed, and is tried again</span>",
        ),
        (
            "next_attempt_at = null, given_up_at = now()",
            "given up</span>",
        ),
        (
            "given_up_at = null, delivered_at = now()",
            "delivered</span>",
        ),
    ] {
        world
            .sql(&format!(
                "insert into notification_deliveries (notification_id, channel, attempts, next_attempt_at)
                 select id, 'slack', 1, now() from notifications on conflict do nothing;
                 update notification_deliveries set {columns}"
            ))
            .await?;
        world.get(PAGE).await?.assert_says(words);
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_operator_of_an_organization_looks_at_its_channels_alone(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::new(pool)?;
    let (own, other) = (
        world.given_organization("Ours").await?,
        world.given_organization("Theirs").await?,
    );
    world.given_sweep(true, true).await?;
    let body = json!({ "name": "an operator", "role": "operator", "organization_id": own });
    let made = world.api(Method::POST, "/api/tokens", &body).await?;
    let token = made.pointer("/token").and_then(serde_json::Value::as_str);
    world.sign_in_with(token.unwrap_or_default()).await?;

    let page = world.get(PAGE).await?;

    page.assert_says("Administrators change this.");
    page.assert_does_not_say("<summary>Change");
    page.assert_does_not_say("Send a test message");
    page.assert_does_not_say("name=\"organization\"");
    let theirs = world.get(&format!("{PAGE}?organization={other}")).await?;
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);
    let pressed = world
        .press(&format!("{PAGE}/slack"), &[("least_severity", "info")])
        .await?;
    assert_eq!(pressed.status, StatusCode::FORBIDDEN);
    assert_eq!(world.count("notification_channels").await?, 0);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_not_sent_is_told_beside_the_notification(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world
        .sql(
            "insert into notifications (id, kind, severity, title, created_at)
             values (md5('n')::uuid, 'recovered', 'info', 'News', now());
             insert into notification_deliveries (notification_id, channel, delivered_at, withheld_at, withheld_because)
             values (md5('n')::uuid, 'slack', null, now(), 'severity'), (md5('n')::uuid, 'email', null, now(), 'off')",
        )
        .await?;

    let page = world.get("/console/notifications").await?;

    page.assert_says("not sent to Slack: less severe than what was sent there");
    page.assert_says("not sent by e-mail: it was off");
    page.assert_does_not_say("only here");
    page.assert_says(&format!("href=\"{PAGE}\""));
    Ok(())
}
