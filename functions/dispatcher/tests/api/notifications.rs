//! What people were told, for programs.

use axum::http::StatusCode;
use serde_json::json;
use sqlx::PgPool;

use crate::world::World;

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_caller_lists_notifications_and_notes_what_it_has_read(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let empty = world.get("/api/notifications").await?;
    assert_eq!(empty.at("/notifications"), &json!([]));
    world
        .sql(
            "insert into notifications (kind, severity, title, created_at)
             select 'recovered', 'info', 'News ' || n, timestamptz '2026-11-20T12:00:00Z' + n * interval '1 second'
               from generate_series(1, 3) n",
        )
        .await?;

    let first = world.get("/api/notifications?limit=2").await?;
    let id = first.text("/notifications/0/id");
    let one = json!({ "ids": [id, uuid::Uuid::new_v4()] });
    let one = world.post("/api/notifications/read", &one).await?;
    let place = first.text("/next_after");
    let rest = world
        .get(&format!("/api/notifications?limit=2&after={place}"))
        .await?;
    let until = json!({ "until": "2026-11-20T12:00:01Z" });
    let some = world.post("/api/notifications/read", &until).await?;
    let later = json!({ "until": "2027-01-01T00:00:00Z" });
    let all = world.post("/api/notifications/read", &later).await?;

    assert_eq!(first.at("/unread"), 3);
    assert_eq!(first.at("/notifications/0/is_unread"), true);
    assert_eq!(one.at("/unread"), 2, "an unknown one is passed over");
    assert_eq!(rest.text("/notifications/0/title"), "News 1");
    assert_eq!(some.at("/unread"), 1);
    assert_eq!(all.at("/unread"), 0);
    world
        .sql("update notifications set last_occurred_at = '2026-12-01T00:00:00Z'")
        .await?;
    let again = world.get("/api/notifications").await?;
    assert_eq!(again.at("/unread"), 3, "nobody reads ahead");
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn what_was_read_is_said_in_one_way(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    for (body, field) in [
        (json!({}), "ids"),
        (
            json!({ "ids": [], "until": "2026-11-20T12:00:00Z" }),
            "until",
        ),
        (json!({ "ids": vec![uuid::Uuid::nil(); 1_001] }), "ids"),
    ] {
        let answer = world.post("/api/notifications/read", &body).await?;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(answer.fields(), [field]);
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_notification_tells_what_became_of_it_on_each_channel(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    for sql in [
        "insert into notifications (id, kind, severity, title, created_at)
         values ('00000000-0000-0000-0000-000000000001', 'recovered', 'info', 'Old', '2026-11-20T12:00:00Z'),
                ('00000000-0000-0000-0000-000000000002', 'recovered', 'info', 'New', '2026-11-20T12:01:00Z'),
                ('00000000-0000-0000-0000-000000000003', 'recovered', 'info', 'Newest', '2026-11-20T12:02:00Z')",
        "insert into notification_deliveries
                (notification_id, channel, attempts, delivered_at, withheld_at, withheld_because, next_attempt_at, last_error)
         values ('00000000-0000-0000-0000-000000000001', 'slack', 1, '2026-11-20T12:05:00Z', null, null, null, null),
                ('00000000-0000-0000-0000-000000000001', 'email', 0, null, '2026-11-20T12:06:00Z', 'severity', null, null),
                ('00000000-0000-0000-0000-000000000002', 'slack', 2, null, null, null, '2026-11-20T12:40:00Z', '503')",
    ] {
        world.sql(sql).await?;
    }

    let list = world.get("/api/notifications").await?;

    assert_eq!(list.at("/notifications/0/deliveries"), &json!([]));
    let moments = json!({
        "next_attempt_at": null, "delivered_at": null, "given_up_at": null,
        "withheld_at": null, "withheld_because": null, "last_error": null,
    });
    let delivery = |given| crate::world::with(moments.clone(), &given);
    assert_eq!(
        list.at("/notifications/1/deliveries"),
        &json!([delivery(json!({
            "channel": "slack", "attempts": 2, "next_attempt_at": "2026-11-20T12:40:00Z", "last_error": "503",
        }))])
    );
    assert_eq!(
        list.at("/notifications/2/deliveries"),
        &json!([
            delivery(
                json!({ "channel": "slack", "attempts": 1, "delivered_at": "2026-11-20T12:05:00Z" })
            ),
            delivery(json!({
                "channel": "email", "attempts": 0, "withheld_at": "2026-11-20T12:06:00Z",
                "withheld_because": "severity",
            })),
        ])
    );
    Ok(())
}
