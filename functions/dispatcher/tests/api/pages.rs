//! Lists with an order of their own, page by page.

use axum::http::StatusCode;
use serde_json::{Value, json};
use sqlx::PgPool;

use crate::world::{Answer, World};

/// All that a list shows in answers of two rows, each written by `line`.
async fn paged(
    world: &World,
    path: &str,
    list: &str,
    line: fn(&Value) -> String,
) -> anyhow::Result<Vec<String>> {
    let (mut seen, mut next) = (Vec::new(), Some(String::new()));
    // More answers than there may be: a list that begins anew at each fails, and does not go on for ever.
    for _ in 0..6 {
        let Some(after) = next.take() else { break };
        let page = world.get(&format!("{path}&limit=2&after={after}")).await?;
        assert_eq!(page.status, StatusCode::OK, "{page:?}");
        let rows = lines(&page, list, line);
        assert!(!rows.is_empty(), "no answer is empty: the last one told it");
        seen.extend(rows);
        next = page.at("/next_after").as_str().map(str::to_owned);
    }
    Ok(seen)
}

fn lines(answer: &Answer, list: &str, line: fn(&Value) -> String) -> Vec<String> {
    let rows = answer.at(list).as_array().into_iter().flatten();
    rows.map(line).collect()
}

fn id(run: &Value) -> String {
    run["id"].as_str().unwrap_or_default().to_owned()
}

fn change(change: &Value) -> String {
    format!("{} {}", change["revision"], change["field"])
}

/// Six failures, of which two and two were at the same moment, written in another order.
async fn given_dead_letters(world: &World) -> anyhow::Result<Vec<String>> {
    let mut runs = vec![];
    for minute in [14, 11, 12, 14, 12, 13] {
        let run = world.given_run().await?;
        let failed = format!("2026-11-20T12:{minute}:00.123456Z");
        world
            .sql(&format!(
                "update scheduled_job_runs
                    set status = 'failed', started_at = created_at, completed_at = '{failed}',
                        error_kind = 'permanent', error_message = 'gone'
                  where id = '{run}'"
            ))
            .await?;
        runs.push((minute, run));
    }
    runs.sort();
    Ok(runs.into_iter().map(|(_, run)| run.to_string()).collect())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn dead_letters_go_on_from_those_that_have_waited_longest(
    pool: PgPool,
) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let oldest_first = given_dead_letters(&world).await?;

    let whole = world.get("/api/dead-letters").await?;
    let pages = paged(
        &world,
        "/api/dead-letters?job_type=asset_download",
        "/runs",
        id,
    )
    .await?;

    assert_eq!(lines(&whole, "/runs", id), oldest_first);
    assert_eq!(whole.at("/next_after"), &Value::Null);
    assert_eq!(pages, oldest_first);
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn causes_of_dead_letters_come_in_one_answer(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    given_dead_letters(&world).await?;
    let page = world.get("/api/dead-letters?limit=1").await?;
    let place = page.text("/next_after");

    let grouped = format!("/api/dead-letters?group=fingerprint&after={place}");
    let grouped = world.get(&grouped).await?;
    let nowhere = world.get("/api/dead-letters?after=somewhere").await?;

    for refused in [grouped, nowhere] {
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{refused:?}");
        assert_eq!(refused.fields(), ["after"]);
    }
    Ok(())
}

#[sqlx::test(migrator = "shared::MIGRATOR")]
async fn the_log_of_a_job_goes_on_within_a_revision(pool: PgPool) -> anyhow::Result<()> {
    let world = World::new(pool)?;
    let path = format!("/api/jobs/{}", world.given_daily_job().await?);
    let edit =
        json!({ "timezone": "Asia/Tokyo", "max_runs": 9, "name": "Media", "max_retries": 1 });
    world.patch(&path, &edit).await?;
    world.press(&format!("{path}/archive")).await?;
    let path = format!("{path}/changes?");

    let whole = world.get(&path).await?;
    let pages = paged(&world, &path, "/changes", change).await?;

    let all = [
        r#"3 "status""#,
        r#"2 "max_retries""#,
        r#"2 "max_runs""#,
        r#"2 "name""#,
        r#"2 "timezone""#,
        r#"1 "job""#,
    ];
    assert_eq!(lines(&whole, "/changes", change), all);
    assert_eq!(whole.at("/next_after"), &Value::Null);
    assert_eq!(pages, all);
    for place in ["somewhere", "x_name"] {
        let refused = world.get(&format!("{path}after={place}")).await?;
        assert_eq!(refused.fields(), ["after"], "{place}");
    }
    Ok(())
}
