//! The log of what people changed about a job.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::world::{Answer, World, daily, with};

/// The log, as in `2 name "Old" "New"`.
fn lines(answer: &Answer) -> Vec<String> {
    let changes = answer.at("/changes").as_array().cloned();
    let line = |change: Value| {
        let of = |name: &str| change.get(name).cloned().unwrap_or_default();
        let (field, old, new) = (of("field"), of("old"), of("new"));
        let field = field.as_str().unwrap_or_default();
        format!("{} {field} {old} {new}", of("revision"))
    };
    changes.unwrap_or_default().into_iter().map(line).collect()
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn each_editable_field_leaves_one_row_and_one_revision(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);

    for (revision, (edit, old)) in (2..).zip([
        (json!({ "name": "Media" }), json!("Asset download")),
        (json!({ "parameters": { "max_videos": 1 } }), json!({})),
        (
            json!({ "cron_expression": "0 7 * * *" }),
            json!("0 6 * * *"),
        ),
        (json!({ "timezone": "Asia/Tokyo" }), json!("UTC")),
        (json!({ "dst_gap_policy": "skip" }), json!("shift")),
        (json!({ "dst_repeat_policy": "both" }), json!("first")),
        (json!({ "overlap_policy": "queue" }), json!("skip")),
        (json!({ "misfire_policy": "all" }), json!("latest")),
        (json!({ "misfire_limit": 3 }), json!(10)),
        (json!({ "misfire_window_seconds": 60 }), json!(86400)),
        (json!({ "max_retries": 0 }), json!(3)),
        (json!({ "max_runs": 9 }), Value::Null),
        (
            json!({ "starts_at": "2026-12-01T00:00:00+00:00" }),
            Value::Null,
        ),
        (
            json!({ "ends_at": "2026-12-31T00:00:00+00:00" }),
            Value::Null,
        ),
    ]) {
        let after = world.patch(&path, &edit).await?;
        let log = world.get(&format!("{path}/changes")).await?;

        assert_eq!(after.at("/revision"), revision, "{edit} {after:?}");
        let (field, new) = edit
            .as_object()
            .and_then(|edit| edit.iter().next())
            .unwrap();
        let (made, before): (Vec<_>, Vec<_>) = lines(&log)
            .into_iter()
            .partition(|line| line.starts_with(&format!("{revision} ")));
        assert_eq!(made, [format!("{revision} {field} {old} {new}")]);
        assert_eq!(before.len(), revision - 1, "newest first, none lost");
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn an_edit_that_changes_nothing_leaves_no_row_and_no_revision(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let before = world.get(&path).await?;
    world.pass(TimeDelta::hours(1));

    let same = json!({
        "name": before.at("/name"), "cron_expression": "0 6 * * *", "timezone": "UTC",
        "parameters": {}, "max_runs": null, "ends_at": null,
    });
    let after = world.patch(&path, &same).await?;

    assert_eq!(after.status, StatusCode::OK, "{after:?}");
    assert_eq!(after.body, before.body);
    assert_eq!(
        lines(&world.get(&format!("{path}/changes")).await?).len(),
        1
    );
    assert!(world.schedules_changed().is_empty());
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn every_switch_is_noted_with_its_author_and_counted(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let pause = json!({ "reason": "moving", "until": "2026-12-01T00:00:00Z" });
    world.post(&format!("{path}/pause"), &pause).await?;
    world.post(&format!("{path}/pause"), &pause).await?;
    world.press(&format!("{path}/resume")).await?;
    world.press(&format!("{path}/resume")).await?;
    world.press(&format!("{path}/skip-next")).await?;
    world.press(&format!("{path}/archive")).await?;
    let job = world.press(&format!("{path}/archive")).await?;

    let log = world.get(&format!("{path}/changes")).await?;

    assert_eq!(job.at("/revision"), 5);
    let (created, changed) = lines(&log)
        .split_last()
        .map(|(a, b)| (a.clone(), b.to_vec()))
        .unwrap();
    assert_eq!(
        changed,
        [
            r#"5 status "active" "archived""#,
            r#"4 next_run_at "2026-11-21T06:00:00+00:00" "2026-11-22T06:00:00+00:00""#,
            r#"3 pause_reason "moving" null"#,
            r#"3 paused_until "2026-12-01T00:00:00+00:00" null"#,
            r#"3 status "paused" "active""#,
            r#"2 pause_reason null "moving""#,
            r#"2 paused_until null "2026-12-01T00:00:00+00:00""#,
            r#"2 status "active" "paused""#,
        ]
    );
    assert!(created.starts_with("1 job null {"), "{created}");
    assert_eq!(
        log.text("/changes/0/changed_at"),
        world.now().to_rfc3339().replace("+00:00", "Z")
    );
    assert!(
        log.text("/changes/0/changed_by").starts_with("token "),
        "{log:?}"
    );
    let limited = world.get(&format!("{path}/changes?limit=2")).await?;
    assert_eq!(lines(&limited).len(), 2);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn a_refused_edit_leaves_no_row(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let brand = world.given_brand().await?;
    world.post("/api/jobs", &daily(brand)).await?;
    let second = with(daily(brand), &json!({ "parameters": { "max_videos": 0 } }));
    let second = world.post("/api/jobs", &second).await?.text("/url");

    let refused = world.patch(&second, &json!({ "parameters": {} })).await?;

    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert_eq!(
        lines(&world.get(&format!("{second}/changes")).await?).len(),
        1
    );
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_log_of_no_job_is_not_found(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;

    let answer = world
        .get(&format!("/api/jobs/{}/changes", Uuid::new_v4()))
        .await?;

    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    answer.assert_problem();
    Ok(())
}
