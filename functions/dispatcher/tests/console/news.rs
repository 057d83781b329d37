//! What of the notifications a visitor has read.

use sqlx::PgPool;

use crate::world::{TOKEN, World};

impl World {
    async fn given_news(&self, count: u32, at: &str) -> anyhow::Result<()> {
        self.sql(&format!(
            "insert into notifications (kind, severity, title, created_at, last_occurred_at)
             select 'recovered', 'info', 'News ' || n || '.', '{at}', '{at}' from generate_series(1, {count}) n"
        ))
        .await
    }
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_page_counts_what_is_unread_until_it_is_noted_as_read(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    let nothing = world.get("/console/notifications").await?;
    nothing.assert_does_not_say("Mark all as read");
    nothing.assert_does_not_say(" unread</span>");
    world.given_news(2, "2026-11-20T12:00:00Z").await?;
    world.given_news(1, "2026-10-20T12:00:00Z").await?;

    let page = world.get("/console/notifications").await?;
    page.assert_says(">2<span class=\"unseen\"> unread</span>");
    assert_eq!(
        page.text.matches(">unread</span>").count(),
        2,
        "the third is old"
    );
    let one = [("id", page.field("id"))];
    let one: Vec<_> = one
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let read = world.press("/console/notifications/read", &one).await?;
    world
        .get(read.location())
        .await?
        .assert_says("Noted as read.");
    world
        .get("/console/jobs")
        .await?
        .assert_says(">1<span class=\"unseen\"> unread");

    let until = page.field("until");
    world.pass(chrono::TimeDelta::minutes(5));
    world.given_news(1, "2026-11-20T12:33:00Z").await?;
    world
        .press("/console/notifications/read", &[("until", &until)])
        .await?;
    let page = world.get("/console/notifications").await?;
    page.assert_says(">1<span class=\"unseen\"> unread");
    assert_eq!(
        page.text.matches(">unread</span>").count(),
        1,
        "it came after the page"
    );
    assert_eq!(
        world.count("notification_reads").await?,
        1,
        "the rest is forgotten"
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_one_has_read_another_has_not_and_what_happens_again_is_news(
    pool: PgPool,
) -> anyhow::Result<()> {
    let mut world = World::signed_in(pool).await?;
    world.given_news(1, "2026-11-20T12:00:00Z").await?;
    let page = world.get("/console/notifications").await?;
    let id = page.field("id");
    world
        .press("/console/notifications/read", &[("id", &id)])
        .await?;
    let mine = world.get("/console").await?;
    let body = serde_json::json!({ "name": "another", "role": "viewer" });
    let made = world
        .api(axum::http::Method::POST, "/api/tokens", &body)
        .await?;
    let token = made.pointer("/token").and_then(serde_json::Value::as_str);
    world.sign_in_with(token.unwrap_or_default()).await?;
    let others = world.get("/console").await?;
    world.sign_in_with(TOKEN).await?;
    world
        .sql("update notifications set occurrences = 2, last_occurred_at = '2026-11-20T12:31:00Z'")
        .await?;
    world.pass(chrono::TimeDelta::minutes(5));
    let again = world.get("/console").await?;

    mine.assert_does_not_say(" unread</span>");
    others.assert_says(">1<span class=\"unseen\"> unread");
    again.assert_says(">1<span class=\"unseen\"> unread");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_is_unread_is_counted_up_to_a_hundred(pool: PgPool) -> anyhow::Result<()> {
    let world = World::signed_in(pool).await?;
    world.given_news(120, "2026-11-20T12:00:00Z").await?;

    let page = world.get("/console").await?;

    page.assert_says(">99+<span class=\"unseen\"> unread");
    Ok(())
}
